"""The dictionary: counting against a literal loop, validation, refusals."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from semdnn.semantics.dictionary import (
    Dictionary,
    DictionaryError,
    DictionarySettings,
    build_dictionary,
)


class Found(NamedTuple):
    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    missing: tuple[str, ...]


class FakeSpace:
    """A word space of few words, with vectors of any length."""

    name = "fake"
    offset = 1.0

    def __init__(self, table: dict[str, list[float]]) -> None:
        self.table = table
        self.n_dims = len(next(iter(table.values())))

    def look_up(self, words) -> Found:
        found = tuple(word for word in words if word in self.table)
        vectors = np.array([self.table[word] for word in found], dtype=np.float32)
        missing = tuple(word for word in words if word not in self.table)
        return Found(found, vectors.reshape(-1, self.n_dims), missing)


def space_of(letters: str) -> FakeSpace:
    rng = np.random.default_rng(0)
    return FakeSpace({letter: rng.standard_normal(4).tolist() for letter in letters})


def settings(**values) -> DictionarySettings:
    return DictionarySettings(**{"min_count": 1, "n_clusters": 2, **values})


def some(**changes) -> Dictionary:
    values = {
        "words": ("dog", "bark"),
        "vectors": np.eye(2, 3),
        "counts": [4, 3],
        "clusters": [0, 1],
        "word_space": "fake",
        "offset": 0.0,
    }
    return Dictionary(**{**values, **changes})


SOUNDS = st.lists(st.lists(st.sampled_from("abcdefghxyz"), max_size=8), min_size=1, max_size=12)


@hypothesis_settings(deadline=None)
@given(SOUNDS, st.integers(1, 4), st.integers(1, 4))
def test_invariants_and_literal_words(sounds, min_count, cap) -> None:
    sounds = [*sounds, *[["a", "x"]] * min_count]  # so that one word is always left
    build = build_dictionary(
        sounds,
        space_of("abcdefgh"),
        settings(min_count=min_count, max_words_per_sound=cap),
    )
    words = build.dictionary.words
    kept = set(words)
    for own, ids in zip(sounds, build.word_ids, strict=True):
        assert ids.dtype == np.int32
        literal = [word for word in dict.fromkeys(own) if word in kept][:cap]
        assert [words[index] for index in ids] == literal
    counts = Counter(words[index] for ids in build.word_ids for index in ids)
    assert build.dictionary.counts.tolist() == [counts[word] for word in words]
    assert build.dictionary.counts.min() >= min_count
    assert list(words) == sorted(words, key=lambda word: (-counts[word], word))
    outside = Counter(word for own in sounds for word in set(own) & set("xyz"))
    outside = {word: n for word, n in outside.items() if n >= min_count}
    assert build.out_of_vocabulary == outside
    assert list(build.out_of_vocabulary.values()) == sorted(outside.values(), reverse=True)


@hypothesis_settings(deadline=None)
@given(SOUNDS, st.integers(1, 4))
def test_without_a_cap_every_frequent_word_is_kept(sounds, min_count) -> None:
    having = Counter(word for own in sounds for word in set(own) - set("xyz"))
    frequent = {word for word, count in having.items() if count >= min_count}
    if not frequent:
        with pytest.raises(DictionaryError, match="lower min_count"):
            build_dictionary(sounds, space_of("abcdefgh"), settings(min_count=min_count))
        return
    build = build_dictionary(sounds, space_of("abcdefgh"), settings(min_count=min_count))
    assert set(build.dictionary.words) == frequent


def test_rare_words_do_not_use_up_the_cap() -> None:
    sounds = [["a", "b"], ["b"], ["b", "c"], ["c", "b"]]
    build = build_dictionary(sounds, space_of("abc"), settings(min_count=2, max_words_per_sound=1))
    assert build.dictionary.words == ("b",)
    assert [ids.tolist() for ids in build.word_ids] == [[0], [0], [0], [0]]


def test_vectors_are_of_unit_length_and_in_the_direction_of_the_space() -> None:
    space = FakeSpace({"dog": [3, 4], "rain": [0, -2], "bell": [-5, 0]})
    build = build_dictionary([["rain", "dog"], ["dog"], ["bell"]], space, settings())
    assert build.dictionary.words == ("dog", "bell", "rain")
    np.testing.assert_allclose(build.dictionary.vectors, [[0.6, 0.8], [-1, 0], [0, -1]])
    assert (build.dictionary.word_space, build.dictionary.offset) == ("fake", 1.0)
    assert build.dictionary.clusters.tolist() == [0, 1, 1]


def test_sounds_without_words_stay_in_place() -> None:
    build = build_dictionary([[], ["a"], ["x"]], space_of("a"), settings(min_count=1))
    assert [ids.tolist() for ids in build.word_ids] == [[], [0], []]
    assert build.out_of_vocabulary == {"x": 1}


def test_words_of_equal_direction_are_refused_by_name() -> None:
    space = FakeSpace({"dog": [1, 2], "cat": [2, 4], "rain": [1, 0]})
    with pytest.raises(DictionaryError, match=r"1 pairs of words: cat = dog; merge"):
        build_dictionary([["dog", "cat", "rain"]], space, settings())


@pytest.mark.parametrize("vector", [[0, 0], [np.nan, 1], [np.inf, 1]])
def test_vectors_without_direction_are_refused_by_name(vector) -> None:
    with pytest.raises(DictionaryError, match="infinite vectors to cat"):
        build_dictionary([["dog", "cat"]], FakeSpace({"dog": [1, 2], "cat": vector}), settings())


def test_no_word_left_says_what_to_do() -> None:
    with pytest.raises(DictionaryError, match="at least 3 of 2 sounds: lower min_count"):
        build_dictionary([["a"], ["a"]], space_of("a"), DictionarySettings())
    with pytest.raises(DictionaryError, match="lower min_count"):
        build_dictionary([[], []], space_of("a"), DictionarySettings())


def test_many_words_are_listed_in_part() -> None:
    with pytest.raises(DictionaryError, match=r"a, b, c, d, e, f, g, h, i, j and 2 more; leave"):
        some().indices("abcdefghijkl")


def test_indices_and_missing() -> None:
    dictionary = some()
    assert len(dictionary) == 2
    assert dictionary.indices(["bark", "dog", "bark"]) == [1, 0, 1]
    assert dictionary.missing(["dog", "cow", "cow"]) == ("cow",)
    assert "dog" in dictionary
    assert "cow" not in dictionary
    with pytest.raises(DictionaryError, match="not in the dictionary of 2 words: cow"):
        dictionary.indices(["dog", "cow"])


def test_arrays_are_copies_of_their_type_and_read_only() -> None:
    vectors = np.eye(2, 3)
    dictionary = some(vectors=vectors)
    vectors[:] = 7
    assert dictionary.vectors.tolist() == np.eye(2, 3).tolist()
    assert dictionary.vectors.dtype == np.float32
    assert dictionary.counts.dtype == np.int64
    assert dictionary.clusters.dtype == np.int32
    for name in ("vectors", "counts", "clusters"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(dictionary, name)[0] = 1


def test_half_precision_vectors_count_as_unit_length() -> None:
    vectors = np.random.default_rng(0).standard_normal((2, 300))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert some(vectors=vectors.astype(np.float16)).vectors.shape == (2, 300)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"words": ()}, "at least one word"),
        ({"words": ("dog", "dog")}, "occur twice in the dictionary: dog"),
        ({"vectors": np.eye(3)}, r"shape \(2, D\), not \(3, 3\)"),
        ({"vectors": np.ones(2)}, r"shape \(2, D\), not \(2,\)"),
        ({"vectors": np.diag([1.0, 1.1])}, "not of unit length: bark"),
        ({"vectors": np.full((2, 2), np.nan)}, "not of unit length: dog, bark"),
        ({"counts": [1]}, r"counts of shape \(2,\), not \(1,\)"),
        ({"clusters": [0, 1, 2]}, r"clusters of shape \(2,\), not \(3,\)"),
        ({"clusters": [0, -1]}, "cannot be negative"),
        ({"counts": [0, -1]}, "cannot be negative"),
        ({"offset": -1.0}, "offset is -1.0"),
        ({"offset": float("nan")}, "offset is nan"),
    ],
)
def test_what_cannot_be_a_dictionary_is_refused(changes, message) -> None:
    with pytest.raises(DictionaryError, match=message):
        some(**changes)


def test_settings_refuse_nonsense() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        DictionarySettings(min_count=0)
    with pytest.raises(ValidationError, match="Extra inputs"):
        DictionarySettings(max_words=3)
