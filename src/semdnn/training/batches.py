"""Patches with the targets of their sounds, in an order that seed and epoch alone decide."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from semdnn.errors import SemdnnError
from semdnn.network.inference import PatchSource

Ints = NDArray[np.integer]
_BLOCK = 1 << 16


class TrainingError(SemdnnError):
    """Data or settings that cannot be trained with, or a run that cannot go on."""


class Batch(NamedTuple):
    """Patches that pass the network together.

    Attributes
    ----------
    patches : Tensor [shape=(B, 96, 64)]
    targets : Tensor [shape=(B, n_outputs)]
        No columns for an autoencoder.
    """

    patches: Tensor
    targets: Tensor


@dataclass(frozen=True)
class LabelledPatches:
    """The patches of some sounds, and what each sound is trained towards.

    Attributes
    ----------
    source : PatchSource
        What patches are read from: a log-mel store, or a `PatchArray`.
    indices : int array [shape=(P,)]
        Which patches of the source.
    sound_of_patch : int array [shape=(P,)]
        Row of `targets` that each of these patches belongs to.
    targets : float32 array or sparse array [shape=(S, n_outputs)]
        Per sound: vectors (semDNN), 0 and 1 (catDNN), no columns (autoencoder).
    sound_weights : float array [shape=(S,)], optional
        How often each sound is drawn in training, in proportion: a sound's weight is spread over
        its patches, and patches are drawn with replacement. By default every patch once an epoch.
    log_offset : float
        The constant that the log-mels were taken with.
    held : Tensor [shape=(P, 96, 64)], optional
        These patches, where they are wanted (`semdnn.training.resident`); the source is then not
        read for batches.

    Raises
    ------
    TrainingError
        Arrays that do not fit each other.
    """

    source: PatchSource
    indices: Ints
    sound_of_patch: Ints
    targets: Any
    sound_weights: NDArray[np.floating] | None = field(default=None)
    log_offset: float = 0.01
    held: Tensor | None = field(default=None)

    def __post_init__(self) -> None:
        n_sounds = self.targets.shape[0]
        if len(self.indices) != len(self.sound_of_patch):
            raise TrainingError(
                f"{len(self.indices)} patches, but {len(self.sound_of_patch)} sounds of patches"
            )
        if len(self.indices) and not (
            self.sound_of_patch.min() >= 0 and self.sound_of_patch.max() < n_sounds
        ):
            raise TrainingError(f"a patch belongs to a sound that is not among the {n_sounds}")
        if self.sound_weights is not None and len(self.sound_weights) != n_sounds:
            raise TrainingError(f"{len(self.sound_weights)} weights for {n_sounds} sounds")

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, positions: Ints) -> Batch:
        """Read the patches at `positions` (0 … P − 1) with their targets."""
        targets = self.target_rows(self.sound_of_patch[positions])
        if self.held is None:
            patches = torch.from_numpy(self.source.read(self.indices[positions]))
        else:
            chosen = torch.from_numpy(np.asarray(positions, np.int64))
            patches = self.held[moved(chosen, self.held.device)].float()
        return Batch(patches, targets)

    @cached_property
    def is_multi_hot(self) -> bool:
        """Whether all targets are 0 or 1; looked at once."""
        values = self.targets.data if hasattr(self.targets, "indptr") else self.targets
        blocks = (values[i : i + _BLOCK] for i in range(0, len(values), _BLOCK))
        return all(bool(((block == 0) | (block == 1)).all()) for block in blocks)

    def target_rows(self, sounds: Ints) -> Tensor:
        """Return the dense targets of some sounds, float32 [shape=(n, n_outputs)]."""
        rows = self.targets[sounds]
        dense = rows.toarray() if hasattr(rows, "toarray") else rows
        return torch.from_numpy(np.ascontiguousarray(dense, dtype=np.float32))

    def patch_weights(self) -> NDArray[np.float64]:
        """Return each patch's probability of being drawn, [shape=(P,)], sum 1."""
        n_patches = np.bincount(self.sound_of_patch, minlength=self.targets.shape[0])
        weights = np.ones(len(n_patches)) if self.sound_weights is None else self.sound_weights
        per_patch = (weights / np.maximum(n_patches, 1))[self.sound_of_patch].astype(np.float64)
        total = per_patch.sum()
        if not (np.isfinite(total) and total > 0 and per_patch.min() >= 0):
            raise TrainingError("sound weights must be finite, not negative, and not all 0")
        return np.asarray(per_patch / total)

    def target_frequencies(self) -> Tensor:
        """Return the mean target over the patches, float32 [shape=(n_outputs,)]."""
        n_patches = np.bincount(self.sound_of_patch, minlength=self.targets.shape[0])
        mean = (self.targets.T @ n_patches.astype(np.float64)) / len(self)
        return torch.from_numpy(np.asarray(mean, dtype=np.float32))

    def sample(self, n: int) -> NDArray[np.float32]:
        """Read at most `n` patches, evenly over all of them."""
        positions = np.linspace(0, len(self) - 1, min(n, len(self))).astype(np.int64)
        return np.asarray(self.source.read(self.indices[np.unique(positions)]))

    def digest(self) -> str:
        """Return a digest of which patches, whose, towards what, and of 16 patches' values."""
        digest = hashlib.sha256()
        targets = self.targets
        sparse = [targets.indptr, targets.indices] if hasattr(targets, "indptr") else []
        for integers in (self.indices, self.sound_of_patch, *sparse):
            digest.update(np.asarray(integers, dtype=np.int64).tobytes())
        weights = () if self.sound_weights is None else self.sound_weights
        for floats in (targets.data if sparse else targets, weights, self.sample(16)):
            digest.update(np.asarray(floats, dtype=np.float32).tobytes())
        return digest.hexdigest()


