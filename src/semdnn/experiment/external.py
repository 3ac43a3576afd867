"""Checkpoints on test sets that they never saw: scores side by side, tests, tables, figures."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import semdnn
from semdnn.errors import SemdnnError
from semdnn.experiment.classes import (
    ClassAnalysis,
    analyse_activations,
    chosen_sounds,
    layers_to_test,
)
from semdnn.experiment.evaluate import (
    Predictions,
    SetScores,
    as_predictions,
    chance,
    dictionary_mean,
    pooled_layers,
    score_set,
)
from semdnn.experiment.paired import Comparison, compare_models
from semdnn.experiment.sets import (
    EvaluationSet,
    ExternalSounds,
    SetError,
    cache_folder,
    evaluation_set,
    external_sounds,
    featurise_set,
)
from semdnn.experiment.yamnet_baseline import class_names, yamnet_predictions, yamnet_scores
from semdnn.files import digest
from semdnn.model import SemanticModel
from semdnn.network.checkpoint import Checkpoint

Tell = Callable[[str], object]
YAMNET = "YAMNet (ConSE)"
BASELINES = (YAMNET, "train mean", "chance")


class ExternalError(SemdnnError):
    """An evaluation that cannot be made as asked."""


@dataclass(frozen=True)
class Request:
    """What is to be evaluated on what.

    Attributes
    ----------
    checkpoints : {name: Checkpoint}
        Networks, by the names that results show (`load_checkpoints`).
    folders : {set: Path}
        Test sets, by the names that `external_sounds` takes.
    cache : Path
        Folder for log-mel patches; the folder ``external`` of a run is one.
    trained_on : tuple of str
        Keys of training recordings (`read_recordings`), beside those in the checkpoints.
    layers : tuple of str
        Layers to compare with the classes, beside the last common one.
    yamnet : Path, optional
        YAMNet's weights as ONNX, for the baseline.
    seed : int
        For bootstrap samples, sign flips and random directions.
    executor : Executor, optional
        Featurises in place of a local process pool (`cluster_executor`).
    """

    checkpoints: Mapping[str, Checkpoint]
    folders: Mapping[str, Path]
    cache: Path
    trained_on: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    yamnet: Path | None = None
    seed: int = 0
    executor: Executor | None = None


@dataclass(frozen=True)
class ExternalResults:
    """Everything that was measured.

    Attributes
    ----------
    scores : {model: {set: SetScores}}
        Of networks and baselines, with the values of every sound.
    plain : {model: {set: dict}}
        The same as plain values with intervals.
    paired : list of Comparison
        Every two networks on every set.
    classes : {set: ClassAnalysis}
        Layers against class and macro-class models.
    sets : {set: dict}
        Missing words, classes of unknown meaning, unreadable sounds, overlap with the training.
    """

    scores: dict[str, dict[str, SetScores]] = field(default_factory=dict)
    plain: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    paired: list[Comparison] = field(default_factory=list)
    classes: dict[str, ClassAnalysis] = field(default_factory=dict)
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)


def load_checkpoints(names: Sequence[str]) -> dict[str, Checkpoint]:
    """Load checkpoints by shipped name, path or ``NAME=PATH``.

    Without a NAME a network is called by its kind ("semdnn", "catdnn"); several of one kind are
    numbered in order.

    Raises
    ------
    ExternalError
        If a name is given twice.
    ModelError, CheckpointError
        If one cannot be loaded.
    """
    found: list[tuple[str, Checkpoint]] = []
    for text in names:
        name, separator, path = text.partition("=")
        has_name = bool(separator and name and path) and not Path(text).exists()
        checkpoint = SemanticModel.load(path if has_name else text).checkpoint
        found.append((name if has_name else "", checkpoint))
    unnamed = [checkpoint.kind for name, checkpoint in found if not name]
    loaded: dict[str, Checkpoint] = {}
    number: dict[str, int] = {}
    for name, checkpoint in found:
        kind = checkpoint.kind
        number[kind] = number.get(kind, 0) + (not name)
        own = name or (kind if unnamed.count(kind) == 1 else f"{kind} {number[kind]}")
        if own in loaded or own in BASELINES:
            raise ExternalError(f"{own!r} names two models: give them names, NAME=PATH")
        loaded[own] = checkpoint
    return loaded


def evaluate_external(request: Request, *, tell: Tell) -> ExternalResults:
    """Score all checkpoints and baselines on all sets.

    Parameters
    ----------
    request : Request
        What to evaluate.
    tell : callable
        Takes one line of progress.

    Raises
    ------
    SetError, LibraryError
        If a set cannot be read, or none can be scored.
    """
    read = {name: external_sounds(name, place) for name, place in request.folders.items()}
    keys = set(request.trained_on)
    for checkpoint in request.checkpoints.values():
        keys.update(checkpoint.provenance.get("recordings", ()))
    results = ExternalResults()
    problems = []
    for name, sounds in read.items():
        try:
            _evaluate_set(request, name, sounds, (frozenset(keys), results), tell)
        except SetError as error:
            problems.append(str(error))
            tell(f"left out: {error}")
    if problems and not results.scores:
        raise SetError(problems[0])
    for model, sets in results.scores.items():
        for name, scored in sets.items():
            tell(f"{name}: intervals of {model}")
            rng = np.random.default_rng(request.seed)
            facts = results.sets[name] if model in request.checkpoints else {}
            results.plain.setdefault(model, {})[name] = scored.as_json(rng, 1000) | facts
    tell("paired tests")
    results.paired.extend(
        compare_models(results.scores, list(request.checkpoints), seed=request.seed)
    )
    return results


def _evaluate_set(
    request: Request,
    name: str,
    sounds: ExternalSounds,
    known: tuple[frozenset[str], ExternalResults],
    tell: Tell,
) -> None:
    trained_on, results = known
    made: dict[str, EvaluationSet] = {}
    activations = {}
    for model, checkpoint in request.checkpoints.items():
        key = digest([checkpoint.dictionary.words, checkpoint.features.model_dump()])
        if key not in made:
            tell(f"{name}: log-mel patches of {len(sounds.table)} sounds")
            place = _cache(request, name, checkpoint)
            store = featurise_set(sounds, place, checkpoint.features, executor=request.executor)
            made[key] = evaluation_set(name, sounds, checkpoint.dictionary, store, trained_on)
        data = made[key]
        tell(f"{name}: {model}")
        layers = layers_to_test(checkpoint, request.layers)
        values = pooled_layers(checkpoint, data, list(dict.fromkeys([*layers, "output"])))
        scored = score_set(
            as_predictions(checkpoint, values["output"]), checkpoint.dictionary, data
        )
        results.scores.setdefault(model, {})[name] = scored
        activations[model] = {layer: values[layer] for layer in layers}
    first = next(iter(request.checkpoints.values()))
    data = next(iter(made.values()))
    results.sets[name] = set_facts(data)
    for baseline, predictions in _baselines(request, name, sounds, data, first):
        tell(f"{name}: {baseline}")
        scored = score_set(predictions, first.dictionary, data)
        results.scores.setdefault(baseline, {})[name] = scored
    if chosen_sounds(data) is not None and len({d.names for d in made.values()}) == 1:
        tell(f"{name}: layers and classes")
        analysis = analyse_activations(activations, data, np.random.default_rng(request.seed))
        if analysis is not None:
            results.classes[name] = analysis


def set_facts(data: EvaluationSet) -> dict[str, Any]:
    """Return what a reader has to know of a set: what is missing, and what was left out."""
    return {
        "missing_words": data.missing_words,
        "unknown_classes": list(data.unknown_classes),
        "failures": [list(failure) for failure in data.failures],
        "n_without_words": int(np.count_nonzero(~data.has_words)),
        "overlap_recordings": list(data.overlap.recordings),
        "overlap_sounds": list(data.overlap.sounds),
    }


def description(request: Request, results: ExternalResults) -> dict[str, Any]:
    """Return everything but the values of single sounds as plain values."""
    return {
        "version": semdnn.__version__,
        "models": {
            name: {
                "kind": checkpoint.kind,
                "network": checkpoint.network,
                "n_words": len(checkpoint.dictionary),
                "word_space": checkpoint.dictionary.word_space,
            }
            for name, checkpoint in request.checkpoints.items()
        },
        "sets": results.sets,
        "scores": results.plain,
        "paired": [row._asdict() for row in results.paired],
        "classes": {
            name: [test._asdict() | {"found": test.found._asdict()} for test in item.tests]
            for name, item in results.classes.items()
        },
    }


def _cache(request: Request, name: str, checkpoint: Checkpoint) -> Path:
    """Return where patches are kept; other settings than the first network's have a place."""
    first = next(iter(request.checkpoints.values())).features
    features = checkpoint.features
    parent = request.cache
    if features != first:
        parent = parent / f"features-{digest(features.model_dump())[:8]}"
    return cache_folder(parent, name, request.folders[name])


def _baselines(
    request: Request,
    name: str,
    sounds: ExternalSounds,
    data: EvaluationSet,
    checkpoint: Checkpoint,
) -> list[tuple[str, Predictions]]:
    dictionary, n_sounds = checkpoint.dictionary, len(data.names)
    found = []
    if request.yamnet is not None:
        place = cache_folder(request.cache / "yamnet", name, request.folders[name])
        names, scores = yamnet_scores(
            request.yamnet, sounds.table, place, executor=request.executor
        )
        row_of = {sound: row for row, sound in enumerate(names)}
        rows = [row_of[sound] for sound in data.names]
        known = class_names(request.yamnet)
        found.append((YAMNET, yamnet_predictions(scores[rows], known, dictionary)))
    rng = np.random.default_rng(request.seed)
    found.append(("train mean", dictionary_mean(n_sounds, dictionary)))
    found.append(("chance", chance(n_sounds, dictionary, rng)))
    return found
