"""The paper from one recipe: each stage keeps what it made, so that a repeated call goes on."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from semdnn.errors import SemdnnError
from semdnn.evaluation.resampling import paired_permutation_test
from semdnn.experiment.classes import ClassAnalysis, analyse_classes
from semdnn.experiment.evaluate import (
    Predictions,
    SetScores,
    chance,
    predict_set,
    score_set,
    train_mean,
)
from semdnn.experiment.pictures import draw_all
from semdnn.experiment.prepare import Prepared, prepare
from semdnn.experiment.report import RunResults, score_table, write_report
from semdnn.experiment.sets import (
    EvaluationSet,
    SetError,
    cache_folder,
    evaluation_set,
    external_sounds,
    internal_set,
)
from semdnn.experiment.training import Trained, train_all
from semdnn.files import canonical_json, write_json
from semdnn.network.checkpoint import Checkpoint, load_checkpoint
from semdnn.network.registry import network_spec
from semdnn.recipe import Recipe
from semdnn.semantics.targets import embedding_targets
from semdnn.semantics.word_space import open_word_space

Tell = Callable[[str], object]


class RunError(SemdnnError):
    """A run's folder that belongs to something else."""


class Outcome(NamedTuple):
    """Where the report lies, and its score table as text."""

    report: Path
    table: str


class Pair(NamedTuple):
    """One paired comparison of semDNN with catDNN over the sounds of a set."""

    set: str
    score: str
    difference: float
    p: float


@dataclass(frozen=True)
class Evaluation:
    """Scores of every model on every set, with the per-sound values kept for paired tests."""

    scores: dict[str, dict[str, SetScores]]
    classes: dict[str, ClassAnalysis]


def reproduce(
    recipe: Recipe,
    library: Path | None,
    externals: Mapping[str, Path],
    folder: Path,
    *,
    tell: Tell,
) -> Outcome:
    """Prepare, train, evaluate, compare and report.

    Parameters
    ----------
    recipe : Recipe
        Settings of every stage.
    library : Path or None
        Folder of described recordings; None takes the recipe's synthesised library.
    externals : mapping of name to folder
        Test sets, never used for training or choosing.
    folder : Path
        The run's folder.
    tell : callable
        Takes one line of progress.

    Raises
    ------
    RunError
        If `folder` holds a run of another recipe or library.
    """
    check(recipe)
    claim(folder, recipe, library)
    sets = {
        name: external_sounds(name, place) for name, place in externals.items()
    }  # read first: a wrong folder is better told now than after the training
    tell("reading and describing the library")
    prepared = prepare(recipe, library, folder)
    tell(
        f"{len(prepared.sounds)} sounds, {prepared.store.n_patches} patches, "
        f"{len(prepared.dictionary)} words; {len(prepared.rejected)} left out (rejected.csv)"
    )
    trained = train_all(recipe, prepared, folder, tell=tell)
    tell("evaluating")
    data = {"internal": internal_set(prepared)}
    for name, table in sets.items():
        cache = cache_folder(folder / "external", name, externals[name])
        try:
            data[name] = evaluation_set(name, table, prepared.dictionary, recipe.features, cache)
        except SetError as error:
            tell(f"left out: {error}")
    evaluation = evaluate_all(recipe, prepared, trained.checkpoints, data)
    rng = np.random.default_rng(recipe.seed)
    scores = _with_missing_words(as_plain(evaluation.scores, recipe, rng), data)
    results = RunResults(
        scores=scores,
        paired=[pair._asdict() for pair in compare(evaluation.scores, recipe, rng)],
        classes={name: item.as_json() for name, item in evaluation.classes.items()},
        training=trained.summaries,
    )
    write_json(folder / "scores.json", scores)
    figures = draw_all(recipe, prepared, trained, scores, evaluation.classes)
    report = write_report(folder, recipe, prepared, results, figures)
    return Outcome(report, score_table(scores))


def train_models(recipe: Recipe, library: Path | None, folder: Path, *, tell: Tell) -> Trained:
    """Prepare a library and train the recipe's networks, without evaluation."""
    check(recipe)
    claim(folder, recipe, library)
    return train_all(recipe, prepare(recipe, library, folder), folder, tell=tell)


