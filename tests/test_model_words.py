"""A model with its own words, and with anybody's."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.optimize import nnls

from semdnn.model import ModelError, SemanticModel
from semdnn.network.checkpoint import load_checkpoint
from semdnn.network.registry import build_network
from semdnn.semantics.table_space import TableSpace, WordSpaceError
from semdnn.semantics.word_space import open_word_space

OWN = ["thunder", "dog", "whistle", "train", "laughter", "hammer"]


@pytest.fixture(scope="module")
def semdnn(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


@pytest.fixture(scope="module")
def catdnn(tiny_checkpoint):
    of_words = load_checkpoint(tiny_checkpoint)
    network = build_network("tiny", "catdnn", 10, torch.Generator().manual_seed(1))
    return SemanticModel(dataclasses.replace(of_words, kind="catdnn", state=network.state_dict()))


def weights_by_scipy(words, point):
    """β of the words for a point, with the offset of 1, in falling order."""
    vectors = open_word_space("minilm").look_up(words).vectors.astype(np.float64)
    system = np.hstack([vectors, np.ones((len(words), 1))]).T
    betas, _ = nnls(system, np.append(point / np.linalg.norm(point), 1.0))
    ranked = sorted(zip(betas, words, strict=True), reverse=True)
    return {word: beta for beta, word in ranked if beta > 0}


def test_own_words_are_the_nonnegative_weights_of_the_prediction(semdnn):
    point = np.random.default_rng(0).normal(size=300).astype(np.float32)
    found = semdnn.with_words(OWN).words(point, top=6)
    expected = weights_by_scipy(OWN, point.astype(np.float64))
    assert [word for word, _ in found] == list(expected)
    np.testing.assert_allclose([w for _, w in found], list(expected.values()), rtol=1e-5)


def test_a_point_made_of_own_words_gives_them_back(semdnn):
    vectors = open_word_space("minilm").look_up(OWN).vectors
    found = semdnn.with_words(OWN).words(vectors[3] + vectors[0] / 2, top=2)
    assert [word for word, _ in found] == ["train", "thunder"]


def test_a_catdnn_answers_in_own_words_through_its_own_ones(catdnn):
    trained = catdnn.checkpoint.dictionary
    probabilities = np.full((1, 10), 0.01, dtype=np.float32)
    probabilities[0, trained.words.index("rain")] = 0.9
    own = catdnn.with_words(["storm", "trumpet", "typewriter"])
    assert own.words(probabilities[0], top=1)[0].word == "storm"
    point = own._points(probabilities)[0]
    expected = weights_by_scipy(["storm", "trumpet", "typewriter"], point.astype(np.float64))
    assert [word for word, _ in own.words(probabilities[0])] == list(expected)
    assert catdnn.words(probabilities[0], top=1)[0] == ("rain", pytest.approx(0.9))


def test_the_network_is_shared_and_the_model_unchanged(semdnn, catdnn):
    noise = np.random.default_rng(1).normal(size=16_000).astype(np.float32)
    for model in (semdnn, catdnn):
        before = model.label(noise)
        own = model.with_words(OWN)
        assert own.network is model.network
        assert {word for word, _ in own.label(noise, top=3)} <= set(OWN)
        np.testing.assert_array_equal(own.embed(noise), model.embed(noise))
        assert model.label(noise) == before
        assert model.dictionary is model.checkpoint.dictionary


def test_own_words_replace_own_words(semdnn):
    assert semdnn.with_words(["dog"]).with_words(OWN).dictionary.words == tuple(OWN)


def test_the_dictionarys_words_decode_as_the_dictionary_does(semdnn):
    point = np.random.default_rng(2).normal(size=300).astype(np.float32)
    again = semdnn.with_words(semdnn.dictionary.words)
    assert [w for w, _ in again.words(point)] == [w for w, _ in semdnn.words(point)]


def test_a_word_space_of_other_dimensions_is_refused(semdnn, monkeypatch):
    other = TableSpace("minilm", ("dog", "cat"), np.eye(2), 1.0)
    monkeypatch.setattr("semdnn.model.open_word_space", lambda name: other)
    with pytest.raises(ModelError, match="has 2 dimensions, the model was trained with 300"):
        semdnn.with_words(["dog", "cat"])
    with pytest.raises(WordSpaceError, match="lacks 1 of 2 words: rain"):
        semdnn.with_words(["dog", "rain"])
