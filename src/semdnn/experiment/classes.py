"""How well layers keep a set's classes and macro-classes apart (the paper's Fig. 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.dissimilarity import (
    MacroClassCorrelation,
    class_model_rdm,
    macro_class_correlation,
    rdm,
)
from semdnn.experiment.evaluate import pooled_layers
from semdnn.experiment.sets import EvaluationSet
from semdnn.network.checkpoint import Checkpoint, network_of

MAX_CLASSES = 60
MAX_SOUNDS = 5000
MIN_SOUNDS_A_CLASS = 4
N_PERMUTATIONS = 200

Layers = Mapping[str, NDArray[np.float32]]
"""Layer name: activations [shape=(S, n_units)]; the last common layer comes first."""


class LayerTest(NamedTuple):
    """Agreement of one layer's RDM with one class model.

    Attributes
    ----------
    model, layer : str
        Whose activations.
    grouping : {"class", "macro-class"}
        Which sounds the class model takes for alike.
    n_sounds, n_groups : int
        Sounds compared, and classes among them.
    found : MacroClassCorrelation
        Correlations, p-values, mean distances within and between classes.
    """

    model: str
    layer: str
    grouping: str
    n_sounds: int
    n_groups: int
    found: MacroClassCorrelation


@dataclass(frozen=True)
class ClassAnalysis:
    """RDMs between the classes of one set.

    Attributes
    ----------
    classes : tuple of str
        Class names in the order of rows and columns: by macro-class where the set has such,
        within it similar ones side by side.
    macro_classes : tuple of str
        The larger group of each class; empty texts where the set has none.
    matrices : {name: float array [shape=(K, K)]}
        Class model, then each network's last common layer: mean dissimilarity between sounds of
        two classes. The class model is that of the macro-classes where the set has such.
    tests : tuple of LayerTest
        Over all pairs of sounds, for each model, layer and grouping.
    """

    classes: tuple[str, ...]
    macro_classes: tuple[str, ...]
    matrices: dict[str, NDArray[np.float64]]
    tests: tuple[LayerTest, ...]

    @property
    def grouping(self) -> str:
        """The grouping that the drawn class model shows."""
        return "macro-class" if any(self.macro_classes) else "class"

    @property
    def correlations(self) -> dict[str, MacroClassCorrelation]:
        """Each model's last common layer with the class model that is drawn."""
        return self.correlations_with(self.grouping)

    def correlations_with(self, grouping: str) -> dict[str, MacroClassCorrelation]:
        """Return each model's last common layer with the model of one grouping."""
        found: dict[str, MacroClassCorrelation] = {}
        for test in self.tests:
            if test.grouping == grouping:
                found.setdefault(test.model, test.found)
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the correlations of each model's last common layer as plain values."""
        return {
            name: {key: float(value) for key, value in item._asdict().items()}
            for name, item in self.correlations.items()
        }


def analyse_classes(
    models: Mapping[str, Checkpoint],
    data: EvaluationSet,
    rng: np.random.Generator,
    *,
    layers: Sequence[str] = (),
) -> ClassAnalysis | None:
    """Correlate each network's RDM of the last common layer with the class models.

    Parameters
    ----------
    models : mapping of name to Checkpoint
        Networks.
    data : EvaluationSet
        Sounds with classes.
    rng : numpy.random.Generator
        For the permutations, and for the choice of sounds where there are too many.
    layers : sequence of str
        Further layers to test.

    Returns
    -------
    ClassAnalysis or None
        As `analyse_activations` gives it.
    """
    if chosen_sounds(data) is None:
        return None
    activations = {
        name: pooled_layers(checkpoint, data, layers_to_test(checkpoint, layers))
        for name, checkpoint in models.items()
    }
    return analyse_activations(activations, data, rng)


def common_layer(checkpoint: Checkpoint) -> str:
    """Return the last layer that semDNN and catDNN have in common: the one before the output."""
    return list(network_of(checkpoint).layer_shapes())[-2]


def layers_to_test(checkpoint: Checkpoint, layers: Sequence[str] = ()) -> list[str]:
    """Return the last common layer and those of `layers` that the network has, each once."""
    known = network_of(checkpoint).layer_shapes()
    return list(dict.fromkeys([common_layer(checkpoint), *(n for n in layers if n in known)]))


