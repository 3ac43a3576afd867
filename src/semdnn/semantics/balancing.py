"""Choosing sounds so that their words cover a dictionary evenly.

The problem. Sound s has m[s] words, of which M[s, k] lie in cluster k. Of S sounds choose n so
that the entropy of the clusters' shares among all chosen words is largest:

    maximise H(c / Σc),  c = Σ_{s chosen} M[s, :],  |chosen| = n.

The bound. For any distribution q over clusters the entropy is at most the cross-entropy −Σ_k
(c_k / Σc) log2 q_k (Gibbs' inequality). The largest mean cross-entropy a word that n sounds can
have is a ratio of two sums over the chosen sounds, which Dinkelbach's iteration solves exactly;
no choice of n sounds can have a higher entropy. The best q gives the optimum of the relaxed
problem, in which sounds may be chosen in part: entropy is quasi-concave in c.

The method. With q = the present shares, the same n sounds are the vertex towards which the
entropy rises steepest: a Frank–Wolfe step. A random part of the differing sounds, of the size
that a line search asks for, is exchanged, so the choice stays whole. The bound tells when to
stop; single exchanges finish the work where the library is small.

References
----------
Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x; Dinkelbach (1967),
doi:10.1287/mnsc.13.7.492; Frank & Wolfe (1956), doi:10.1002/nav.3800030109.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from semdnn.errors import SemdnnError
from semdnn.semantics.splitting import Split, SplitError, join_groups, split_by_recording

__all__ = [
    "Balance",
    "BalancingError",
    "Split",
    "SplitError",
    "balance",
    "choose_balanced",
    "choose_random",
    "cluster_counts",
    "entropy",
    "join_groups",
    "split_by_recording",
]

_GAP_BITS = 1e-6  # nearer to the bound than this is as good as optimal
_MAX_STEPS = 200
_MAX_IDLE_STEPS = 10
_MAX_EXCHANGES = 200
_N_CANDIDATES = 32
_EXCHANGE_CELLS = 5_000_000  # exchanges x clusters looked at in one go, at most
_STEP_SIZES = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 61)])


class BalancingError(SemdnnError):
    """A choice that cannot be made: why, and what to do."""


class Balance(NamedTuple):
    """A balanced choice of sounds and how even it is; entropies in bits.

    Attributes
    ----------
    chosen : array of int64 [shape=(n_sounds,)]
        Indices of the chosen sounds, ascending.
    entropy_before : float
        Of all sounds together.
    entropy_after : float
        Of the chosen sounds.
    entropy_bound : float
        No choice of that many sounds can have more.
    """

    chosen: NDArray[np.int64]
    entropy_before: float
    entropy_after: float
    entropy_bound: float


def entropy(counts: ArrayLike) -> float:
    """Return the entropy of counts taken as shares of their sum, in bits.

    Parameters
    ----------
    counts : array [shape=(K,)]
        Not negative, not all zero.

    Examples
    --------
    >>> entropy([5, 5, 0])
    1.0
    """
    values = np.asarray(counts, dtype=np.float64)
    if values.size == 0 or (values < 0).any() or not values.sum() > 0:
        raise ValueError("the entropy needs counts that are not negative and not all zero")
    return float(_entropies(values))


def cluster_counts(
    word_ids: Sequence[NDArray[np.integer]], clusters: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the number of word occurrences in each cluster [shape=(K,)] over all sounds."""
    return _membership(word_ids, clusters).sum(axis=0).astype(np.int64)


def balance(
    word_ids: Sequence[NDArray[np.integer]],
    clusters: NDArray[np.integer],
    n_sounds: int,
    rng: np.random.Generator,
) -> Balance:
    """Choose the sounds whose words are spread most evenly over the clusters.

    See the module's text for the problem, the bound and the method.

    Parameters
    ----------
    word_ids : sequence of int arrays [shape=(S, any)]
        Dictionary words of every sound, at least one each.
    clusters : array of int [shape=(W,)]
        Cluster of every dictionary word, from 0.
    n_sounds : int
        How many to choose, 1 … S.
    rng : numpy.random.Generator
        Same state, same choice.

    Raises
    ------
    BalancingError
        If `n_sounds` is out of range, or a sound has no words.
    """
    _check_number(n_sounds, len(word_ids))
    membership = _membership(word_ids, clusters)
    sizes = np.asarray(membership.sum(axis=1), dtype=np.float64)
    if (sizes == 0).any():
        raise BalancingError(f"sound {int(np.argmin(sizes))} has no words: leave such sounds out")
    start = np.zeros(len(word_ids), dtype=bool)
    start[rng.choice(len(word_ids), n_sounds, replace=False)] = True
    chosen, bound = _climb(membership, sizes, start, rng)
    if bound - _entropies(_counts_of(membership, chosen)) > _GAP_BITS:
        chosen = _exchange_singly(membership, sizes, chosen)
    after = float(_entropies(_counts_of(membership, chosen)))
    return Balance(
        chosen=np.flatnonzero(chosen),
        entropy_before=entropy(membership.sum(axis=0)),
        entropy_after=after,
        entropy_bound=max(bound, after),
    )


