"""Networks over many patches: arrays in, arrays out, in batches."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from semdnn.network.sound_network import SoundNetwork

Floats = NDArray[np.float32]


class PatchSource(Protocol):
    """Anything that patches can be read from by index, such as a log-mel store."""

    def read(self, indices: NDArray[np.integer]) -> Floats:
        """Return float32 log-mel patches [shape=(len(indices), 96, 64)]."""
        ...


class PatchArray:
    """Patches held in memory, read like a store.

    Parameters
    ----------
    patches : array [shape=(P, 96, 64)]
        Log-mel patches.
    """

    def __init__(self, patches: Floats) -> None:
        self.patches = patches

    def read(self, indices: NDArray[np.integer]) -> Floats:
        """Return float32 log-mel patches [shape=(len(indices), 96, 64)]."""
        return np.asarray(self.patches[indices], dtype=np.float32)


def predict(
    network: SoundNetwork,
    patches: Floats | PatchSource,
    indices: NDArray[np.integer] | None = None,
    *,
    batch_size: int = 64,
) -> Floats:
    """Return a network's prediction for every patch.

    Parameters
    ----------
    network : SoundNetwork
        On any device; used in evaluation mode, and left in the mode that it was in.
    patches : array [shape=(n, 96, 64)] or PatchSource
        Log-mel patches, or what they are read from.
    indices : array of int [shape=(P,)], optional
        Which patches, in order; needed with a source, all of an array by default.
    batch_size : int
        Patches that pass the network together.

    Returns
    -------
    array [shape=(P, n_outputs); (P, 96, 64) from an autoencoder]
        Embeddings (semDNN) or probabilities in 0–1 (catDNN).
    """
    return embed(network, patches, ["output"], indices, batch_size=batch_size)["output"]


def embed(
    network: SoundNetwork,
    patches: Floats | PatchSource,
    layers: Sequence[str],
    indices: NDArray[np.integer] | None = None,
    *,
    batch_size: int = 64,
) -> dict[str, Floats]:
    """Return the activations of named layers for every patch.

    Parameters are those of `predict`; `layers` are names out of ``network.layer_shapes()``.

    Returns
    -------
    dict of str to array [shape=(P, *layer shape)]
    """
    shapes = network.layer_shapes()
    found: dict[str, list[Floats]] = {name: [] for name in layers}
    was_training = network.training
    network.eval()
    try:
        for batch in _batches(patches, indices, batch_size):
            values = network.activations(batch.to(network.input_mean.device), layers)
            for name in layers:
                found[name].append(values[name].float().cpu().numpy())
    finally:
        network.train(was_training)
    return {
        name: np.concatenate(parts) if parts else np.empty((0, *shapes[name]), np.float32)
        for name, parts in found.items()
    }


def _batches(
    patches: Floats | PatchSource, indices: NDArray[np.integer] | None, batch_size: int
) -> Iterator[Tensor]:
    source: PatchSource
    if isinstance(patches, np.ndarray):
        source = PatchArray(patches)
        indices = np.arange(len(patches)) if indices is None else indices
    else:
        source = patches
    if indices is None:
        raise TypeError("indices are needed where patches are read from a source")
    for start in range(0, len(indices), batch_size):
        yield torch.from_numpy(source.read(indices[start : start + batch_size]))
