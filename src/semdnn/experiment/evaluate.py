"""Scores of predictions on an evaluation set, the same way for every network and baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import pool
from semdnn.audio.silence import counted
from semdnn.evaluation.by_recording import draw_resamples, percentile_interval, resampled_means
from semdnn.evaluation.zero_shot import (
    average_precisions,
    class_cosines,
    nearest_class,
    resampled_precisions,
)
from semdnn.experiment.prepare import patches_of
from semdnn.experiment.sets import EvaluationSet
from semdnn.experiment.word_scores import score_words
from semdnn.features.silence import sounding_patches
from semdnn.network.checkpoint import Checkpoint, network_of
from semdnn.network.inference import embed
from semdnn.semantics.decoding import conse
from semdnn.semantics.dictionary import Dictionary

BLOCK_SOUNDS = 1024
"""Sounds whose patches are in memory together, at most."""
BLOCK_CELLS = 50_000_000
"""Activations in memory together, about."""
RANKED_CELLS = 50_000_000
"""Largest number of sounds times classes for which mean average precision is computed."""
RESAMPLED_CELLS = 2_500_000
"""Largest number of sounds times classes for which it is resampled."""

Floats = NDArray[np.float64]


class ClassScores(NamedTuple):
    """What the embeddings say of the classes.

    Attributes
    ----------
    nearest : int64 [shape=(S,)]
        Class whose name is nearest to each sound.
    cosines : float32 [shape=(S, K)] or None
        Of every sound to every class; None where there are more than `RANKED_CELLS`.
    precisions : float64 [shape=(K,)]
        Average precision of each class; NaN where not computed.
    """

    nearest: NDArray[np.int64]
    cosines: NDArray[np.float32] | None
    precisions: Floats


@dataclass(frozen=True)
class SetScores:
    """Scores of one set of predictions.

    Attributes
    ----------
    data : EvaluationSet
        What was scored.
    per_sound : dict of str to float64 array
        ``ranking.<rule>`` and ``amcss.<N>`` over the scored sounds (`scored`), ``zero_shot``
        (1 where the nearest class is one of the sound's) over all.
    classes : ClassScores
        What the embeddings say of the classes.
    top : int32 array [shape=(n_scored, 15)]
        Most fitting words of the scored sounds, best first.
    extra : dict
        Facts about the decoding (median number of words with a weight, …).
    """

    data: EvaluationSet
    per_sound: dict[str, Floats]
    classes: ClassScores
    top: NDArray[np.int32]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def scored(self) -> NDArray[np.int64]:
        """Positions of the sounds that have a true word in the dictionary."""
        return np.flatnonzero(self.data.has_words)

    @property
    def mean_average_precision(self) -> float | None:
        """Mean over the classes of the average precision; None where not computed."""
        known = np.isfinite(self.classes.precisions)
        return float(self.classes.precisions[known].mean()) if known.any() else None

    def mean(self, key: str) -> float:
        """Return the mean of one per-sound score."""
        return float(self.per_sound[key].mean())

    def aligned(self, keys: Sequence[str]) -> Floats:
        """Return scores of all sounds, NaN where a sound has none [shape=(S, len(keys))]."""
        values = np.full((len(self.data.names), len(keys)), np.nan)
        for column, key in enumerate(keys):
            rows = slice(None) if key == "zero_shot" else self.scored
            values[rows, column] = self.per_sound[key]
        return values

    def intervals(self, rng: np.random.Generator, n_bootstrap: int) -> dict[str, list[float]]:
        """Return 95 % bootstrap intervals over recordings of every score.

        ``mean_average_precision`` is left out of sets that are too large to resample it.
        """
        resamples = draw_resamples(self.data.recordings, rng, n_resamples=n_bootstrap)
        keys = list(self.per_sound)
        limits = percentile_interval(resampled_means(self.aligned(keys), resamples))
        found = {key: pair.tolist() for key, pair in zip(keys, limits, strict=True)}
        cosines = self.classes.cosines
        if cosines is not None and cosines.size <= RESAMPLED_CELLS:
            truth = self.data.class_truth.toarray()
            samples = [resampled_precisions(cosines, truth, w) for w in resamples.weights()]
            limit = percentile_interval(np.concatenate(samples))
            found["mean_average_precision"] = limit.tolist()
        return found

    def as_json(self, rng: np.random.Generator, n_bootstrap: int) -> dict[str, Any]:
        """Return the means, with 95 % bootstrap intervals over recordings, as plain values."""
        groups: dict[str, dict[str, float]] = {}
        for key in self.per_sound:
            group, _, item = key.partition(".")
            if item:
                groups.setdefault(group, {})[item] = self.mean(key)
        return {
            "n_sounds": len(self.data.names),
            "n_recordings": len(set(self.data.recordings)),
            "n_scored": len(self.scored),
            "n_classes": len(self.data.classes),
            **groups,
            "zero_shot_accuracy": self.mean("zero_shot"),
            "mean_average_precision": self.mean_average_precision,
            "intervals": self.intervals(rng, n_bootstrap),
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
    return as_predictions(checkpoint, pooled_outputs(checkpoint, data))


def as_predictions(checkpoint: Checkpoint, outputs: NDArray[np.float32]) -> Predictions:
    """Return what a network's mean outputs [shape=(S, n_outputs)] stand for."""
    if checkpoint.kind == "catdnn":
        return Predictions(conse(outputs, checkpoint.dictionary.vectors), outputs)
    return Predictions(outputs)


def pooled_outputs(
    checkpoint: Checkpoint, data: EvaluationSet, *, layer: str = "output"
) -> NDArray[np.float32]:
    """Return one layer's activations averaged over the patches of each sound.

    Returns
    -------
    ndarray of float32 [shape=(S, n_units)]
    """
    return pooled_layers(checkpoint, data, [layer])[layer]


def pooled_layers(
    checkpoint: Checkpoint, data: EvaluationSet, layers: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Return activations averaged over the patches of each sound, in one pass.

    Silent patches take no part, except in sounds that have no others (`semdnn.audio.silence`).

    Returns
    -------
    dict of str to ndarray of float32 [shape=(S, n_units)]
        A layer with a shape of its own is flattened.
    """
    network = network_of(checkpoint)
    shapes = network.layer_shapes()
    n_cells = sum(int(np.prod(shapes[layer])) for layer in layers)
    n_cells *= data.store.settings.max_patches_per_sound
    size = int(np.clip(BLOCK_CELLS // n_cells, 1, BLOCK_SOUNDS))
    position = np.full(len(data.store.names), -1, dtype=np.int64)
    pooled: dict[str, list[NDArray[np.float32]]] = {layer: [] for layer in layers}
    for start in range(0, len(data.names), size):
        rows = data.store_rows[start : start + size]
        position[rows] = np.arange(len(rows))
        patches = patches_of(data.store, rows)
        owner = position[data.store.sound_of_patch[patches]]
        taking_part = counted(sounding_patches(data.store, patches), owner, len(rows))
        for layer, values in embed(network, data.store, list(pooled), patches).items():
            flat = values.reshape(len(values), -1)
            means = pool(flat, owner, len(rows), counted=taking_part)
            pooled[layer].append(means.astype(np.float32))
    return {layer: np.concatenate(parts) for layer, parts in pooled.items()}


def score_set(predictions: Predictions, dictionary: Dictionary, data: EvaluationSet) -> SetScores:
    """Score predictions under every rule; sounds without a dictionary word are not ranked.

    semDNN's words are the NNLS weights (`WordScores` of `decode`), catDNN's its probabilities;
    both are also ranked by the cosine between the embedding and every word (`score_words`).
    """
    scored = np.flatnonzero(data.has_words)
    probabilities = predictions.probabilities
    words = score_words(
        predictions.embeddings[scored],
        None if probabilities is None else probabilities[scored],
        dictionary,
        data.truth[scored],
    )
    per_sound = dict(words.per_sound)
    classes = _class_scores(predictions, data)
    rows = np.arange(len(data.names))
    hits = data.class_truth[rows, classes.nearest]
    per_sound["zero_shot"] = np.asarray(hits, dtype=np.float64).ravel()
    return SetScores(data, per_sound, classes, words.top, words.facts)


def _class_scores(predictions: Predictions, data: EvaluationSet) -> ClassScores:
    nearest = nearest_class(predictions.embeddings, data.class_vectors)
    n_classes = len(data.classes)
    if len(nearest) * n_classes > RANKED_CELLS:
        return ClassScores(nearest, None, np.full(n_classes, np.nan))
    cosines = class_cosines(predictions.embeddings, data.class_vectors).astype(np.float32)
    return ClassScores(nearest, cosines, average_precisions(cosines, data.class_truth.toarray()))


def chance(n_sounds: int, dictionary: Dictionary, rng: np.random.Generator) -> Predictions:
    """Return random directions of the word space, the floor of every score."""
    shape = (n_sounds, dictionary.vectors.shape[1])
    return Predictions(rng.standard_normal(shape).astype(np.float32))


def train_mean(n_sounds: int, targets: NDArray[np.float32]) -> Predictions:
    """Return the mean training target for every sound: what knowing the library alone gives."""
    return Predictions(np.tile(targets.mean(axis=0), (n_sounds, 1)).astype(np.float32))


def dictionary_mean(n_sounds: int, dictionary: Dictionary) -> Predictions:
    """Return the mean of the dictionary's words, each as often as the library has it.

    As near to `train_mean` as a checkpoint alone allows: it holds no sounds.
    """
    mean = np.average(dictionary.vectors, axis=0, weights=np.maximum(dictionary.counts, 1))
    return Predictions(np.tile(mean, (n_sounds, 1)).astype(np.float32))
