"""``semdnn convert-weights``: published weights to a safetensors file."""

from pathlib import Path

import click

from semdnn.cli.outputs import spare_inputs
from semdnn.comparison.conversion import NETWORKS, convert_weights


@click.command("convert-weights")
@click.argument("network", type=click.Choice(list(NETWORKS)))
@click.argument(
    "sources",
    nargs=-1,
    required=True,
    metavar="FILE_OR_DIR...",
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The safetensors file to write.",
)
def command(*, network: str, sources: tuple[Path, ...], target: Path) -> None:
    """Write the weights of a published NETWORK to a safetensors file.

    Takes safetensors, NPZ, Keras HDF5, PyTorch, TensorFlow 1 and NPY files, without running
    anything in them.
    """
    arrays = [file for source in sources for file in source.glob("*.npy")]
    spare_inputs([target], [*sources, *arrays])
    convert_weights(network, sources, target)
    card = NETWORKS[network].card
    click.echo(f"{target}: weights of {network}, licence: {card.licence}")
