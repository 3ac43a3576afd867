"""``semdnn index``: hear a library and keep a catalogue of it."""

from pathlib import Path

import click

from semdnn.catalogue.database import database_path
from semdnn.catalogue.index import Updated, update_catalogue
from semdnn.catalogue.library_files import distinct_folders
from semdnn.catalogue.lists import EXTRA
from semdnn.cli.arguments import EXISTING_FOLDER
from semdnn.cli.outputs import model_files, spare_inputs
from semdnn.cli.streams import tell


@click.command("index")
@click.argument("libraries", nargs=-1, required=True, type=EXISTING_FOLDER)
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    help="The catalogue's file; by default LIBRARY/.semdnn/catalogue.db.",
)
@click.option(
    "--model",
    "model_name",
    default="",
    help="A shipped network's name, a checkpoint file, or a model folder; by default the "
    "catalogue's own.",
)
@click.option(
    "--workers",
    "n_workers",
    type=click.IntRange(min=1),
    help="Files heard at the same time; by default the processor's cores.",
)
@click.option(
    "--approximate",
    is_flag=True,
    help="Make lists for `semdnn search --approximate`; later updates keep them. Needs faiss: "
    + EXTRA
    + ".",
)
def command(
    *,
    libraries: tuple[Path, ...],
    database: Path | None,
    model_name: str,
    n_workers: int | None,
    approximate: bool,
) -> int:
    """Hear the sounds of LIBRARIES and keep a catalogue to search.

    Only new and changed files are heard; those that moved are known again by their content.
    Exit status 0 if every file was taken, 1 if some could not be read (they are listed at the
    end), 2 for wrong usage.
    """
    folders = distinct_folders(libraries)
    if database is None and len(folders) > 1:
        raise click.UsageError("several libraries: name their catalogue's file with --db FILE")
    place = database_path(database or folders[0])
    spare_inputs([place], model_files(model_name) if model_name else (), option="--db")
    updated = update_catalogue(
        place, folders, model_name=model_name, n_workers=n_workers, approximate=approximate
    )
    _tell(place, updated)
    return 1 if updated.failed else 0


def _tell(place: Path, updated: Updated) -> None:
    for note in updated.notes:
        tell(note, err=True)
    for bad in updated.failed:
        told = bad.reason if bad.name in bad.reason else f"{bad.name}: {bad.reason}"
        tell(f"  {told}", err=True)
    tell(f"{place}: {updated}")
