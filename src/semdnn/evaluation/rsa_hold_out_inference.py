"""Tests and intervals of R² on held-out stimuli, where the closed forms of all pairs do not hold.

Every split has its own train and test pairs, so a model is fitted once a split; the fit is a
linear map, which all orders of the stimuli share. Cost grows with splits times orders times
pairs: some 100 splits and 1,000 orders are enough to begin with.

References
----------
Delete-a-group jackknife: Kott (2001), Journal of Official Statistics 17:521; the rest as in
`rsa_permutation` and `rsa_interval`.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semdnn.evaluation.rsa_data import (
    RsaError,
    RsaSettings,
    StimulusPairs,
    checked_layers,
    checked_listeners,
    stimulus_pairs,
)
from semdnn.evaluation.rsa_fit import Splits, draw_splits
from semdnn.evaluation.rsa_hold_out import draw_test_stimuli, linear_fit
from semdnn.evaluation.rsa_interval import Replicates, without_each
from semdnn.evaluation.rsa_permutation import PermutationTest

Array = NDArray[np.float64]

MAX_GROUPS = 40
"""Groups of stimuli that are left out in turn, where there are more stimuli than this."""


class _Problem(NamedTuple):
    """Checked listeners and layers, and what was drawn, all that a fit needs."""

    listeners: Array
    models: list[Array]
    splits: Splits
    pairs: StimulusPairs
    chosen: NDArray[np.bool_]
    ridge: float


def held_out_permutation_test(
    behaviour: ArrayLike,
    models: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    n_splits: int = 100,
    n_permutations: int = 1_000,
    settings: RsaSettings,
) -> PermutationTest:
    """Return R² on held-out stimuli of every model, and its distribution under reordering.

    As `rsa_permutation.permutation_test`, with the statistic of `rsa.models_r2` under
    ``settings.held_out`` and the same splits for a generator with the same seed. Its chance level
    is below 0: a model that knows nothing predicts the train stimuli's mean.

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        Dissimilarities by listener; a single one is allowed.
    models : mapping of str to array [shape=(n_layers, n_pairs)]
        Layers of every model.
    rng : numpy.random.Generator
        For halves, test stimuli and then orders.
    n_splits, n_permutations : int
        Splits, each with other test stimuli, and random orders.
    settings : RsaSettings
        With `held_out` above 0.

    Raises
    ------
    RsaError
        If listeners and layers do not fit, or no stimuli are held out.
    """
    problem = _problem(behaviour, models, rng, n_splits, settings)
    pairs = problem.pairs
    orders = np.vstack([np.arange(pairs.n_stimuli), pairs.random_orders(n_permutations, rng)])
    places = pairs.permuted(orders)
    errors = np.zeros((len(orders), len(problem.models)))
    totals = np.zeros((len(orders), 1))
    for split, test_stimuli in enumerate(problem.chosen):
        train, test = pairs.among(~test_stimuli), pairs.among(test_stimuli)
        targets = (problem.splits.train[split] @ problem.listeners)[places[:, train]]
        truths = (problem.splits.test[split] @ problem.listeners)[places[:, test]]
        totals[:, 0] += truths.var(axis=1) * truths.shape[1]
        for number, layers in enumerate(problem.models):
            fit = linear_fit(layers[:, train], layers[:, test], problem.ridge)
            errors[:, number] += ((truths - fit.predict(targets)) ** 2).sum(axis=1)
    scores = 1 - errors / totals
    return PermutationTest(tuple(models), scores[0], scores[1:])


def held_out_jackknife(
    behaviour: ArrayLike,
    models: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    n_splits: int = 100,
    settings: RsaSettings,
) -> Replicates:
    """Return the replicates from which `rsa_interval.contrast` makes intervals of held-out R².

    Each stimulus, or each of 40 random groups where there are more stimuli, is left out of train
    and test alike, and each listener of its half.

    Parameters
    ----------
    behaviour, models, rng, n_splits, settings
        See `held_out_permutation_test`, also for the errors.

    Returns
    -------
    Replicates
        `set_sizes` are numbers of groups.
    """
    problem = _problem(behaviour, models, rng, n_splits, settings)
    groups = [_groups(members, rng) for members in problem.pairs.sets]
    everything = np.ones(problem.pairs.n_stimuli, dtype=bool)
    without_stimulus = [
        _pooled_r2(problem, problem.splits, ~np.isin(np.arange(everything.size), group))
        for members in groups
        for group in members
    ]
    without_listener = [
        _pooled_r2(problem, halves, everything) for halves in without_each(problem.splits)
    ]
    return Replicates(
        names=tuple(models),
        values=_pooled_r2(problem, problem.splits, everything),
        without_stimulus=np.array(without_stimulus),
        without_listener=np.array(without_listener).reshape(-1, len(problem.models)),
        set_sizes=tuple(len(members) for members in groups),
    )


def _problem(
    behaviour: ArrayLike,
    models: Mapping[str, ArrayLike],
    rng: np.random.Generator,
    n_splits: int,
    settings: RsaSettings,
) -> _Problem:
    if not settings.held_out:
        raise RsaError("no stimuli are held out: set held_out above 0, or use permutation_test")
    listeners = checked_listeners(behaviour, settings.transform)
    n_pairs = listeners.shape[1]
    pairs = stimulus_pairs(n_pairs, settings.set_sizes)
    layers = [
        checked_layers(rows, n_pairs, settings.transform, what=name)
        for name, rows in models.items()
    ]
    splits = draw_splits(len(listeners), n_splits, rng)
    chosen = draw_test_stimuli(pairs, settings.held_out, n_splits, rng)
    return _Problem(listeners, layers, splits, pairs, chosen, settings.ridge)


def _pooled_r2(problem: _Problem, splits: Splits, kept: NDArray[np.bool_]) -> Array:
    """Return 1 − ΣSSE/ΣSST of every model over the `kept` stimuli [shape=(n_models,)]."""
    errors, total = np.zeros(len(problem.models)), 0.0
    for split, test_stimuli in enumerate(problem.chosen):
        train = problem.pairs.among(~test_stimuli & kept)
        test = problem.pairs.among(test_stimuli & kept)
        if not test.any():
            continue
        target = (splits.train[split] @ problem.listeners)[train]
        truth = (splits.test[split] @ problem.listeners)[test]
        total += float(truth.var() * truth.size)
        for number, layers in enumerate(problem.models):
            fit = linear_fit(layers[:, train], layers[:, test], problem.ridge)
            errors[number] += ((truth - fit.predict(target)) ** 2).sum()
    return 1 - errors / total


def _groups(members: NDArray[np.int64], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return single stimuli, or random groups of nearly one size if they are too many."""
    if members.size <= MAX_GROUPS:
        return list(members[:, None])
    return np.array_split(rng.permutation(members), MAX_GROUPS)
