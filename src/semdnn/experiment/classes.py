"""How well the last common layer keeps a set's classes apart (the paper's Fig. 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from semdnn.evaluation.dissimilarity import (
    MacroClassCorrelation,
    class_model_rdm,
    macro_class_correlation,
    rdm,
)
from semdnn.experiment.evaluate import pooled_outputs
from semdnn.experiment.sets import EvaluationSet
from semdnn.network.checkpoint import Checkpoint, network_of

MAX_CLASSES = 60
MAX_SOUNDS = 5000
MIN_SOUNDS_A_CLASS = 4


@dataclass(frozen=True)
class ClassAnalysis:
    """RDMs between the classes of one set.

    Attributes
    ----------
    classes : tuple of str
        Class names in the order of rows and columns, similar ones side by side.
    matrices : {name: float array [shape=(K, K)]}
        Class model, then each network: mean dissimilarity between sounds of two classes.
    correlations : {model: MacroClassCorrelation}
        Correlation over all pairs of sounds with the different-class model.
    """

    classes: tuple[str, ...]
    matrices: dict[str, NDArray[np.float64]]
    correlations: dict[str, MacroClassCorrelation]

    def as_json(self) -> dict[str, Any]:
        """Return the correlations as plain values."""
        return {
            name: {key: float(value) for key, value in item._asdict().items()}
            for name, item in self.correlations.items()
        }


def analyse_classes(
    models: Mapping[str, Checkpoint], data: EvaluationSet, rng: np.random.Generator
) -> ClassAnalysis | None:
    """Correlate each network's RDM of the last common layer with the class model.

    Classes with fewer than four sounds are left out, and so are all but the sixty largest;
    None is returned where fewer than two remain. Of more than 5,000 sounds a random choice of that
    many is analysed, because all pairs of them are looked at.
    """
    classes, group_of = np.unique(data.groups, return_inverse=True)
    counts = np.bincount(group_of)
    large = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    large = large[counts[large] >= MIN_SOUNDS_A_CLASS]
    if len(large) < 2:
        return None
    large = large[_by_similarity(_mean_class_vectors(data, group_of, large))]
    chosen = np.flatnonzero(np.isin(group_of, large))
    if len(chosen) > MAX_SOUNDS:
        chosen = np.sort(rng.choice(chosen, MAX_SOUNDS, replace=False))
    position = np.full(len(classes), -1)
    position[large] = np.arange(len(large))
    labels = position[group_of[chosen]]
    matrices = {"class model": _class_means(class_model_rdm(labels), labels)}
    correlations = {}
    for name, checkpoint in models.items():
        layer = list(network_of(checkpoint).layer_shapes())[-2]
        activations = pooled_outputs(checkpoint, data, layer=layer)[chosen]
        distances = rdm(activations, metric="cosine")
        matrices[name] = _class_means(distances, labels)
        correlations[name] = macro_class_correlation(distances, labels, rng, n_permutations=200)
    return ClassAnalysis(tuple(str(classes[i]) for i in large), matrices, correlations)


def _class_means(condensed: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average a condensed RDM over the sounds of each pair of classes, self-pairs left out."""
    square = squareform(np.asarray(condensed, dtype=np.float64))
    members = np.eye(int(labels.max()) + 1)[labels]
    sums = members.T @ square @ members
    counts = members.sum(axis=0)
    pairs = np.outer(counts, counts) - np.diag(counts)
    return np.asarray(sums / np.maximum(pairs, 1))


def _mean_class_vectors(
    data: EvaluationSet, group_of: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.float32]:
    vectors = data.class_vectors[data.labels]
    return np.array([vectors[group_of == group].mean(axis=0) for group in groups])


def _by_similarity(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Order classes so that those near in meaning stand together (leaves of a Ward tree)."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # noqa: PLC0415 - slow to import

    return np.asarray(leaves_list(linkage(vectors, method="ward", optimal_ordering=True)))
