"""``semdnn train``: networks from a recipe and a library."""

from pathlib import Path

import click

from semdnn.cli.arguments import EXISTING_FOLDER, OUTPUT_FOLDER
from semdnn.experiment.reproduce import train_models
from semdnn.recipe import load_recipe


@click.command("train")
@click.argument("recipe")
@click.option("--library", type=EXISTING_FOLDER, help="Folder of described recordings.")
@click.option("-o", "--output", required=True, type=OUTPUT_FOLDER, help="The run's folder.")
def command(*, recipe: str, library: Path | None, output: Path) -> None:
    """Train the networks of RECIPE; resumable with the same command."""
    trained = train_models(load_recipe(recipe), library, output, tell=click.echo)
    for name, path in trained.checkpoints.items():
        click.echo(f"{name}: {path}")
