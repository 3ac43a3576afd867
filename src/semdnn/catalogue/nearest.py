"""The nearest of many vectors, exactly: a rough pass with a proven bound, then exact scores.

A pass over float32 vectors moves 4 bytes a number, and moving them is what takes the time: a
million vectors of 300 are 1.2 GB. `Codes` hold each number in one byte. The score that they
give is off by no more than a bound that is known for every row, so that only rows whose score could
reach the nearest n are looked up in the float32 vectors and scored there in double precision.

The bound. A row v is stored as v' = s c, c whole numbers within ±127; e = ‖v − v'‖ is stored with
it. The query q is rounded to q'. Then, by Cauchy and Schwarz,

    |v·q − v'·q'| = |(v − v')·q' + v·(q − q')| ≤ e ‖q'‖ + ‖v‖ ‖q − q'‖,

to which the rounding of the sum and of the result is added. For unit vectors of 300 dimensions the
whole is about 0.01. Where scores lie so close that very many rows are within it, more of them are
looked up: the answer stays exact and comes later.
"""

from contextlib import suppress
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_NO_KERNEL = (AttributeError, NotImplementedError, RuntimeError, TypeError)

_BLOCK = 16_384
_GRAIN = 256
_PADDING = 16
_N_CHECKED = 64
_BF16_STEP = 2.0**-8
_FLOAT32_STEP = 2.0**-24

FEW = 8
"""A selection of less than one row in so many is scored row by row."""


class Nearest(NamedTuple):
    """The best rows, best first; of equal scores the lower row.

    Attributes
    ----------
    rows : int64 [shape=(n,)]
        Rows of the vectors.
    scores : float64 [shape=(n,)]
        Their inner products with the query.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


class Codes(NamedTuple):
    """Unit vectors in a byte a number.

    Attributes
    ----------
    codes : int8 [shape=(n, K)]
        Whole numbers within ±127; K is D rounded up to a multiple of 16, the rest 0.
    scales : int16 [shape=(n,)]
        What they are multiplied by, as the bits of a bfloat16.
    errors : float32 [shape=(n,)]
        At least ‖vector − scale · codes‖.
    """

    codes: NDArray[np.int8]
    scales: NDArray[np.int16]
    errors: Floats


class _Rough(NamedTuple):
    """Scores of all rows, and how far off they may be: fixed + relative · |score| + its error."""

    scores: Floats
    fixed: float
    relative: float = 0.0
    length: float = 0.0
    errors: Floats | None = None

    def slack(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how far the scores of some rows may be off the exact ones."""
        slack = self.fixed + self.relative * np.abs(self.scores[rows], dtype=np.float64)
        return slack if self.errors is None else slack + self.length * self.errors[rows]

    def reaching(self, threshold: float) -> NDArray[np.int64]:
        """Return the rows whose exact score could be `threshold` or more.

        One pass over all rows, with the largest error of any; then each row with its own.
        """
        largest = 0.0 if self.errors is None else self.length * float(self.errors.max())
        lowest = threshold - self.fixed - largest
        lowest /= 1 + self.relative if lowest > 0 else 1 - self.relative
        rows = np.flatnonzero(self.scores >= np.nextafter(np.float32(lowest), np.float32(-np.inf)))
        return rows[self.scores[rows] + self.slack(rows) >= threshold]


