"""Confidence intervals of R²cv and of differences, by leaving out stimuli and listeners.

Splits of the same listeners over the same stimuli say nothing about other listeners or stimuli.
The jackknife does: each stimulus (with all of its pairs), and each listener, is left out in turn,
and the scatter of R²cv gives its variance. A bootstrap is not used because stimuli drawn twice
make pairs of distance 0, fewer distinct stimuli flatter models with many layers, and listeners
drawn twice fall into both halves.

References
----------
Efron & Stein (1981), doi:10.1214/aos/1176345462; why both sources of variance matter in RSA:
Schütt, Kipnis, Diedrichsen & Kriegeskorte (2023), doi:10.7554/eLife.82566.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from semdnn.evaluation.rsa_data import (
    RsaError,
    RsaSettings,
    StimulusPairs,
    checked_layers,
    checked_listeners,
    stimulus_pairs,
)
from semdnn.evaluation.rsa_fit import Splits, basis, draw_splits, half_moments, mean_r2

Array = NDArray[np.float64]
Over = Literal["stimuli", "listeners", "both"]

MIN_STIMULI = 4  # so that 3 pairs are left when a stimulus is left out
MIN_LISTENERS = 4  # so that each half still has one when a listener is left out


class Estimate(NamedTuple):
    """A value with its confidence interval.

    Attributes
    ----------
    value, low, high : float
        R²cv, or a sum or difference of several, and the bounds of the interval: in `level` of
        experiments with new stimuli (or listeners, or both, as asked for) such an interval
        holds the mean R²cv over such experiments, approximately.
    standard_error : float
        Jackknife standard error.
    p : float
        Two-sided p of the t-test that the expected value is 0. Meaningful for differences and
        unique parts; for a single model use the permutation test, as chance is not 0.
    """

    value: float
    low: float
    high: float
    standard_error: float
    p: float


@dataclass(frozen=True, eq=False)
class Replicates:
    """R²cv of every model with each stimulus, or each listener, left out.

    Attributes
    ----------
    names : tuple of str
        The models.
    values : array [shape=(n_models,)]
        R²cv with all stimuli and listeners.
    without_stimulus : array [shape=(n_stimuli, n_models)]
        With each stimulus left out.
    without_listener : array [shape=(L, n_models)]
        With each listener left out of its half; no rows below four listeners.
    set_sizes : tuple of int
        Number of stimuli of every set.
    """

    names: tuple[str, ...]
    values: Array
    without_stimulus: Array
    without_listener: Array
    set_sizes: tuple[int, ...]


def jackknife(
    behaviour: ArrayLike,
    models: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    n_splits: int = 1_000,
    settings: RsaSettings | None = None,
) -> Replicates:
    """Return the replicates from which `contrast` makes intervals.

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        Dissimilarities by listener.
    models : mapping of str to array [shape=(n_layers, n_pairs)]
        Layers of every model.
    rng : numpy.random.Generator
        For the halves, which are those of `rsa.models_r2` with the same seed.
    n_splits : int
        Split-halves.
    settings : RsaSettings, optional
        Transform, ridge, stimulus sets. `held_out` is not used. Ranks and z-scores are taken
        once, over all stimuli.

    Raises
    ------
    RsaError
        If listeners and layers do not fit, a value is missing, a listener is constant, or a set
        has fewer than 4 stimuli.
    """
    options = settings or RsaSettings()
    listeners = checked_listeners(behaviour, options.transform)
    n_pairs = listeners.shape[1]
    pairs = stimulus_pairs(n_pairs, options.set_sizes)
    if min(pairs.set_sizes) < MIN_STIMULI:
        raise RsaError(
            f"an interval over stimuli needs at least {MIN_STIMULI} stimuli in every set"
        )
    checked = [
        checked_layers(layers, n_pairs, options.transform, what=name)
        for name, layers in models.items()
    ]
    splits = draw_splits(len(listeners), n_splits, rng)
    bases = [basis(layers, options.ridge) for layers in checked]
    listener_rows = [
        mean_r2(half_moments(listeners, halves), bases) for halves in without_each(splits)
    ]
    return Replicates(
        names=tuple(models),
        values=mean_r2(half_moments(listeners, splits), bases),
        without_stimulus=_without_stimuli(listeners, checked, splits, pairs, options.ridge),
        without_listener=np.array(listener_rows).reshape(-1, len(bases)),
        set_sizes=pairs.set_sizes,
    )


def contrast(
    replicates: Replicates,
    weights: Mapping[str, float],
    *,
    over: Over = "both",
    level: float = 0.95,
) -> Estimate:
    """Return a weighted sum of models' R²cv with its confidence interval.

    ``{"A": 1}`` is the interval of model A, ``{"A": 1, "B": -1}`` the paired comparison of two.

    Parameters
    ----------
    replicates : Replicates
        From `jackknife`.
    weights : mapping of str to float
        Weight of every model that counts.
    over : {"stimuli", "listeners", "both"}
        What the interval generalises to: other stimuli, other listeners, or both, whose
        variances are added (which counts their interaction twice and so errs towards wide).
    level : float
        Coverage, between 0 and 1, by Student's t with as many degrees of freedom as the smaller
        of the samples has, less 1.

    Raises
    ------
    RsaError
        If a model is unknown, or listeners are asked for and are fewer than 4.
    ValueError
        If `level` is not between 0 and 1.
    """
    unknown = set(weights) - set(replicates.names)
    if unknown:
        raise RsaError(f"no model {sorted(unknown)[0]!r}: there are {', '.join(replicates.names)}")
    if not 0 < level < 1:
        raise ValueError(f"level {level} must lie between 0 and 1")
    n_listeners = len(replicates.without_listener)
    if over != "stimuli" and not n_listeners:
        raise RsaError(f"an interval over listeners needs {MIN_LISTENERS}: take over='stimuli'")
    row = np.array([weights.get(name, 0.0) for name in replicates.names])
    variance, n_units = 0.0, []
    if over != "listeners":
        ends = np.cumsum(replicates.set_sizes)[:-1]
        sets = np.split(replicates.without_stimulus @ row, ends)
        variance += sum(_jackknife_variance(values) for values in sets)
        n_units.append(sum(replicates.set_sizes) - len(sets) + 1)
    if over != "stimuli":
        variance += _jackknife_variance(replicates.without_listener @ row)
        n_units.append(n_listeners)
    value, error = float(replicates.values @ row), float(np.sqrt(variance))
    half_width = float(student.ppf((1 + level) / 2, min(n_units) - 1)) * error
    ratio = abs(value) / error if error > 0 else (np.inf if value else 0.0)
    p = 2 * float(student.sf(ratio, min(n_units) - 1))
    return Estimate(value, value - half_width, value + half_width, error, p)


def partition_intervals(
    replicates: Replicates, *, over: Over = "both", level: float = 0.95
) -> dict[str, Estimate]:
    """Return intervals of the parts of `rsa.partition_variance`: unique_a, unique_b and shared.

    Parameters
    ----------
    replicates : Replicates
        From ``jackknife(behaviour, rsa.with_both((a, b)), …)``.
    over, level
        See `contrast`, also for the errors.
    """
    a, b, both = "model A", "model B", "both models"
    parts = {
        "unique_a": {both: 1.0, b: -1.0},
        "unique_b": {both: 1.0, a: -1.0},
        "shared": {a: 1.0, b: 1.0, both: -1.0},
    }
    return {
        name: contrast(replicates, weights, over=over, level=level)
        for name, weights in parts.items()
    }


def without_each(splits: Splits) -> list[Splits]:
    """Return the splits with each listener taken out of its half; none if halves would empty."""
    n_listeners = splits.train.shape[1]
    if n_listeners < MIN_LISTENERS:
        return []
    result = []
    for listener in range(n_listeners):
        others = np.arange(n_listeners) != listener
        train, test = (half * others for half in splits)
        result.append(
            Splits(train / train.sum(axis=1, keepdims=True), test / test.sum(axis=1, keepdims=True))
        )
    return result


def _without_stimuli(
    listeners: Array, models: list[Array], splits: Splits, pairs: StimulusPairs, ridge: float
) -> Array:
    rows = []
    for stimulus in range(pairs.n_stimuli):
        kept = pairs.among(np.arange(pairs.n_stimuli) != stimulus)
        bases = [basis(layers[:, kept], ridge) for layers in models]
        rows.append(mean_r2(half_moments(listeners[:, kept], splits), bases))
    return np.array(rows)


def _jackknife_variance(values: Array) -> float:
    return float((values.size - 1) * values.var())
