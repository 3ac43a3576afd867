"""Scores of the words that predictions stand for, block by block of sounds."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.evaluation.amcss import amcss
from semdnn.evaluation.ranking import ranking_scores
from semdnn.semantics.decoding import WordScores, cosine_scores, decode, top_words
from semdnn.semantics.dictionary import Dictionary

TOP_N = range(5, 16)
BLOCK_SOUNDS = 1024
"""Sounds whose scores of all words are in memory together."""

Floats = NDArray[np.float64]


class WordSetScores(NamedTuple):
    """Scores of the words of S sounds.

    Attributes
    ----------
    per_sound : dict of str to float64 array [shape=(S,)]
        ``ranking.<rule>``, ``amcss.<N>`` and ``amcss_cosine.<N>``.
    top : int32 array [shape=(S, 15)]
        Most fitting words, best first; fewer in a smaller dictionary.
    facts : dict
        How the decoding went; empty where words had probabilities.
    """

    per_sound: dict[str, Floats]
    top: NDArray[np.int32]
    facts: dict[str, Any]


class _Decoding(NamedTuple):
    """How the decoding of a block of sounds went, an entry a sound."""

    n_weights: NDArray[np.int64]
    residuals: Floats
    converged: NDArray[np.bool_]


class _Block(NamedTuple):
    per_sound: dict[str, Floats]
    top: NDArray[np.int32]
    decoding: _Decoding | None


def score_words(
    embeddings: NDArray[np.float32],
    probabilities: NDArray[np.float32] | None,
    dictionary: Dictionary,
    truth: csr_array,
) -> WordSetScores:
    """Rank and match the words of sounds; no matrix of all sounds by all words is in memory.

    Parameters
    ----------
    embeddings : float32 array [shape=(S, D)]
        Points of the word space; all words are ranked by their cosine with them, and, without
        probabilities, decoded from them (`decode`).
    probabilities : float32 array [shape=(S, W)] or None
        Of each word, where the network predicts that.
    dictionary : Dictionary
        The W words.
    truth : csr_array of bool [shape=(S, W)]
        Words of each sound, at least one each.
    """
    starts = range(0, max(len(embeddings), 1), BLOCK_SOUNDS)
    spans = [slice(start, start + BLOCK_SOUNDS) for start in starts]
    blocks = [
        _score_block(
            embeddings[span],
            None if probabilities is None else probabilities[span],
            dictionary,
            truth[span],
        )
        for span in spans
    ]
    decoded = [block.decoding for block in blocks if block.decoding is not None]
    return WordSetScores(
        {key: np.concatenate([b.per_sound[key] for b in blocks]) for key in blocks[0].per_sound},
        np.concatenate([block.top for block in blocks]),
        _facts(decoded) if decoded else {},
    )


def _score_block(
    embeddings: NDArray[np.float32],
    probabilities: NDArray[np.float32] | None,
    dictionary: Dictionary,
    truth: csr_array,
) -> _Block:
    if probabilities is None:
        words = decode(dictionary.vectors, embeddings, offset=dictionary.offset)
    else:
        words = WordScores(probabilities, None)
    cosine = cosine_scores(dictionary.vectors, embeddings)
    rules = ranking_scores(words.primary, words.tiebreak, truth)
    per_sound = {f"ranking.{rule}": value for rule, value in rules._asdict().items()}
    per_sound["ranking.cosine"] = ranking_scores(cosine.primary, None, truth).average
    depth = min(TOP_N[-1], len(dictionary))
    top = top_words(words, depth)
    for key, best in (("amcss", top), ("amcss_cosine", top_words(cosine, depth))):
        values = amcss(best, truth, dictionary.vectors, top_n=TOP_N)
        per_sound.update({f"{key}.{n}": values[:, i] for i, n in enumerate(TOP_N)})
    return _Block(per_sound, top, _decoding_of(words))


def _decoding_of(words: WordScores) -> _Decoding | None:
    if words.residuals is None or words.converged is None:
        return None
    return _Decoding(np.count_nonzero(words.primary, axis=1), words.residuals, words.converged)


def _facts(parts: Sequence[_Decoding]) -> dict[str, Any]:
    n_weights, residuals, converged = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    return {
        "median_n_weights": float(np.median(n_weights)),
        "share_exactly_matched": float(np.mean(residuals < 1e-6)),
        "n_not_converged": int(np.count_nonzero(~converged)),
    }
