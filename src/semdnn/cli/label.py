"""``semdnn label``: words for sounds."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
import torch

from semdnn.catalogue.labelling import Labelled, find_sounds, label_sounds
from semdnn.catalogue.labels import FORMATS, HEADERS, readable
from semdnn.files import replacing
from semdnn.model import DEFAULT_MODEL, SemanticModel
from semdnn.progress import track
from semdnn.semantics.vocabulary import read_vocabulary


@click.command("label")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--model",
    "model_name",
    default=DEFAULT_MODEL,
    show_default=True,
    help="A shipped network's name or a checkpoint file.",
)
@click.option(
    "--words",
    "words_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Describe with these words and phrases instead: one a line, # begins a comment line.",
)
@click.option(
    "--top",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Words a sound, at most.",
)
@click.option(
    "--format",
    "style",
    default="table",
    show_default=True,
    type=click.Choice(list(FORMATS)),
    help="json is one object a line.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here instead of standard output.",
)
def command(
    *,
    paths: tuple[Path, ...],
    model_name: str,
    words_file: Path | None,
    top: int,
    style: str,
    output: Path | None,
) -> int:
    """Describe sounds with words: files, or folders searched in depth.

    Exit status 0 if every file was labelled, 1 if some could not be read (they are listed at
    the end), 2 for wrong usage.
    """
    found = find_sounds(paths)
    model = SemanticModel.load(model_name)
    if words_file is not None:
        model = model.with_words(read_vocabulary(words_file))
    torch.set_num_threads(1)  # files are worked on side by side, each on one core
    labelled = label_sounds(model, found.paths, top=top)
    to_terminal = output is None and sys.stdout.isatty()
    shown = labelled if to_terminal else track(labelled, label="labelling", total=len(found.paths))
    failed: list[Labelled] = []
    with _opened(output) as stream:
        stream.write(HEADERS.get(style, ""))
        for item in shown:
            stream.write(FORMATS[style](item))
            if item.error:
                failed.append(item)
    _tell(len(found.paths), failed, found.n_ignored)
    return 1 if failed else 0


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Yield where labels go: a file that appears when complete, a device, or standard output."""
    if output is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:  # the reader, `head` say, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif output.exists() and not output.is_file():
        with output.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    else:
        with replacing(output) as part, part.open("w", encoding="utf-8", newline="") as stream:
            yield stream


def _tell(n_sounds: int, failed: list[Labelled], n_ignored: int) -> None:
    if n_ignored:
        click.echo(f"{n_ignored} files in folders have no audio suffix: not tried", err=True)
    if failed:
        click.echo(f"{len(failed)} of {n_sounds} files could not be labelled:", err=True)
        for item in failed:
            path = readable(item.path)
            told = item.error if str(item.path) in item.error else f"{path}: {item.error}"
            click.echo(f"  {told.encode('utf-8', 'backslashreplace').decode()}", err=True)
