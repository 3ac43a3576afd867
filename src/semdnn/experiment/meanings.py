"""Vectors of names and phrases in the word space of a dictionary."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.text import words_of
from semdnn.semantics.word_space import open_word_space


def name_vectors(names: Sequence[str], dictionary: Dictionary) -> NDArray[np.float32]:
    """Return the unit mean of the word vectors of each name.

    Words that the dictionary lacks are looked up in its whole word space.

    Parameters
    ----------
    names : sequence of str
        K names in plain words, such as "computer mouse click".
    dictionary : Dictionary
        What says which word space.

    Returns
    -------
    array of float32 [shape=(K, D)]
        Zeros where no word of a name is known.
    """
    own_words = [words_of(name) for name in names]
    vector_of = _vectors({word for own in own_words for word in own}, dictionary)
    vectors = np.zeros((len(names), dictionary.vectors.shape[1]), dtype=np.float32)
    for row, own in enumerate(own_words):
        known = [vector_of[word] for word in own if word in vector_of]
        if known:
            mean = np.mean(known, axis=0)
            vectors[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return vectors


def _vectors(words: Iterable[str], dictionary: Dictionary) -> dict[str, NDArray[np.float32]]:
    known = dict(zip(dictionary.words, dictionary.vectors, strict=True))
    beyond = sorted(set(words) - set(known))
    if beyond:
        found = open_word_space(dictionary.word_space).look_up(beyond)
        known.update(zip(found.words, found.vectors, strict=True))
    return known
