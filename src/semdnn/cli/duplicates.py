"""``semdnn duplicates``: what a catalogue has more than once."""

from pathlib import Path

import click

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import find_database
from semdnn.catalogue.matches import DUPLICATE_FORMATS
from semdnn.cli.search import DATABASE
from semdnn.cli.streams import put


@click.command("duplicates")
@click.option(
    "--format",
    "style",
    default="table",
    show_default=True,
    type=click.Choice(list(DUPLICATE_FORMATS)),
    help="json is one list of files a line.",
)
@DATABASE
def command(*, style: str, database: Path | None) -> int:
    """List files that are the same, byte for byte or sample for sample, or nearly so.

    Links are marked: "link" is the very file of another line, and no copy of it.
    """
    groups = Catalogue.open(database or find_database(Path.cwd())).duplicates()
    put(DUPLICATE_FORMATS[style](groups))
    n_files = sum(len(group) for group in groups)
    n_links = sum(file.likeness == "link" for group in groups for file in group)
    links = f", {n_links:,} of them links to others" if n_links else ""
    click.echo(f"{len(groups):,} groups, {n_files:,} files{links}", err=True)
    return 0
