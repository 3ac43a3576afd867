"""Zero-shot scores against loops and the definition of average precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.evaluation.dissimilarity import DissimilarityError
from semdnn.evaluation.ranking import ScoreError
from semdnn.evaluation.zero_shot import (
    class_means,
    mean_average_precision,
    nearest_class,
    zero_shot,
)


def slow_average_precision(scores, truth) -> float:
    """Sum over falling thresholds of (recall gained) x (precision at the threshold)."""
    total, recall = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        above = scores >= threshold
        hits = (truth & above).sum()
        total += (hits / truth.sum() - recall) * hits / above.sum()
        recall = hits / truth.sum()
    return float(total)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9))
def test_equals_a_loop_over_sounds(seed, n_classes) -> None:
    rng = np.random.default_rng(seed)
    predictions, classes = rng.standard_normal((15, 4)), rng.standard_normal((n_classes, 4))
    labels = rng.integers(0, n_classes, 15)
    result = zero_shot(predictions, classes, labels)
    confusion = np.zeros((n_classes, n_classes), dtype=int)
    in_top5 = 0
    for prediction, label in zip(predictions, labels, strict=True):
        cosines = [prediction @ c / np.linalg.norm(c) for c in classes]
        order = np.argsort(cosines)[::-1]
        confusion[label, order[0]] += 1
        in_top5 += label in order[:5]
    np.testing.assert_array_equal(result.confusion, confusion)
    assert result.accuracy == pytest.approx(np.trace(confusion) / 15)
    assert result.accuracy == pytest.approx((result.predicted == labels).mean())
    assert result.top5_accuracy == pytest.approx(in_top5 / 15)
    for number in range(n_classes):
        n_own = (labels == number).sum()
        if n_own:
            assert result.recall[number] == pytest.approx(confusion[number, number] / n_own)
        else:
            assert np.isnan(result.recall[number])


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_average_precision_with_many_ties(seed, n_levels) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, n_levels, (12, 3)).astype(float)
    truth = rng.random((12, 3)) < 0.4
    truth[0, 0] = True
    expected = [
        slow_average_precision(scores[:, k], truth[:, k]) for k in range(3) if truth[:, k].any()
    ]
    assert mean_average_precision(scores, truth) == pytest.approx(np.mean(expected))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0.01, 100))
def test_scale_and_order_of_sounds_change_nothing(seed, factor) -> None:
    rng = np.random.default_rng(seed)
    predictions, classes = rng.standard_normal((10, 4)), rng.standard_normal((6, 4))
    labels, order = rng.integers(0, 6, 10), rng.permutation(10)
    before = zero_shot(predictions, classes, labels)
    after = zero_shot(factor * predictions[order], 3 * classes, labels[order])
    np.testing.assert_array_equal(before.predicted[order], after.predicted)
    np.testing.assert_array_equal(before.confusion, after.confusion)
    assert before.top5_accuracy == after.top5_accuracy
    assert before.mean_average_precision == pytest.approx(after.mean_average_precision)


def test_identity_scores_1() -> None:
    classes = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32)
    result = zero_shot(classes, classes, np.arange(8))
    assert result.accuracy == result.top5_accuracy == result.mean_average_precision == 1
    assert (result.recall == 1).all()


def test_equally_near_classes_go_to_the_first() -> None:
    classes = np.array([[1.0, 0.0]] * 7)
    result = zero_shot(np.array([[1.0, 1.0]] * 3), classes, np.array([0, 4, 5]))
    assert result.predicted.tolist() == [0, 0, 0]
    assert result.accuracy == pytest.approx(1 / 3)
    assert result.top5_accuracy == pytest.approx(2 / 3)


def test_class_means_average_directions() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 50.0], [-1.0, 0.0]])
    means = class_means(vectors, [[0], [0, 1]])
    np.testing.assert_allclose(means, [[1, 0], [0.5**0.5, 0.5**0.5]])
    with pytest.raises(ScoreError, match="class 1 has no words"):
        class_means(vectors, [[0], []])
    with pytest.raises(DissimilarityError, match="vector of class 0 is zero"):
        class_means(vectors, [[0, 2]])


def test_a_class_without_vector_is_never_predicted_and_its_sounds_are_missed() -> None:
    classes = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    result = zero_shot(np.array([[1.0, 0], [1.0, 0], [-1.0, 0]]), classes, np.array([0, 1, 2]))
    assert result.predicted.tolist() == [1, 1, 2]
    assert result.accuracy == result.top5_accuracy == pytest.approx(2 / 3)
    assert result.recall.tolist() == [0, 1, 1]
    with pytest.raises(ScoreError, match="no class has a vector"):
        zero_shot(np.ones((1, 2)), np.zeros((2, 2)), np.array([0]))


def test_what_does_not_fit_is_refused() -> None:
    predictions, classes = np.ones((2, 3)), np.eye(3)
    with pytest.raises(ValueError, match="K is 3"):
        zero_shot(predictions, classes, np.array([0, 3]))
    with pytest.raises(ValueError, match="do not fit"):
        zero_shot(predictions, classes, np.array([0]))
    with pytest.raises(DissimilarityError, match="class vector 2 is zero or not finite"):
        zero_shot(predictions, np.diag([1, 1, np.nan]), np.array([0, 1]))
    with pytest.raises(DissimilarityError, match="prediction 1 is zero"):
        zero_shot(np.array([[1.0, 0, 0], [0, 0, 0]]), classes, np.array([0, 1]))
    with pytest.raises(ScoreError, match="no sound is of any class"):
        mean_average_precision(np.zeros((2, 2)), np.zeros((2, 2), dtype=bool))
    with pytest.raises(ValueError, match="differ in shape"):
        mean_average_precision(np.zeros((2, 2)), np.zeros((2, 3), dtype=bool))


@pytest.mark.parametrize("n_sounds", [1, 7, 3000])
def test_the_nearest_class_is_the_one_zero_shot_predicts(n_sounds) -> None:
    rng = np.random.default_rng(n_sounds)
    predictions = rng.normal(size=(n_sounds, 5))
    classes = rng.normal(size=(6, 5))
    classes[2] = 0.0
    expected = zero_shot(predictions, classes, np.zeros(n_sounds, dtype=np.int64)).predicted
    np.testing.assert_array_equal(nearest_class(predictions, classes), expected)


def test_classes_without_any_meaning_are_refused() -> None:
    with pytest.raises(ScoreError, match="no class name"):
        nearest_class(np.ones((2, 3)), np.zeros((4, 3)))
