"""Zero-shot classification: the class whose name's vector is nearest to the prediction."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.dissimilarity import unit_rows
from semdnn.evaluation.ranking import ScoreError


class ZeroShot(NamedTuple):
    """How well class names are told from predictions that never saw the classes.

    Attributes
    ----------
    accuracy : float
        Share of sounds whose nearest class is the true one.
    predicted : array of int64 [shape=(S,)]
        Nearest class of every sound; of equally near ones the first.
    top5_accuracy : float
        Share of sounds whose true class is among the five nearest.
    recall : array of float64 [shape=(K,)]
        Accuracy within each class; NaN where a class has no sound.
    confusion : array of int64 [shape=(K, K)]
        Number of sounds by true class (row) and nearest class (column).
    mean_average_precision : float
        See the function of that name.
    """

    accuracy: float
    predicted: NDArray[np.int64]
    top5_accuracy: float
    recall: NDArray[np.float64]
    confusion: NDArray[np.int64]
    mean_average_precision: float


def nearest_class(
    predictions: NDArray[np.floating], class_vectors: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Return the class whose vector has the largest cosine with each prediction.

    Parameters
    ----------
    predictions : array of float [shape=(S, D)]
        Embeddings, of any length but 0.
    class_vectors : array of float [shape=(K, D)]
        Classes; a row of zeros stands for a class of unknown meaning and is never predicted.

    Returns
    -------
    array of int64 [shape=(S,)]
        Of equally near classes the first.

    Raises
    ------
    ScoreError
        If every class is unknown.
    """
    lengths = np.linalg.norm(class_vectors, axis=1)
    if not lengths.any():
        raise ScoreError("no class name has a word that the word space knows")
    unit = class_vectors / np.where(lengths > 0, lengths, 1.0)[:, np.newaxis]
    nearest = []
    for start in range(0, len(predictions), 1024):  # memory: 1024 x K cosines
        cosines = unit_rows(predictions[start : start + 1024], what="prediction") @ unit.T
        cosines[:, lengths == 0] = -np.inf
        nearest.append(np.argmax(cosines, axis=1))
    return np.concatenate(nearest).astype(np.int64)


def class_means(
    vectors: NDArray[np.floating], word_ids: Sequence[Sequence[int] | NDArray[np.integer]]
) -> NDArray[np.floating]:
    """Return the vector of every class: mean of the unit vectors of its name's words, unit length.

    Parameters
    ----------
    vectors : array [shape=(W, D)]
        Word vectors.
    word_ids : sequence of int sequences [shape=(K, any)]
        Words of every class, at least one each.

    Returns
    -------
    array [shape=(K, D)]
        Unit vectors.

    Raises
    ------
    ScoreError
        If a class has no words.
    DissimilarityError
        If the vectors of a class's words cancel.
    """
    empty = [number for number, ids in enumerate(word_ids) if len(ids) == 0]
    if empty:
        raise ScoreError(f"class {empty[0]} has no words: leave it out, or map its name to words")
    unit = unit_rows(vectors, what="vector of word")
    means = np.stack([unit[np.asarray(ids)].mean(axis=0) for ids in word_ids])
    return unit_rows(means, what="vector of class")


