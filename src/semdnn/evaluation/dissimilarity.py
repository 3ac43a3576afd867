"""Representational dissimilarity matrices (RDMs), and how well they separate classes.

An RDM is a condensed vector in the order of `scipy.spatial.distance.pdist`; `squareform` of the
same module makes it square.

References
----------
Kriegeskorte, Mur & Bandettini (2008), doi:10.3389/neuro.06.004.2008; permutation p-values:
Phipson & Smyth (2010), doi:10.2202/1544-6115.1585.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from semdnn.errors import SemdnnError

Metric = Literal["cosine", "correlation"]

_BLOCK_CELLS = 8_000_000
_RELATIVE_ROUNDING = 1e-6  # deviations from the mean this small are rounding of float32


class DissimilarityError(SemdnnError):
    """Features or classes for which no dissimilarity exists: which, why, and what to do."""


class MacroClassCorrelation(NamedTuple):
    """How well an RDM agrees with the class model (0 within a class, 1 between classes).

    Attributes
    ----------
    pearson, spearman : float
        Correlation of the RDM with the class model, −1 … 1.
    pearson_p, spearman_p : float
        Share of joint permutations of rows and columns that reach it, the observed order
        counted in: one-sided, above 0.
    within, between : float
        Mean dissimilarity of pairs within one class, and of pairs between classes.
    """

    pearson: float
    spearman: float
    pearson_p: float
    spearman_p: float
    within: float
    between: float


def unit_rows(features: NDArray[np.floating], *, what: str = "row") -> NDArray[np.floating]:
    """Return the rows scaled to unit length, in the precision of `features`.

    Parameters
    ----------
    features : array [shape=(n, D)]
        Rows of any length but zero.
    what : str
        What a row is called in an error.

    Raises
    ------
    DissimilarityError
        If a row is zero or not finite, naming it.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        largest = np.abs(features).max(axis=1, keepdims=True, initial=0)
    bad = np.flatnonzero(~(np.isfinite(largest) & (largest > 0)))
    if bad.size:
        raise DissimilarityError(
            f"{what} {bad[0]} is zero or not finite: it has no direction, leave it out"
        )
    scaled = features / largest  # squares of very small or large values stay in range
    unit: NDArray[np.floating] = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return unit


