"""Which of many fingerprints lie near each other: all pairs, without comparing all with all.

Fingerprints are turned to their principal directions and sorted into leaves by halving, each time
across the direction in which they spread most. Leaves whose boxes lie too far apart hold no pair.
Of the rest, distances over the first directions leave out nearly all pairs, for they are never
longer than the whole ones; those that are left are decided by their whole distances in float64.

References
----------
Bentley (1975), "Multidimensional binary search trees used for associative searching",
doi 10.1145/361002.361007 (the halving).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

NEAR = 0.2
"""Root mean square of the difference up to which two fingerprints are near."""

_DIRECTIONS = 32  # first directions: nearly all of the spread, a quarter of the work
_LEAF_ROWS = 256
_LEAVES_AT_ONCE = 64
_PAIRS_AT_ONCE = 4096

Points = NDArray[np.float32]
Rows = NDArray[np.int64]


def near_pairs(prints: Points) -> Iterator[tuple[int, int]]:
    """Yield the pairs i < j of fingerprints that lie within `NEAR`, each once, in no order.

    Memory grows with the number of fingerprints only. Time grows with its square where all lie
    close together, and slower the more they spread.

    Parameters
    ----------
    prints : array of float32 [shape=(S, D)]
        Finite.

    Yields
    ------
    i, j : int
        Rows of `prints`.

    Examples
    --------
    >>> list(near_pairs(np.array([[0.0], [1.0], [0.1]], np.float32)))
    [(0, 2)]
    """
    if len(prints) < 2:
        return
    turned = _turned(prints)
    leaves = _leaves(turned, np.arange(len(prints)))
    order = np.concatenate(leaves)
    for one, other in _candidates(turned[order], [len(leaf) for leaf in leaves], prints.shape[1]):
        low, high = np.sort([order[one], order[other]], axis=0)
        for start in range(0, len(low), _PAIRS_AT_ONCE):
            i, j = low[start : start + _PAIRS_AT_ONCE], high[start : start + _PAIRS_AT_ONCE]
            apart = np.square(prints[i].astype(np.float64) - prints[j]).mean(axis=1)
            near = apart <= NEAR**2
            yield from zip(i[near].tolist(), j[near].tolist(), strict=True)


def _turned(prints: Points) -> Points:
    """Return the fingerprints' coordinates along the directions of largest spread."""
    centred = prints - prints.mean(axis=0, dtype=np.float64).astype(np.float32)
    directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))[1][:, ::-1]
    turned: Points = centred @ directions[:, :_DIRECTIONS].astype(np.float32)
    return turned


def _leaves(points: Points, rows: Rows) -> list[Rows]:
    """Return `rows` in groups that lie together."""
    if len(rows) <= _LEAF_ROWS:
        return [rows]
    own = points[rows]
    widest = int(np.argmax(own.max(axis=0) - own.min(axis=0)))
    half = len(rows) // 2
    order = np.argpartition(own[:, widest], half)
    return _leaves(points, rows[order[:half]]) + _leaves(points, rows[order[half:]])


def _candidates(points: Points, sizes: list[int], n_dims: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield pairs of points that may be near, each once, from leaves of `sizes` one by one."""
    ends: Rows = np.cumsum(np.array(sizes, dtype=np.int64))
    starts: Rows = np.concatenate([[0], ends[:-1]])
    lows = np.minimum.reduceat(points, starts)
    highs = np.maximum.reduceat(points, starts)
    squares = np.square(points).sum(axis=1)[:, None]
    ones = np.ones_like(squares)
    # One product gives the squared distance: |a|² − 2ab + |b|². Its rounding is allowed for.
    left, right = np.hstack([points, squares, ones]), np.hstack([-2 * points, ones, squares])
    limit = NEAR**2 * n_dims * (1 + 1e-4) + 1e-5 * float(squares.max())
    for leaf, (start, end) in enumerate(zip(starts, ends, strict=True)):
        gaps = np.maximum(lows[leaf:] - highs[leaf], lows[leaf] - highs[leaf:])
        reached = leaf + np.flatnonzero(np.square(np.maximum(gaps, 0)).sum(axis=1) <= limit)
        for first in range(0, len(reached), _LEAVES_AT_ONCE):
            group = reached[first : first + _LEAVES_AT_ONCE]
            columns = np.concatenate([np.arange(starts[i], ends[i]) for i in group])
            hits = np.flatnonzero(left[start:end] @ right[columns].T <= limit)
            one, other = np.divmod(hits, len(columns))
            one, other = one + start, columns[other]
            once = one < other  # within the leaf itself every pair turns up twice
            yield one[once], other[once]