def zero_shot(
    predictions: NDArray[np.floating],
    class_vectors: NDArray[np.floating],
    labels: NDArray[np.integer],
) -> ZeroShot:
    """Return how often the nearest class vector is that of the true class.

    Parameters
    ----------
    predictions : array [shape=(S, D)]
        Predicted embeddings of any non-zero length.
    class_vectors : array [shape=(K, D)]
        One vector a class, of any length; `class_means` makes them. A class whose vector is zero,
        because no word of its name is known, is never predicted: its sounds count as missed.
    labels : array of int [shape=(S,)]
        True class of every sound, 0 … K − 1.

    Raises
    ------
    ScoreError
        If all class vectors are zero.
    DissimilarityError
        If a prediction is zero, or a prediction or class vector is not finite.
    ValueError
        If labels do not fit the classes or the predictions.

    Examples
    --------
    >>> zero_shot(np.array([[2.0, 0.1], [0.2, 1.0]]), np.eye(2), np.array([0, 0])).accuracy
    0.5
    """
    n_classes = len(class_vectors)
    labels = np.asarray(labels)
    if len(labels) != len(predictions) or len(labels) == 0:
        raise ValueError(f"{len(labels)} labels do not fit {len(predictions)} predictions")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"labels reach from {labels.min()} to {labels.max()}: K is {n_classes}")
    cosines = class_cosines(predictions, class_vectors)
    own = cosines[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(n_classes) < labels[:, None]
    n_ahead = np.count_nonzero((cosines > own) | ((cosines == own) & earlier), axis=1)
    found_in_5 = (n_ahead < 5) & np.isfinite(own[:, 0])
    predicted = cosines.argmax(axis=1)
    confusion = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(confusion, (labels, predicted), 1)
    n_sounds = confusion.sum(axis=1)
    recall = np.full(n_classes, np.nan)
    np.divide(confusion.diagonal(), n_sounds, out=recall, where=n_sounds > 0)
    return ZeroShot(
        accuracy=float((predicted == labels).mean()),
        predicted=predicted,
        top5_accuracy=float(found_in_5.mean()),
        recall=recall,
        confusion=confusion,
        mean_average_precision=mean_average_precision(
            cosines, labels[:, None] == np.arange(n_classes)
        ),
    )


def class_cosines(
    predictions: NDArray[np.floating], class_vectors: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return the cosine of every prediction to every class [shape=(S, K)]; −∞ to zero vectors.

    Parameters are those of `nearest_class`.

    Raises
    ------
    ScoreError
        If every class is unknown.
    DissimilarityError
        If a prediction is zero, or a prediction or class vector is not finite.
    """
    has_vector = (class_vectors != 0).any(axis=1)
    if not has_vector.any():
        raise ScoreError("no class has a vector: map the class names to words of the word space")
    unit_classes = unit_rows(np.where(has_vector[:, None], class_vectors, 1), what="class vector")
    cosines = unit_rows(predictions, what="prediction") @ unit_classes.T
    cosines[:, ~has_vector] = -np.inf
    return cosines


def mean_average_precision(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Return the mean over classes of `average_precisions`; classes without a sound are left out.

    Parameters are those of `average_precisions`.

    Raises
    ------
    ScoreError
        If no class has a sound.
    ValueError
        If shapes differ.
    """
    values = average_precisions(scores, truth)
    if np.isnan(values).all():
        raise ScoreError("no sound is of any class: nothing to rank")
    return float(np.nanmean(values))


def average_precisions(
    scores: NDArray[np.floating], truth: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the average precision of ranking all sounds by each class.

    Average precision is Σ (R_n − R_{n−1}) P_n over falling thresholds n, without interpolation;
    sounds with equal scores enter together. Sounds may be of several classes.

    Parameters
    ----------
    scores : array [shape=(S, K)]
        How much each sound seems to be of each class.
    truth : array of bool [shape=(S, K)]
        Whether it is.

    Returns
    -------
    array of float64 [shape=(K,)]
        0 … 1; NaN where a class has no sound.

    Raises
    ------
    ValueError
        If shapes differ.

    Examples
    --------
    >>> average_precisions(np.array([[0.9], [0.8], [0.1]]), np.array([[True], [False], [True]]))
    array([0.83333333])
    """
    weights = np.ones((1, len(truth)))
    return np.asarray(_weighted_precisions(scores, truth, weights)[0], np.float64)


def resampled_precisions(
    scores: NDArray[np.floating], truth: NDArray[np.bool_], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the mean average precision of samples in which sounds occur several times or never.

    Parameters
    ----------
    scores, truth : arrays [shape=(S, K)]
        As in `average_precisions`.
    weights : array [shape=(R, S)]
        How often each sound is in each of R samples.

    Returns
    -------
    array of float64 [shape=(R,)]
        Mean over the classes that have a sound in the sample; NaN where none has.
    """
    values = _weighted_precisions(scores, truth, weights)
    n_classes = np.isfinite(values).sum(axis=1)
    empty = np.full(len(values), np.nan)
    np.divide(np.nansum(values, axis=1), n_classes, out=empty, where=n_classes > 0)
    return empty


def _weighted_precisions(
    scores: NDArray[np.floating], truth: NDArray[np.bool_], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the average precision of each class in each weighting [shape=(R, K)]."""
    if scores.shape != truth.shape:
        raise ValueError(f"scores {scores.shape} and truth {truth.shape} differ in shape")
    values = np.full((len(weights), truth.shape[1]), np.nan)
    for k in np.flatnonzero(truth.any(axis=0)):
        order = np.argsort(-scores[:, k], kind="stable")
        falling, hits = scores[order, k], truth[order, k]
        last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # of each tie
        end = last[np.searchsorted(last, np.flatnonzero(hits))]  # sounds enter with their ties
        drawn = weights[:, order]
        n_seen = np.cumsum(drawn, axis=1)[:, end]
        own = drawn[:, hits]
        last_hit = np.cumsum(hits)[end] - 1
        n_hits = np.cumsum(own, axis=1)
        precision = np.divide(n_hits[:, last_hit], n_seen, out=np.zeros_like(own), where=n_seen > 0)
        total = n_hits[:, -1]
        np.divide((own * precision).sum(axis=1), total, out=values[:, k], where=total > 0)
    return values
