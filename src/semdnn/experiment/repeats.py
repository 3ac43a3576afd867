"""Networks that were trained with several seeds: how much of a difference is the seed's."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from semdnn.experiment.evaluate import SetScores
from semdnn.experiment.paired import KEYS
from semdnn.recipe import ModelRow, Recipe


class Repeats(NamedTuple):
    """One score of one network on one set, over the seeds that it was trained with.

    Attributes
    ----------
    set, model, score : str
        `model` is a row of the recipe, or "semdnn − catdnn": the difference, seed by seed.
    mean, deviation : float
        Mean and standard deviation (n − 1) over seeds of the mean over sounds.
    lowest, highest : float
        Over seeds.
    n_seeds : int
        How many.
    """

    set: str
    model: str
    score: str
    mean: float
    deviation: float
    lowest: float
    highest: float
    n_seeds: int


def over_seeds(
    recipe: Recipe, scores: Mapping[str, Mapping[str, SetScores]]
) -> list[dict[str, Any]]:
    """Return every score of the networks with at least two seeds, and semDNN less catDNN.

    Parameters
    ----------
    recipe : Recipe
        Says which networks are repeats of one row.
    scores : {model: {set: SetScores}}
        Of all networks.

    Returns
    -------
    list of dict
        `Repeats` as plain values, by set, score and model.
    """
    rows = [row for row in recipe.models if len(row.seeds) > 1 and row.name in scores]
    found: list[Repeats] = []
    for name in {name: None for row in rows for name in scores[row.name]}:
        for key in KEYS:
            values = {row.name: _values(row, scores, name, key) for row in rows}
            found += [_summary(name, model, key, own) for model, own in values.items()]
            seeds = {row.name: row.seeds for row in rows}
            if seeds.get("semdnn", ()) == seeds.get("catdnn", (None,)):
                difference = np.subtract(values["semdnn"], values["catdnn"])
                found.append(_summary(name, "semdnn − catdnn", key, difference.tolist()))
    return [item._asdict() for item in found]


def _values(
    row: ModelRow, scores: Mapping[str, Mapping[str, SetScores]], name: str, key: str
) -> list[float]:
    return [scores[repeat.name][name].mean(key) for repeat in row.repeats()]


def _summary(name: str, model: str, key: str, values: Sequence[float]) -> Repeats:
    return Repeats(
        set=name,
        model=model,
        score=key,
        mean=float(np.mean(values)),
        deviation=float(np.std(values, ddof=1)),
        lowest=float(min(values)),
        highest=float(max(values)),
        n_seeds=len(values),
    )
