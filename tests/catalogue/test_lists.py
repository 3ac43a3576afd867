"""Lists of vectors: each in that of its nearest centre, and as few read as find the share."""

import numpy as np
import pytest

from semdnn.catalogue.lists import build_lists

pytest.importorskip("faiss", reason="the extra `approximate` is not installed")


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    """3,000 vectors in 60 clouds of 24 dimensions."""
    rng = np.random.default_rng(0)
    middles = rng.standard_normal((60, 24))
    return unit(middles[rng.integers(60, size=3000)] + 0.5 * rng.standard_normal((3000, 24)))


@pytest.fixture(scope="module")
def questions(vectors):
    rng = np.random.default_rng(1)
    return unit(vectors[rng.integers(3000, size=60)] + 0.1 * rng.standard_normal((60, 24)))


@pytest.fixture(scope="module")
def lists(vectors, questions):
    return build_lists(vectors, questions[:30], np.random.default_rng(2))


def exact_rows(vectors, query, n):
    """Brute force: every score in double precision, a full sort; of equal ones the lower row."""
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    return np.lexsort((np.arange(len(vectors)), -scores))[:n]


def test_every_row_is_in_the_list_of_its_nearest_centre(vectors, lists):
    assert sorted(lists.rows.tolist()) == list(range(3000))
    assert lists.starts[0] == 0
    assert lists.starts[-1] == 3000
    scores = vectors @ lists.centres.T
    for i, (start, end) in enumerate(zip(lists.starts, lists.starts[1:], strict=False)):
        rows = lists.rows[start:end]
        np.testing.assert_allclose(scores[rows, i], scores[rows].max(axis=1), atol=1e-6)


def test_the_number_of_lists_read_is_the_smallest_that_finds_the_share(vectors, questions, lists):
    def share(n_probes):
        found = []
        for question in questions[:30]:
            chosen = np.argsort(-(lists.centres @ question), kind="stable")[:n_probes]
            read = np.concatenate(
                [lists.rows[lists.starts[i] : lists.starts[i + 1]] for i in chosen]
            )
            found.append(len(set(exact_rows(vectors, question, 20)) & set(read)) / 20)
        return np.mean(found)

    assert 1 < lists.n_probes < len(lists.centres)
    assert share(lists.n_probes) == pytest.approx(lists.recall)
    assert share(lists.n_probes) >= 0.95 - 1e-9 > share(lists.n_probes - 1)


def test_centres_are_unit_and_follow_the_generator(vectors, questions, lists):
    np.testing.assert_allclose(np.linalg.norm(lists.centres, axis=1), 1, atol=1e-5)
    again, other = (build_lists(vectors, questions[:30], np.random.default_rng(i)) for i in (2, 3))
    np.testing.assert_array_equal(again.centres, lists.centres)
    assert not np.array_equal(other.centres, lists.centres)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_few_vectors_make_lists_and_say_nothing(n, capfd):
    vectors = np.eye(n, 12, dtype=np.float32)
    lists = build_lists(vectors, vectors, np.random.default_rng(0))
    assert sorted(lists.rows.tolist()) == list(range(n))
    assert lists.recall >= 0.95
    assert capfd.readouterr() == ("", "")
