"""``semdnn reproduce``: the paper from one recipe."""

from pathlib import Path
from typing import Any

import click

from semdnn.cli.arguments import (
    EXISTING_FOLDER,
    NAMED_FOLDER,
    OUTPUT_FOLDER,
    TEACHER,
    distinct,
    workforce_options,
)
from semdnn.cli.outputs import spare_inputs
from semdnn.experiment.reproduce import Places, reproduce
from semdnn.experiment.teaching import teacher_file
from semdnn.experiment.workforce import gather
from semdnn.recipe import load_recipe

READ = "folders that are read"


@click.command("reproduce")
@click.argument("recipe")
@click.option("--library", type=EXISTING_FOLDER, help="Folder of described recordings.")
@click.option(
    "--external",
    "externals",
    multiple=True,
    type=NAMED_FOLDER,
    callback=distinct,
    help="A test set; may be given several times.",
)
@click.option(
    "--listeners",
    multiple=True,
    type=NAMED_FOLDER,
    callback=distinct,
    help="Listeners' dissimilarities with their recordings; may be given several times.",
)
@click.option(
    "--models",
    multiple=True,
    metavar="SPEC",
    help="A model to compare with listeners beside the run's own, such as yamnet:FILE.",
)
@TEACHER
@workforce_options
@click.option("-o", "--output", required=True, type=OUTPUT_FOLDER, help="The run's folder.")
def command(  # noqa: PLR0913 - one argument an option
    *,
    recipe: str,
    library: Path | None,
    externals: dict[str, Path],
    listeners: dict[str, Path],
    models: tuple[str, ...],
    teacher: str | None,
    output: Path,
    **workforce: Any,
) -> None:
    """Run RECIPE (a TOML file, or quick, library, family or labeller) from recordings to report.

    Words, split, training, evaluation, listeners, figures, report.html. Interrupt
    it anywhere: the same command goes on from there.
    """
    folders = [*externals.values(), *listeners.values()]
    spare_inputs([output], folders if library is None else [library, *folders], what=READ)
    places = Places(library, externals, listeners, models, teacher_file(teacher))
    loaded = load_recipe(recipe)
    with gather(loaded, **workforce) as gathered:
        tell = gathered.teller(click.echo)
        outcome = reproduce(loaded, places, output, tell=tell, workforce=gathered)
    if outcome is not None:
        click.echo(outcome.table)
        click.echo(f"\nreport: {outcome.report}")
