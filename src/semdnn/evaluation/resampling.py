"""Confidence intervals and tests by resampling sounds.

References
----------
Efron (1979), doi:10.1214/aos/1176344552; Phipson & Smyth (2010), doi:10.2202/1544-6115.1585.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_CELLS = 2_000_000  # resampled values in one go


class Interval(NamedTuple):
    """A mean with its confidence interval."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values: NDArray[np.floating],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    n_resamples: int = 10_000,
) -> Interval:
    """Return the mean over sounds with its percentile bootstrap interval.

    Parameters
    ----------
    values : array [shape=(S,)]
        One score a sound.
    rng : numpy.random.Generator
        For drawing sounds with replacement.
    level : float
        Coverage, between 0 and 1.
    n_resamples : int
        Bootstrap samples.

    Raises
    ------
    ValueError
        If `values` is empty or not finite, `level` is not between 0 and 1, or `n_resamples` is
        below 1.

    Examples
    --------
    >>> bootstrap_interval(np.full(9, 0.5), np.random.default_rng(0))
    Interval(mean=0.5, low=0.5, high=0.5)
    """
    scores = _checked(values)
    if not 0 < level < 1 or n_resamples < 1:
        raise ValueError(f"level {level} must lie in (0, 1), n_resamples {n_resamples} above 0")
    means = np.empty(n_resamples)
    for rows in _chunks(n_resamples, scores.size):
        picks = rng.integers(scores.size, size=(rows.stop - rows.start, scores.size))
        means[rows] = scores[picks].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(scores.mean()), float(low), float(high))


def paired_permutation_test(
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    rng: np.random.Generator,
    *,
    n_permutations: int = 10_000,
) -> float:
    """Return the two-sided p-value that two networks' mean scores on the same sounds are equal.

    Under the null hypothesis each sound's difference is as likely to have the opposite sign, so
    signs are flipped at random; the observed signs are counted in, so p is never 0.

    Parameters
    ----------
    a, b : arrays [shape=(S,)]
        Scores of the same sounds, in the same order.
    rng : numpy.random.Generator
        For the signs.
    n_permutations : int
        Random sign patterns; the smallest p is 1 / (1 + n_permutations).

    Raises
    ------
    ValueError
        If the lengths differ, or scores are missing or not finite.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"scores of shapes {np.shape(a)} and {np.shape(b)} are not paired")
    differences = _checked(a) - _checked(b)
    threshold = abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    n_reached = 0
    for rows in _chunks(n_permutations, differences.size):
        shape = (rows.stop - rows.start, differences.size)
        flipped = rng.integers(2, size=shape, dtype=np.int8).astype(np.float64)
        sums = differences.sum() - 2 * (flipped @ differences)
        n_reached += int(np.count_nonzero(np.abs(sums) >= threshold))
    return (1 + n_reached) / (1 + n_permutations)


def _checked(values: NDArray[np.floating]) -> NDArray[np.float64]:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0 or not np.isfinite(scores).all():
        raise ValueError("resampling needs one finite score a sound, and at least one sound")
    return scores


def _chunks(n_rows: int, n_columns: int) -> Iterator[slice]:
    size = max(1, _CELLS // n_columns)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
