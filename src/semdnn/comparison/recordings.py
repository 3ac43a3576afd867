"""Networks that listen: recordings in, the activations of every layer averaged over patches out."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.waveform import read
from semdnn.comparison.interface import ComparisonError, Layers, Stimulus
from semdnn.errors import SemdnnError

Shapes = Mapping[str, tuple[int, ...]]
Activations = Mapping[str, NDArray[np.float32]]


def averaged_layers(
    stimuli: Sequence[Stimulus],
    shapes: Shapes,
    respond: Callable[[NDArray[np.float32]], Iterable[Activations]],
) -> Layers:
    """Return every layer's activations, a row a stimulus, averaged over its patches.

    Stimuli are heard one after the other, so that no row depends on its neighbours.

    Parameters
    ----------
    stimuli : sequence of Stimulus
        Each with a recording.
    shapes : dict of str to tuple of int
        Shape of each layer's activations for one patch, from the input to the output.
    respond : callable
        Takes samples [shape=(n,)] at 16 kHz and gives batches of activations, each a layer name
        to array [shape=(P, *layer shape)], P ≥ 1 in all.

    Returns
    -------
    dict of str to array [shape=(S, n_units)]
        Layers in the order of `shapes`; maps flattened in C order.

    Raises
    ------
    ComparisonError
        If a stimulus has no recording, or one that cannot be read, or activations are not
        finite; names it.
    """
    rows = {
        name: np.empty((len(stimuli), math.prod(shape)), np.float32)
        for name, shape in shapes.items()
    }
    for index, stimulus in enumerate(stimuli):
        batches = respond(samples_of(stimulus))
        for name, mean in _means(batches, shapes).items():
            if not np.isfinite(mean).all():
                raise ComparisonError(
                    f"{stimulus.name}: activations of {name} are not finite: are the weights whole?"
                )
            rows[name][index] = mean
    return rows


def samples_of(stimulus: Stimulus) -> NDArray[np.float32]:
    """Return the samples [shape=(n,)] of a stimulus at 16 kHz, mono.

    Raises
    ------
    ComparisonError
        If there is no recording, or one that cannot be read; names the stimulus.
    """
    if stimulus.path is None:
        raise ComparisonError(f"{stimulus.name}: no recording: this model has to hear it")
    try:
        return read(stimulus.path)
    except SemdnnError as error:
        raise ComparisonError(f"stimulus {stimulus.name}: {error}") from error


def _means(batches: Iterable[Activations], shapes: Shapes) -> dict[str, NDArray[np.float64]]:
    """Return the mean over all patches, flat; summed in double precision."""
    sums = {name: np.zeros(math.prod(shape)) for name, shape in shapes.items()}
    n_patches = 0
    for batch in batches:
        for name in shapes:
            values = batch[name]
            sums[name] += values.reshape(len(values), -1).sum(axis=0, dtype=np.float64)
        n_patches += len(values)
    return {name: total / n_patches for name, total in sums.items()}
