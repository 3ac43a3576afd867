"""``semdnn models``: what ships with the package."""

import click

from semdnn.model import MODELS, SemanticModel


@click.command("models")
def command() -> None:
    """List the networks that ship with the package."""
    for name, shipped in MODELS.items():
        model = SemanticModel.load(name)
        n_words = len(model.checkpoint.dictionary)
        click.echo(
            f"{name}\t{model.checkpoint.kind}\t{model.n_parameters:,} parameters\t"
            f"{n_words:,} words\t{model.checkpoint.licence}\t{shipped.summary}"
        )
