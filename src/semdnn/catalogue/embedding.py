"""Layers of many sounds: every good one gets rows, every bad one a reason, none stops the rest."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semdnn.catalogue.embedding_spool import SoundRows, Spool
from semdnn.model import SemanticModel

UNITS = ("sound", "patch")


@dataclass(frozen=True)
class EmbeddingRequest:
    """What is wanted of each sound.

    Attributes
    ----------
    layers : tuple of str
        Names out of ``model.network.layer_shapes()``.
    per : str
        "sound": one row a sound, the mean over its patches; "patch": one row a patch.
    hop_s : float, optional
        Seconds from one patch to the next; by default as in training.
    """

    layers: tuple[str, ...] = ("output",)
    per: str = "sound"
    hop_s: float | None = None

    def __post_init__(self) -> None:
        if self.per not in UNITS:
            raise ValueError(f"per is {self.per!r}: one of {', '.join(UNITS)}")


class Embedded(NamedTuple):
    """A sound that was worked on; `error` says why it has no rows."""

    path: Path
    n_rows: int
    error: str = ""


def embed_sounds(
    model: SemanticModel,
    sounds: Iterable[tuple[str, Path]],
    request: EmbeddingRequest,
    spool: Spool,
    *,
    n_workers: int | None = None,
) -> Iterator[Embedded]:
    """Add the layers of each sound to `spool`, in the order of `sounds`, reading ahead in threads.

    Every sound is computed by itself, so that its numbers depend on no other sound and on no
    number of threads.

    Parameters
    ----------
    model : SemanticModel
        The trained network.
    sounds : iterable of (str, Path)
        Name and file of each sound.
    request : EmbeddingRequest
        Which layers, per sound or per patch.
    spool : Spool
        Where the rows are gathered, on disk.
    n_workers : int, optional
        Files read and analysed at the same time; by default the processor's usable cores.

    Yields
    ------
    Embedded
        One a sound, when its rows are in the spool.

    Raises
    ------
    NetworkError
        Before anything is read: a layer that the network lacks, or a hop between frames.
    """
    model.patch_activations(np.zeros(0), request.layers, hop_s=request.hop_s)  # names and hop
    n_workers = n_workers or len(os.sched_getaffinity(0))
    queue = iter(sounds)
    pool = ThreadPoolExecutor(n_workers)

    def submitted(n: int) -> Iterator[tuple[str, Path, Future[SoundRows]]]:
        for name, path in islice(queue, n):
            yield name, path, pool.submit(_rows, model, path, request, spool)

    try:
        waiting = deque(submitted(2 * n_workers))
        while waiting:
            name, path, future = waiting.popleft()
            yield _gathered(name, path, future, spool)
            waiting.extend(submitted(1))
    finally:
        pool.shutdown(cancel_futures=True)


def _rows(model: SemanticModel, path: Path, request: EmbeddingRequest, spool: Spool) -> SoundRows:
    stream = model.patch_activations(path, request.layers, hop_s=request.hop_s)
    rows = spool.rows(request.layers)
    try:
        if request.per == "sound":
            for name, value in stream.mean().values.items():
                rows.add(name, value)
        else:
            for part in stream:
                rows.start_s.extend(part.start_s.tolist())
                for name, values in part.values.items():
                    rows.add(name, values)
    except BaseException:
        rows.close()
        raise
    rows.duration_s = stream.duration_s
    return rows


def _gathered(name: str, path: Path, future: "Future[SoundRows]", spool: Spool) -> Embedded:
    try:
        rows = future.result()
    except Exception as error:
        return Embedded(path, 0, str(error) or type(error).__name__)
    return Embedded(path, spool.take(name, rows))