def rdm(features: NDArray[np.floating], *, metric: Metric = "cosine") -> NDArray[np.floating]:
    """Return the dissimilarity of every two rows, by block-wise matrix products.

    Use cosine where zero means something (activations after a ReLU, word vectors), and
    correlation where only the profile over features counts.

    Parameters
    ----------
    features : array of float32 or float64 [shape=(S, D)]
        One row a sound.
    metric : {"cosine", "correlation"}
        1 − cosine, or 1 − Pearson correlation.

    Returns
    -------
    array [shape=(S(S − 1)/2,)]
        Condensed RDM in `pdist` order, 0 … 2, in the precision of `features` (at least float32).

    Raises
    ------
    DissimilarityError
        If a row is zero (cosine), constant (correlation) or not finite, naming it.
    ValueError
        If the metric is unknown.

    Examples
    --------
    >>> rdm(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]))
    array([1., 0., 1.])
    """
    if metric not in ("cosine", "correlation"):
        raise ValueError(f"unknown metric {metric!r}: cosine and correlation are known")
    features = np.asarray(features, dtype=np.result_type(features, np.float32))
    unit = unit_rows(_centred(features) if metric == "correlation" else features)
    n_sounds = len(unit)
    condensed = np.empty(n_sounds * (n_sounds - 1) // 2, dtype=unit.dtype)
    for rows, cells in _upper_blocks(n_sounds):
        cosines = unit[rows] @ unit[rows.start :].T
        condensed[cells] = cosines[_above_diagonal(cosines.shape)]
    np.subtract(1, condensed, out=condensed)
    return np.clip(condensed, 0, 2, out=condensed)


def class_model_rdm(labels: Sequence[Hashable] | NDArray[Any]) -> NDArray[np.float64]:
    """Return the class model: 0 for two sounds of one class, 1 for two of different classes.

    Parameters
    ----------
    labels : sequence [shape=(S,)]
        Class of every sound: names or numbers.

    Returns
    -------
    array of float64 [shape=(S(S − 1)/2,)]
        Condensed, in `pdist` order.

    Examples
    --------
    >>> class_model_rdm(["human", "music", "human"])
    array([1., 0., 1.])
    """
    codes = _codes(labels)
    condensed = np.empty(len(codes) * (len(codes) - 1) // 2)
    for rows, cells in _upper_blocks(len(codes)):
        differs = codes[rows, None] != codes[None, rows.start :]
        condensed[cells] = differs[_above_diagonal(differs.shape)]
    return condensed


def macro_class_correlation(
    dissimilarities: NDArray[np.floating],
    labels: Sequence[Hashable] | NDArray[Any],
    rng: np.random.Generator,
    *,
    n_permutations: int = 1_000,
) -> MacroClassCorrelation:
    """Return how well an RDM agrees with the class model, with permutation p-values.

    Permuting sounds changes neither means nor variances, so a permuted correlation follows from
    the sum of the dissimilarities within classes, which one matrix product gives for many
    permutations. Both coefficients are tested with the same permutations.

    Parameters
    ----------
    dissimilarities : array [shape=(S(S − 1)/2,)]
        Condensed RDM.
    labels : sequence [shape=(S,)]
        Class of every sound.
    rng : numpy.random.Generator
        For the permutations.
    n_permutations : int
        Random permutations, at least 0; without any, the p-values are 1.

    Raises
    ------
    DissimilarityError
        If all sounds are of one class or no two are, or all dissimilarities are equal.
    ValueError
        If the lengths of `dissimilarities` and `labels` do not fit.
    """
    codes = _codes(labels)
    if len(dissimilarities) != len(codes) * (len(codes) - 1) // 2:
        raise ValueError(f"{len(dissimilarities)} dissimilarities do not fit {len(codes)} sounds")
    between = class_model_rdm(labels).astype(bool)
    if between.all() or not between.any():
        raise DissimilarityError(
            "the class model needs two classes, and two sounds of one class: check the labels"
        )
    distances = dissimilarities.astype(np.float64)
    if not np.ptp(distances) > 0:
        raise DissimilarityError("all dissimilarities are equal or NaN: nothing to correlate")
    orders = [rng.permutation(len(codes)) for _ in range(n_permutations)]
    pearson, pearson_p = _tested(distances, between, codes, orders)
    spearman, spearman_p = _tested(rankdata(distances), between, codes, orders)
    return MacroClassCorrelation(
        pearson=pearson,
        spearman=spearman,
        pearson_p=pearson_p,
        spearman_p=spearman_p,
        within=float(distances[~between].mean()),
        between=float(distances[between].mean()),
    )


def _tested(
    values: NDArray[np.float64],
    between: NDArray[np.bool_],
    codes: NDArray[np.int64],
    orders: Sequence[NDArray[np.int64]],
) -> tuple[float, float]:
    """Return the correlation of `values` with the class model, and its p-value."""
    z = (values - values.mean()) / values.std()
    share = float(between.mean())
    # Σz = 0, so the covariance with the 0/1 model is −(Σ of z within classes) / number of pairs.
    observed_sum = float(z[~between].sum())
    observed = -observed_sum / (z.size * np.sqrt(share * (1 - share)))
    square = squareform(z, checks=False)
    tolerance = 1e-9 * z.size
    n_reached = 0
    for sums in _sums_within(square, codes, orders):
        n_reached += int(np.count_nonzero(sums <= observed_sum + tolerance))
    return float(np.clip(observed, -1, 1)), (1 + n_reached) / (1 + len(orders))


def _sums_within(
    square: NDArray[np.float64], codes: NDArray[np.int64], orders: Sequence[NDArray[np.int64]]
) -> Iterator[NDArray[np.float64]]:
    """Yield, for blocks of permutations, the sum over pairs within one class [shape=(n,)]."""
    members = np.eye(codes.max() + 1)[codes]
    n_classes = members.shape[1]
    size = max(1, _BLOCK_CELLS // members.size)
    for start in range(0, len(orders), size):
        block = np.concatenate([members[order] for order in orders[start : start + size]], axis=1)
        totals = np.einsum("ij,ij->j", block, square @ block)
        yield totals.reshape(-1, n_classes).sum(axis=1) / 2


def _centred(features: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the rows less their means; a row that is constant but for rounding is an error."""
    with np.errstate(invalid="ignore"):
        centred: NDArray[np.floating] = features - features.mean(axis=1, keepdims=True)
    largest = np.abs(features).max(axis=1, initial=0)
    constant = np.flatnonzero(np.abs(centred).max(axis=1, initial=0) <= _rounding(largest))
    if constant.size:
        raise DissimilarityError(
            f"row {constant[0]} is constant: it has no correlation, leave it out or use cosine"
        )
    return centred


def _rounding(largest: NDArray[np.floating]) -> NDArray[np.floating]:
    relative = _RELATIVE_ROUNDING if largest.dtype == np.float32 else 1e-14
    rounding: NDArray[np.floating] = relative * largest
    return rounding


def _upper_blocks(n_sounds: int) -> Iterator[tuple[slice, slice]]:
    """Yield slices of rows with the slices of the condensed vector that they fill."""
    size = max(1, _BLOCK_CELLS // max(n_sounds, 1))
    filled = 0
    for start in range(0, n_sounds, size):
        stop = min(start + size, n_sounds)
        n_cells = sum(n_sounds - 1 - row for row in range(start, stop))
        yield slice(start, stop), slice(filled, filled + n_cells)
        filled += n_cells


def _above_diagonal(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.arange(shape[1])[None] > np.arange(shape[0])[:, None]


def _codes(labels: Sequence[Hashable] | NDArray[Any]) -> NDArray[np.int64]:
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(label, len(index)) for label in labels], dtype=np.int64)
