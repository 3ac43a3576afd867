"""Listeners who hear known dissimilarities: to test an analysis before there are data."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import linkage

from semdnn.evaluation.judgements import from_merges
from semdnn.evaluation.rsa_data import RsaError, n_stimuli_of

Array = NDArray[np.float64]


class SimulatedListeners(NamedTuple):
    """What simulated listeners report, and the truth behind it.

    Attributes
    ----------
    listeners : array [shape=(L, n_pairs)]
        Their dissimilarities.
    truth : array [shape=(n_pairs,)]
        The mixture that the average listener hears without noise; mean 0, and variance 1 where
        the parts are uncorrelated.
    weights : array [shape=(L, n_parts)]
        How much of each part each listener hears.
    """

    listeners: Array
    truth: Array
    weights: Array


def simulate_listeners(
    parts: ArrayLike,
    shares: ArrayLike,
    *,
    n_listeners: int,
    rng: np.random.Generator,
    noise: float = 2.0,
    sorting: bool = False,
) -> SimulatedListeners:
    """Return listeners who mix kinds of dissimilarity, each in proportions of their own.

    Parameters
    ----------
    parts : array [shape=(n_parts, n_pairs)]
        Dissimilarities of each kind (acoustic, semantic …) in any unit; they are z-scored.
    shares : array [shape=(n_parts,)]
        Share of variance of each part in the average listener; scaled to sum to 1.
    n_listeners : int
        How many.
    rng : numpy.random.Generator
        For proportions and noise.
    noise : float
        Standard deviation of what is random in every judgement, relative to the mixture's of
        uncorrelated parts.
    sorting : bool
        Whether listeners report by hierarchical sorting: dissimilarities become the heights at
        which average linkage merges the stimuli, from 1 in equal steps.

    Raises
    ------
    RsaError
        If a part is constant or not finite, the number of pairs is none, or shares do not fit.
    """
    rows, given = np.array(parts, dtype=np.float64), np.array(shares, dtype=np.float64)
    if rows.ndim != 2 or given.shape != rows.shape[:1] or not (given >= 0).all() or not given.any():
        raise RsaError(
            f"shares of shape {given.shape} do not fit parts of shape {rows.shape}: give one each, "
            "none negative, not all 0"
        )
    n_stimuli_of(rows.shape[1])
    scales = rows.std(axis=1, keepdims=True)
    if not (np.isfinite(rows).all() and (scales > 0).all()):
        raise RsaError("a part is constant or not finite: nothing can be heard in it")
    scores = (rows - rows.mean(axis=1, keepdims=True)) / scales
    average = np.sqrt(given / given.sum())
    # Gamma of shape 8: proportions vary by about a third of their mean from listener to listener.
    weights = average * rng.gamma(8, 1 / 8, size=(n_listeners, len(rows)))
    heard = weights @ scores + noise * rng.standard_normal((n_listeners, rows.shape[1]))
    listeners = np.array([_sorted(row) for row in heard]) if sorting else heard
    return SimulatedListeners(listeners, average @ scores, weights)


def _sorted(heard: Array) -> Array:
    """Return the steps at which a listener who merges the nearest groups joins two stimuli."""
    merges = linkage(heard - heard.min(), "average")
    merges[:, 2] = np.arange(1, len(merges) + 1)
    return from_merges(merges)