def chosen_sounds(data: EvaluationSet) -> NDArray[np.int64] | None:
    """Return the sounds whose classes are compared, or None where fewer than two classes remain.

    Left out are sounds of several classes, classes with fewer than four sounds, and all but the
    sixty largest classes.
    """
    classes, group_of = np.unique(data.groups, return_inverse=True)
    counts = np.where(classes == "", 0, np.bincount(group_of))
    large = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    large = large[counts[large] >= MIN_SOUNDS_A_CLASS]
    return np.flatnonzero(np.isin(group_of, large)) if len(large) > 1 else None


def analyse_activations(
    activations: Mapping[str, Layers],
    data: EvaluationSet,
    rng: np.random.Generator,
    *,
    n_permutations: int = N_PERMUTATIONS,
) -> ClassAnalysis | None:
    """Correlate RDMs of activations with the class models, over all pairs of sounds.

    Of more than 5,000 sounds a random choice of that many is analysed, because all pairs of them
    are looked at.

    Parameters
    ----------
    activations : mapping of model to layers
        Of every sound of `data`, of each model the last common layer first.
    data : EvaluationSet
        Sounds with classes.
    rng : numpy.random.Generator
        For the permutations, and for the choice of sounds.
    n_permutations : int
        Random orders of the sounds for the p-values.

    Returns
    -------
    ClassAnalysis or None
        None where fewer than two classes remain (`chosen_sounds`).
    """
    chosen = chosen_sounds(data)
    if chosen is None:
        return None
    if len(chosen) > MAX_SOUNDS:
        chosen = np.sort(rng.choice(chosen, MAX_SOUNDS, replace=False))
    order = _ordered_classes(data, chosen)
    position = {name: i for i, name in enumerate(order)}
    labels = np.array([position[data.groups[i]] for i in chosen], dtype=np.int64)
    macro_of = {data.groups[i]: data.macro_classes[i] for i in chosen}
    macro = np.array([data.macro_classes[i] for i in chosen])
    groupings = {"class": labels.astype(str)}
    if len(set(macro)) > 1 and all(macro):
        groupings["macro-class"] = macro
    model = class_model_rdm(groupings[list(groupings)[-1]])
    matrices = {"class model": class_means(model, labels)}
    tests = []
    for name, layers in activations.items():
        for layer, values in layers.items():
            distances = rdm(values[chosen], metric="cosine")
            matrices.setdefault(name, class_means(distances, labels))
            for grouping, codes in groupings.items():
                found = macro_class_correlation(
                    distances, codes, rng, n_permutations=n_permutations
                )
                n_groups = len(set(codes))
                tests.append(LayerTest(name, layer, grouping, len(chosen), n_groups, found))
    shown = tuple(macro_of[name] if "macro-class" in groupings else "" for name in order)
    return ClassAnalysis(order, shown, matrices, tuple(tests))


def class_means(condensed: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average a condensed RDM over the sounds of each pair of classes, self-pairs left out.

    Parameters
    ----------
    condensed : array [shape=(S(S − 1)/2,)]
        Dissimilarities.
    labels : array of int [shape=(S,)]
        Class of each sound, 0 … K − 1, at least two sounds each.

    Returns
    -------
    array of float64 [shape=(K, K)]
    """
    n_sounds, n_classes = len(labels), int(labels.max()) + 1
    members = np.eye(n_classes)[labels]
    sums = np.zeros((n_classes, n_classes))
    start = 0
    for row in range(n_sounds - 1):  # a row at a time: the square is never made
        stop = start + n_sounds - 1 - row
        sums[labels[row]] += condensed[start:stop] @ members[row + 1 :]
        start = stop
    sums = sums + sums.T
    counts = members.sum(axis=0)
    pairs = np.outer(counts, counts) - np.diag(counts)
    return np.asarray(sums / np.maximum(pairs, 1))


def _ordered_classes(data: EvaluationSet, chosen: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the classes, those of one macro-class together and in it those near in meaning."""
    groups = np.array(data.groups)[chosen]
    macro = np.array(data.macro_classes)[chosen]
    vectors = data.class_truth[chosen] @ data.class_vectors
    ordered: list[str] = []
    for name in np.unique(macro):
        own = sorted(set(groups[macro == name]) - set(ordered))
        means = np.array([vectors[groups == group].mean(axis=0) for group in own])
        ordered += [own[i] for i in _by_similarity(means)] if len(own) > 2 else own
    return tuple(str(group) for group in ordered)


def _by_similarity(vectors: NDArray[np.floating]) -> NDArray[np.int64]:
    """Order classes so that those near in meaning stand together (leaves of a Ward tree)."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # noqa: PLC0415 - slow to import

    return np.asarray(leaves_list(linkage(vectors, method="ward", optimal_ordering=True)))
