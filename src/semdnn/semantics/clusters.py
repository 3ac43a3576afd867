"""Clusters of words that lie near each other in a word space."""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_BLOCK_ROWS = 1024


def ward_clusters(vectors: NDArray[np.floating], n_clusters: int) -> NDArray[np.int32]:
    """Return the cluster of every word: Ward linkage on pairwise cosine distances.

    Ward's criterion (least growth of the within-cluster sum of squares) is defined for Euclidean
    distances. As in the paper, the cosine distance d = 1 − cos is handed to it *as if* it were
    one: the Lance–Williams recurrence then merges, at every step, the two clusters whose union
    grows least in d² instead of in the squared chord ‖u − v‖² = 2 d. The recurrence stays
    monotone and reducible, so the tree is well defined; large distances weigh more than in
    Ward's method on the unit vectors themselves.

    Parameters
    ----------
    vectors : array [shape=(W, D)]
        Word vectors of any non-zero length.
    n_clusters : int
        Number of clusters, at least 1; more than W are cut to W.

    Returns
    -------
    array of int32 [shape=(W,)]
        Cluster ids 0 … min(n_clusters, W) − 1, every one in use, numbered by first appearance.

    Raises
    ------
    ValueError
        If `n_clusters` is below 1, or a vector is zero or not finite.

    References
    ----------
    Ward (1963), doi:10.1080/01621459.1963.10500845; Lance & Williams (1967),
    doi:10.1093/comjnl/9.4.373.

    Examples
    --------
    >>> import numpy as np
    >>> ward_clusters(np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]]), 2)
    array([0, 1, 0], dtype=int32)
    """
    n_words = len(vectors)
    if n_clusters < 1:
        raise ValueError(f"n_clusters is {n_clusters}: at least 1 cluster is needed")
    if n_clusters >= n_words:
        return np.arange(n_words, dtype=np.int32)
    merges = linkage(_cosine_distances(vectors), method="ward")
    return _cut(merges, n_clusters)


def _cosine_distances(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return 1 − cos of every pair in `pdist` order, float64, without a square matrix."""
    lengths = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if bad.size:
        raise ValueError(f"word vector {bad[0]} is zero or not finite: it has no direction")
    unit = vectors.astype(np.float64) / lengths[:, None]
    n_words = len(unit)
    distances = np.empty(n_words * (n_words - 1) // 2)
    position = 0
    for start in range(0, n_words, _BLOCK_ROWS):
        cosines = unit[start : start + _BLOCK_ROWS] @ unit[start:].T
        for row, line in enumerate(cosines):
            tail = line[row + 1 :]
            distances[position : position + tail.size] = tail
            position += tail.size
    np.subtract(1.0, distances, out=distances)
    return np.clip(distances, 0.0, 2.0, out=distances)


def _cut(merges: NDArray[np.float64], n_clusters: int) -> NDArray[np.int32]:
    """Undo the last merges of a linkage, so that exactly `n_clusters` trees remain.

    Cutting at a height, as `fcluster` does, gives fewer clusters where heights are tied.
    """
    n_words = len(merges) + 1
    kept = merges[: n_words - n_clusters, :2].astype(np.int64)
    parents = n_words + np.repeat(np.arange(len(kept)), 2)
    n_nodes = n_words + len(kept)
    edges = coo_array(
        (np.ones(parents.size, dtype=np.int8), (kept.ravel(), parents)), shape=(n_nodes, n_nodes)
    )
    labels = connected_components(edges, directed=False)[1][:n_words]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.empty(first.size, dtype=np.int32)
    order[np.argsort(first)] = np.arange(first.size, dtype=np.int32)
    return order[inverse]