def encode(vectors: Floats) -> Codes:
    """Return the codes of unit vectors [shape=(n, D)]."""
    n, n_dims = vectors.shape
    codes = np.zeros((n, -(-n_dims // _PADDING) * _PADDING), np.int8)
    scales, errors = np.zeros(n, np.int16), np.zeros(n, np.float32)
    for start in range(0, n, _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = np.asarray(vectors[rows])
        largest = np.abs(block).max(axis=1)
        scale = _short(np.where(largest > 0, largest / np.float32(126.5), np.float32(1)))
        scales[rows] = scale.view(np.uint32) >> 16
        rounded = np.rint(block / scale[:, np.newaxis]).clip(-127, 127)
        codes[rows, :n_dims] = rounded
        rounded *= scale[:, np.newaxis]
        errors[rows] = np.linalg.norm(block - rounded, axis=1) * np.float32(1.0001)
    errors += np.float32(1e-6)
    return Codes(codes, scales, errors)


def joined(parts: list[Codes]) -> Codes:
    """Return codes one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Codes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def nearest(
    vectors: Floats,
    query: NDArray[np.floating],
    n: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    codes: Codes | None = None,
) -> Nearest:
    """Return the `n` vectors of largest inner product with the query, exactly.

    Parameters
    ----------
    vectors : float32 [shape=(N, D)]
        Rows of unit length; may be a memory map.
    query : float [shape=(D,)]
        Of any length.
    n : int
        How many; all where there are fewer.
    allowed : bool [shape=(N,)], optional
        Which rows may be in the answer.
    codes : Codes, optional
        Of these vectors: about three times faster where torch has a kernel for them.

    Examples
    --------
    >>> import numpy as np
    >>> nearest(np.eye(3, dtype=np.float32), np.array([0.6, 0.0, 0.8]), 2).rows
    array([2, 0])
    """
    point = np.asarray(query, np.float64)
    n_allowed = len(vectors) if allowed is None else int(np.count_nonzero(allowed))
    if allowed is not None and (n_allowed <= n or FEW * n_allowed < len(vectors)):
        return _best(vectors, np.flatnonzero(allowed), point, n)
    if n_allowed <= n:
        return _best(vectors, np.arange(len(vectors)), point, n)
    rough = _checked_rough_of_codes(vectors, codes, point) or _rough(vectors, point)
    scores = rough.scores
    if allowed is not None:
        scores[~allowed] = -np.inf
    certain = np.flatnonzero(scores >= _floor(scores, n))
    threshold = _best(vectors, certain[np.argsort(-scores[certain])[:n]], point, n).scores[-1]
    return _best(vectors, rough.reaching(threshold - 1e-6), point, n)


@cache
def has_code_kernel(n_dims: int = 300) -> bool:
    """Return whether this torch multiplies int8 rows with a bfloat16 vector, rightly."""
    vectors = np.random.default_rng(0).standard_normal((67, n_dims)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    try:
        rough = _rough_of_codes(encode(vectors), vectors[0].astype(np.float64))
    except _NO_KERNEL:
        return False
    off = np.abs(rough.scores - vectors @ vectors[0])
    return bool((off <= rough.slack(np.arange(len(vectors)))).all())


def _checked_rough_of_codes(
    vectors: Floats, codes: Codes | None, query: NDArray[np.float64]
) -> _Rough | None:
    """Return scores of codes; None without codes or a kernel that can be trusted.

    The kernel is no public part of torch, so some of its scores are compared with exact ones.
    """
    if codes is None or not has_code_kernel(len(query)):
        return None
    with suppress(*_NO_KERNEL):
        rough = _rough_of_codes(codes, query)
        rows = np.arange(0, len(vectors), -(-len(vectors) // _N_CHECKED))
        exact = vectors[rows].astype(np.float64) @ query
        if (np.abs(rough.scores[rows] - exact) <= rough.slack(rows)).all():
            return rough
    return None


def _rough(vectors: Floats, query: NDArray[np.float64]) -> _Rough:
    """Return scores in single precision."""
    rough = np.empty(len(vectors), np.float32)
    short = query.astype(np.float32)
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        np.matmul(vectors[rows], short, out=rough[rows])
    slack = (vectors.shape[1] + 4) * _FLOAT32_STEP * float(np.linalg.norm(query))
    return _Rough(rough, slack * 1.01 + 1e-9)


def _rough_of_codes(codes: Codes, query: NDArray[np.float64]) -> _Rough:
    """Return scores of codes."""
    import torch  # noqa: PLC0415 - one search over few sounds does without

    padded = torch.zeros(1, codes.codes.shape[1], dtype=torch.bfloat16)
    padded[0, : len(query)] = torch.from_numpy(query)
    found = torch._weight_int8pack_mm(  # no public call reads one byte a number
        padded,
        torch.from_numpy(codes.codes),
        torch.from_numpy(codes.scales).view(torch.bfloat16),
    )
    scores: Floats = found[0].float().numpy()
    used = padded[0, : len(query)].double().numpy()
    length = float(np.linalg.norm(used))
    of_sum = (codes.codes.shape[1] + 8) * _FLOAT32_STEP * 1.01 * length
    fixed = float(np.linalg.norm(query - used)) * 1.0001 + of_sum + 1e-6
    return _Rough(scores, fixed, _BF16_STEP, length, codes.errors)


def _floor(rough: Floats, n: int) -> np.float32:
    """Return a score that at least `n` rows reach, near the n-th best: from the best of each group.

    Sorting a million scores to find the n-th takes longer than reading them.
    """
    n_groups = len(rough) // _GRAIN
    if n_groups < 4 * n:
        return np.float32(np.partition(rough, -n)[-n])
    best = rough[: n_groups * _GRAIN].reshape(n_groups, _GRAIN).max(axis=1)
    return np.float32(np.partition(best, -n)[-n])


def _best(vectors: Floats, rows: NDArray[np.int64], query: NDArray[np.float64], n: int) -> Nearest:
    """Score `rows` in double precision and return the best `n`.

    By einsum: a product of matrices rounds a row by where it lies among the others, so that equal
    rows would not have equal scores.
    """
    scores = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores[part] = np.einsum("ij,j->i", vectors[rows[part]].astype(np.float64), query)
    order = np.lexsort((rows, -scores))[:n]
    return Nearest(rows[order], scores[order])


def _short(values: Floats) -> Floats:
    """Round to 8 significant bits, as bfloat16 holds, never towards a smaller number."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    raised: Floats = ((bits + np.uint32(0xFFFF)) & np.uint32(0xFFFF0000)).view(np.float32)
    return raised
