"""Vectors grouped around centres, so that a search may read the groups near the question only.

Every vector is in the list of its nearest centre (spherical k-means); faiss fits the centres and
sorts into lists. How many lists a search reads is chosen here, where they are made: so many that of
the exact first 20 sounds for words that were heard in the catalogue the given share is found.
`semdnn.catalogue.inverted_file` keeps the lists on disk and searches them.

References
----------
Dhillon, I. S. & Modha, D. S. (2001). Concept decompositions for large sparse text data using
clustering. Machine Learning, 42, 143-175. doi:10.1023/A:1007612920971
Douze, M. et al. (2024). The Faiss library. doi:10.48550/arXiv.2401.08281
Jégou, H., Douze, M. & Schmid, C. (2011). Product quantization for nearest neighbor search (there
the inverted file). IEEE TPAMI, 33, 117-128. doi:10.1109/TPAMI.2010.57
"""

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.nearest import Floats, nearest
from semdnn.progress import track

EXTRA = 'pip install "semdnn[approximate]"'
"""What installs faiss."""

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


def has_faiss() -> bool:
    """Return whether faiss is installed; without it every search is exact."""
    return find_spec("faiss") is not None


def build_lists(
    vectors: Floats, questions: Floats, rng: np.random.Generator, *, share: float = 0.95
) -> Lists:
    """Return lists of all vectors, and how many of them to read; needs faiss.

    Parameters
    ----------
    vectors : float32 [shape=(N, D)]
        Rows of unit length, at least one; may be a memory map.
    questions : float32 [shape=(Q, D)]
        Points such as will be asked for, at least one: the number of lists to read is fitted to
        them.
    rng : numpy.random.Generator
        For the sample that centres are fitted to, and where they begin.
    share : float
        Of the exact first 20 of all questions together, the share that is to be found, 0–1.
    """
    n_lists = min(len(vectors), max(1, round(2 * np.sqrt(len(vectors)))))
    centres = _fitted(vectors, n_lists, rng)
    list_of = _nearest_centres(vectors, centres)
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


def _fitted(vectors: Floats, n_lists: int, rng: np.random.Generator) -> Floats:
    """Return centres of unit length, by spherical k-means on a sample."""
    import faiss  # noqa: PLC0415 - an extra

    n_sampled = min(len(vectors), _SAMPLED * n_lists)
    sample = vectors[np.sort(rng.choice(len(vectors), n_sampled, replace=False))]
    means = faiss.Kmeans(
        vectors.shape[1],
        n_lists,
        niter=_ROUNDS,
        spherical=True,
        seed=int(rng.integers(2**31)),
        min_points_per_centroid=1,  # says nothing of small catalogues
        max_points_per_centroid=_SAMPLED,
    )
    means.train(sample)
    return np.asarray(means.centroids, np.float32)


def _nearest_centres(vectors: Floats, centres: Floats) -> NDArray[np.int64]:
    """Return the centre of largest inner product of every vector."""
    import faiss  # noqa: PLC0415 - an extra

    index = faiss.IndexFlatIP(centres.shape[1])
    index.add(centres)
    found = np.empty(len(vectors), np.int64)
    for start in track(range(0, len(vectors), _BLOCK), label="sorting into lists"):
        block = np.ascontiguousarray(vectors[start : start + _BLOCK])
        found[start : start + _BLOCK] = index.search(block, 1)[1][:, 0]
    return found
