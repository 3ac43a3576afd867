"""The nearest of many vectors, nearly always: read the lists near the question, and no others.

Every vector is in the list of its nearest centre (spherical k-means). A search looks at the centres
first, then scores the vectors of the lists whose centres are nearest, exactly and in double
precision. What it gives is therefore right, but something nearer may lie in a list that was not
read. How many lists are read is chosen where they are made: so many that of the exact first 20
sounds for words that were heard in the catalogue the given share is found.

Rows that were added later are in no list and are always scored; so an answer never lacks them.

References
----------
Dhillon, I. S. & Modha, D. S. (2001). Concept decompositions for large sparse text data using
clustering. Machine Learning, 42, 143-175. doi:10.1023/A:1007612920971
Jégou, H., Douze, M. & Schmid, C. (2011). Product quantization for nearest neighbor search (there
the inverted file). IEEE TPAMI, 33, 117-128. doi:10.1109/TPAMI.2010.57
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.catalogue.nearest import FEW, Floats, Nearest, nearest
from semdnn.progress import track

N_CHECKED = 20
"""Of the exact answer, how many sounds the share that is found is counted over."""
_BLOCK = 8192
_SAMPLED = 40  # vectors a list that centres are fitted to
_ROUNDS = 6


class Lists(NamedTuple):
    """Rows of vectors, grouped by their nearest centre.

    Attributes
    ----------
    centres : float32 [shape=(K, D)]
        Unit length.
    rows : int64 [shape=(N,)]
        All N rows, list after list, ascending within a list.
    starts : int64 [shape=(K + 1,)]
        Where each list begins in `rows`, and the end.
    n_probes : int
        Lists that a search reads.
    recall : float
        Share of exact answers that so many lists found when they were made, 0–1.
    """

    centres: Floats
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    n_probes: int
    recall: float

    def probed(self, query: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows of the lists that a search for `query` reads, ascending."""
        order = np.argsort(-(self.centres @ query.astype(np.float32)), kind="stable")
        chosen = order[: self.n_probes]
        parts = [self.rows[self.starts[i] : self.starts[i + 1]] for i in chosen]
        return np.sort(np.concatenate(parts))


def build_lists(
    vectors: Floats, questions: Floats, rng: np.random.Generator, *, share: float = 0.95
) -> Lists:
    """Return lists of all vectors, and how many of them to read.

    Parameters
    ----------
    vectors : float32 [shape=(N, D)]
        Rows of unit length, at least one; may be a memory map.
    questions : float32 [shape=(Q, D)]
        Points such as will be asked for, at least one: the number of lists to read is fitted to
        them.
    rng : numpy.random.Generator
        For the sample that centres are fitted to.
    share : float
        Of the exact first 20 of all questions together, the share that is to be found, 0–1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> vectors = np.eye(8, dtype=np.float32)
    >>> lists = build_lists(vectors, vectors, rng)
    >>> sorted(lists.rows.tolist()) == list(range(8))
    True
    """
    n_lists = min(len(vectors), max(1, round(2 * np.sqrt(len(vectors)))))
    centres = _fitted(vectors, n_lists, rng)
    list_of = _nearest_centres(vectors, centres, "sorting into lists")
    rows = np.argsort(list_of, kind="stable")
    starts = np.searchsorted(list_of[rows], np.arange(n_lists + 1))
    places = []
    for question in questions:
        exact = nearest(vectors, question, N_CHECKED).rows
        order = np.argsort(-(centres @ question), kind="stable")
        places.append(np.argsort(order)[list_of[exact]])
    ranks = np.sort(np.concatenate(places))
    n_probes = int(ranks[max(0, int(np.ceil(share * len(ranks))) - 1)]) + 1
    return Lists(centres, rows, starts, n_probes, float(np.mean(ranks < n_probes)))


def nearest_in_lists(
    vectors: Floats,
    lists: Lists,
    query: NDArray[np.floating],
    n: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> Nearest:
    """Return the `n` nearest vectors among the lists near the query and rows that are in none.

    Where few rows are allowed, or these hold fewer than `n` of them, the answer is exact.

    Parameters
    ----------
    vectors : float32 [shape=(N, D)]
        Those that `lists` were made of, and perhaps more after them.
    lists : Lists
        Of the first rows of `vectors`.
    query : float [shape=(D,)]
        Of any length.
    n : int
        How many; all where there are fewer.
    allowed : bool [shape=(N,)], optional
        Which rows may be in the answer.
    """
    point = np.asarray(query, np.float64)
    if allowed is not None and FEW * np.count_nonzero(allowed) < len(vectors):
        return nearest(vectors, point, n, allowed=allowed)
    rows = np.concatenate([lists.probed(point), np.arange(len(lists.rows), len(vectors))])
    if allowed is not None:
        rows = rows[allowed[rows]]
    if len(rows) < n:
        return nearest(vectors, point, n, allowed=allowed)
    found = nearest(vectors[rows], point, n)
    return Nearest(rows[found.rows], found.scores)


def _fitted(vectors: Floats, n_lists: int, rng: np.random.Generator) -> Floats:
    """Return centres of unit length, by spherical k-means on a sample."""
    n_sampled = min(len(vectors), _SAMPLED * n_lists)
    sample = vectors[np.sort(rng.choice(len(vectors), n_sampled, replace=False))]
    centres = sample[rng.choice(n_sampled, n_lists, replace=False)]
    for _ in track(range(_ROUNDS), label="finding centres"):
        list_of = _nearest_centres(sample, centres)
        member = (np.ones(n_sampled, np.float32), (list_of, np.arange(n_sampled)))
        sums = csr_array(member, shape=(n_lists, n_sampled)) @ sample
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres)
    return np.asarray(centres, np.float32)


def _nearest_centres(vectors: Floats, centres: Floats, label: str = "") -> NDArray[np.int64]:
    """Return the centre of largest inner product of every vector; of equal ones the lower."""
    found = np.empty(len(vectors), np.int64)
    starts: range = range(0, len(vectors), _BLOCK)
    for start in track(starts, label=label) if label else starts:
        found[start : start + _BLOCK] = (vectors[start : start + _BLOCK] @ centres.T).argmax(axis=1)
    return found
