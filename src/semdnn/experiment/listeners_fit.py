"""The statistics of one comparison with listeners, all on the same splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.behaviour_data import Behaviour
from semdnn.evaluation.rsa import CrossValidatedR2, models_r2, with_both
from semdnn.evaluation.rsa_data import RsaError, RsaSettings, checked_listeners
from semdnn.evaluation.rsa_hold_out_inference import held_out_jackknife, held_out_permutation_test
from semdnn.evaluation.rsa_interval import (
    MIN_LISTENERS,
    MIN_STIMULI,
    Estimate,
    Over,
    Replicates,
    contrast,
    jackknife,
    partition_intervals,
)
from semdnn.evaluation.rsa_permutation import PermutationTest, permutation_test
from semdnn.experiment.listener_models import ModelRdms
from semdnn.experiment.listeners_result import (
    Contrast,
    Failure,
    LayerScore,
    ListenerSettings,
    ListenersResult,
    ModelScore,
    Partition,
)

Array = NDArray[np.float64]
Rows = Mapping[str, Array]

HELD_OUT_SHARE = 0.3
"""Share of the stimuli held out where a group's mean cannot be split."""
MOST_HELD_OUT_SPLITS, MOST_HELD_OUT_PERMUTATIONS = 200, 1_000
"""With held-out stimuli every split is a fit of its own: no more than these are made."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is fitted to whom, and how; every method draws the same splits.

    Attributes
    ----------
    behaviour : Behaviour
        The listeners.
    settings : ListenerSettings
        As asked for.
    rsa : RsaSettings
        As carried out.
    n_splits, n_permutations : int
        Likewise.
    over : {"both", "stimuli"}
        What intervals generalise to.
    notes : tuple of str
        What was decided, for the reader of the result.
    """

    behaviour: Behaviour
    settings: ListenerSettings
    rsa: RsaSettings
    n_splits: int
    n_permutations: int
    over: Over
    notes: tuple[str, ...]

    def check(self) -> None:
        """Raise the error of listeners whom no model can be fitted to, before one is heard.

        Raises
        ------
        RsaError
            If there are too few stimuli or listeners, or a listener gave every pair one value.
        """
        rows, names = self.behaviour.listeners, self.behaviour.listener_names
        checked_listeners(rows, self.rsa.transform, names=names)
        least = min(self.behaviour.set_sizes)
        if least < MIN_STIMULI and not self.rsa.held_out:
            raise RsaError(
                f"{least} stimuli are too few for intervals and tests: {MIN_STIMULI} are the least"
            )
        self.r2({"a stand-in": self._rng().random((1, rows.shape[1]))})

    def r2(self, models: Rows) -> dict[str, CrossValidatedR2]:
        """Return R²cv of every model."""
        return models_r2(
            self.behaviour.listeners,
            models,
            rng=self._rng(),
            n_splits=self.n_splits,
            settings=self.rsa,
        )

    def replicates(self, models: Rows) -> Replicates:
        """Return R²cv without each stimulus and each listener."""
        leave_out = held_out_jackknife if self.rsa.held_out else jackknife
        return leave_out(
            self.behaviour.listeners,
            models,
            rng=self._rng(),
            n_splits=self.n_splits,
            settings=self.rsa,
        )

    def test(self, models: Rows) -> PermutationTest:
        """Return R²cv with the stimuli reordered."""
        reorder = held_out_permutation_test if self.rsa.held_out else permutation_test
        return reorder(
            self.behaviour.listeners,
            models,
            rng=self._rng(),
            n_splits=self.n_splits,
            n_permutations=self.n_permutations,
            settings=self.rsa,
        )

    def estimate(self, replicates: Replicates, weights: Mapping[str, float]) -> Estimate:
        """Return a weighted sum of models' R²cv with its interval."""
        return contrast(replicates, weights, over=self.over, level=self.settings.level)

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.settings.seed)


def fitting_plan(behaviour: Behaviour, settings: ListenerSettings) -> Plan:
    """Return how `behaviour` is analysed, with what had to be decided for it."""
    alone = behaviour.n_listeners == 1
    held_out = settings.held_out
    notes = list(behaviour.notes)
    if held_out is None:
        held_out = HELD_OUT_SHARE if alone else 0.0
    if alone:
        notes.append(
            "one row of judgements, such as a group's mean, cannot be split: models are tested on "
            f"held-out stimuli ({held_out:.0%}) in place of other listeners, and there is no noise "
            "ceiling"
        )
    n_splits, n_permutations = settings.n_splits, settings.n_permutations
    if held_out:
        n_splits = min(n_splits, MOST_HELD_OUT_SPLITS)
        n_permutations = min(n_permutations, MOST_HELD_OUT_PERMUTATIONS)
        notes.append(
            f"stimuli held out: {n_splits} splits, {n_permutations:,} permutations; R²cv of a "
            "model that knows nothing is below 0"
        )
    over: Over = "both" if behaviour.n_listeners >= MIN_LISTENERS else "stimuli"
    if over == "stimuli":
        notes.append(f"fewer than {MIN_LISTENERS} listeners: intervals are over stimuli alone")
    rsa = RsaSettings(
        transform=settings.transform,
        ridge=settings.ridge,
        held_out=held_out,
        set_sizes=behaviour.set_sizes,
    )
    return Plan(behaviour, settings, rsa, n_splits, n_permutations, over, tuple(notes))


