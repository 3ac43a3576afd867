"""``semdnn export``: a network for other programs."""

from pathlib import Path

import click

from semdnn.cli.outputs import model_files, spare_inputs
from semdnn.export.hugging_face import write_folder
from semdnn.export.onnx_file import write_onnx
from semdnn.model import FOLDER_FILE, SemanticModel


@click.command("export")
@click.argument("model_name", metavar="MODEL")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Choice(["onnx", "huggingface"]),
    help="One ONNX file, or a folder with weights, configuration and card.",
)
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="File or folder."
)
@click.option(
    "--layer", "layers", multiple=True, help="ONNX: also give out this layer; several times."
)
def command(*, model_name: str, target: str, output: Path, layers: tuple[str, ...]) -> None:
    """Write MODEL (a shipped network's name, a checkpoint or a model folder) for other programs.

    Nothing is sent anywhere.
    """
    if layers and target != "onnx":
        raise click.UsageError("--layer is for --to onnx; a folder has all layers")
    spare_inputs([output, output / FOLDER_FILE], model_files(model_name))
    model = SemanticModel.load(model_name)
    if target == "onnx":
        difference = write_onnx(output, model, layers)
        click.echo(f"{output}: within {difference:.0e} of PyTorch (share of the largest value)")
    else:
        write_folder(output, model)
        click.echo(f"{output}: model.safetensors, config.json, README.md")
