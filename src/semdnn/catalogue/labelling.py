"""Label many files: every good one gets words, every bad one a reason, none stops the rest."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semdnn.audio.waveform import is_audio_path
from semdnn.errors import SemdnnError
from semdnn.model import Listening, SemanticModel, Word

GROUP_SOUNDS = 32
"""Sounds whose predictions are turned into words together."""

_Group = list[tuple[Path, "Future[Listening]"]]


class Labelled(NamedTuple):
    """Words of one sound, in falling weight; `error` says why there are none."""

    path: Path
    duration_s: float
    words: tuple[Word, ...]
    error: str = ""


class Found(NamedTuple):
    """Sounds to label, and how many files of folders were passed over as not audio."""

    paths: tuple[Path, ...]
    n_ignored: int


class NothingToLabelError(SemdnnError):
    """The given paths hold no sound file."""


def find_sounds(paths: Sequence[Path]) -> Found:
    """Return the sound files among `paths`: files as given, folders searched in depth.

    A file that is named is always tried, whatever its suffix. In folders, files with the
    suffix of an audio or video format are taken, in sorted order; hidden ones are not.

    Raises
    ------
    NothingToLabelError
        If there is nothing at all.
    """
    found: dict[Path, None] = {}
    n_ignored = 0
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        for file in _files(path):
            if is_audio_path(file) or file.is_dir():
                found[file] = None
            else:
                n_ignored += 1
    if not found:
        named = ", ".join(str(path) for path in paths)
        raise NothingToLabelError(f"{named}: no sound files here; give files or a folder of them")
    return Found(tuple(found), n_ignored)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` in sorted order, hidden ones and hidden folders left out."""
    try:
        content = sorted(folder.iterdir())
    except PermissionError:
        yield folder  # tried like a file, and so listed with its error
        return
    for inner in content:
        if inner.name.startswith("."):
            continue
        if inner.is_dir() and not inner.is_symlink():
            yield from _files(inner)
        elif not inner.is_dir():
            yield inner


def label_sounds(
    model: SemanticModel, paths: Iterable[Path], *, top: int, n_workers: int | None = None
) -> Iterator[Labelled]:
    """Yield the words of each sound in the order of `paths`, reading ahead in threads.

    Parameters
    ----------
    model : SemanticModel
        The trained network with its dictionary.
    paths : iterable of Path
        Sound files.
    top : int
        Words a sound, at most.
    n_workers : int, optional
        Files read and analysed at the same time; by default the processor's usable cores.
    """
    queue = iter(paths)
    pool = ThreadPoolExecutor(n_workers or len(os.sched_getaffinity(0)))
    try:
        waiting = _submitted(model, pool, queue)
        while waiting:
            ahead = _submitted(model, pool, queue)
            yield from _labelled(model, waiting, top)
            waiting = ahead
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(model: SemanticModel, pool: ThreadPoolExecutor, queue: Iterator[Path]) -> _Group:
    return [(path, pool.submit(model.listen, path)) for path in islice(queue, GROUP_SOUNDS)]


def _labelled(model: SemanticModel, group: _Group, top: int) -> Iterator[Labelled]:
    """Decode a group at once: always the same groups, so always the same numbers."""
    outcomes = [(path, _outcome(future)) for path, future in group]
    heard = [item.prediction for _, item in outcomes if isinstance(item, Listening)]
    words = iter(model.words_of_all(np.array(heard), top=top) if heard else ())
    for path, item in outcomes:
        if isinstance(item, Listening):
            yield Labelled(path, item.duration_s, next(words))
        else:
            yield Labelled(path, 0.0, (), item)


def _outcome(future: "Future[Listening]") -> Listening | str:
    try:
        return future.result()
    except Exception as error:
        return str(error) or type(error).__name__
