"""Ward clusters against SciPy's own functions and a literal Lance–Williams loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from semdnn.semantics import clusters
from semdnn.semantics.clusters import ward_clusters


def partition(ids) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(ids == number).tolist()) for number in np.unique(ids)}


def literal_ward(vectors, n_clusters) -> set[frozenset[int]]:
    """Merge the two nearest clusters, again and again; distances by Lance and Williams."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = {i: frozenset([i]) for i in range(len(unit))}
    d = {frozenset([i, j]): 1 - unit[i] @ unit[j] for i in groups for j in groups if i < j}
    for new in range(len(unit), 2 * len(unit) - n_clusters):
        i, j = min(d, key=lambda pair: d[pair])
        n_i, n_j = len(groups[i]), len(groups[j])
        for k in set(groups) - {i, j}:
            n_k = len(groups[k])
            squared = (
                (n_i + n_k) * d[frozenset([i, k])] ** 2
                + (n_j + n_k) * d[frozenset([j, k])] ** 2
                - n_k * d[frozenset([i, j])] ** 2
            ) / (n_i + n_j + n_k)
            d[frozenset([new, k])] = np.sqrt(squared)
        groups[new] = groups.pop(i) | groups.pop(j)
        d = {pair: value for pair, value in d.items() if pair <= set(groups)}
    return set(groups.values())


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 12), st.integers(1, 12))
def test_equals_a_literal_loop(seed, n_words, n_clusters) -> None:
    vectors = np.random.default_rng(seed).standard_normal((n_words, 4))
    n_clusters = min(n_clusters, n_words)
    assert partition(ward_clusters(vectors, n_clusters)) == literal_ward(vectors, n_clusters)


def test_equals_scipy(monkeypatch) -> None:
    monkeypatch.setattr(clusters, "_BLOCK_ROWS", 7)
    vectors = np.random.default_rng(0).standard_normal((120, 10))
    tree = linkage(pdist(vectors, "cosine"), method="ward")
    for n_clusters in (1, 2, 17, 119):
        expected = fcluster(tree, n_clusters, criterion="maxclust")
        assert partition(ward_clusters(vectors, n_clusters)) == partition(expected)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 12))
def test_number_of_clusters_is_kept_even_with_ties(n_words, n_clusters) -> None:
    ids = ward_clusters(np.eye(n_words, dtype=np.float32), n_clusters)
    assert ids.dtype == np.int32
    assert sorted(set(ids.tolist())) == list(range(min(n_words, n_clusters)))
    assert list(dict.fromkeys(ids.tolist())) == sorted(set(ids.tolist()))


def test_well_separated_groups_are_found_whatever_the_lengths() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 5, 60)
    vectors = np.eye(8)[truth] + 0.05 * rng.standard_normal((60, 8))
    vectors *= rng.uniform(0.1, 10, (60, 1))
    assert partition(ward_clusters(vectors, 5)) == partition(truth)


def test_what_cannot_be_clustered_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 cluster"):
        ward_clusters(np.eye(3), 0)
    with pytest.raises(ValueError, match="word vector 1 is zero"):
        ward_clusters(np.diag([1.0, 0, 1]), 2)
