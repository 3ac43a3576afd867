"""Approximate search: right scores always, nearly all of the exact answer, exact where in doubt."""

import numpy as np
import pytest

from semdnn.catalogue.lists import build_lists, nearest_in_lists
from semdnn.catalogue.nearest import nearest


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
        fewer = lists._replace(n_probes=n_probes)
        found = [
            len(set(exact_rows(vectors, q, 20)) & set(fewer.probed(q.astype(np.float64)))) / 20
            for q in questions[:30]
        ]
        return np.mean(found)

    assert 1 < lists.n_probes < len(lists.centres)
    assert share(lists.n_probes) == pytest.approx(lists.recall)
    assert share(lists.n_probes) >= 0.95 - 1e-9 > share(lists.n_probes - 1)


def test_on_other_questions_nearly_all_is_found_from_a_part_of_the_rows(vectors, questions, lists):
    found, n_read = [], []
    for query in questions[30:]:
        answer = nearest_in_lists(vectors, lists, query, 20)
        exact = vectors[answer.rows].astype(np.float64) @ query.astype(np.float64)
        np.testing.assert_allclose(answer.scores, exact, atol=1e-12)
        assert (np.diff(answer.scores) <= 0).all()
        found.append(len(set(answer.rows) & set(exact_rows(vectors, query, 20))) / 20)
        n_read.append(len(lists.probed(query.astype(np.float64))))
    assert np.mean(found) > 0.85
    assert np.mean(n_read) < 1500


def test_with_all_lists_read_the_answer_is_the_exact_one(vectors, questions, lists):
    everything = lists._replace(n_probes=len(lists.centres))
    for query in questions[:5]:
        answer = nearest_in_lists(vectors, everything, query, 20)
        np.testing.assert_array_equal(answer.rows, exact_rows(vectors, query, 20))


def test_rows_that_came_later_are_never_missed(vectors, questions, lists):
    more = np.concatenate([vectors, questions[:1]])
    assert nearest_in_lists(more, lists, questions[0], 1).rows.tolist() == [3000]


@pytest.mark.parametrize("n_allowed", [0, 3, 150, 2000])
def test_filters_are_kept_and_few_rows_are_compared_exactly(vectors, questions, lists, n_allowed):
    allowed = np.zeros(3000, bool)
    allowed[np.random.default_rng(3).choice(3000, n_allowed, replace=False)] = True
    answer = nearest_in_lists(vectors, lists, questions[0], 20, allowed=allowed)
    assert allowed[answer.rows].all()
    assert len(answer.rows) == min(20, n_allowed)
    if n_allowed <= 150:
        expected = nearest(vectors, questions[0], 20, allowed=allowed)
        np.testing.assert_array_equal(answer.rows, expected.rows)


def test_more_sounds_than_the_lists_hold_are_all_compared(vectors, questions, lists):
    one = lists._replace(n_probes=1)
    answer = nearest_in_lists(vectors, one, questions[0], 1000)
    np.testing.assert_array_equal(answer.rows, exact_rows(vectors, questions[0], 1000))


def test_equal_vectors_make_lists_too():
    vectors = np.tile(np.eye(1, 8, dtype=np.float32), (50, 1))
    lists = build_lists(vectors, vectors[:1], np.random.default_rng(0))
    assert nearest_in_lists(vectors, lists, vectors[0], 3).rows.tolist() == [0, 1, 2]
