"""``semdnn train``: networks from a recipe and a library."""

from pathlib import Path

import click

from semdnn.cli.arguments import EXISTING_FOLDER, OUTPUT_FOLDER, TEACHER
from semdnn.experiment.reproduce import Places, train_models
from semdnn.experiment.teaching import teacher_file
from semdnn.recipe import load_recipe


@click.command("train")
@click.argument("recipe")
@click.option("--library", type=EXISTING_FOLDER, help="Folder of described recordings.")
@TEACHER
@click.option("-o", "--output", required=True, type=OUTPUT_FOLDER, help="The run's folder.")
def command(*, recipe: str, library: Path | None, teacher: str | None, output: Path) -> None:
    """Train the networks of RECIPE; resumable with the same command."""
    places = Places(library, teacher=teacher_file(teacher))
    trained = train_models(load_recipe(recipe), places, output, tell=click.echo)
    for name, path in trained.checkpoints.items():
        click.echo(f"{name}: {path}")
