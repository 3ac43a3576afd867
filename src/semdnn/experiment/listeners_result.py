"""What a comparison with listeners is asked, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from semdnn.comparison.interface import Card
from semdnn.evaluation.behaviour_data import Behaviour
from semdnn.evaluation.dissimilarity import Metric
from semdnn.evaluation.rsa import NoiseCeiling
from semdnn.evaluation.rsa_data import Transform
from semdnn.evaluation.rsa_interval import Estimate, Over
from semdnn.settings import Settings

Array = NDArray[np.float64]


class ListenerSettings(Settings):
    """How models are compared with listeners.

    Attributes
    ----------
    metric : {"cosine", "correlation"}
        Distance of two stimuli in a layer.
    transform, ridge
        See `RsaSettings`.
    held_out : float or None
        Share of stimuli held out, see `RsaSettings`. None: 0 where there are listeners to split,
        0.3 for a group's mean.
    layers : {"together", "each"}
        Whether all layers of a model enter one regression, or each layer is a model by itself,
        of which the best stands for the model (its p is corrected for all layers of all models,
        its interval is not).
    n_splits, n_permutations : int
        Split-halves, and orders of the stimuli.
    level : float
        Coverage of intervals.
    seed : int
        For splits and orders.
    partitions : tuple of pairs of str
        Models whose explained variance is taken apart.
    """

    metric: Metric = "cosine"
    transform: Transform = "raw"
    ridge: float = Field(default=0.0, ge=0)
    held_out: float | None = Field(default=None, ge=0, le=0.5)
    layers: Literal["together", "each"] = "together"
    n_splits: int = Field(default=1_000, ge=1)
    n_permutations: int = Field(default=10_000, ge=1)
    level: float = Field(default=0.95, gt=0, lt=1)
    seed: int = 0
    partitions: tuple[tuple[str, str], ...] = ()


class LayerScore(NamedTuple):
    """R²cv of one layer by itself; bounds are None where stimuli are held out."""

    name: str
    r2: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ModelScore:
    """R²cv of one model.

    Attributes
    ----------
    name : str
        The model's name; its spec where another has the same.
    card : Card
        Source, licence and reference.
    r2, low, high : float
        R²cv and its confidence interval.
    p, p_corrected : float
        Against reordered stimuli, by itself and against the largest of all models.
    chance : float
        Mean R²cv under reordering.
    best_layer : str
        That with the largest R²cv by itself.
    layers : tuple of LayerScore
        Every layer by itself.
    left_out : tuple of str
        Layers without dissimilarities, with reasons.
    """

    name: str
    card: Card
    r2: float
    low: float
    high: float
    p: float
    p_corrected: float
    chance: float
    best_layer: str
    layers: tuple[LayerScore, ...]
    left_out: tuple[str, ...]


class Contrast(NamedTuple):
    """R²cv of model `a` less that of `b`; `p_corrected` by Holm over all pairs."""

    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float


class Partition(NamedTuple):
    """Variance that models `a` and `b` explain alone and both, with intervals."""

    a: str
    b: str
    unique_a: Estimate
    unique_b: Estimate
    shared: Estimate


class Failure(NamedTuple):
    """A model that could not be compared."""

    spec: str
    reason: str


@dataclass(frozen=True, eq=False)
class ListenersResult:
    """Everything that one comparison found.

    Attributes
    ----------
    behaviour : Behaviour
        The listeners.
    settings : ListenerSettings
        As asked for.
    held_out : float
        Share of stimuli that was held out.
    over : {"both", "stimuli"}
        What the intervals generalise to.
    ceiling : NoiseCeiling
        NaN for a group's mean.
    scores : tuple of ModelScore
        In the order of the models.
    contrasts : tuple of Contrast
        Every two models.
    partitions : tuple of Partition
        Those asked for.
    rdms : mapping of name to array [shape=(n_pairs,)]
        Best layer of every model.
    failures : tuple of Failure
        Models left out.
    notes : tuple of str
        What was decided on the way.
    """

    behaviour: Behaviour
    settings: ListenerSettings
    held_out: float
    over: Over
    ceiling: NoiseCeiling
    scores: tuple[ModelScore, ...]
    contrasts: tuple[Contrast, ...]
    partitions: tuple[Partition, ...]
    rdms: Mapping[str, Array]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
