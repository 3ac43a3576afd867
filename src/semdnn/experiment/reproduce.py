"""The paper from one recipe: each stage keeps what it made, so that a repeated call goes on."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semdnn.comparison.registry import open_model
from semdnn.errors import SemdnnError
from semdnn.evaluation.behaviour import read_behaviour
from semdnn.experiment.listeners_report import ListenersSection, ListenersTask, listeners_section
from semdnn.experiment.listeners_result import ListenerSettings
from semdnn.experiment.overlap import recording_keys
from semdnn.experiment.pictures import draw_all, word_map, word_plane
from semdnn.experiment.prepare import Prepared
from semdnn.experiment.repeats import over_seeds
from semdnn.experiment.report import RunResults, score_table, write_report
from semdnn.experiment.run_folder import refuse_another
from semdnn.experiment.scoring import as_plain, compare, evaluate_all, write_tables
from semdnn.experiment.sets import (
    EvaluationSet,
    ExternalSounds,
    SetError,
    cache_folder,
    evaluation_set,
    external_sounds,
    featurise_set,
    internal_set,
)
from semdnn.experiment.teaching import TeacherFile, require_teacher, warm_start
from semdnn.experiment.training import Trained, train_all
from semdnn.experiment.workforce import THIS_PROCESS, Workforce
from semdnn.files import write_json, write_text
from semdnn.network.registry import network_spec
from semdnn.recipe import Recipe
from semdnn.semantics.word_space import open_word_space

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Places:
    """What a run reads.

    Attributes
    ----------
    library : Path or None
        Folder of described recordings; None takes the recipe's synthesised library.
    externals : mapping of name to folder
        Test sets, never used for training or choosing.
    listeners : mapping of name to path
        Listeners' dissimilarities, with the recordings in the same folder (`read_behaviour`).
    models : tuple of str
        Comparison models beside the recipe's, such as ``yamnet:FILE``.
    teacher : TeacherFile, optional
        Whom the networks learn from that ask for a teacher.
    """

    library: Path | None = None
    externals: Mapping[str, Path] = field(default_factory=dict)
    listeners: Mapping[str, Path] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    teacher: TeacherFile | None = None


class _Run(NamedTuple):
    recipe: Recipe
    places: Places
    folder: Path
    tell: Tell
    executor: Executor | None


class Outcome(NamedTuple):
    """Where the report lies, and its score table as text."""

    report: Path
    table: str


def reproduce(
    recipe: Recipe,
    places: Places,
    folder: Path,
    *,
    tell: Tell,
    workforce: Workforce = THIS_PROCESS,
) -> Outcome | None:
    """Prepare, train, evaluate, compare and report.

    Parameters
    ----------
    recipe : Recipe
        Settings of every stage.
    places : Places
        Library, test sets, listeners, comparison models.
    folder : Path
        The run's folder.
    tell : callable
        Takes one line of progress.
    workforce : Workforce
        Who featurises and trains.

    Returns
    -------
    Outcome or None
        None in a process of the team that is not the first: it has helped to train, no more.

    Raises
    ------
    RunError
        If `folder` holds a run of another recipe or library.
    """
    _check_all(recipe, places, folder, workforce)
    sets = {
        name: external_sounds(name, place) for name, place in places.externals.items()
    }  # read first: a wrong folder is better told now than after the training
    for place in places.listeners.values():
        read_behaviour(place)
    tell("reading and describing the library")
    prepared = workforce.prepare(recipe, places.library, folder)
    tell(
        f"{len(prepared.sounds)} sounds, {prepared.store.n_patches} patches, "
        f"{len(prepared.dictionary)} words; {len(prepared.rejected)} left out (rejected.csv)"
    )
    trained = train_all(
        recipe, prepared, folder, tell=tell, teacher=places.teacher, team=workforce.team
    )
    if workforce.team.rank != 0:
        return None
    tell("evaluating")
    run = _Run(recipe, places, folder, tell, workforce.executor)
    evaluation = evaluate_all(
        recipe, prepared, trained.checkpoints, lambda own: _evaluation_sets(run, own, sets)
    )
    rng = np.random.default_rng(recipe.seed)
    scores = as_plain(evaluation.scores, recipe, rng)
    listeners = _listeners(run, trained)
    results = RunResults(
        scores=scores,
        seeds=over_seeds(recipe, evaluation.scores),
        paired=[pair._asdict() for pair in compare(evaluation.scores, recipe)],
        classes={name: item.as_json() for name, item in evaluation.classes.items()},
        training=trained.summaries,
        listeners=listeners,
    )
    write_json(folder / "scores.json", scores)
    write_tables(folder, evaluation, scores)
    words = word_plane(prepared.dictionary, recipe.seed)
    write_text(folder / "words.html", word_map(recipe.name, prepared.dictionary, words))
    figures = draw_all(recipe, prepared, trained, scores, evaluation.classes, words)
    figures += [figure for section in listeners for figure in section.figures]
    report = write_report(folder, recipe, prepared, results, figures)
    return Outcome(report, score_table(scores))


def train_models(
    recipe: Recipe,
    places: Places,
    folder: Path,
    *,
    tell: Tell,
    workforce: Workforce = THIS_PROCESS,
) -> Trained:
    """Prepare a library and train the recipe's networks, without evaluation."""
    _check_all(recipe, places, folder, workforce)
    prepared = workforce.prepare(recipe, places.library, folder)
    return train_all(
        recipe, prepared, folder, tell=tell, teacher=places.teacher, team=workforce.team
    )


