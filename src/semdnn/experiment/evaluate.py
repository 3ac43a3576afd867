"""Scores of predictions on an evaluation set, the same way for every network and baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import pool
from semdnn.evaluation.amcss import amcss
from semdnn.evaluation.ranking import ranking_scores
from semdnn.evaluation.resampling import bootstrap_interval
from semdnn.evaluation.zero_shot import nearest_class
from semdnn.experiment.prepare import patches_of
from semdnn.experiment.sets import EvaluationSet
from semdnn.network.checkpoint import Checkpoint, network_of
from semdnn.network.inference import embed
from semdnn.semantics.decoding import (
    WordScores,
    conse,
    cosine_scores,
    decode,
    top_words,
)
from semdnn.semantics.dictionary import Dictionary

TOP_N = range(5, 16)
BLOCK_SOUNDS = 1024
"""Sounds whose patches, or whose scores of all words, are in memory together."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SetScores:
    """Scores of one set of predictions.

    Attributes
    ----------
    n_sounds, n_scored, n_classes : int
        All sounds; those with a true word in the dictionary; classes of the zero-shot task.
    per_sound : dict of str to float64 array
        ``ranking.<rule>`` and ``amcss.<N>`` over the scored sounds, ``zero_shot`` over all.
    extra : dict
        Facts about the decoding (median number of words with a weight, …).
    """

    n_sounds: int
    n_scored: int
    n_classes: int
    per_sound: dict[str, Floats]
    extra: dict[str, Any] = field(default_factory=dict)

    def mean(self, key: str) -> float:
        """Return the mean of one per-sound score."""
        return float(self.per_sound[key].mean())

    def as_json(self, rng: np.random.Generator, n_bootstrap: int) -> dict[str, Any]:
        """Return the means, with 95 % bootstrap intervals over sounds, as plain values."""
        intervals = {
            key: bootstrap_interval(values, rng, n_resamples=n_bootstrap)
            for key, values in self.per_sound.items()
        }
        groups: dict[str, dict[str, float]] = {}
        for key in self.per_sound:
            group, _, item = key.partition(".")
            if item:
                groups.setdefault(group, {})[item] = self.mean(key)
        return {
            "n_sounds": self.n_sounds,
            "n_scored": self.n_scored,
            "n_classes": self.n_classes,
            **groups,
            "zero_shot_accuracy": self.mean("zero_shot"),
            "intervals": {key: [float(i.low), float(i.high)] for key, i in intervals.items()},
            **self.extra,
        }


@dataclass(frozen=True)
class Predictions:
    """What one network or baseline says of the sounds of one set.

    Attributes
    ----------
    embeddings : float32 [shape=(S, D)]
        Points of the word space; for word categories their convex combination (ConSE).
    probabilities : float32 [shape=(S, W)] or None
        Word probabilities of a catDNN; None where the embedding is what was predicted.
    """

    embeddings: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None = None


def predict_set(checkpoint: Checkpoint, data: EvaluationSet) -> Predictions:
    """Return a network's predictions: the mean over each sound's patches."""
    pooled = pooled_outputs(checkpoint, data)
    if checkpoint.kind == "catdnn":
        return Predictions(conse(pooled, checkpoint.dictionary.vectors), pooled)
    return Predictions(pooled)


def pooled_outputs(
    checkpoint: Checkpoint, data: EvaluationSet, *, layer: str = "output"
) -> NDArray[np.float32]:
    """Return one layer's activations averaged over the patches of each sound.

    Returns
    -------
    ndarray of float32 [shape=(S, n_units)]
    """
    network = network_of(checkpoint)
    position = np.full(len(data.store.names), -1, dtype=np.int64)
    pooled = []
    for start in range(0, len(data.names), BLOCK_SOUNDS):
        rows = data.store_rows[start : start + BLOCK_SOUNDS]
        position[rows] = np.arange(len(rows))
        patches = patches_of(data.store, rows)
        values = embed(network, data.store, [layer], patches)[layer]
        owner = position[data.store.sound_of_patch[patches]]
        pooled.append(pool(values, owner, len(rows)))
    return np.concatenate(pooled)


