"""Ranking score: how near the top of all dictionary words a sound's true words are.

m = 1 − (rank − 1) / (W − 1): 1 for the first of W words, 0 for the last. Non-negative least
squares leaves nearly all weights at exactly zero, so what is done with ties decides the score.
Four rules are therefore reported side by side (`RankingScore`).

References
----------
Esposito et al., "Semantically-informed deep neural networks for sound recognition", ICASSP 2023.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.errors import SemdnnError

_CELLS = 4_000_000  # (true word, dictionary word) pairs compared in one go


class ScoreError(SemdnnError):
    """Predictions or true words that cannot be scored: which, why, and what to do."""


class RankingScore(NamedTuple):
    """The mean of m over each sound's true words, under four rules for tied words.

    Attributes
    ----------
    dual : array of float64 [shape=(S,)]
        Ties of the primary score are ordered by the tie-break; words tied in both take the
        average of their ranks. Without a tie-break the same as `average`.
    average : array of float64 [shape=(S,)]
        Tied words take the average of their ranks.
    optimistic : array of float64 [shape=(S,)]
        A true word comes before all words tied with it.
    pessimistic : array of float64 [shape=(S,)]
        A true word comes after all words tied with it.
    """

    dual: NDArray[np.float64]
    average: NDArray[np.float64]
    optimistic: NDArray[np.float64]
    pessimistic: NDArray[np.float64]


class TruePairs(NamedTuple):
    """Every true word of every sound.

    Attributes
    ----------
    sounds, words : arrays of int64 [shape=(n,)]
        Parallel: which sound has which true word, sounds ascending.
    n_true : array of int64 [shape=(S,)]
        Number of true words of every sound, at least 1.
    """

    sounds: NDArray[np.int64]
    words: NDArray[np.int64]
    n_true: NDArray[np.int64]


def ranking_scores(
    primary: NDArray[np.floating], tiebreak: NDArray[np.floating] | None, truth: csr_array
) -> RankingScore:
    """Return the ranking score of every sound under every tie rule.

    Works through the true words in bounded memory; nothing of size S x W is made.

    Parameters
    ----------
    primary : array [shape=(S, W)]
        What ranks the words, larger is better: NNLS weight, probability or cosine.
    tiebreak : array [shape=(S, W)], optional
        What orders words of equal primary score, larger is better.
    truth : csr_array of bool [shape=(S, W)]
        Which words are true of which sound, at least one each.

    Returns
    -------
    RankingScore
        Values from 0 to 1; their mean over sounds is the score of the set.

    Raises
    ------
    ScoreError
        If a sound has no true word, or a score is NaN.
    ValueError
        If shapes differ.

    Examples
    --------
    >>> truth = csr_array(np.array([[False, True, False]]))
    >>> scores = ranking_scores(np.array([[0.7, 0.0, 0.0]]), np.array([[0.0, -1.0, -2.0]]), truth)
    >>> [float(score[0]) for score in scores]
    [0.5, 0.25, 0.5, 0.0]
    """
    if primary.shape != truth.shape or (tiebreak is not None and tiebreak.shape != truth.shape):
        raise ValueError(f"scores {primary.shape} and truth {truth.shape} differ in shape")
    n_words = primary.shape[1]
    sounds, words, n_true = true_pairs(truth)
    ranks = np.empty((4, len(words)))
    for rows in _chunks(len(words), n_words):
        ranks[:, rows] = _ranks(primary, tiebreak, sounds[rows], words[rows])
    marks = 1 - (ranks - 1) / max(n_words - 1, 1)
    return RankingScore(*(np.bincount(sounds, mark, len(n_true)) / n_true for mark in marks))


def true_pairs(truth: csr_array) -> TruePairs:
    """Return the true words of all sounds; stored zeros of `truth` [shape=(S, W)] are not true.

    Raises
    ------
    ScoreError
        If a sound has no true word.
    """
    sounds, words = (part.astype(np.int64) for part in truth.nonzero())
    n_true = np.bincount(sounds, minlength=truth.shape[0]).astype(np.int64)
    if (n_true == 0).any():
        raise ScoreError(
            f"sound {int(np.argmin(n_true))} has no true word among the dictionary's: "
            "leave such sounds out, and say how many they are"
        )
    return TruePairs(sounds, words, n_true)


def _chunks(n_pairs: int, n_words: int) -> Iterator[slice]:
    size = max(1, _CELLS // n_words)
    for start in range(0, n_pairs, size):
        yield slice(start, start + size)


def _ranks(
    primary: NDArray[np.floating],
    tiebreak: NDArray[np.floating] | None,
    sounds: NDArray[np.int64],
    words: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the ranks from 1 of true words, one row a tie rule [shape=(4, n)]."""
    scores, own = _gathered(primary, sounds, words)
    n_better = np.count_nonzero(scores > own, axis=1)
    tied = scores == own
    optimistic, pessimistic = n_better + 1, n_better + np.count_nonzero(tied, axis=1)
    average = (optimistic + pessimistic) / 2
    dual = average
    if tiebreak is not None:
        scores, own = _gathered(tiebreak, sounds, words)
        n_ahead = np.count_nonzero(tied & (scores > own), axis=1)
        n_equal = np.count_nonzero(tied & (scores == own), axis=1)
        dual = n_better + n_ahead + (n_equal + 1) / 2
    return np.stack([dual, average, optimistic, pessimistic]).astype(np.float64)


def _gathered(
    scores: NDArray[np.floating], sounds: NDArray[np.int64], words: NDArray[np.int64]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the scores of all words [shape=(n, W)] and of the true one [shape=(n, 1)]."""
    rows = scores[sounds]
    if np.isnan(rows).any():
        sound = sounds[np.isnan(rows).any(axis=1).argmax()]
        raise ScoreError(f"a score of sound {sound} is NaN: its prediction is not finite")
    return rows, rows[np.arange(len(words)), words][:, None]
