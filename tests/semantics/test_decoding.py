"""Oracles: literal sorts, scipy's solver on one prediction, hand-made cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls as peer

from semdnn.semantics import decoding, nnls
from semdnn.semantics.decoding import WordScores


def sample(W=60, D=12, S=15, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(W, D)), rng.normal(size=(S, D))


def slow_order(primary, tiebreak):
    def key(word):
        return (-primary[word], 0.0 if tiebreak is None else -tiebreak[word], word)

    return sorted(range(len(primary)), key=key)


@pytest.mark.parametrize("offset", [0.0, 0.5, 1.0])
def test_decode_is_scipys_solution_of_the_literal_problem(offset):
    vectors, predictions = sample(W=10)
    scores = decoding.decode(vectors, predictions, offset=offset)
    for s, prediction in enumerate(predictions):
        D = np.array([[*(v / np.linalg.norm(v)), offset] for v in vectors])
        y = np.array([*(prediction / np.linalg.norm(prediction)), offset])
        beta, residual = peer(D.T, y)
        np.testing.assert_allclose(scores.primary[s], beta, atol=1e-6)
        np.testing.assert_allclose(scores.tiebreak[s], D @ (y - D.T @ beta), atol=1e-6)
        assert scores.residuals[s] == pytest.approx(residual, abs=1e-9)
    assert scores.converged.all()


def test_decode_returns_float32_of_the_documented_size():
    vectors, predictions = sample()
    scores = decoding.decode(vectors, predictions, offset=1.0)
    assert scores.primary.dtype == scores.tiebreak.dtype == np.float32
    assert scores.primary.nbytes + scores.tiebreak.nbytes == 8 * 15 * 60
    assert scores.residuals.shape == scores.converged.shape == (15,)


def test_the_gradient_is_zero_at_weighted_words_and_not_positive_elsewhere():
    scores = decoding.decode(*sample(), offset=1.0)
    weighted = scores.primary > 0
    assert weighted.any(axis=1).all()
    assert np.abs(scores.tiebreak[weighted]).max() < 1e-6
    assert scores.tiebreak.max() < 1e-6
    assert scores.tiebreak[~weighted].min() < -0.01


def test_a_word_predicted_exactly_comes_first_alone():
    vectors, _ = sample()
    scores = decoding.decode(vectors, 7.0 * vectors[[5, 9]], offset=1.0)
    np.testing.assert_array_equal(decoding.top_words(scores, 1)[:, 0], [5, 9])
    np.testing.assert_allclose(scores.primary[[0, 1], [5, 9]], 1.0, atol=1e-6)
    np.testing.assert_allclose(scores.residuals, 0.0, atol=1e-7)


def test_the_offset_makes_centred_vectors_sparse():
    vectors, predictions = sample(W=200, D=12, S=30)
    matched = decoding.decode(vectors, predictions, offset=0.0)
    sparse = decoding.decode(vectors, predictions, offset=1.0)
    assert matched.residuals.max() < 1e-8 < sparse.residuals.min()
    assert (sparse.primary > 0).sum(1).mean() < (matched.primary > 0).sum(1).mean()


def test_lengths_of_vectors_and_predictions_change_nothing():
    vectors, predictions = sample()
    once = decoding.decode(vectors, predictions, offset=1.0)
    rng = np.random.default_rng(1)
    longer = decoding.decode(
        vectors * rng.uniform(0.1, 9, (60, 1)), predictions * rng.uniform(0.1, 9, (15, 1)), offset=1
    )
    np.testing.assert_allclose(once.primary, longer.primary, atol=1e-6)


def test_chunks_and_whole_agree(monkeypatch):
    vectors, predictions = sample()
    whole = decoding.decode(vectors, predictions, offset=1.0)
    parts = list(decoding.decode_chunks(vectors, predictions, offset=1.0, chunk_size=4))
    assert [part.primary.shape[0] for part in parts] == [4, 4, 4, 3]
    np.testing.assert_allclose(np.vstack([p.primary for p in parts]), whole.primary, atol=1e-6)
    monkeypatch.setattr(decoding, "CHUNK_SIZE", 4)
    again = decoding.decode(vectors, predictions, offset=1.0)
    np.testing.assert_allclose(again.tiebreak, whole.tiebreak, atol=1e-6)
    np.testing.assert_array_equal(decoding.order(again), decoding.order(whole))


def test_decode_top_is_the_start_of_the_order(monkeypatch):
    monkeypatch.setattr(decoding, "CHUNK_SIZE", 4)
    vectors, predictions = sample()
    scores = decoding.decode(vectors, predictions, offset=1.0)
    top = decoding.decode_top(vectors, predictions, 9, offset=1.0)
    np.testing.assert_array_equal(top.words, decoding.order(scores)[:, :9])
    np.testing.assert_array_equal(top.weights, np.take_along_axis(scores.primary, top.words, 1))
    np.testing.assert_allclose(top.residuals, scores.residuals)
    assert top.converged.all()


def test_a_prediction_of_zeros_is_decoded():
    vectors, _ = sample()
    scores = decoding.decode(vectors, np.zeros((1, 12)), offset=0.0)
    np.testing.assert_array_equal(scores.primary, 0.0)
    np.testing.assert_array_equal(decoding.order(scores)[0], np.arange(60))
    np.testing.assert_array_equal(decoding.cosine_scores(vectors, np.zeros((1, 12))).primary, 0.0)


def test_no_predictions():
    vectors, _ = sample()
    scores = decoding.decode(vectors, np.empty((0, 12)), offset=1.0)
    assert scores.primary.shape == (0, 60)
    assert decoding.order(scores).shape == (0, 60)
    assert decoding.top_words(scores, 3).shape == (0, 3)


def test_cosine_scores_are_cosines():
    vectors, predictions = sample()
    scores = decoding.cosine_scores(vectors, predictions)
    for s, y in enumerate(predictions):
        for w, v in enumerate(vectors):
            cosine = y @ v / np.linalg.norm(y) / np.linalg.norm(v)
            assert scores.primary[s, w] == pytest.approx(cosine, abs=1e-6)
    assert scores.tiebreak is None


def test_conse_is_the_weighted_mean_of_the_most_probable_words():
    vectors, _ = sample()
    probabilities = np.random.default_rng(1).uniform(size=(7, 60))
    found = decoding.conse(probabilities, vectors, n_top=4)
    for row, p in zip(found, probabilities, strict=True):
        best = sorted(range(60), key=lambda w: -p[w])[:4]
        mean = sum(p[w] * vectors[w] / np.linalg.norm(vectors[w]) for w in best)
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-6)
    assert found.dtype == np.float32


def test_conse_of_a_certain_word_is_its_vector():
    vectors, _ = sample()
    found = decoding.conse(np.eye(60), vectors)
    np.testing.assert_allclose(found, vectors / np.linalg.norm(vectors, axis=1)[:, None], atol=1e-6)


def test_conse_with_few_words_or_no_probability():
    found = decoding.conse([[0.5, 0.5], [0.0, 0.0]], np.eye(2), n_top=10)
    np.testing.assert_allclose(found, [[np.sqrt(0.5)] * 2, [0.0, 0.0]], atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 20), tied=st.booleans(), double=st.booleans()
)
def test_order_is_a_literal_sort(seed, n, tied, double):
    rng = np.random.default_rng(seed)  # few values, so that ties abound at every level
    primary = rng.integers(0, 3, (4, 20)).astype(np.float64 if double else np.float32)
    tiebreak = rng.integers(-2, 3, (4, 20)).astype(np.float32) if tied else None
    scores = WordScores(primary, tiebreak)
    expected = [slow_order(p, None if tiebreak is None else tiebreak[s])
                for s, p in enumerate(primary)]  # fmt: skip
    np.testing.assert_array_equal(decoding.order(scores), expected)
    np.testing.assert_array_equal(decoding.top_words(scores, n), np.array(expected)[:, :n])


@pytest.mark.parametrize("n", [0, 61])
def test_impossible_numbers_of_words_are_refused(n):
    scores = decoding.cosine_scores(*sample())
    with pytest.raises(decoding.DecodingError, match=f"best {n} of 60 words: ask for 1 to 60"):
        decoding.top_words(scores, n)


def test_a_word_without_a_direction_is_named():
    vectors, predictions = sample()
    vectors[17] = 0.0
    with pytest.raises(decoding.DecodingError, match="word 17 has a zero vector"):
        decoding.decode(vectors, predictions, offset=1.0)


def test_predictions_of_another_space_are_refused():
    vectors, predictions = sample()
    with pytest.raises(decoding.DecodingError, match=r"shape \(15, 11\) and word vectors \(60, 12"):
        decoding.decode(vectors, predictions[:, :11], offset=1.0)


@pytest.mark.parametrize("offset", [-1.0, np.nan, np.inf])
def test_impossible_offsets_are_refused(offset):
    with pytest.raises(decoding.DecodingError, match=f"offset is {offset}"):
        decoding.decode(*sample(), offset=offset)


def test_nan_is_named():
    vectors, predictions = sample()
    predictions[2] = np.nan
    with pytest.raises(nnls.NnlsError, match="predictions row 2"):
        decoding.decode(vectors, predictions, offset=1.0)
    with pytest.raises(decoding.DecodingError, match="primary scores hold NaN"):
        decoding.order(WordScores(np.array([[np.nan, 1.0]])))


@pytest.mark.parametrize("bad", [-0.1, np.nan])
def test_conse_refuses_what_is_no_probability(bad):
    with pytest.raises(decoding.DecodingError, match="NaN or negative"):
        decoding.conse([[bad, 1.0]], np.eye(2))


def test_conse_refuses_another_number_of_words():
    with pytest.raises(decoding.DecodingError, match="there are 3 words: give one column a word"):
        decoding.conse([[0.1, 0.9]], np.eye(3))


def test_another_solver_may_be_handed_in():
    rng = np.random.default_rng(12)
    vectors, predictions = rng.normal(size=(30, 6)), rng.normal(size=(9, 6))
    asked = []

    def solver(dictionary, problems):
        asked.append((dictionary.shape, problems.shape))
        return nnls.solve(dictionary, problems)

    scores = decoding.decode(vectors, predictions, offset=1.0, solver=solver)
    top = decoding.decode_top(vectors, predictions, 4, offset=1.0, solver=solver)
    assert asked == [((30, 7), (9, 7))] * 2
    usual = decoding.decode(vectors, predictions, offset=1.0)
    np.testing.assert_array_equal(scores.primary, usual.primary)
    np.testing.assert_array_equal(top.words, decoding.top_words(usual, 4))
