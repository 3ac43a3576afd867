"""The log-mel store: every sound of a library decoded once, its patches read in any order after.

A store is a folder of shards (``semdnn.features.shards``) and ``store.json``, which lists them.
Decoding costs tens of times what the networks' input costs to read back.
"""

import errno
import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semdnn.audio.patches import FRAME_S
from semdnn.features.shards import (
    FORMAT_VERSION,
    PATCH_SHAPE,
    Failure,
    FeatureSettings,
    ShardIndex,
    ShardJob,
    StoreError,
    featurise_shard,
    read_index,
    sha256_of,
)
from semdnn.files import write_json
from semdnn.processes import allow_open_files, end_with
from semdnn.progress import track

__all__ = ["Failure", "FeatureSettings", "LogMelStore", "StoreError", "featurise"]

SOUNDS_PER_SHARD = 64
MANIFEST = "store.json"


class LogMelStore:
    """A store that is complete, opened for reading.

    Nothing but indices is held in memory; patches are memory-mapped. It may be pickled to other
    processes of the same machine, which open it anew.

    Parameters
    ----------
    folder : Path
        A folder that `featurise` wrote.

    Attributes
    ----------
    settings : FeatureSettings
        How the patches were made.
    names : tuple of str
        The S sounds that are in, in the order that they were given.
    failures : tuple of Failure
        The sounds that are not, with reasons.
    content : tuple of str
        SHA-256 of each sound's patches: equal where two sounds are the same, sample for sample.
    n_patches : int
        Patches N of all sounds.
    sound_of_patch : array of int32 [shape=(N,)]
        Sound of each patch, ascending.
    start_s : array of float32 [shape=(N,)]
        Seconds from the start of its sound.

    Raises
    ------
    StoreError
        If there is no store, it is of another version, or a shard is missing or cut short.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest = _read_manifest(folder)
        self.settings = FeatureSettings.model_validate(manifest["settings"])
        self._stems: tuple[str, ...] = tuple(manifest["shards"])
        indices = [_required_index(folder, stem) for stem in self._stems]
        self._sha256 = tuple(index.sha256 for index in indices)
        self.names = tuple(name for index in indices for name in index.names)
        self.content = tuple(content for index in indices for content in index.content)
        self.failures = tuple(
            Failure(name, reason) for index in indices for name, reason, _ in index.failures
        )
        starts = [frames for index in indices for frames in index.start_frames]
        counts = np.array([len(frames) for frames in starts], np.int64)
        self.n_patches = int(counts.sum())
        self.sound_of_patch = np.repeat(np.arange(len(starts), dtype=np.int32), counts)
        flat = np.fromiter((f for frames in starts for f in frames), np.float64, self.n_patches)
        self.start_s = (flat * FRAME_S).astype(np.float32)
        self._first = np.cumsum([0, *(index.n_patches for index in indices)])
        allow_open_files(len(indices))  # a map holds its file open
        self._maps = [_mapped(folder, *pair) for pair in zip(self._stems, indices, strict=True)]

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> tuple[type["LogMelStore"], tuple[Path]]:
        return type(self), (self.folder,)

    def read(self, indices: ArrayLike) -> NDArray[np.float32]:
        """Return patches in the order asked for.

        Parameters
        ----------
        indices : array of int [shape=(B,)]
            Patches, 0 … n_patches − 1, in any order, with repeats if need be.

        Returns
        -------
        array of float32 [shape=(B, 96, 64)]
            A copy, free to be changed.

        Raises
        ------
        IndexError
            If an index is out of range.
        """
        wanted = np.asarray(indices, np.int64).ravel()
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < self.n_patches):
            raise IndexError(f"patch indices must lie in 0 … {self.n_patches - 1}")
        out = np.empty((wanted.size, *PATCH_SHAPE), np.float32)
        # In the order of the disk: neighbours are read together.
        order = np.argsort(wanted, kind="stable")
        shard = np.searchsorted(self._first, wanted[order], side="right") - 1
        bounds = np.flatnonzero(np.diff(shard, prepend=-1, append=-1))
        for begin, end in pairwise(bounds):
            rows = order[begin:end]
            out[rows] = self._maps[shard[begin]][wanted[rows] - self._first[shard[begin]]]
        return out

    def verify(self) -> None:
        """Read all data and compare the checksums.

        Raises
        ------
        StoreError
            If a shard is damaged.
        """
        for stem, sha256 in zip(self._stems, self._sha256, strict=True):
            if sha256_of(self.folder / f"{stem}.npy") != sha256:
                raise StoreError(
                    f"{self.folder / stem}.npy: is damaged: featurise again, only it is made anew"
                )


def featurise(
    sounds: Sequence[tuple[str, Path]],
    folder: Path,
    settings: FeatureSettings,
    *,
    n_workers: int | None = None,
    executor: Executor | None = None,
) -> LogMelStore:
    """Decode sounds and write their patches to a store; go on where an earlier call stopped.

    Parameters
    ----------
    sounds : sequence of (str, Path)
        Name, which must not repeat, and file of each sound.
    folder : Path
        The store; made if it is missing. One call at a time may write to it.
    settings : FeatureSettings
        How patches are made. Other settings than before make the shards anew.
    n_workers : int, optional
        Processes, ≥ 1; as many as there are cores by default. One works in this process.
        Others are spawned: a script must guard its start with ``if __name__ == "__main__"``.
    executor : concurrent.futures.Executor, optional
        Runs the shards in place of a local process pool (`cluster_executor`).

    Returns
    -------
    LogMelStore
        The store; sounds that could not be read are in its `failures`.

    Raises
    ------
    StoreError
        If a name repeats, the folder cannot be written, or a worker dies.
    """
    _require_distinct([name for name, _ in sounds])
    folder = folder.absolute()  # another machine's working folder is another one
    sounds = [(name, path.absolute()) for name, path in sounds]
    if n_workers is not None and n_workers < 1:
        raise ValueError(f"n_workers is {n_workers}: at least 1 is needed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made ({error.strerror})") from error
    jobs = [
        ShardJob(
            f"shard-{first // SOUNDS_PER_SHARD:05d}",
            tuple(sounds[first : first + SOUNDS_PER_SHARD]),
            folder,
            settings,
        )
        for first in range(0, len(sounds), SOUNDS_PER_SHARD)
    ]
    _run(jobs, n_workers or len(os.sched_getaffinity(0)), executor)
    stems = [job.stem for job in jobs]
    write_json(
        folder / MANIFEST,
        {"format": FORMAT_VERSION, "settings": settings.model_dump(), "shards": stems},
    )
    _remove_others(folder, set(stems))
    return LogMelStore(folder)


def _run(jobs: Sequence[ShardJob], n_workers: int, executor: Executor | None) -> None:
    if executor is not None:
        _drain(_results(executor, jobs), len(jobs))
    elif min(n_workers, len(jobs)) <= 1:
        _drain(map(featurise_shard, jobs), len(jobs))
    else:
        # Spawned, not forked: a parent with threads (torch, OpenMP) must not be forked.
        context = multiprocessing.get_context("spawn")
        n_processes = min(n_workers, len(jobs))
        with ProcessPoolExecutor(n_processes, context, end_with, (os.getpid(),)) as pool:
            _drain(_results(pool, jobs), len(jobs))


def _drain(indices: Iterator[ShardIndex], n_shards: int) -> None:
    for _ in track(indices, label="log-mel", total=n_shards):
        pass


def _results(executor: Executor, jobs: Sequence[ShardJob]) -> Iterator[ShardIndex]:
    futures = [executor.submit(featurise_shard, job) for job in jobs]
    try:
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise StoreError(
            "a worker process died, perhaps for want of memory: run the same command again,"
            " finished shards are kept"
        ) from error
    finally:
        for future in futures:
            future.cancel()


def _require_distinct(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise StoreError(f"{name}: is given twice: every sound needs a name of its own")
        seen.add(name)


def _remove_others(folder: Path, stems: set[str]) -> None:
    """Remove shards of an earlier, longer list and what interrupted writes left behind."""
    for path in folder.glob("shard-*"):
        if path.stem not in stems:
            path.unlink(missing_ok=True)
    for path in folder.glob(".shard-*"):
        path.unlink(missing_ok=True)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(f"{folder}: holds no finished log-mel store: featurise first") from error
    except ValueError as error:
        raise StoreError(f"{path}: is damaged: featurise again, whole shards are kept") from error
    if manifest.get("format") != FORMAT_VERSION:
        raise StoreError(f"{path}: is of another version of semdnn: featurise again")
    return manifest


def _required_index(folder: Path, stem: str) -> ShardIndex:
    index = read_index(folder, stem)
    data = folder / f"{stem}.npy"
    if index is None or not data.is_file() or data.stat().st_size != index.n_bytes:
        raise StoreError(f"{data}: is missing or cut short: featurise again, only it is made anew")
    return index


def _mapped(folder: Path, stem: str, index: ShardIndex) -> NDArray[np.float16]:
    if index.n_patches == 0:
        return np.empty((0, *PATCH_SHAPE), np.float16)
    try:
        data: NDArray[np.float16] = np.load(folder / f"{stem}.npy", "r", allow_pickle=False)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        raise StoreError(
            f"{folder}: has more shards than this system lets a process open: raise the limit"
            " (ulimit -Hn, limits.conf)"
        ) from error
    return data
