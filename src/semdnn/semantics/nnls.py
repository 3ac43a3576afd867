"""Non-negative least squares of many predictions against one dictionary, exactly.

For every prediction y: the β ≥ 0 that minimises ‖Dᵀβ − y‖², to the optimality conditions and
not to a number of steps. Where the minimiser is unique it is the one that Lawson and Hanson's
algorithm finds. Choices are made in float32, decisions in float64 (`active_set`).

Where the limit is: a sweep costs 2 W D float32 operations a problem (6 million at 9,960 x 300),
and a problem takes 2 sweeps at the least. Problems with 9 weighted words take 4 sweeps, whose
products are 29 % of the CPU time; with 108 words 13 sweeps and 20 %, the rest being the small
systems. That is 80 to 120 times scipy's speed, core for core (`benchmarks/nnls.py`). A prediction
in the cone of W >> D words, with D non-zeros, gains less (about 8 times).
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from semdnn.errors import SemdnnError
from semdnn.semantics.active_set import MOST_CANDIDATES, Solved, solve_block
from semdnn.semantics.passive_systems import Dictionary, Floats, Ints, Workspace

BLOCK_SIZE = 64
WORKING_BYTES = 600_000_000  # shared by all threads
CONTAINER_SHARE = Path("/sys/fs/cgroup/cpu.max")  # where Linux tells it (control groups, version 2)


class NnlsError(SemdnnError):
    """The dictionary or the predictions cannot be decomposed (shape, NaN, infinity)."""


class NnlsResult(NamedTuple):
    """Weights of S predictions on W words.

    Attributes
    ----------
    betas : csr_array [shape=(S, W)]
        Weights β > 0, float64, column indices ascending.
    converged : ndarray of bool [shape=(S,)]
        True where the optimality conditions were verified in float64.
    residuals : ndarray of float64 [shape=(S,)]
        ‖Dᵀβ − y‖; (near) 0 where the prediction lies in the cone of the dictionary, in which
        case β is one of many minimisers.
    n_iterations : ndarray of int32 [shape=(S,)]
        Sweeps over the dictionary.
    """

    betas: csr_array
    converged: NDArray[np.bool_]
    residuals: NDArray[np.float64]
    n_iterations: NDArray[np.int32]


class Solver(Protocol):
    """What solves like `solve`; another device's may stand in for it."""

    def __call__(self, dictionary: ArrayLike, predictions: ArrayLike, /) -> NnlsResult:
        """Return the solution for dictionary [shape=(W, D)] and predictions [shape=(S, D)]."""
        ...


def solve(
    dictionary: ArrayLike,
    predictions: ArrayLike,
    *,
    max_iterations: int | None = None,
    n_jobs: int | None = None,
) -> NnlsResult:
    """Return argmin ‖Dᵀβ − y‖² subject to β ≥ 0 for every prediction y.

    Parameters
    ----------
    dictionary : array_like [shape=(W, D)]
        A word vector a row, of any length; rows of zeros never take weight.
    predictions : array_like [shape=(S, D)]
        A problem a row.
    max_iterations : int, optional
        Sweeps after which a problem is given up and reported as not converged; by default
        three times the largest possible number of independent words, and 50.
    n_jobs : int, optional
        Threads; by default all cores that the process may use.

    Returns
    -------
    NnlsResult
        Weights, status, residuals and sweeps of each problem.

    Raises
    ------
    NnlsError
        If shapes do not agree, or a value is NaN or infinite.

    References
    ----------
    Lawson, C. L. & Hanson, R. J. (1995). Solving Least Squares Problems.
    doi:10.1137/1.9781611971217

    Examples
    --------
    >>> result = solve([[1.0, 0.0], [0.0, 1.0]], [[2.0, -1.0]])
    >>> result.betas.toarray()
    array([[2., 0.]])
    >>> result.residuals
    array([1.])
    """
    problems = scaled(dictionary, predictions)
    vectors, targets = problems.vectors, problems.targets
    limit = sweep_limit(vectors.shape) if max_iterations is None else max_iterations
    n_threads = max(1, usable_cores() if n_jobs is None else n_jobs)
    spans = list(_spans(targets.shape[0], vectors.shape, n_threads))
    rows = Dictionary(vectors, vectors.astype(np.float32))

    workspaces: SimpleQueue[Workspace] = SimpleQueue()
    for _ in range(n_threads):
        workspaces.put(Workspace(spans[0].stop, vectors.shape[1]))

    def run(span: slice) -> Solved:
        workspace = workspaces.get()
        try:
            return solve_block(targets[span], rows, workspace, limit)
        finally:
            workspaces.put(workspace)

    with _one_blas_thread(), ThreadPoolExecutor(n_threads) as pool:
        solved = list(pool.map(run, spans))
    return problems.result(solved, [span.start for span in spans])


