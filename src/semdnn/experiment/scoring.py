"""Every network and baseline of a run, scored on every set and compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from semdnn.experiment.classes import ClassAnalysis, analyse_classes
from semdnn.experiment.evaluate import (
    Predictions,
    SetScores,
    chance,
    predict_set,
    score_set,
    train_mean,
)
from semdnn.experiment.external import set_facts
from semdnn.experiment.paired import Comparison, compare_models
from semdnn.experiment.prepare import Prepared
from semdnn.experiment.rows import in_word_space
from semdnn.experiment.sets import EvaluationSet
from semdnn.experiment.tables import (
    MACRO_HEADER,
    SCORE_HEADER,
    ClassRow,
    Results,
    class_rows,
    macro_rows,
    score_rows,
    write_csv,
)
from semdnn.network.checkpoint import Checkpoint, load_checkpoint
from semdnn.recipe import Recipe
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.targets import embedding_targets

Sets = Mapping[str, EvaluationSet]


@dataclass(frozen=True)
class Evaluation:
    """Scores of every model on every set, with the per-sound values kept for paired tests."""

    scores: dict[str, dict[str, SetScores]]
    dictionaries: dict[str, Dictionary]
    classes: dict[str, ClassAnalysis]


def evaluate_all(
    recipe: Recipe,
    prepared: Prepared,
    checkpoints: Mapping[str, Path],
    sets_of: Callable[[Prepared], Sets],
) -> Evaluation:
    """Score every network and both baselines on every set.

    Parameters
    ----------
    recipe : Recipe
        Names the networks.
    prepared : Prepared
        The library in the recipe's word space.
    checkpoints : {model: path}
        Of all networks. Autoencoders have no words: they take part in the class analysis alone.
    sets_of : callable
        Gives the evaluation sets in the words of a prepared library. A network with targets from
        another word space is scored in its own dictionary.
    """
    models = {name: load_checkpoint(path) for name, path in checkpoints.items()}
    sets = sets_of(prepared)
    scores: dict[str, dict[str, SetScores]] = {}
    dictionaries: dict[str, Dictionary] = {}
    spaces = {row.name: row.word_space or recipe.word_space for row in recipe.rows()}
    for space in dict.fromkeys(spaces.values()):
        own = prepared if space == recipe.word_space else in_word_space(prepared, space)
        named = {
            name: model
            for name, model in models.items()
            if spaces[name] == space and model.kind != "cae"
        }
        for set_name, data in (sets if own is prepared else sets_of(own)).items():
            predictions = {name: predict_set(model, data) for name, model in named.items()}
            if own is prepared:
                predictions |= _baselines(recipe, prepared, data)
            for name, predicted in predictions.items():
                scored = score_set(predicted, own.dictionary, data)
                facts = {**scored.extra, **set_facts(data)}
                scores.setdefault(name, {})[set_name] = replace(scored, extra=facts)
                dictionaries[name] = own.dictionary
    return Evaluation(scores, dictionaries, _classes(recipe, models, sets))


def as_plain(
    scores: Mapping[str, Mapping[str, SetScores]], recipe: Recipe, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Return all scores with their bootstrap intervals as plain values."""
    n_bootstrap = recipe.evaluation.n_bootstrap
    return {
        model: {name: item.as_json(rng, n_bootstrap) for name, item in sets.items()}
        for model, sets in scores.items()
    }


def compare(scores: Mapping[str, Mapping[str, SetScores]], recipe: Recipe) -> list[Comparison]:
    """Return paired tests of semDNN against catDNN, where both were trained."""
    if not {"semdnn", "catdnn"} <= set(scores):
        return []
    return compare_models(
        scores,
        ("semdnn", "catdnn"),
        seed=recipe.seed,
        n_permutations=recipe.evaluation.n_permutations,
        n_resamples=recipe.evaluation.n_bootstrap,
    )


def write_tables(folder: Path, evaluation: Evaluation, plain: Results) -> None:
    """Write ``scores.csv``, ``classes.csv`` and ``macro_classes.csv``."""
    write_csv(folder / "scores.csv", SCORE_HEADER, score_rows(plain))
    rows = [
        row
        for model, sets in evaluation.scores.items()
        for scored in sets.values()
        for row in class_rows(model, scored, evaluation.dictionaries[model])
    ]
    write_csv(folder / "classes.csv", ClassRow._fields, rows)
    write_csv(folder / "macro_classes.csv", MACRO_HEADER, macro_rows(evaluation.classes))


def _baselines(recipe: Recipe, prepared: Prepared, data: EvaluationSet) -> dict[str, Predictions]:
    targets = embedding_targets(
        [prepared.word_ids[i] for i in prepared.training], prepared.dictionary
    )
    n_sounds, rng = len(data.names), np.random.default_rng(recipe.seed)
    return {
        "train mean": train_mean(n_sounds, targets),
        "chance": chance(n_sounds, prepared.dictionary, rng),
    }


def _classes(
    recipe: Recipe, models: Mapping[str, Checkpoint], sets: Sets
) -> dict[str, ClassAnalysis]:
    analysed = {
        name: analyse_classes(models, data, np.random.default_rng(recipe.seed))
        for name, data in sets.items()
    }
    return {name: item for name, item in analysed.items() if item is not None}
