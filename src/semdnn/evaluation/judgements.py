"""From what listeners do to dissimilarities: matrices, ratings, confusions, sorting trees.

References
----------
Confusions: Shepard (1957), doi:10.1007/BF02288967; hierarchical sorting: Giordano, McDonnell &
McAdams (2010), doi:10.1016/j.bandc.2010.01.005.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semdnn.errors import SemdnnError

Array = NDArray[np.float64]
Asymmetric = Literal["refuse", "mean"]

_TOLERANCE = 1e-5  # relative to the largest value: files are printed with six digits


class BehaviourError(SemdnnError):
    """Listeners' data that cannot be used: what is wrong, where, and what to do."""


def condense(
    square: ArrayLike,
    *,
    names: Sequence[str] = (),
    asymmetric: Asymmetric = "refuse",
    diagonal: bool = True,
) -> Array:
    """Return the condensed form of a square matrix, in `pdist` order.

    Parameters
    ----------
    square : array [shape=(S, S)]
        Dissimilarities or similarities. Where one of two mirrored cells is NaN the other
        counts; where both are, the pair is missing.
    names : sequence of str [shape=(S,)]
        Stimuli, for errors.
    asymmetric : {"refuse", "mean"}
        What to do if mirrored cells differ: an error, or the mean of the two (judgements of both
        orders of presentation).
    diagonal : bool
        Whether the diagonal must be 0 or NaN, as that of dissimilarities; with "mean" it is
        never looked at.

    Raises
    ------
    BehaviourError
        If mirrored cells differ, naming the first such pair, or the diagonal is not 0.
    ValueError
        If the matrix is not square.

    Examples
    --------
    >>> condense([[0, 1, 2], [1, 0, 3], [2, 3, 0]])
    array([1., 2., 3.])
    """
    cells = np.array(square, dtype=np.float64)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1]:
        raise ValueError(f"a matrix of shape {cells.shape} is not square")
    rows, columns = np.triu_indices(len(cells), 1)
    upper, lower = cells[rows, columns], cells[columns, rows]
    upper, lower = np.where(np.isnan(upper), lower, upper), np.where(np.isnan(lower), upper, lower)
    if asymmetric == "refuse":
        finite = np.abs(cells[np.isfinite(cells)])
        tolerance = _TOLERANCE * finite.max(initial=0)
        labels = list(names) or [str(number + 1) for number in range(len(cells))]
        differ = np.flatnonzero(np.abs(upper - lower) > tolerance)
        if differ.size:
            pair = differ[0]
            raise BehaviourError(
                f"stimuli {labels[rows[pair]]!r} and {labels[columns[pair]]!r} have "
                f"{upper[pair]:g} above and {lower[pair]:g} below the diagonal ({differ.size} such "
                "pairs): average the two with asymmetric='mean', or correct the matrix"
            )
        on_diagonal = np.flatnonzero(np.abs(np.nan_to_num(cells.diagonal())) > tolerance)
        if diagonal and on_diagonal.size:
            label, value = labels[on_diagonal[0]], cells[on_diagonal[0], on_diagonal[0]]
            raise BehaviourError(
                f"stimulus {label!r} has {value:g} to itself, which is no dissimilarity: "
                "is it similarity (kind='similarity') or confusion (kind='confusion')?"
            )
    return np.asarray((upper + lower) / 2)


def from_similarities(similarities: ArrayLike) -> Array:
    """Return the largest similarity anywhere less each similarity; NaN stays NaN.

    Parameters
    ----------
    similarities : array [shape=(L, n_pairs)]
        Ratings, in any unit.

    Examples
    --------
    >>> from_similarities([[1.0, 7.0, 3.0]])
    array([[6., 0., 4.]])
    """
    ratings = np.array(similarities, dtype=np.float64)
    largest = ratings[~np.isnan(ratings)].max(initial=-np.inf)
    return np.asarray(largest - ratings)


