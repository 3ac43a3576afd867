"""Targets against a literal loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.semantics import targets
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.targets import TargetError, embedding_targets, multi_hot


def dictionary_of(vectors) -> Dictionary:
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    n = len(vectors)
    words = tuple(f"word{i}" for i in range(n))
    return Dictionary(words, vectors, np.ones(n), np.zeros(n), "fake", 0.0)


def some_ids(seed: int, n_sounds: int, n_words: int):
    rng = np.random.default_rng(seed)
    return [
        rng.choice(n_words, rng.integers(1, n_words + 1), replace=False).astype(np.int32)
        for _ in range(n_sounds)
    ]


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_embeddings_equal_a_literal_loop(seed) -> None:
    dictionary = dictionary_of(np.random.default_rng(seed).standard_normal((6, 5)))
    word_ids = some_ids(seed, 8, 6)
    expected = []
    for ids in word_ids:
        mean = np.mean([dictionary.vectors[index].astype(float) for index in ids], axis=0)
        expected.append(mean / np.linalg.norm(mean))
    result = embedding_targets(word_ids, dictionary)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(result, axis=1), 1, atol=1e-6)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 7))
def test_multi_hot_equals_a_literal_loop(seed, n_words) -> None:
    word_ids = [*some_ids(seed, 5, n_words), np.array([], dtype=np.int32)]
    expected = np.zeros((6, n_words), dtype=bool)
    for sound, ids in enumerate(word_ids):
        expected[sound, ids] = True
    result = multi_hot(word_ids, n_words)
    assert result.dtype == bool
    assert result.format == "csr"
    assert result.has_sorted_indices
    np.testing.assert_array_equal(result.toarray(), expected)


def test_blocks_change_nothing(monkeypatch) -> None:
    dictionary = dictionary_of(np.random.default_rng(0).standard_normal((6, 5)))
    word_ids = some_ids(0, 10, 6)
    whole = embedding_targets(word_ids, dictionary)
    monkeypatch.setattr(targets, "_BLOCK_ROWS", 3)
    np.testing.assert_array_equal(embedding_targets(word_ids, dictionary), whole)


def test_order_and_repeats_of_words_change_nothing() -> None:
    dictionary = dictionary_of(np.random.default_rng(0).standard_normal((3, 5)))
    result = embedding_targets([np.array([2, 0]), np.array([0, 2, 2, 0])], dictionary)
    np.testing.assert_array_equal(result[0], result[1])
    assert multi_hot([np.array([1, 1])], 3).data.tolist() == [True]


def test_a_single_word_is_its_own_target() -> None:
    dictionary = dictionary_of(np.random.default_rng(0).standard_normal((3, 5)))
    result = embedding_targets([np.array([index]) for index in range(3)], dictionary)
    np.testing.assert_allclose(result, dictionary.vectors, atol=1e-7)


def test_sounds_without_target_are_named(monkeypatch) -> None:
    monkeypatch.setattr(targets, "_BLOCK_ROWS", 1)
    dictionary = dictionary_of(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]))
    with pytest.raises(TargetError, match="sound 1 has no dictionary words"):
        embedding_targets([np.array([0]), np.array([], dtype=int)], dictionary)
    with pytest.raises(TargetError, match=r"sound 1's words cancel \(word0, word1\)"):
        embedding_targets([np.array([2]), np.array([1, 0])], dictionary)


@pytest.mark.parametrize("wrong", [-1, 3])
def test_ids_of_another_dictionary_are_named(wrong) -> None:
    with pytest.raises(TargetError, match=f"sound 2 has word id {wrong}, but"):
        multi_hot([np.array([0]), np.array([], dtype=int), np.array([1, wrong])], 3)
