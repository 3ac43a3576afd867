"""Label many files: every good one gets words, every bad one a reason, none stops the rest."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semdnn.catalogue.hearing import words_where_sounding
from semdnn.catalogue.segments import SegmentRule
from semdnn.catalogue.sound_paths import Found, NothingToLabelError, find_sounds
from semdnn.catalogue.timeline import Segment, Timeline, timeline
from semdnn.model import Listening, SemanticModel, Word

__all__ = [
    "GROUP_SOUNDS",
    "Found",
    "Labelled",
    "NothingToLabelError",
    "find_sounds",
    "label_sounds",
    "time_sounds",
]

GROUP_SOUNDS = 32
"""Sounds whose predictions are turned into words together."""


class Labelled(NamedTuple):
    """Words of one sound, in falling weight; `error` says why there are none.

    With a timeline there are `segments` instead, by start.
    """

    path: Path
    duration_s: float
    words: tuple[Word, ...]
    error: str = ""
    segments: tuple[Segment, ...] = ()


_Heard = Listening | Timeline
_Group = list[tuple[Path, "Future[_Heard]"]]


def label_sounds(
    model: SemanticModel,
    paths: Iterable[Path],
    *,
    top: int,
    threshold: float = 0.0,
    n_workers: int | None = None,
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
    threshold : float
        Smallest weight of a word, ≥ 0.
    n_workers : int, optional
        Files read and analysed at the same time; by default the processor's usable cores.
    """
    for group in _groups(model.listen, paths, n_workers):
        yield from _labelled(model, group, top, threshold)


def time_sounds(
    model: SemanticModel,
    paths: Iterable[Path],
    *,
    rule: SegmentRule | None = None,
    n_workers: int | None = None,
) -> Iterator[Labelled]:
    """Yield the segments of each sound in the order of `paths`, reading ahead in threads.

    Parameters are those of `label_sounds`; `rule` is that of `timeline.timeline`.
    """
    for group in _groups(lambda path: timeline(model, path, rule), paths, n_workers):
        for path, future in group:
            heard = _outcome(future)
            if isinstance(heard, Timeline):
                yield Labelled(path, heard.duration_s, (), "", heard.segments)
            else:
                yield Labelled(path, 0.0, (), str(heard))


def _groups(
    hear: Callable[[Path], _Heard], paths: Iterable[Path], n_workers: int | None
) -> Iterator[_Group]:
    """Yield groups of running work, the next group started before one is waited for."""
    queue = iter(paths)
    pool = ThreadPoolExecutor(n_workers or len(os.sched_getaffinity(0)))

    def submitted() -> _Group:
        return [(path, pool.submit(hear, path)) for path in islice(queue, GROUP_SOUNDS)]

    try:
        waiting = submitted()
        while waiting:
            ahead = submitted()
            yield waiting
            waiting = ahead
    finally:
        pool.shutdown(cancel_futures=True)


def _labelled(
    model: SemanticModel, group: _Group, top: int, threshold: float
) -> Iterator[Labelled]:
    """Decode a group at once: always the same groups, so always the same numbers."""
    outcomes = [(path, _outcome(future)) for path, future in group]
    heard = [item for _, item in outcomes if isinstance(item, Listening)]
    sounding = np.array([item.n_sounding > 0 for item in heard], np.bool_)
    predictions = np.array([item.prediction for item in heard])
    words = iter(words_where_sounding(model, predictions, sounding, top=top))
    for path, item in outcomes:
        if isinstance(item, Listening):
            kept = tuple(word for word in next(words) if word.weight >= threshold)
            yield Labelled(path, item.duration_s, kept)
        else:
            yield Labelled(path, 0.0, (), str(item))


def _outcome(future: "Future[_Heard]") -> _Heard | str:
    try:
        return future.result()
    except Exception as error:
        return str(error) or type(error).__name__