def from_confusions(counts: ArrayLike, *, smoothing: float = 0.5) -> Array:
    """Return Shepard's distance −½ ln(p_ij p_ji / (p_ii p_jj)) of every two stimuli, condensed.

    Negative where two stimuli are confused more often than recognised.

    Parameters
    ----------
    counts : array [shape=(S, S)]
        Presentations by stimulus (row) and response (column).
    smoothing : float
        Added to every count, above 0, so that what never happened has a finite distance.

    Raises
    ------
    BehaviourError
        If a count is negative or missing, a stimulus was never presented, or the matrix is not
        square.
    ValueError
        If `smoothing` is not above 0.
    """
    cells = np.array(counts, dtype=np.float64)
    if not smoothing > 0:
        raise ValueError(f"smoothing {smoothing} must be above 0")
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1]:
        raise BehaviourError(
            f"confusions of shape {cells.shape}: give a column a stimulus, as there is a row"
        )
    if not (np.isfinite(cells) & (cells >= 0)).all():
        raise BehaviourError("a count of confusions is negative or missing: write 0 for never")
    silent = np.flatnonzero(cells.sum(axis=1) == 0)
    if silent.size:
        raise BehaviourError(f"stimulus {silent[0] + 1} was never presented: leave it out")
    cells += smoothing
    correct = cells.diagonal()
    rows, columns = np.triu_indices(len(cells), 1)
    confused = cells[rows, columns] * cells[columns, rows]
    return np.asarray(-0.5 * np.log(confused / (correct[rows] * correct[columns])))


def from_merges(merges: ArrayLike) -> Array:
    """Return at which height of a listener's tree every two stimuli come together, condensed.

    Parameters
    ----------
    merges : array [shape=(S − 1, 3)] or [shape=(S − 1, 4)]
        A row a merge, in order: two groups and the height. Stimuli are groups 0 … S − 1, and
        merge k makes group S + k, as in `scipy.cluster.hierarchy.linkage`; MATLAB's numbers,
        which start at 1, are told by that. A fourth column is not looked at.

    Raises
    ------
    BehaviourError
        If a group is unknown or merged twice, or heights fall.

    Examples
    --------
    >>> from_merges([[0, 2, 1.0], [1, 3, 2.0]])
    array([2., 1., 2.])
    """
    rows = np.array(merges, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] not in (3, 4) or not np.isfinite(rows).all():
        raise BehaviourError(f"merges of shape {rows.shape}: rows of two groups and a height")
    n_stimuli = len(rows) + 1
    groups = rows[:, :2].astype(np.int64)
    groups -= int(groups.min() == 1)
    if (np.diff(rows[:, 2]) < 0).any():
        raise BehaviourError("heights of merges fall: list them from the first to the last")
    members: dict[int, list[int]] = {stimulus: [stimulus] for stimulus in range(n_stimuli)}
    square = np.zeros((n_stimuli, n_stimuli))
    for number, (one, other) in enumerate(groups.tolist()):
        if one not in members or other not in members or one == other:
            raise BehaviourError(
                f"merge {number + 1} joins groups {one} and {other}, of which one does not exist "
                "or was merged before: number new groups from the number of stimuli on"
            )
        left, right = members.pop(one), members.pop(other)
        square[np.ix_(left, right)] = rows[number, 2]
        square[np.ix_(right, left)] = rows[number, 2]
        members[n_stimuli + number] = left + right
    return condense(square)


def from_partitions(partitions: ArrayLike) -> Array:
    """Return at which step of hierarchical sorting every two stimuli come together, condensed.

    Parameters
    ----------
    partitions : array [shape=(n_steps, S)]
        Group of every stimulus after each step; groups only merge from step to step.

    Returns
    -------
    array [shape=(S(S − 1)/2,)]
        Step, from 1; n_steps + 1 for stimuli never put together.

    Raises
    ------
    BehaviourError
        If a group label is missing, or stimuli once together are apart later.

    Examples
    --------
    >>> from_partitions([[1, 1, 2], [1, 1, 1]])
    array([1., 2., 2.])
    """
    labels = np.array(partitions, dtype=np.float64)
    if labels.ndim != 2 or not np.isfinite(labels).all():
        raise BehaviourError(f"partitions of shape {labels.shape}: a row of group labels a step")
    rows, columns = np.triu_indices(labels.shape[1], 1)
    together = labels[:, rows] == labels[:, columns]
    apart_again = np.argwhere(together[:-1] & ~together[1:])
    if apart_again.size:
        step, pair = apart_again[0]
        raise BehaviourError(
            f"stimuli {rows[pair] + 1} and {columns[pair] + 1} are together after step {step + 1} "
            "and apart after the next: give the steps from many groups to few"
        )
    return np.asarray(1.0 + (~together).sum(axis=0))
