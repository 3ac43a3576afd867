"""How a question becomes a point, and how two orders become one."""

import numpy as np
import pytest

from semdnn.catalogue.query import Query, QueryError, joined_point, meaning_of
from semdnn.catalogue.search import ask, fused
from semdnn.semantics.table_space import TableSpace

WORDS = ("dog", "bark", "rain", "door")
SPACE = TableSpace("mine", WORDS, 2 * np.eye(4, dtype=np.float32))


def test_meaning_is_the_mean_of_unit_vectors_and_names_unknown_words():
    meaning = meaning_of("Dogs barking, zebra", SPACE)
    np.testing.assert_allclose(meaning.vector, [0.5**0.5, 0.5**0.5, 0, 0], rtol=1e-6)
    assert meaning.unknown == ("zebra",)
    assert meaning_of("zebra", SPACE) == (None, ("zebra",))


def test_text_and_example_weigh_the_same():
    point = joined_point(np.float32([1, 0]), np.float32([0, 1]), [])
    np.testing.assert_allclose(point, [0.5**0.5, 0.5**0.5], rtol=1e-6)


def test_what_is_not_wanted_is_at_right_angles():
    rng = np.random.default_rng(0)
    wanted, *unwanted = (rng.random((3, 5)) / 3).astype(np.float32)
    point = joined_point(wanted, None, unwanted)
    assert np.linalg.norm(point) == pytest.approx(1)
    for vector in unwanted:
        assert float(point @ vector) == pytest.approx(0, abs=1e-6)


def test_a_direction_that_is_pointed_away_from_is_left():
    wanted = np.float32([0.8, -0.6])
    np.testing.assert_allclose(joined_point(wanted, None, [np.float32([0, 1])]), wanted, rtol=1e-6)


def test_nothing_left_is_an_error():
    with pytest.raises(QueryError, match=r"not wanted \('rain'\)"):
        ask(Query(text="rain", without="rain"), SPACE, None)


def test_empty_and_unknown_questions_are_errors():
    with pytest.raises(QueryError, match="nothing is asked"):
        Query(text="  ")
    with pytest.raises(QueryError, match="1 or more"):
        Query(text="dog", top=0)
    with pytest.raises(QueryError, match="lacks zebra"):
        ask(Query(text="zebra", by="meaning"), SPACE, None)
    with pytest.raises(QueryError, match="no word in it"):
        ask(Query(text="the 123", by="meaning"), SPACE, None)
    assert ask(Query(text="zebra"), SPACE, None).point is None  # what is written may have it


def test_fusion_is_the_sum_of_reciprocal_ranks():
    orders = [[5, 3, 9, 1], [9, 7, 5]]
    scores = {i: sum(1 / (60 + o.index(i) + 1) for o in orders if i in o) for i in (1, 3, 5, 7, 9)}
    assert fused(orders) == sorted(scores, key=lambda i: (-scores[i], [5, 3, 9, 1, 7].index(i)))
    assert fused([[], [2, 1]]) == [2, 1]