def epoch_order(
    patches: LabelledPatches, seed: int, epoch: int, n_drawn: int | None = None
) -> NDArray[np.int64]:
    """Return the order in which an epoch shows its patches.

    Parameters
    ----------
    patches : LabelledPatches
        What is shown.
    seed, epoch : int
        The order depends on these two alone, so that a resumed run shows the same.
    n_drawn : int, optional
        Patches an epoch; all by default.

    Returns
    -------
    int64 array [shape=(n_drawn,)]
        Positions in `patches`: each at most once, or by weight with replacement where
        `patches.sound_weights` is given.
    """
    rng = np.random.default_rng([seed, epoch])
    n = len(patches) if n_drawn is None else n_drawn
    if patches.sound_weights is not None:
        return rng.choice(len(patches), size=n, p=patches.patch_weights())
    return rng.permutation(len(patches))[:n]


class EpochShare(NamedTuple):
    """What one process shows in an epoch.

    Attributes
    ----------
    order : int64 array [shape=(n,)]
        Positions of its patches, batch after batch.
    n_steps : int
        Steps of the optimiser in the epoch, the same for every process.
    """

    order: NDArray[np.int64]
    n_steps: int


def share_of_epoch(
    order: NDArray[np.int64],
    batch_size: int,
    *,
    accumulate: int = 1,
    rank: int = 0,
    n_processes: int = 1,
) -> EpochShare:
    """Return the share of process `rank` in an epoch.

    A step takes `accumulate` batches of every process; together they are the patches that one
    process with a batch that many times as large would take.

    Raises
    ------
    TrainingError
        There are too few patches for one step of several batches.

    Examples
    --------
    >>> share_of_epoch(np.arange(9), 2, rank=1, n_processes=2)
    EpochShare(order=array([2, 3, 6, 7]), n_steps=2)
    """
    n_parts = accumulate * n_processes
    if n_parts == 1:
        return EpochShare(order, count_batches(len(order), batch_size, whole_only=True))
    n_steps = len(order) // (batch_size * n_parts)
    if not n_steps:
        raise TrainingError(
            f"{len(order)} patches, but a step takes {n_parts} batches of {batch_size}: "
            "lower batch_size or accumulate, or take fewer devices"
        )
    whole = order[: n_steps * n_parts * batch_size]
    parts = whole.reshape(n_steps * accumulate, n_processes, batch_size)
    return EpochShare(parts[:, rank].ravel(), n_steps)


def read_batches(
    patches: LabelledPatches,
    order: Ints,
    batch_size: int,
    *,
    whole_only: bool = False,
    device: torch.device | None = None,
) -> Iterator[Batch]:
    """Yield batches in order, the next one being read while one is worked on.

    Parameters
    ----------
    patches : LabelledPatches
        What is read.
    order : int array [shape=(n,)]
        Positions in `patches`.
    batch_size : int
        Patches a batch.
    whole_only : bool
        Leave out a smaller batch at the end, unless it is the only one.
    device : torch.device, optional
        Where batches are worked on: those for a GPU are put into memory that it copies from while
        it computes (`moved` then does not wait).
    """
    gpus = () if device is None or device.type != "cuda" else (device,)
    n_batches = count_batches(len(order), batch_size, whole_only=whole_only)
    parts = [order[i * batch_size : (i + 1) * batch_size] for i in range(n_batches)]
    if not parts:
        return

    def read(part: Ints) -> Batch:
        batch = patches.batch(part)
        return Batch(*map(_pinned, batch)) if gpus else batch

    def begin() -> None:
        for gpu in gpus:  # else the thread would claim memory of the first one too
            torch.cuda.set_device(gpu)

    with ThreadPoolExecutor(max_workers=1, initializer=begin) as reader:
        upcoming = reader.submit(read, parts[0])
        for part in parts[1:]:
            batch = upcoming.result()
            upcoming = reader.submit(read, part)
            yield batch
        yield upcoming.result()


def count_batches(n_patches: int, batch_size: int, *, whole_only: bool) -> int:
    """Return how many batches `read_batches` yields."""
    n_whole, rest = divmod(n_patches, batch_size)
    return n_whole + (1 if rest and not (whole_only and n_whole) else 0)


def moved(values: Tensor, device: torch.device) -> Tensor:
    """Return `values` on `device`, without waiting for a GPU that is at work."""
    if device.type != "cuda" or values.is_cuda:
        return values.to(device)
    return _pinned(values).to(device, non_blocking=True)


def _pinned(values: Tensor) -> Tensor:
    return values if values.is_cuda or values.is_pinned() else values.pin_memory()
