"""``semdnn train``: networks from a recipe and a library."""

from pathlib import Path
from typing import Any

import click

from semdnn.cli.arguments import EXISTING_FOLDER, OUTPUT_FOLDER, TEACHER, workforce_options
from semdnn.cli.outputs import spare_inputs
from semdnn.experiment.reproduce import Places, train_models
from semdnn.experiment.teaching import teacher_file
from semdnn.experiment.workforce import gather
from semdnn.recipe import load_recipe


@click.command("train")
@click.argument("recipe")
@click.option("--library", type=EXISTING_FOLDER, help="Folder of described recordings.")
@TEACHER
@workforce_options
@click.option("-o", "--output", required=True, type=OUTPUT_FOLDER, help="The run's folder.")
def command(
    *, recipe: str, library: Path | None, teacher: str | None, output: Path, **workforce: Any
) -> None:
    """Train the networks of RECIPE; resumable with the same command."""
    spare_inputs([output], [] if library is None else [library], what="folders that are read")
    loaded = load_recipe(recipe)
    places = Places(library, teacher=teacher_file(teacher))
    with gather(loaded, **workforce) as gathered:
        tell = gathered.teller(click.echo)
        trained = train_models(loaded, places, output, tell=tell, workforce=gathered)
    for name, path in trained.checkpoints.items():
        tell(f"{name}: {path}")