def choose_balanced(
    word_ids: Sequence[NDArray[np.integer]],
    clusters: NDArray[np.integer],
    n_sounds: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return the indices, ascending, of the sounds that `balance` chooses."""
    return balance(word_ids, clusters, n_sounds, rng).chosen


def choose_random(n_available: int, n_sounds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return `n_sounds` of `n_available` indices at random, ascending: the control.

    Raises
    ------
    BalancingError
        If `n_sounds` is out of range.
    """
    _check_number(n_sounds, n_available)
    return np.sort(rng.choice(n_available, n_sounds, replace=False)).astype(np.int64)


def _check_number(n_sounds: int, n_available: int) -> None:
    if not 1 <= n_sounds <= n_available:
        raise BalancingError(f"cannot choose {n_sounds} of {n_available} sounds")


def _membership(
    word_ids: Sequence[NDArray[np.integer]], clusters: NDArray[np.integer]
) -> csr_array:
    """Return how many words of every sound lie in every cluster, float64 [shape=(S, K)]."""
    lengths = np.fromiter((len(ids) for ids in word_ids), dtype=np.int64, count=len(word_ids))
    words = np.concatenate([np.empty(0, dtype=np.int32), *word_ids]).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(word_ids), int(clusters.max()) + 1)
    membership = csr_array((np.ones(words.size), clusters[words], starts), shape=shape)
    membership.sum_duplicates()
    return membership


def _entropies(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy in bits along the last axis."""
    totals = counts.sum(axis=-1)
    logs = np.log2(counts, out=np.zeros_like(counts), where=counts > 0)
    entropies = np.log2(totals) - (counts * logs).sum(axis=-1) / totals
    return np.asarray(np.maximum(entropies, 0.0))  # never −1e-17


def _counts_of(membership: csr_array, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(chosen.astype(np.float64) @ membership)


def _surprise(counts: NDArray[np.float64], reachable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return −log2 of the clusters' shares, half a word standing in for none."""
    shares = np.where(reachable, np.maximum(counts, 0.5), 0.0)
    return np.where(reachable, -np.log2(np.where(reachable, shares, 1.0) / shares.sum()), 0.0)


def _climb(
    membership: csr_array,
    sizes: NDArray[np.float64],
    start: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[NDArray[np.bool_], float]:
    """Return the best choice that Frank–Wolfe exchanges reach, and the bound on any choice."""
    reachable = membership.sum(axis=0) > 0
    chosen, counts = start, _counts_of(membership, start)
    best, best_entropy, bound, n_idle = chosen, float(_entropies(counts)), np.inf, 0
    for _ in range(_MAX_STEPS):
        surprise = membership @ _surprise(counts, reachable)
        vertex, highest = _most_surprising(surprise, sizes, chosen, float(_entropies(counts)))
        bound = min(bound, highest)
        if bound - best_entropy <= _GAP_BITS or n_idle == _MAX_IDLE_STEPS:
            break
        leaving, entering = np.flatnonzero(chosen & ~vertex), np.flatnonzero(vertex & ~chosen)
        line = counts + _STEP_SIZES[:, None] * (_counts_of(membership, vertex) - counts)
        step = _STEP_SIZES[np.argmax(_entropies(line))]
        n_exchanged = round(step * leaving.size)
        if n_exchanged == 0:
            break
        chosen = chosen.copy()
        chosen[rng.choice(leaving, n_exchanged, replace=False)] = False
        chosen[rng.choice(entering, n_exchanged, replace=False)] = True
        counts = _counts_of(membership, chosen)
        reached = float(_entropies(counts))
        n_idle = 0 if reached > best_entropy else n_idle + 1
        if reached > best_entropy:
            best, best_entropy = chosen, reached
    return best, bound


def _most_surprising(
    surprise: NDArray[np.float64],
    sizes: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    ratio: float,
) -> tuple[NDArray[np.bool_], float]:
    """Return as many sounds as are chosen with the largest Σ surprise / Σ sizes, and that ratio.

    Dinkelbach's iteration: the ratio never falls, and stands still only at the maximum.
    """
    n_chosen = int(np.count_nonzero(chosen))
    while True:
        order = np.argpartition(ratio * sizes - surprise, n_chosen - 1)
        top = order[:n_chosen]
        reached = float(surprise[top].sum() / sizes[top].sum())
        if reached - ratio <= 1e-12:
            vertex = np.zeros(len(surprise), dtype=bool)
            vertex[top] = True
            return vertex, max(reached, ratio)
        ratio = reached


def _exchange_singly(
    membership: csr_array, sizes: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the choice after the best single exchanges among the most promising sounds."""
    chosen = chosen.copy()
    reachable = membership.sum(axis=0) > 0
    n_looked_at = min(_N_CANDIDATES, max(2, int((_EXCHANGE_CELLS / membership.shape[1]) ** 0.5)))
    for _ in range(_MAX_EXCHANGES):
        counts = _counts_of(membership, chosen)
        present = float(_entropies(counts))
        gain = membership @ _surprise(counts, reachable) - present * sizes
        inside, outside = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        leaving = inside[np.argsort(gain[inside], kind="stable")[:n_looked_at]]
        entering = outside[np.argsort(-gain[outside], kind="stable")[:n_looked_at]]
        if entering.size == 0:
            break
        change = membership[entering].toarray()[None] - membership[leaving].toarray()[:, None]
        reached = _entropies(counts + change)
        out, new = np.unravel_index(int(np.argmax(reached)), reached.shape)
        if reached[out, new] <= present + 1e-12:
            break
        chosen[leaving[out]], chosen[entering[new]] = False, True
    return chosen
