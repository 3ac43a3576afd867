"""What cross-validated RSA starts from: checked listeners, checked layers, pairs of stimuli."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field
from scipy.stats import rankdata

from semdnn.errors import SemdnnError
from semdnn.evaluation.behaviour_notes import listener_labels
from semdnn.settings import Settings

Transform = Literal["raw", "zscore", "rank"]

_ROUNDING = 1e-10  # a spread this small, relative to the values, is none


class RsaError(SemdnnError):
    """Listeners or layers that cannot be compared: which, why, and what to do."""


class RsaSettings(Settings):
    """How layers are fitted to listeners.

    Attributes
    ----------
    transform : {"raw", "zscore", "rank"}
        Of each listener's dissimilarities, before they are averaged. `zscore` gives listeners
        who use different widths of the scale the same say, and removes differences of level between
        halves, which count as errors otherwise. `rank` also ranks each layer, so that
        only the order of dissimilarities counts.
    ridge : float
        Penalty on the coefficients of the standardised layers, added to the diagonal of their
        correlation matrix; 0 is ordinary least squares. Use it (0.01 … 1) where a model has
        many layers for the stimuli there are.
    held_out : float
        Share of stimuli, 0 … 0.5, drawn anew for every split, whose pairs test the fit; it is
        made on pairs of the other stimuli, and pairs of one stimulus from each side are left
        out. 0: the same pairs train and test, and only listeners differ.
    set_sizes : tuple of int
        Number of stimuli of each stimulus set, where the pairs of several sets follow one
        another; one fit is made to all. Empty: all stimuli are of one set.
    """

    transform: Transform = "raw"
    ridge: float = Field(default=0.0, ge=0)
    held_out: float = Field(default=0.0, ge=0, le=0.5)
    set_sizes: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class StimulusPairs:
    """Which two stimuli each dissimilarity is of; sets follow one another, in `pdist` order.

    Attributes
    ----------
    first, second : arrays of int64 [shape=(n_pairs,)]
        Stimuli, numbered through all sets; `first` < `second`.
    set_sizes : tuple of int
        Number of stimuli of each set.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    set_sizes: tuple[int, ...]

    @property
    def n_stimuli(self) -> int:
        """Number of stimuli of all sets together."""
        return sum(self.set_sizes)

    @property
    def sets(self) -> list[NDArray[np.int64]]:
        """Stimuli of every set."""
        ends = np.cumsum(self.set_sizes)
        return [np.arange(end - size, end) for end, size in zip(ends, self.set_sizes, strict=True)]

    def among(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether both stimuli of each pair are `chosen` [shape=(n_stimuli,)]."""
        both: NDArray[np.bool_] = chosen[self.first] & chosen[self.second]
        return both

    def permuted(self, orders: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return where each pair's dissimilarity is found once the stimuli are reordered.

        Parameters
        ----------
        orders : array of int [shape=(n, n_stimuli)]
            Orders of the stimuli; each stays within its set.

        Returns
        -------
        array of int64 [shape=(n, n_pairs)]
            With one order, ``values[result[0]]`` is the condensed form of
            ``square[order][:, order]``.
        """
        where = np.zeros((self.n_stimuli, self.n_stimuli), dtype=np.int64)
        where[self.first, self.second] = where[self.second, self.first] = np.arange(self.first.size)
        places: NDArray[np.int64] = where[orders[:, self.first], orders[:, self.second]]
        return places

    def random_orders(self, n_orders: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return random orders of the stimuli within their sets [shape=(n_orders, n_stimuli)]."""
        blocks = [np.tile(members, (n_orders, 1)) for members in self.sets]
        return np.concatenate([rng.permuted(block, axis=1) for block in blocks], axis=1)


def stimulus_pairs(n_pairs: int, set_sizes: Sequence[int] = ()) -> StimulusPairs:
    """Return the pairs of stimuli behind a condensed vector.

    Parameters
    ----------
    n_pairs : int
        Length of the vector.
    set_sizes : sequence of int
        Number of stimuli of each set; empty for one set.

    Raises
    ------
    RsaError
        If `n_pairs` is no number of pairs, or does not fit the sets.

    Examples
    --------
    >>> stimulus_pairs(3).second.tolist()
    [1, 2, 2]
    """
    sizes = tuple(set_sizes) or (n_stimuli_of(n_pairs),)
    if min(sizes) < 3 or sum(n * (n - 1) // 2 for n in sizes) != n_pairs:
        raise RsaError(
            f"{n_pairs} pairs do not fit stimulus sets of {', '.join(map(str, sizes))}: "
            "every set has all pairs of its stimuli, and at least 3 stimuli"
        )
    starts = np.cumsum((0, *sizes[:-1]))
    pairs = [np.triu_indices(n, 1) for n in sizes]
    first, second = (
        np.concatenate([start + pair[side] for start, pair in zip(starts, pairs, strict=True)])
        for side in (0, 1)
    )
    return StimulusPairs(first, second, sizes)


def n_stimuli_of(n_pairs: int) -> int:
    """Return how many stimuli have `n_pairs` pairs; RsaError if no number of them has."""
    n_stimuli = (1 + math.isqrt(1 + 8 * max(n_pairs, 0))) // 2
    if n_pairs < 1 or n_stimuli * (n_stimuli - 1) // 2 != n_pairs:
        raise RsaError(f"{n_pairs} values are not all pairs of any number of stimuli")
    return n_stimuli


def checked_listeners(
    behaviour: ArrayLike, transform: Transform, *, names: Sequence[str] = ()
) -> NDArray[np.float64]:
    """Return listeners' dissimilarities, checked and transformed.

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        One row a listener.
    transform : {"raw", "zscore", "rank"}
        See `RsaSettings`.
    names : sequence of str
        L names for errors; else listeners are numbered from 1.

    Raises
    ------
    RsaError
        If a dissimilarity is missing or infinite, there are fewer than 3 pairs, or a listener
        gave all pairs one value.
    ValueError
        If the shape is another.
    """
    listeners = np.array(behaviour, dtype=np.float64)
    if listeners.ndim != 2 or 0 in listeners.shape:
        raise ValueError(f"listeners of shape {listeners.shape}: L x n_pairs is asked for")
    labels = [f"listener {label}" for label in listener_labels(len(listeners), names)]
    _refuse_missing(listeners, labels)
    if listeners.shape[1] < 3:
        raise RsaError(
            f"too few pairs of stimuli, {listeners.shape[1]}: at least 3 stimuli are needed"
        )
    spread = listeners.std(axis=1)
    constant = np.flatnonzero(spread <= _ROUNDING * np.abs(listeners).max(axis=1))
    if constant.size:
        who, advice = labels[constant[0]], "leave it out of the file"
        if constant.size == len(listeners):
            who, advice = "every listener" if len(listeners) > 1 else who, "there is nothing to fit"
        raise RsaError(f"{who} gave every pair the same value: {advice}")
    if transform == "rank":
        return np.asarray(rankdata(listeners, axis=1), dtype=np.float64)
    if transform == "zscore":
        return np.asarray((listeners - listeners.mean(axis=1, keepdims=True)) / spread[:, None])
    return listeners


def checked_layers(
    layers: ArrayLike, n_pairs: int, transform: Transform, *, what: str = "the model"
) -> NDArray[np.float64]:
    """Return a model's layers, checked, ranked where listeners are.

    Parameters
    ----------
    layers : array [shape=(n_layers, n_pairs)] or [shape=(n_pairs,)]
        One row a layer.
    n_pairs : int
        How many pairs the listeners have.
    transform : {"raw", "zscore", "rank"}
        See `RsaSettings`.
    what : str
        What the model is called in an error.

    Raises
    ------
    RsaError
        If a value is missing or infinite, the number of pairs is another, or all layers are
        constant.
    """
    rows = np.atleast_2d(np.array(layers, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != n_pairs:
        raise RsaError(
            f"{what}: layers of shape {np.shape(layers)} do not fit listeners with {n_pairs} pairs"
        )
    _refuse_missing(rows, [f"{what}: layer {number + 1}" for number in range(len(rows))])
    if not (rows.std(axis=1) > _ROUNDING * np.abs(rows).max(axis=1)).any():
        raise RsaError(f"{what}: every layer has one dissimilarity for all pairs: nothing to fit")
    return np.asarray(rankdata(rows, axis=1), dtype=np.float64) if transform == "rank" else rows


def _refuse_missing(rows: NDArray[np.float64], labels: Sequence[str]) -> None:
    bad = np.argwhere(~np.isfinite(rows))
    if bad.size:
        row, pair = bad[0]
        raise RsaError(
            f"{labels[row]} has no finite dissimilarity at pair {pair + 1} ({len(bad)} such in "
            "all): leave out incomplete listeners or stimuli"
        )
