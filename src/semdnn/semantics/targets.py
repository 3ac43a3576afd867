"""What networks are trained towards: one embedding, or one set of words, a sound."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.errors import SemdnnError
from semdnn.semantics.dictionary import Dictionary

_BLOCK_ROWS = 16_384
_SHORTEST_MEAN = 1e-6  # below it a mean of float32 unit vectors is rounding error


class TargetError(SemdnnError):
    """A sound for which no target exists: which, why, and what to do."""


def multi_hot(word_ids: Sequence[NDArray[np.integer]], n_words: int) -> csr_array:
    """Return which sound has which word, the target of catDNN.

    Parameters
    ----------
    word_ids : sequence of int arrays [shape=(S, any)]
        Dictionary words of every sound; repeats count once.
    n_words : int
        W, the size of the dictionary.

    Returns
    -------
    csr_array of bool [shape=(S, W)]
        True where the sound has the word; column indices ascending.

    Raises
    ------
    TargetError
        If a word id is not in 0 … W − 1.

    Examples
    --------
    >>> multi_hot([np.array([2, 0]), np.array([1])], 3).toarray().astype(int)
    array([[1, 0, 1],
           [0, 1, 0]])
    """
    lengths = np.fromiter((len(ids) for ids in word_ids), dtype=np.int64, count=len(word_ids))
    columns = np.concatenate([np.empty(0, dtype=np.int32), *word_ids]).astype(np.int64)
    outside = np.flatnonzero((columns < 0) | (columns >= n_words))
    if outside.size:
        sound = int(np.searchsorted(np.cumsum(lengths), outside[0], side="right"))
        raise TargetError(
            f"sound {sound} has word id {columns[outside[0]]}, but the dictionary has {n_words} "
            "words: the ids belong to another dictionary"
        )
    starts = np.concatenate([[0], np.cumsum(lengths)])
    hot = csr_array(
        (np.ones(columns.size, dtype=bool), columns, starts), shape=(len(word_ids), n_words)
    )
    hot.sum_duplicates()
    return hot


def embedding_targets(
    word_ids: Sequence[NDArray[np.integer]], dictionary: Dictionary
) -> NDArray[np.float32]:
    """Return the mean of the unit vectors of each sound's words, scaled to unit length.

    Parameters
    ----------
    word_ids : sequence of int arrays [shape=(S, any)]
        Dictionary words of every sound, at least one each; repeats count once.
    dictionary : Dictionary
        Gives the vectors.

    Returns
    -------
    array of float32 [shape=(S, D)]
        Unit vectors, the target of semDNN.

    Raises
    ------
    TargetError
        If a sound has no words, or its words' vectors cancel.
    """
    hot = multi_hot(word_ids, len(dictionary))
    n_words = np.diff(hot.indptr)
    if (n_words == 0).any():
        raise TargetError(
            f"sound {int(np.argmin(n_words))} has no dictionary words: leave such sounds out"
        )
    vectors = dictionary.vectors.astype(np.float64)
    targets = np.empty((len(word_ids), vectors.shape[1]), dtype=np.float32)
    for start in range(0, len(targets), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        means = (hot[rows].astype(np.float64) @ vectors) / n_words[rows, None]
        lengths = np.linalg.norm(means, axis=1)
        if (lengths < _SHORTEST_MEAN).any():
            sound = start + int(np.argmin(lengths))
            words = ", ".join(dictionary.words[index] for index in hot[[sound]].indices)
            raise TargetError(
                f"the vectors of sound {sound}'s words cancel ({words}): "
                "leave one of the words, or the sound, out"
            )
        targets[rows] = means / lengths[:, None]
    return targets
