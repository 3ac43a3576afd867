"""``semdnn evaluate``: scores of a checkpoint."""

from pathlib import Path

import click

from semdnn.cli.arguments import NAMED_FOLDER, OUTPUT_FOLDER, distinct
from semdnn.experiment.reproduce import evaluate_checkpoint


@click.command("evaluate")
@click.argument("checkpoint")
@click.option(
    "--on",
    "sets",
    multiple=True,
    required=True,
    type=NAMED_FOLDER,
    callback=distinct,
    help="A described set; may be given several times.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OUTPUT_FOLDER,
    help="Folder for scores.json and the log-mel cache.",
)
def command(*, checkpoint: str, sets: dict[str, Path], output: Path) -> None:
    """Score CHECKPOINT (a file or a shipped network's name) on described sounds."""
    click.echo(evaluate_checkpoint(checkpoint, sets, output))
    click.echo(f"\nscores: {output / 'scores.json'}")