def claim(folder: Path, recipe: Recipe, library: Path | None) -> None:
    """Mark `folder` as this recipe's run on this library, or refuse it if it is another's.

    Raises
    ------
    RunError
        If the folder was begun with other settings; names the file to look at.
    """
    place = str(library.resolve()) if library else ""
    settings = recipe.model_dump(mode="json", exclude={"evaluation", "licence"})
    mine = json.loads(canonical_json({"recipe": settings, "library": place}))
    marker = folder / "run.json"
    if not marker.exists():
        write_json(marker, mine)
        return
    theirs = json.loads(marker.read_text(encoding="utf-8"))
    if theirs != mine:
        differing = [
            key for key in settings if theirs.get("recipe", {}).get(key) != mine["recipe"][key]
        ]
        raise RunError(
            f"{folder}: holds a run with another {', '.join(differing) or 'library'} ({marker}); "
            "choose another -o, or delete the folder"
        )


def check(recipe: Recipe) -> None:
    """Raise the error of any name in `recipe` that stands for nothing, before work begins."""
    network_spec(recipe.network)
    open_word_space(recipe.word_space)
    for row in recipe.models:
        recipe.training_of(row)


def evaluate_all(
    recipe: Recipe,
    prepared: Prepared,
    checkpoints: Mapping[str, Path],
    sets: Mapping[str, EvaluationSet],
) -> Evaluation:
    """Score every network and both baselines on every set."""
    models = {name: load_checkpoint(path) for name, path in checkpoints.items()}
    targets = embedding_targets(
        [prepared.word_ids[i] for i in prepared.training], prepared.dictionary
    )
    scores: dict[str, dict[str, SetScores]] = {}
    for set_name, data in sets.items():
        rng = np.random.default_rng(recipe.seed)
        predictions: dict[str, Predictions] = {
            name: predict_set(model, data) for name, model in models.items()
        }
        predictions["train mean"] = train_mean(len(data.names), targets)
        predictions["chance"] = chance(len(data.names), prepared.dictionary, rng)
        for name, predicted in predictions.items():
            scored = score_set(predicted, prepared.dictionary, data)
            scores.setdefault(name, {})[set_name] = scored
    return Evaluation(scores, _classes(recipe, models, sets))


def as_plain(
    scores: Mapping[str, Mapping[str, SetScores]], recipe: Recipe, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Return all scores with their bootstrap intervals as plain values."""
    n_bootstrap = recipe.evaluation.n_bootstrap
    return {
        model: {name: item.as_json(rng, n_bootstrap) for name, item in sets.items()}
        for model, sets in scores.items()
    }


def compare(
    scores: Mapping[str, Mapping[str, SetScores]], recipe: Recipe, rng: np.random.Generator
) -> list[Pair]:
    """Return paired tests of semDNN against catDNN, where both were trained."""
    if not {"semdnn", "catdnn"} <= set(scores):
        return []
    keys = ("ranking.dual", "ranking.average", "ranking.cosine", "amcss.5", "amcss.10", "amcss.15")
    pairs = []
    for name, ours in scores["semdnn"].items():
        theirs = scores["catdnn"][name]
        for key in (*keys, "zero_shot"):
            a, b = ours.per_sound[key], theirs.per_sound[key]
            n_permutations = recipe.evaluation.n_permutations
            p = paired_permutation_test(a, b, rng, n_permutations=n_permutations)
            pairs.append(Pair(name, key, float(a.mean() - b.mean()), float(p)))
    return pairs


def _classes(
    recipe: Recipe, models: Mapping[str, Checkpoint], sets: Mapping[str, EvaluationSet]
) -> dict[str, ClassAnalysis]:
    analysed = {
        name: analyse_classes(models, data, np.random.default_rng(recipe.seed))
        for name, data in sets.items()
    }
    return {name: item for name, item in analysed.items() if item is not None}


def _set_facts(data: EvaluationSet) -> dict[str, Any]:
    return {
        "missing_words": data.missing_words,
        "failures": [list(failure) for failure in data.failures],
    }


def _with_missing_words(
    scores: dict[str, dict[str, Any]], sets: Mapping[str, EvaluationSet]
) -> dict[str, dict[str, Any]]:
    return {
        model: {name: item | _set_facts(sets[name]) for name, item in own.items()}
        for model, own in scores.items()
    }
