"""Ranking scores against sorting by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.evaluation import ranking
from semdnn.evaluation.ranking import ScoreError, ranking_scores, true_pairs


def brute_force(
    primary: NDArray[np.float64], tiebreak: NDArray[np.float64] | None, truth: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Ranks by listing all positions that a word can have among its equals, one by one."""
    n_sounds, n_words = primary.shape
    result = np.zeros((4, n_sounds))
    for sound in range(n_sounds):
        keys = [(score,) for score in primary[sound]]
        full = keys
        if tiebreak is not None:
            full = list(zip(primary[sound], tiebreak[sound], strict=True))
        marks = []
        for word in np.flatnonzero(truth[sound]):
            positions = [i for i, k in enumerate(sorted(keys, reverse=True)) if k == keys[word]]
            duals = [i for i, k in enumerate(sorted(full, reverse=True)) if k == full[word]]
            ranks = [np.mean(duals), np.mean(positions), positions[0], positions[-1]]
            marks.append([1 - rank / (n_words - 1) if n_words > 1 else 1.0 for rank in ranks])
        result[:, sound] = np.mean(marks, axis=0)
    return result


@st.composite
def problems(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Scores of few different values, so that ties are many."""
    n_sounds, n_words = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_levels = draw(st.integers(1, 4))
    primary = rng.integers(0, n_levels, (n_sounds, n_words)).astype(float)
    tiebreak = -rng.integers(0, n_levels, (n_sounds, n_words)).astype(float)
    truth = rng.random((n_sounds, n_words)) < 0.4
    truth[np.arange(n_sounds), rng.integers(0, n_words, n_sounds)] = True
    return primary, tiebreak, truth


@settings(deadline=None)
@given(problems(), st.booleans())
def test_equals_brute_force(problem, with_tiebreak) -> None:
    primary, tiebreak, truth = problem
    tiebreak = tiebreak if with_tiebreak else None
    scores = ranking_scores(primary, tiebreak, csr_array(truth))
    np.testing.assert_allclose(np.stack(scores), brute_force(primary, tiebreak, truth), atol=1e-12)


@settings(deadline=None)
@given(problems())
def test_rules_enclose_each_other(problem) -> None:
    primary, tiebreak, truth = problem
    scores = ranking_scores(primary, tiebreak, csr_array(truth))
    assert (scores.pessimistic <= scores.dual).all()
    assert (scores.dual <= scores.optimistic).all()
    np.testing.assert_allclose(scores.average, (scores.optimistic + scores.pessimistic) / 2)


@settings(deadline=None)
@given(problems(), st.floats(0.01, 100))
def test_scaling_a_prediction_changes_no_rank(problem, factor) -> None:
    primary, tiebreak, truth = problem
    before = ranking_scores(primary, tiebreak, csr_array(truth))
    after = ranking_scores(primary * factor, tiebreak * factor, csr_array(truth))
    np.testing.assert_array_equal(np.stack(before), np.stack(after))


@settings(deadline=None)
@given(problems(), st.integers(0, 1000))
def test_permuting_sounds_permutes_scores(problem, seed) -> None:
    primary, tiebreak, truth = problem
    order = np.random.default_rng(seed).permutation(len(primary))
    before = ranking_scores(primary, tiebreak, csr_array(truth))
    after = ranking_scores(primary[order], tiebreak[order], csr_array(truth[order]))
    np.testing.assert_allclose(np.stack(before)[:, order], np.stack(after), atol=1e-15)


def test_true_word_first_scores_1_under_every_rule() -> None:
    truth = np.eye(7, dtype=bool)
    scores = ranking_scores(truth.astype(np.float32), None, csr_array(truth))
    assert (np.stack(scores) == 1).all()


def test_chunks_change_nothing(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    primary = rng.integers(0, 3, (20, 11)).astype(np.float32)
    tiebreak = rng.random((20, 11), dtype=np.float32)
    truth = csr_array(rng.random((20, 11)) < 0.5)
    whole = ranking_scores(primary, tiebreak, truth)
    monkeypatch.setattr(ranking, "_CELLS", 1)
    np.testing.assert_array_equal(
        np.stack(whole), np.stack(ranking_scores(primary, tiebreak, truth))
    )


def test_all_zero_weights_are_what_the_tie_rule_says() -> None:
    scores = ranking_scores(np.zeros((1, 101)), None, csr_array(np.eye(1, 101, dtype=bool)))
    assert [float(score[0]) for score in scores] == [0.5, 0.5, 1.0, 0.0]


def test_one_word_scores_1() -> None:
    scores = ranking_scores(np.zeros((2, 1)), np.zeros((2, 1)), csr_array(np.ones((2, 1), bool)))
    assert (np.stack(scores) == 1).all()


def test_stored_zeros_are_not_true() -> None:
    truth = csr_array((np.array([True, False]), np.array([0, 1]), np.array([0, 2])), shape=(1, 3))
    assert true_pairs(truth).words.tolist() == [0]


def test_sound_without_true_words_is_named() -> None:
    truth = csr_array(np.array([[True, False], [False, False]]))
    with pytest.raises(ScoreError, match="sound 1 has no true word"):
        ranking_scores(np.zeros((2, 2)), None, truth)


@pytest.mark.parametrize("which", ["primary", "tiebreak"])
def test_nan_is_named(which) -> None:
    arrays = {"primary": np.zeros((3, 2)), "tiebreak": np.zeros((3, 2))}
    arrays[which][2, 1] = np.nan
    with pytest.raises(ScoreError, match="score of sound 2 is NaN"):
        ranking_scores(arrays["primary"], arrays["tiebreak"], csr_array(np.ones((3, 2), bool)))


def test_shapes_must_agree() -> None:
    truth = csr_array(np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="differ in shape"):
        ranking_scores(np.zeros((2, 4)), None, truth)
    with pytest.raises(ValueError, match="differ in shape"):
        ranking_scores(np.zeros((2, 3)), np.zeros((3, 3)), truth)
