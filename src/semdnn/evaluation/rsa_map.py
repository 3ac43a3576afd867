"""Stimuli on a plane, near each other where they are heard as similar.

References
----------
Classical scaling: Torgerson (1952), doi:10.1007/BF02288916; rotation onto another map:
Schönemann (1966), doi:10.1007/BF02289451.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import squareform

from semdnn.evaluation.rsa_data import RsaError

Array = NDArray[np.float64]


class StimulusMap(NamedTuple):
    """A plane of stimuli.

    Attributes
    ----------
    points : array [shape=(S, 2)]
        Centred, in the unit of the dissimilarities.
    share : float
        Of the positive variance of the dissimilarities, how much the plane shows, 0 … 1.
    """

    points: Array
    share: float


def stimulus_map(dissimilarities: ArrayLike) -> StimulusMap:
    """Return the plane of classical multidimensional scaling; signs are settled, not random.

    Parameters
    ----------
    dissimilarities : array [shape=(S(S − 1)/2,)]
        Condensed, finite, not all 0.

    Raises
    ------
    RsaError
        If a value is missing, or all are 0.

    Examples
    --------
    >>> points, share = stimulus_map([3.0, 4.0, 5.0])
    >>> np.round(np.linalg.norm(points[1] - points[2]), 6).item(), round(share, 6)
    (5.0, 1.0)
    """
    values = np.asarray(dissimilarities, dtype=np.float64)
    if not np.isfinite(values).all() or not values.any():
        raise RsaError("a map of stimuli needs dissimilarities that are finite and not all 0")
    squares = squareform(values, checks=False) ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    variances, vectors = np.linalg.eigh(-0.5 * centred)
    variances, vectors = variances[::-1], vectors[:, ::-1]
    points = vectors[:, :2] * np.sqrt(np.maximum(variances[:2], 0))
    largest = np.abs(points).argmax(axis=0)
    points = points * np.where(points[largest, [0, 1]] < 0, -1, 1)
    positive = np.maximum(variances, 0)
    return StimulusMap(points, float(positive[:2].sum() / positive.sum()))


def turned_onto(points: Array, reference: Array) -> Array:
    """Return `points` turned, mirrored and scaled so that they lie nearest to `reference`.

    Parameters
    ----------
    points, reference : arrays [shape=(S, 2)]
        Centred maps of the same stimuli.
    """
    rotation, scale = orthogonal_procrustes(points, reference)
    spread = float((points**2).sum())
    return np.asarray(points @ rotation * (scale / spread if spread else 1.0))
