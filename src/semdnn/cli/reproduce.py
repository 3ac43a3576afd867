"""``semdnn reproduce``: the paper from one recipe."""

from pathlib import Path

import click

from semdnn.cli.arguments import EXISTING_FOLDER, NAMED_FOLDER, OUTPUT_FOLDER, distinct
from semdnn.experiment.reproduce import reproduce
from semdnn.recipe import load_recipe


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
@click.option("-o", "--output", required=True, type=OUTPUT_FOLDER, help="The run's folder.")
def command(*, recipe: str, library: Path | None, externals: dict[str, Path], output: Path) -> None:
    """Run RECIPE (a TOML file, or quick, library or family) from recordings to report.

    Words, split, training of semDNN and catDNN, evaluation, figures, report.html. Interrupt
    it anywhere: the same command goes on from there.
    """
    outcome = reproduce(load_recipe(recipe), library, externals, output, tell=click.echo)
    click.echo(outcome.table)
    click.echo(f"\nreport: {outcome.report}")