class ScaledProblems(NamedTuple):
    """Problems in which all vectors have unit length, so that every tolerance is relative.

    Attributes
    ----------
    vectors : ndarray of float64 [shape=(W, D)]
        The dictionary, rows of unit length or of zeros.
    targets : ndarray of float64 [shape=(S, D)]
        The predictions, likewise.
    word_lengths : ndarray of float64 [shape=(W,)]
        By what the rows of the dictionary were divided; 1 where they are zero.
    target_lengths : ndarray of float64 [shape=(S,)]
        By what the predictions were divided, likewise.
    """

    vectors: Floats
    targets: Floats
    word_lengths: Floats
    target_lengths: Floats

    def result(self, blocks: Sequence[Solved], starts: Sequence[int]) -> NnlsResult:
        """Return the solution in the lengths given, from those of blocks that begin at `starts`."""
        shape = (self.targets.shape[0], self.vectors.shape[0])
        betas = _assemble(blocks, starts, shape)
        residuals = np.linalg.norm(betas @ self.vectors - self.targets, axis=1)
        lengths = np.repeat(self.target_lengths, np.diff(betas.indptr))
        betas.data *= lengths / self.word_lengths[betas.indices]
        converged = np.concatenate([block.converged for block in blocks])
        n_sweeps = np.concatenate([block.n_sweeps for block in blocks])
        return NnlsResult(betas, converged, residuals * self.target_lengths, n_sweeps)


def scaled(dictionary: ArrayLike, predictions: ArrayLike) -> ScaledProblems:
    """Return the problems with all vectors at unit length, checked as `solve` says."""
    vectors, targets = _checked(dictionary, "dictionary"), _checked(predictions, "predictions")
    if vectors.shape[1] != targets.shape[1]:
        raise NnlsError(
            f"dictionary has {vectors.shape[1]} dimensions and predictions have"
            f" {targets.shape[1]}: give both in the same word space"
        )
    word_lengths, target_lengths = _lengths(vectors), _lengths(targets)
    vectors /= word_lengths[:, None]
    targets /= target_lengths[:, None]
    return ScaledProblems(vectors, targets, word_lengths, target_lengths)


def sweep_limit(shape: tuple[int, ...]) -> int:
    """Return after how many sweeps over a dictionary of `shape` a problem is given up."""
    return 3 * min(shape) + 50


def usable_cores() -> int:
    """Return the number of cores that this process may use, by affinity and a container's share."""
    allowed = hasattr(os, "sched_getaffinity")
    n_cores = len(os.sched_getaffinity(0)) if allowed else os.cpu_count() or 1
    try:  # microseconds of processor time in a period, or "max"
        share, period = CONTAINER_SHARE.read_text(encoding="ascii").split()
        return max(1, min(n_cores, -(-int(share) // int(period))))
    except (OSError, ValueError):
        return n_cores


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Keep BLAS from starting threads under each of ours, where `threadpoolctl` is installed.

    Many small systems are solved here; BLAS threads that wait for one another would take several
    times as long. Without that package, ``OMP_NUM_THREADS=1`` does the same.
    """
    try:
        pools = import_module("threadpoolctl")
    except ImportError:
        yield
        return
    with pools.threadpool_limits(1, user_api="blas"):
        yield


def _checked(values: ArrayLike, name: str) -> Floats:
    array = np.array(values, dtype=np.float64, order="C")
    if array.ndim != 2 or 0 in array.shape[1:] or (name == "dictionary" and not array.size):
        raise NnlsError(f"{name} has shape {array.shape}: give a two-dimensional, filled array")
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if bad.size:
        raise NnlsError(
            f"{name} row {bad[0]} holds NaN or infinity ({bad.size} such rows): mend or drop them"
        )
    return array


def _lengths(rows: Floats) -> Floats:
    lengths: Floats = np.linalg.norm(rows, axis=1)
    lengths[lengths == 0] = 1.0
    return lengths


def _spans(S: int, shape: tuple[int, int], n_threads: int) -> Iterator[slice]:
    """Yield the blocks of problems, small enough for the memory and for all threads to work."""
    W, D = shape
    n_slots = min(W, D + MOST_CANDIDATES)
    a_problem = 8 * n_slots * (2 * n_slots + D) + 6 * W
    size = min(BLOCK_SIZE, WORKING_BYTES // (n_threads * a_problem), -(-S // n_threads))
    size = max(1, size)
    for start in range(0, max(S, 1), size):
        yield slice(start, min(start + size, S))


def _assemble(blocks: Sequence[Solved], starts: Sequence[int], shape: tuple[int, int]) -> csr_array:
    rows: Ints = np.concatenate(
        [block.rows + start for block, start in zip(blocks, starts, strict=True)]
    )
    words = np.concatenate([block.words for block in blocks])
    weights = np.concatenate([block.weights for block in blocks])
    order = np.lexsort((words, rows))
    bounds = np.searchsorted(rows[order], np.arange(shape[0] + 1))
    return csr_array((weights[order], words[order], bounds), shape=shape)
