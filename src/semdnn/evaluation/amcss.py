"""AMCSS: average maximum cosine similarity score of the top predicted words to the true words.

References
----------
Esposito et al., "Semantically-informed deep neural networks for sound recognition", ICASSP 2023.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.evaluation.dissimilarity import unit_rows
from semdnn.evaluation.ranking import true_pairs

_CELLS = 8_000_000  # numbers gathered in one go


def amcss(
    top_words: NDArray[np.integer],
    truth: csr_array,
    vectors: NDArray[np.floating],
    *,
    top_n: Sequence[int] = range(5, 16),
) -> NDArray[np.float64]:
    """Return, for every sound, how near its true words come to the top-N predicted words.

    For each true word the largest cosine similarity to the N best predicted words is taken; the
    mean over the sound's true words is its score. Where fewer than N words are predicted
    because the dictionary is small, all of them count.

    Parameters
    ----------
    top_words : array of int [shape=(S, min(max(top_n), W)) or more columns]
        Predicted words of every sound, best first.
    truth : csr_array of bool [shape=(S, W)]
        Which words are true of which sound, at least one each.
    vectors : array [shape=(W, D)]
        Word vectors of any non-zero length.
    top_n : sequence of int
        Numbers of predicted words, each at least 1.

    Returns
    -------
    array of float64 [shape=(S, len(top_n))]
        −1 … 1, not falling as N grows.

    Raises
    ------
    ScoreError
        If a sound has no true word.
    DissimilarityError
        If a word vector is zero or not finite.
    ValueError
        If shapes do not fit, or too few predicted words are given.

    Examples
    --------
    >>> truth = csr_array(np.array([[True, False]]))
    >>> amcss(np.array([[1, 0]]), truth, np.eye(2), top_n=[1, 2])
    array([[0., 1.]])
    """
    depth = min(max(top_n), truth.shape[1])
    if min(top_n) < 1:
        raise ValueError(f"top_n must be 1 or more, not {min(top_n)}")
    if len(vectors) != truth.shape[1] or len(top_words) != truth.shape[0]:
        raise ValueError(f"truth {truth.shape} does not fit {len(top_words)} sounds' top words")
    if top_words.shape[1] < depth:
        raise ValueError(f"{depth} predicted words a sound are needed, not {top_words.shape[1]}")
    columns = [min(n, depth) - 1 for n in top_n]
    unit = unit_rows(vectors, what="vector of word")
    sounds, words, n_true = true_pairs(truth)
    totals = np.zeros((truth.shape[0], len(columns)))
    size = max(1, _CELLS // (depth * unit.shape[1]))
    for start in range(0, len(words), size):
        rows = slice(start, start + size)
        predicted = unit[top_words[sounds[rows], :depth]]
        cosines = (predicted @ unit[words[rows], :, None])[:, :, 0]
        nearest = np.maximum.accumulate(cosines, axis=1)[:, columns]
        np.add.at(totals, sounds[rows], nearest)
    return np.clip(totals / n_true[:, None], -1, 1)