def check(recipe: Recipe, teacher: TeacherFile | None = None) -> None:
    """Raise the error of any name in `recipe` that stands for nothing, before work begins."""
    network_spec(recipe.network)
    open_word_space(recipe.word_space)
    for row in recipe.rows():
        settings = recipe.training_of(row)
        warm_start(settings)
        require_teacher(row.name, settings, teacher)
        if row.word_space:
            open_word_space(row.word_space)


def _check_all(recipe: Recipe, places: Places, folder: Path, workforce: Workforce) -> None:
    check(recipe, places.teacher)
    if workforce.team.rank == 0:  # it claims the folder, once the others wait for it
        refuse_another(folder, recipe, places.library)


def _evaluation_sets(
    run: _Run, prepared: Prepared, found: Mapping[str, ExternalSounds]
) -> dict[str, EvaluationSet]:
    """Return the internal test part and every external set in the words of `prepared`."""
    data = {"internal": internal_set(prepared)}
    heard = np.concatenate([prepared.training, prepared.control, prepared.validation])
    trained_on = recording_keys(prepared.sounds[i] for i in heard)
    for name, sounds in found.items():
        cache = cache_folder(run.folder / "external", name, run.places.externals[name])
        store = featurise_set(sounds, cache, run.recipe.features, executor=run.executor)
        try:
            data[name] = evaluation_set(name, sounds, prepared.dictionary, store, trained_on)
        except SetError as error:
            run.tell(f"left out: {error}")
    return data


def _listeners(run: _Run, trained: Trained) -> list[ListenersSection]:
    """Compare the run's networks and the other models with every set of listeners."""
    chosen = run.recipe.listeners
    own = [f"{name}={path}" for name, path in trained.checkpoints.items()]
    specs = (*own, *chosen.models, *run.places.models)
    settings = ListenerSettings(
        metric=chosen.metric,
        ridge=chosen.ridge,
        n_splits=chosen.n_splits,
        n_permutations=chosen.n_permutations,
        seed=run.recipe.seed,
    )
    sections = []
    for name, place in run.places.listeners.items():
        run.tell(f"comparing with listeners: {name}")
        task = ListenersTask(place, None, specs, settings)
        folder = run.folder / "listeners" / name
        try:
            sections.append(listeners_section(task, folder, open_model=open_model, tell=run.tell))
        except SemdnnError as error:
            run.tell(f"left out: {name}: {error}")
    return sections
