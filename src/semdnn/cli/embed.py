"""``semdnn embed``: any layer of a network for sounds, as arrays."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import torch

from semdnn.catalogue.embedding import UNITS, Embedded, EmbeddingRequest, embed_sounds
from semdnn.catalogue.embedding_files import check_format, write_embeddings
from semdnn.catalogue.embedding_spool import Spool
from semdnn.catalogue.labelling import find_sounds
from semdnn.catalogue.labels import readable
from semdnn.cli.arguments import POSITIVE
from semdnn.cli.outputs import model_files, spare_inputs
from semdnn.cli.streams import tell
from semdnn.model import DEFAULT_MODEL, ModelError, SemanticModel
from semdnn.progress import track

EVERY_LAYER = "all"


@click.command("embed")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here: .npz, .parquet or .csv.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    default=("output",),
    show_default=True,
    help="A layer of the network; may be given several times; `all` for every one.",
)
@click.option(
    "--per",
    default="sound",
    show_default=True,
    type=click.Choice(UNITS),
    help="One row a sound (mean over its patches), or one a patch of 0.96 s with its start.",
)
@click.option(
    "--hop",
    "hop_s",
    type=POSITIVE,
    help="Seconds from one patch to the next; by default as the network was trained. Changes the "
    "mean of `--per sound` too, for it is over these patches.",
)
@click.option(
    "--names",
    "naming",
    default="path",
    show_default=True,
    type=click.Choice(["path", "stem"]),
    help="Call a sound by its path, or by its file name without folder and suffix.",
)
@click.option(
    "--model",
    "model_name",
    default=DEFAULT_MODEL,
    show_default=True,
    help="A shipped network's name, a checkpoint file, or a model folder.",
)
def command(  # noqa: PLR0913 - one argument an option
    *,
    paths: tuple[Path, ...],
    output: Path,
    layers: tuple[str, ...],
    per: str,
    hop_s: float | None,
    naming: str,
    model_name: str,
) -> int:
    """Write the layers of sounds to a file: sound files, or folders searched in depth.

    Exit status 0 if every file was embedded, 1 if some could not be read (they are listed at the
    end), 2 for wrong usage.
    """
    check_format(output)
    found = find_sounds(paths)
    spare_inputs([output], found.paths, what="sounds")
    spare_inputs([output], model_files(model_name))
    sounds = list(zip(_named(found.paths, naming), found.paths, strict=True))
    model = SemanticModel.load(model_name)
    shapes = _shapes(model, layers)
    torch.set_num_threads(1)  # files are worked on side by side, each on one core
    request = EmbeddingRequest(tuple(shapes), per, hop_s)
    with Spool(output, shapes, per_patch=per == "patch") as spool:
        embedded = embed_sounds(model, sounds, request, spool)
        tracked = track(embedded, label="embedding", total=len(sounds))
        failed = [item for item in tracked if item.error]
        if len(spool):
            write_embeddings(output, spool.embeddings())
    _tell(len(sounds), failed, found.n_ignored)
    return 1 if failed else 0


def _shapes(model: SemanticModel, layers: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the wanted layers with their shapes, from the input to the output."""
    known = model.network.layer_shapes()
    unknown = [name for name in layers if name not in known and name != EVERY_LAYER]
    if unknown:
        raise ModelError(
            f"--layer {unknown[0]}: no such layer; this network has {', '.join(known)}"
        )
    return {n: shape for n, shape in known.items() if n in layers or EVERY_LAYER in layers}


def _named(paths: Sequence[Path], naming: str) -> list[str]:
    if naming == "path":
        return [readable(path) for path in paths]
    stems = [readable(Path(path.stem)) for path in paths]
    twice = [stem for stem, n in Counter(stems).items() if n > 1]
    if twice:
        raise ModelError(f"--names stem: several sounds are called {twice[0]}; use --names path")
    return stems


def _tell(n_sounds: int, failed: list[Embedded], n_ignored: int) -> None:
    if n_ignored:
        click.echo(f"{n_ignored} files in folders have no audio suffix: not tried", err=True)
    if failed:
        nothing = ", nothing was written" if len(failed) == n_sounds else ""
        click.echo(f"{len(failed)} of {n_sounds} files could not be embedded{nothing}:", err=True)
        for item in failed:
            path = readable(item.path)
            told = item.error if os.fspath(item.path) in item.error else f"{path}: {item.error}"
            tell(f"  {told}", err=True)
