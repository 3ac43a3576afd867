"""Rows of embeddings gathered on disk, so that a library's size is not the memory's.

A worker writes one sound's rows to `SoundRows`: in memory while they are few, a temporary file
when they are many. `Spool.take` appends them to one file a layer, which `Spool.embeddings` maps.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

HELD_BYTES = 1 << 20
"""Of one layer of one sound, before its rows go to a file."""


@dataclass(frozen=True)
class Embeddings:
    """Layers of S sounds: a row a sound, or a row a patch.

    Attributes
    ----------
    names : tuple of str
        The S sounds.
    duration_s : float64 [shape=(S,)]
        Their lengths in seconds.
    layers : mapping of str to float32 [shape=(S, *layer shape) or (P, *layer shape)]
        Rows by layer.
    sound_of_patch : int64 [shape=(P,)], optional
        Index into `names` of each patch's sound, ascending; None where rows are sounds.
    start_s : float64 [shape=(P,)], optional
        Seconds from the start of its sound to the start of each patch.
    """

    names: tuple[str, ...]
    duration_s: NDArray[np.float64]
    layers: Mapping[str, NDArray[np.float32]]
    sound_of_patch: NDArray[np.int64] | None = None
    start_s: NDArray[np.float64] | None = None


class SoundRows:
    """The rows of one sound, layer by layer.

    Attributes
    ----------
    start_s : list of float
        Start of each patch; empty where the only row is the sound's mean.
    duration_s : float
        Length of the sound.
    """

    def __init__(self, folder: Path, layers: Sequence[str]) -> None:
        self.start_s: list[float] = []
        self.duration_s = 0.0
        self.files: dict[str, SpooledTemporaryFile[bytes]] = {
            name: SpooledTemporaryFile(HELD_BYTES, dir=str(folder))  # noqa: SIM115 - `close` closes it
            for name in layers
        }

    def add(self, layer: str, rows: NDArray[np.float32]) -> None:
        """Append one row or several to a layer."""
        self.files[layer].write(np.ascontiguousarray(rows, "<f4").tobytes())

    def close(self) -> None:
        """Forget the rows."""
        for file in self.files.values():
            file.close()


class Spool:
    """Gathers the rows of many sounds in a temporary folder; a context manager.

    Parameters
    ----------
    beside : Path
        The file that the rows are for: the folder is made beside it, on the same disk.
    shapes : mapping of str to tuple of int
        Shape of one row of each layer.
    per_patch : bool
        Whether rows are patches.
    """

    def __init__(
        self, beside: Path, shapes: Mapping[str, tuple[int, ...]], *, per_patch: bool
    ) -> None:
        beside.parent.mkdir(parents=True, exist_ok=True)
        self._folder = TemporaryDirectory(dir=beside.parent, prefix=f".{beside.name}.")
        self.folder = Path(self._folder.name)
        self._shapes = dict(shapes)
        self._per_patch = per_patch
        self._names: list[str] = []
        self._duration_s: list[float] = []
        self._n_rows: list[int] = []
        self._start_s: list[NDArray[np.float64]] = []
        self._files: dict[str, Any] = {name: self._path(name).open("wb") for name in self._shapes}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()
        self._folder.cleanup()

    def __len__(self) -> int:
        return len(self._names)

    def rows(self, layers: Sequence[str]) -> SoundRows:
        """Return where a worker writes the rows of one sound."""
        return SoundRows(self.folder, layers)

    def take(self, name: str, rows: SoundRows) -> int:
        """Append one sound's rows, forget them, and return how many they were."""
        n_rows = len(rows.start_s) if self._per_patch else 1
        for layer, target in self._files.items():
            source = rows.files[layer]
            source.seek(0)
            shutil.copyfileobj(source, target, HELD_BYTES)
        rows.close()
        self._names.append(name)
        self._duration_s.append(rows.duration_s)
        self._n_rows.append(n_rows)
        self._start_s.append(np.array(rows.start_s, np.float64))
        return n_rows

    def embeddings(self) -> Embeddings:
        """Return all rows, mapped from disk: to be used before the spool is left.

        Raises
        ------
        ValueError
            If there are none.
        """
        layers: dict[str, NDArray[np.float32]] = {}
        for name, shape in self._shapes.items():
            self._files[name].flush()
            rows = (sum(self._n_rows), *shape)
            layers[name] = np.memmap(self._path(name), "<f4", "r", shape=rows)
        names, durations = tuple(self._names), np.array(self._duration_s)
        if not self._per_patch:
            return Embeddings(names, durations, layers)
        sound_of_patch = np.repeat(np.arange(len(names)), self._n_rows)
        return Embeddings(names, durations, layers, sound_of_patch, np.concatenate(self._start_s))

    def _path(self, layer: str) -> Path:
        return self.folder / f"{layer}.f4"
