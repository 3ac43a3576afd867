"""Layers whose units have units: brought to one scale before dissimilarities are taken."""

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import ComparisonModel, Layers

_CONSTANT = 1e-6  # a column that varies by less than this share of its size is rounding


def comparable(model: ComparisonModel, layers: Layers) -> Layers:
    """Return `layers` in a form that dissimilarities can be taken of.

    Layers of a model that mixes units (attribute `mixes_units`) are z-scored over the stimuli,
    unit by unit; those of all others are returned as they are.

    Parameters
    ----------
    model : ComparisonModel
        Whose layers these are.
    layers : Layers
        Of all stimuli that are compared.
    """
    if not getattr(model, "mixes_units", False):
        return layers
    return {layer: z_scores(values) for layer, values in layers.items()}


def z_scores(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return columns with mean 0 and standard deviation 1; one that does not vary becomes 0.

    Parameters
    ----------
    values : array [shape=(S, n_units)]
        A row a stimulus.

    Examples
    --------
    >>> z_scores(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    centred = np.asarray(values, dtype=np.float64) - np.mean(values, axis=0, dtype=np.float64)
    deviation = centred.std(axis=0)
    varies = deviation > _CONSTANT * np.abs(values).max(axis=0, initial=0)
    scores = np.where(varies, centred / np.where(varies, deviation, 1), 0)
    return np.asarray(scores, dtype=np.float32)
