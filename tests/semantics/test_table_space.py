"""Tables of words and vectors."""

import numpy as np
import pytest

from semdnn.semantics.table_space import (
    TableSpace,
    WordSpaceError,
    equal_vectors,
    spellings,
)

WORDS = ("dog", "hi-hat", "New_York", "NASA", "hoof")
VECTORS = np.arange(10, dtype=np.float16).reshape(5, 2)


@pytest.fixture
def space() -> TableSpace:
    return TableSpace("mine", WORDS, VECTORS, 0.5)


def test_answers_in_the_order_asked_and_names_the_missing(space: TableSpace) -> None:
    answer = space.look_up(["hoof", "unicorn", "dog", "hoof", "ghost"])
    assert answer.words == ("hoof", "dog")
    assert answer.missing == ("unicorn", "ghost")
    assert answer.vectors.dtype == np.float32
    np.testing.assert_array_equal(answer.vectors, [[8, 9], [0, 1]])
    assert (space.n_dims, space.offset) == (2, 0.5)


def test_nothing_asked_nothing_found(space: TableSpace) -> None:
    assert space.look_up([]).vectors.shape == (0, 2)
    assert space.look_up(["ghost"]).vectors.shape == (0, 2)


@pytest.mark.parametrize(
    ("asked", "held"),
    [("Dog", 0), ("hi hat", 1), ("new york", 2), ("nasa", 3), ("hooves", 4), ("Dogs", 0)],
)
def test_falls_back_on_case_hyphen_and_inflection(space: TableSpace, asked: str, held: int) -> None:
    answer = space.look_up([asked])
    assert answer.words == (asked,)
    np.testing.assert_array_equal(answer.vectors[0], VECTORS[held])


def test_the_word_itself_comes_before_every_fall_back() -> None:
    space = TableSpace("mine", ("polish", "Polish"), np.eye(2, dtype=np.float32))
    np.testing.assert_array_equal(space.look_up(["Polish", "polish"]).vectors, np.eye(2)[::-1])
    assert spellings("Dogs")[0] == "Dogs"
    assert spellings("Dogs")[-1] == "dog"


def test_equal_vectors_are_named_with_their_first_holder() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, -0.0], [0, 1], [1, 1]], dtype=np.float32)
    assert equal_vectors(["a", "b", "c", "d", "e"], vectors) == (("a", "c"), ("b", "d"))
    assert equal_vectors(["a", "e"], vectors[[0, 4]]) == ()
    with pytest.raises(WordSpaceError, match="1 words but 5 vectors"):
        equal_vectors(["a"], vectors)


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        (("a", "a"), np.eye(2), "'a' appears twice"),
        (("a",), np.eye(2), "1 words but vectors of shape"),
        (("a", "b"), np.array([[1.0, 0], [np.nan, 1]]), "vector of 'b' is not finite"),
        (("a", "b"), np.ones(2), "give one row a word"),
    ],
)
def test_a_bad_table_is_refused(words: tuple[str, ...], vectors: np.ndarray, message: str) -> None:
    with pytest.raises(WordSpaceError, match=message):
        TableSpace("mine", words, vectors)
