"""Cross-validated RSA: how well the layers of a model predict listeners' dissimilarities.

Listeners are split at random into halves, many times. The dissimilarities of the train half are
averaged and regressed, by ordinary least squares with intercept, on the dissimilarities of all
layers of a model together; R²cv = 1 − SSE/SST of that fit on the mean of the test half, with SST
about the test half's mean. It can be negative. Listeners are rows [shape=(L, n_pairs)], layers
are rows [shape=(n_layers, n_pairs)], pairs are in `pdist` order.

What R²cv does not guard against: train and test halves are of the same pairs, so a model with
more layers has more room to fit those stimuli by chance. The mean of the permutations
(`rsa_permutation`) says how much, and `RsaSettings.held_out` tests on other stimuli.

References
----------
Giordano, Esposito, Valente & Formisano (2023), doi:10.1038/s41593-023-01285-9; noise ceilings:
Nili et al. (2014), doi:10.1371/journal.pcbi.1003553; variance partitioning: Groen et al. (2018),
doi:10.7554/eLife.32962.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semdnn.evaluation import rsa_hold_out
from semdnn.evaluation.rsa_data import (
    RsaError,
    RsaSettings,
    checked_layers,
    checked_listeners,
    stimulus_pairs,
)
from semdnn.evaluation.rsa_fit import basis, ceilings, draw_splits, half_moments, split_r2

Array = NDArray[np.float64]


class NoiseCeiling(NamedTuple):
    """What R²cv the best possible model could reach, given how listeners differ.

    Attributes
    ----------
    lower : float
        Mean R² of the test half regressed on the train half's mean: what the listeners at hand
        know of each other. A model without error can exceed it, as half a group is noisy.
    upper : float
        The same, on the mean of the whole group, which contains the test half: too much.
        Both are NaN for a single listener.
    """

    lower: float
    upper: float


class CrossValidatedR2(NamedTuple):
    """R²cv of one model.

    Attributes
    ----------
    mean : float
        Mean over splits, at most 1, possibly negative.
    splits : array [shape=(n_splits,)]
        R² of every split. Their spread says how much the halves matter. It is no confidence
        interval: the same listeners and stimuli are in all of them (`rsa_interval` has one).
    noise_ceiling : NoiseCeiling
        The same for every model of these listeners and splits.
    """

    mean: float
    splits: Array
    noise_ceiling: NoiseCeiling


class VariancePartition(NamedTuple):
    """R²cv of two models, taken apart.

    Attributes
    ----------
    unique_a, unique_b : float
        R²cv of both together less that of the other model alone.
    shared : float
        R²cv(A) + R²cv(B) − R²cv(both). Negative where one model suppresses error of the other.
    a, b, both : CrossValidatedR2
        The three fits, on the same splits.
    """

    unique_a: float
    unique_b: float
    shared: float
    a: CrossValidatedR2
    b: CrossValidatedR2
    both: CrossValidatedR2


def cross_validated_r2(
    behaviour: ArrayLike,
    layers: ArrayLike,
    *,
    rng: np.random.Generator,
    n_splits: int = 1_000,
    settings: RsaSettings | None = None,
) -> CrossValidatedR2:
    """Return R²cv of one model, all of whose layers enter together.

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        Dissimilarities by listener, none missing.
    layers : array [shape=(n_layers, n_pairs)]
        Dissimilarities by layer.
    rng : numpy.random.Generator
        For the halves. Generators with the same seed give the same halves for every model.
    n_splits : int
        Random split-halves.
    settings : RsaSettings, optional
        Transform, ridge, hold-out of stimuli, stimulus sets.

    Raises
    ------
    RsaError
        If listeners and layers do not fit, a value is missing, a listener is constant, or a
        single listener is asked for without stimuli held out.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = rng.random(45)
    >>> listeners = 2 * layer + 0.1 * rng.standard_normal((8, 45))
    >>> result = cross_validated_r2(listeners, [layer], rng=rng)
    >>> bool(result.noise_ceiling.lower < result.mean < result.noise_ceiling.upper)
    True
    """
    models = {"the model": layers}
    results = models_r2(behaviour, models, rng=rng, n_splits=n_splits, settings=settings)
    return results["the model"]


def models_r2(
    behaviour: ArrayLike,
    models: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    n_splits: int = 1_000,
    settings: RsaSettings | None = None,
) -> dict[str, CrossValidatedR2]:
    """Return R²cv of several models on the same splits (and the same held-out stimuli).

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        Dissimilarities by listener.
    models : mapping of str to array [shape=(n_layers, n_pairs)]
        Layers of every model.
    rng, n_splits, settings
        See `cross_validated_r2`, also for the errors.
    """
    options = settings or RsaSettings()
    listeners = checked_listeners(behaviour, options.transform)
    n_pairs = listeners.shape[1]
    pairs = stimulus_pairs(n_pairs, options.set_sizes)
    checked = {
        name: checked_layers(layers, n_pairs, options.transform, what=name)
        for name, layers in models.items()
    }
    if len(listeners) == 1 and not options.held_out:
        raise RsaError(
            "one listener, or a group's mean, cannot be split: hold out stimuli (held_out > 0)"
        )
    splits = draw_splits(len(listeners), n_splits, rng)
    if options.held_out:
        chosen = rsa_hold_out.draw_test_stimuli(pairs, options.held_out, n_splits, rng)
        return {
            name: _result(*scores)
            for name, scores in rsa_hold_out.held_out_r2(
                listeners, checked, splits, pairs, chosen, options.ridge
            ).items()
        }
    moments = half_moments(listeners, splits)
    lower, upper = ceilings(moments)
    return {
        name: _result(split_r2(moments, basis(layers, options.ridge)), lower, upper)
        for name, layers in checked.items()
    }


def layer_by_layer_r2(
    behaviour: ArrayLike,
    layers: ArrayLike,
    *,
    rng: np.random.Generator,
    n_splits: int = 1_000,
    settings: RsaSettings | None = None,
) -> list[CrossValidatedR2]:
    """Return R²cv of every layer by itself, on the same splits.

    Parameters
    ----------
    behaviour, layers, rng, n_splits, settings
        See `cross_validated_r2`, also for the errors.
    """
    models = {f"layer {number}": layer for number, layer in enumerate(np.atleast_2d(layers), 1)}
    results = models_r2(behaviour, models, rng=rng, n_splits=n_splits, settings=settings)
    return list(results.values())


def partition_variance(
    behaviour: ArrayLike,
    models: tuple[ArrayLike, ArrayLike],
    *,
    rng: np.random.Generator,
    n_splits: int = 1_000,
    settings: RsaSettings | None = None,
) -> VariancePartition:
    """Return what two models explain each by itself, and what both do.

    R²cv is that of held-out listeners, so a model that adds nothing has a unique part about 0
    that may be negative. `rsa_interval.partition_intervals` has confidence intervals.

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        Dissimilarities by listener.
    models : two arrays [shape=(n_layers, n_pairs)]
        Layers of A and of B.
    rng, n_splits, settings
        See `cross_validated_r2`, also for the errors.
    """
    results = models_r2(behaviour, with_both(models), rng=rng, n_splits=n_splits, settings=settings)
    a, b, both = results["model A"], results["model B"], results["both models"]
    return VariancePartition(
        both.mean - b.mean, both.mean - a.mean, a.mean + b.mean - both.mean, a, b, both
    )


def with_both(models: tuple[ArrayLike, ArrayLike]) -> dict[str, ArrayLike]:
    """Return models A and B, and the model with the layers of both, by name."""
    rows = [np.atleast_2d(np.asarray(layers, dtype=np.float64)) for layers in models]
    if rows[0].shape[1] != rows[1].shape[1]:
        raise RsaError(
            f"the models have {rows[0].shape[1]} and {rows[1].shape[1]} pairs: "
            "take both over the same stimuli"
        )
    return {"model A": rows[0], "model B": rows[1], "both models": np.concatenate(rows)}


def _result(scores: Array, lower: Array, upper: Array) -> CrossValidatedR2:
    ceiling = NoiseCeiling(float(lower.mean()), float(upper.mean()))
    return CrossValidatedR2(float(scores.mean()), scores, ceiling)