def fit_models(
    plan: Plan, models: Mapping[str, ModelRdms], failures: Sequence[Failure]
) -> ListenersResult:
    """Return R²cv, intervals, tests, layers, contrasts and partitions of all models."""
    fits = _fits(plan, models)
    whole = {name: rdms.values for name, rdms in models.items()}
    return ListenersResult(
        behaviour=plan.behaviour,
        settings=plan.settings,
        held_out=plan.rsa.held_out,
        over=plan.over,
        ceiling=next(iter(fits.fitted.values())).noise_ceiling,
        scores=tuple(_score(plan, name, rdms, fits) for name, rdms in models.items()),
        contrasts=_contrasts(plan, fits),
        partitions=tuple(_partition(plan, whole, pair) for pair in plan.settings.partitions),
        rdms={name: rdms.values[fits.best[name]] for name, rdms in models.items()},
        failures=tuple(failures),
        notes=plan.notes,
    )


class _Fits(NamedTuple):
    """All fits: of single layers by `_key`, and of what stands for each model."""

    layers: Mapping[str, CrossValidatedR2]
    best: Mapping[str, int]
    stands_for: Mapping[str, str]
    fitted: Mapping[str, CrossValidatedR2]
    tested: PermutationTest
    replicates: Replicates


def _fits(plan: Plan, models: Mapping[str, ModelRdms]) -> _Fits:
    whole = {name: rdms.values for name, rdms in models.items()}
    single = {
        _key(name, layer): rdms.values[row : row + 1]
        for name, rdms in models.items()
        for row, layer in enumerate(rdms.layers)
    }
    layers = plan.r2(single)
    best = {
        name: int(np.argmax([layers[_key(name, layer)].mean for layer in rdms.layers]))
        for name, rdms in models.items()
    }
    each = plan.settings.layers == "each"
    stands_for = {
        name: _key(name, rdms.layers[best[name]]) if each else name for name, rdms in models.items()
    }
    main = single if each else whole
    chosen = {key: main[key] for key in stands_for.values()}
    # A fit of its own for every split, stimulus and layer would take long with held-out stimuli.
    left_out = chosen if plan.rsa.held_out else chosen | single
    fitted = layers if each else plan.r2(whole)
    return _Fits(layers, best, stands_for, fitted, plan.test(main), plan.replicates(left_out))


def _score(plan: Plan, name: str, rdms: ModelRdms, fits: _Fits) -> ModelScore:
    key = fits.stands_for[name]
    place = fits.tested.names.index(key)
    interval = plan.estimate(fits.replicates, {key: 1.0})
    return ModelScore(
        name=name,
        card=rdms.card,
        r2=fits.fitted[key].mean,
        low=interval.low,
        high=interval.high,
        p=float(fits.tested.p[place]),
        p_corrected=float(fits.tested.p_corrected[place]),
        chance=float(fits.tested.chance[place]),
        best_layer=rdms.layers[fits.best[name]],
        layers=tuple(_layer(plan, layer, _key(name, layer), fits) for layer in rdms.layers),
        left_out=rdms.left_out,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's step-down rule.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6:65, www.jstor.org/stable/4615733.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = largest
    return corrected


def _key(model: str, layer: str) -> str:
    return f"{model}: {layer}"


def _layer(plan: Plan, layer: str, key: str, fits: _Fits) -> LayerScore:
    found = fits.layers[key].mean
    if key not in fits.replicates.names:
        return LayerScore(layer, found, None, None)
    interval = plan.estimate(fits.replicates, {key: 1.0})
    return LayerScore(layer, found, interval.low, interval.high)


def _contrasts(plan: Plan, fits: _Fits) -> tuple[Contrast, ...]:
    keys = fits.stands_for
    pairs = list(combinations(keys, 2))
    found = [plan.estimate(fits.replicates, {keys[a]: 1.0, keys[b]: -1.0}) for a, b in pairs]
    corrected = holm([item.p for item in found])
    return tuple(
        Contrast(a, b, item.value, item.low, item.high, item.p, p)
        for (a, b), item, p in zip(pairs, found, corrected, strict=True)
    )


def _partition(plan: Plan, models: Rows, pair: tuple[str, str]) -> Partition:
    a, b = pair
    both = with_both((models[a], models[b]))
    replicates = plan.replicates({name: np.asarray(rows) for name, rows in both.items()})
    parts = partition_intervals(replicates, over=plan.over, level=plan.settings.level)
    return Partition(a, b, parts["unique_a"], parts["unique_b"], parts["shared"])
