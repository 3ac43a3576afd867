"""Intervals and tests for sounds of which several were cut from one recording.

Such sounds are not independent: a network that fails on a recording fails on all its clips. What
is resampled here is therefore the recording, with all its sounds (a cluster bootstrap), and what a
sign-flip test exchanges between two networks is all scores of a recording. Where every sound is a
recording of its own, both are the ordinary procedures of `semdnn.evaluation.resampling`.

References
----------
Field & Welsh (2007), Bootstrapping clustered data, doi:10.1111/j.1467-9868.2007.00593.x.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.resampling import paired_permutation_test

_CELLS = 4_000_000  # numbers in memory in one go


@dataclass(frozen=True)
class Resamples:
    """Bootstrap samples of the recordings of one set, shared by all that is measured on it.

    Attributes
    ----------
    codes : array of int64 [shape=(S,)]
        Recording of each sound, from 0.
    counts : array of uint16 [shape=(R, G)]
        How often each of the G recordings is in each of the R samples.
    """

    codes: NDArray[np.int64]
    counts: NDArray[np.uint16]

    def weights(self) -> Iterator[NDArray[np.float64]]:
        """Yield, for blocks of samples, how often each sound is in them [shape=(n, S)]."""
        size = max(1, _CELLS // max(len(self.codes), 1))
        for start in range(0, len(self.counts), size):
            yield self.counts[start : start + size].astype(np.float64)[:, self.codes]


def draw_resamples(
    recordings: Sequence[Hashable], rng: np.random.Generator, *, n_resamples: int = 1_000
) -> Resamples:
    """Draw recordings with replacement, as many as there are.

    Parameters
    ----------
    recordings : sequence [shape=(S,)]
        Recording that each sound was cut from.
    rng : numpy.random.Generator
        For the draws.
    n_resamples : int
        Samples, at least 1.

    Raises
    ------
    ValueError
        If there is no sound, or `n_resamples` is below 1.

    Examples
    --------
    >>> drawn = draw_resamples(["a", "a", "b"], np.random.default_rng(0), n_resamples=4)
    >>> drawn.counts.sum(axis=1).tolist()
    [2, 2, 2, 2]
    """
    if len(recordings) == 0 or n_resamples < 1:
        raise ValueError(f"{len(recordings)} sounds, {n_resamples} samples: at least 1 of each")
    codes = recording_codes(recordings)
    n_recordings = int(codes.max()) + 1
    counts = np.empty((n_resamples, n_recordings), np.uint16)
    for row in counts:
        picks = rng.integers(n_recordings, size=n_recordings)
        row[:] = np.bincount(picks, minlength=n_recordings)
    return Resamples(codes, counts)


def resampled_means(values: NDArray[np.floating], resamples: Resamples) -> NDArray[np.float64]:
    """Return the mean over the sounds of every bootstrap sample.

    Parameters
    ----------
    values : array [shape=(S, M)]
        M scores of every sound; NaN where a sound has no such score.
    resamples : Resamples
        As `draw_resamples` gives them for the same S sounds.

    Returns
    -------
    array of float64 [shape=(R, M)]
        NaN where no sound of a sample has the score.

    Raises
    ------
    ValueError
        If `values` are not those of S sounds.
    """
    if values.ndim != 2 or len(values) != len(resamples.codes):
        raise ValueError(f"values {values.shape} are not those of {len(resamples.codes)} sounds")
    known = np.isfinite(values)
    shape = (resamples.counts.shape[1], values.shape[1])
    sums, sizes = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, resamples.codes, np.where(known, values, 0))
    np.add.at(sizes, resamples.codes, known)
    parts = []
    size = max(1, _CELLS // max(shape[0], 1))
    for start in range(0, len(resamples.counts), size):
        drawn = resamples.counts[start : start + size].astype(np.float64)
        totals, n = drawn @ sums, drawn @ sizes
        parts.append(np.divide(totals, n, out=np.full_like(totals, np.nan), where=n > 0))
    return np.concatenate(parts)


def percentile_interval(
    samples: NDArray[np.floating], *, level: float = 0.95
) -> NDArray[np.float64]:
    """Return the percentile interval of each column of bootstrap statistics.

    Parameters
    ----------
    samples : array [shape=(R, …)]
        The statistic in each bootstrap sample; NaN is left out.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    array of float64 [shape=(…, 2)]
        Lower and upper limit; NaN where no sample has the statistic.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level} must lie in (0, 1)")
    known = np.isfinite(samples)
    limits = np.full((*samples.shape[1:], 2), np.nan)
    for place in np.ndindex(samples.shape[1:]):
        chosen = samples[(slice(None), *place)][known[(slice(None), *place)]]
        if chosen.size:
            limits[place] = np.quantile(chosen, [(1 - level) / 2, (1 + level) / 2])
    return limits


def paired_test_by_recording(
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    recordings: Sequence[Hashable],
    rng: np.random.Generator,
    *,
    n_permutations: int = 10_000,
) -> float:
    """Return the two-sided p-value that two networks' mean scores on the same sounds are equal.

    Under the null hypothesis the differences of a recording's sounds are as likely to have
    all the opposite signs; the observed signs are counted in, so p is never 0.

    Parameters
    ----------
    a, b : arrays [shape=(S,)]
        Scores of the same sounds, in the same order.
    recordings : sequence [shape=(S,)]
        Recording of each sound.
    rng : numpy.random.Generator
        For the signs.
    n_permutations : int
        Random sign patterns; the smallest p is 1 / (1 + n_permutations).

    Raises
    ------
    ValueError
        If the lengths differ, or scores are missing or not finite.
    """
    if not len(a) == len(b) == len(recordings):
        raise ValueError(f"{len(a)}, {len(b)} scores and {len(recordings)} recordings do not fit")
    codes = recording_codes(recordings)
    # The test compares sums, and flips the sign of each row's difference: a row is a recording.
    ours, theirs = (np.bincount(codes, weights=v).astype(np.float64) for v in (a, b))
    return paired_permutation_test(ours, theirs, rng, n_permutations=n_permutations)


def recording_codes(recordings: Sequence[Hashable]) -> NDArray[np.int64]:
    """Return the number of each sound's recording, counted from 0 in order of appearance.

    Examples
    --------
    >>> recording_codes(["b", "a", "b"])
    array([0, 1, 0])
    """
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(name, len(index)) for name in recordings], dtype=np.int64)