def score_set(predictions: Predictions, dictionary: Dictionary, data: EvaluationSet) -> SetScores:
    """Score predictions under every rule; sounds without a dictionary word are not ranked.

    semDNN's words are the NNLS weights (`WordScores` of `decode`), catDNN's its probabilities;
    both are also ranked by the cosine between the embedding and every word. Sounds are scored
    in blocks, so that no matrix of all sounds by all words is ever in memory.
    """
    scored = np.flatnonzero(data.has_words)
    blocks = [
        _score_block(predictions, dictionary, data, scored[start : start + BLOCK_SOUNDS])
        for start in range(0, max(len(scored), 1), BLOCK_SOUNDS)
    ]
    per_sound = {
        key: np.concatenate([block.per_sound[key] for block in blocks])
        for key in blocks[0].per_sound
    }
    decoded = [block.decoding for block in blocks if block.decoding is not None]
    extra = _decoding_facts(decoded) if decoded else {}
    nearest = nearest_class(predictions.embeddings, data.class_vectors)
    per_sound["zero_shot"] = (nearest == data.labels).astype(np.float64)
    return SetScores(len(data.names), len(scored), len(data.classes), per_sound, extra)


class _Decoding(NamedTuple):
    """How the decoding of a block of sounds went, an entry a sound."""

    n_weights: NDArray[np.int64]
    residuals: Floats
    converged: NDArray[np.bool_]


class _BlockScores(NamedTuple):
    per_sound: dict[str, Floats]
    decoding: _Decoding | None


def _score_block(
    predictions: Predictions, dictionary: Dictionary, data: EvaluationSet, rows: NDArray[np.int64]
) -> _BlockScores:
    """Rank and match the words of the sounds `rows`."""
    truth, embeddings = data.truth[rows], predictions.embeddings[rows]
    if predictions.probabilities is None:
        words = decode(dictionary.vectors, embeddings, offset=dictionary.offset)
    else:
        words = WordScores(predictions.probabilities[rows], None)
    cosine = cosine_scores(dictionary.vectors, embeddings)
    rules = ranking_scores(words.primary, words.tiebreak, truth)
    per_sound = {f"ranking.{rule}": value for rule, value in rules._asdict().items()}
    per_sound["ranking.cosine"] = ranking_scores(cosine.primary, None, truth).average
    for key, scores in (("amcss", words), ("amcss_cosine", cosine)):
        depth = min(TOP_N[-1], len(dictionary))
        values = amcss(top_words(scores, depth), truth, dictionary.vectors, top_n=TOP_N)
        per_sound.update({f"{key}.{n}": values[:, i] for i, n in enumerate(TOP_N)})
    return _BlockScores(per_sound, _decoding_of(words))


def _decoding_of(words: WordScores) -> _Decoding | None:
    if words.residuals is None or words.converged is None:
        return None
    return _Decoding(np.count_nonzero(words.primary, axis=1), words.residuals, words.converged)


def _decoding_facts(parts: Sequence[_Decoding]) -> dict[str, Any]:
    n_weights, residuals, converged = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    return {
        "median_n_weights": float(np.median(n_weights)),
        "share_exactly_matched": float(np.mean(residuals < 1e-6)),
        "n_not_converged": int(np.count_nonzero(~converged)),
    }


def chance(n_sounds: int, dictionary: Dictionary, rng: np.random.Generator) -> Predictions:
    """Return random directions of the word space, the floor of every score."""
    shape = (n_sounds, dictionary.vectors.shape[1])
    return Predictions(rng.standard_normal(shape).astype(np.float32))


def train_mean(n_sounds: int, targets: NDArray[np.float32]) -> Predictions:
    """Return the mean training target for every sound: what knowing the library alone gives."""
    return Predictions(np.tile(targets.mean(axis=0), (n_sounds, 1)).astype(np.float32))
