"""The paper from one recipe: each stage keeps what it made, so that a repeated call goes on."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from semdnn.errors import SemdnnError
from semdnn.experiment.overlap import recording_keys
from semdnn.experiment.pictures import draw_all, word_map, word_plane
from semdnn.experiment.prepare import Prepared, prepare
from semdnn.experiment.repeats import over_seeds
from semdnn.experiment.report import RunResults, score_table, write_report
from semdnn.experiment.scoring import as_plain, compare, evaluate_all, write_tables
from semdnn.experiment.sets import (
    EvaluationSet,
    ExternalSounds,
    SetError,
    cache_folder,
    evaluation_set,
    external_sounds,
    internal_set,
)
from semdnn.experiment.training import Trained, train_all
from semdnn.files import canonical_json, write_json, write_text
from semdnn.network.registry import network_spec
from semdnn.recipe import Recipe
from semdnn.semantics.word_space import open_word_space

Tell = Callable[[str], object]


class RunError(SemdnnError):
    """A run's folder that belongs to something else."""


class _Run(NamedTuple):
    recipe: Recipe
    externals: Mapping[str, Path]
    folder: Path


class Outcome(NamedTuple):
    """Where the report lies, and its score table as text."""

    report: Path
    table: str


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
    run = _Run(recipe, externals, folder)
    evaluation = evaluate_all(
        recipe,
        prepared,
        trained.checkpoints,
        lambda own: _evaluation_sets(run, own, sets, tell),
    )
    rng = np.random.default_rng(recipe.seed)
    scores = as_plain(evaluation.scores, recipe, rng)
    results = RunResults(
        scores=scores,
        seeds=over_seeds(recipe, evaluation.scores),
        paired=[pair._asdict() for pair in compare(evaluation.scores, recipe)],
        classes={name: item.as_json() for name, item in evaluation.classes.items()},
        training=trained.summaries,
    )
    write_json(folder / "scores.json", scores)
    write_tables(folder, evaluation, scores)
    words = word_plane(prepared.dictionary, recipe.seed)
    write_text(folder / "words.html", word_map(recipe.name, prepared.dictionary, words))
    figures = draw_all(recipe, prepared, trained, scores, evaluation.classes, words)
    report = write_report(folder, recipe, prepared, results, figures)
    return Outcome(report, score_table(scores))


def train_models(recipe: Recipe, library: Path | None, folder: Path, *, tell: Tell) -> Trained:
    """Prepare a library and train the recipe's networks, without evaluation."""
    check(recipe)
    claim(folder, recipe, library)
    return train_all(recipe, prepare(recipe, library, folder), folder, tell=tell)


def claim(folder: Path, recipe: Recipe, library: Path | None) -> None:
    """Mark `folder` as this recipe's run on this library, or refuse it if it is another's.

    What the recipe says of networks and of scoring may change: every network has a folder that
    is claimed by its own settings, and scores are computed anew. A setting that the folder's
    recipe does not know has its default there.

    Raises
    ------
    RunError
        If the folder was begun with other settings; names the file to look at.
    """
    place = str(library.resolve()) if library else ""
    marker = folder / "run.json"
    mine = _lasting(recipe)
    if not marker.exists():
        write_json(marker, {"recipe": recipe.model_dump(mode="json"), "library": place})
        return
    try:
        begun = json.loads(marker.read_text(encoding="utf-8"))
        theirs = _lasting(Recipe.model_validate_json(json.dumps(begun["recipe"])))
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"{marker}: not the description of a run that this version can go on with; "
            "choose another -o, or delete the folder"
        ) from error
    differing = [key for key, value in mine.items() if theirs[key] != value]
    if begun.get("library") != place:
        differing.append("library")
    if differing:
        raise RunError(
            f"{folder}: holds a run with another {', '.join(differing)} ({marker}); "
            "choose another -o, or delete the folder"
        )


def _lasting(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that everything in a run's folder hangs on."""
    plain = recipe.model_dump(mode="json", exclude={"evaluation", "licence", "models"})
    lasting: dict[str, Any] = json.loads(canonical_json(plain))
    return lasting


def check(recipe: Recipe) -> None:
    """Raise the error of any name in `recipe` that stands for nothing, before work begins."""
    network_spec(recipe.network)
    open_word_space(recipe.word_space)
    for row in recipe.rows():
        recipe.training_of(row)
        if row.word_space:
            open_word_space(row.word_space)


def _evaluation_sets(
    run: _Run, prepared: Prepared, found: Mapping[str, ExternalSounds], tell: Tell
) -> dict[str, EvaluationSet]:
    """Return the internal test part and every external set in the words of `prepared`."""
    data = {"internal": internal_set(prepared)}
    heard = np.concatenate([prepared.training, prepared.control, prepared.validation])
    trained_on = recording_keys(prepared.sounds[i] for i in heard)
    for name, sounds in found.items():
        cache = cache_folder(run.folder / "external", name, run.externals[name])
        try:
            data[name] = evaluation_set(
                name, sounds, prepared.dictionary, run.recipe.features, cache, trained_on
            )
        except SetError as error:
            tell(f"left out: {error}")
    return data
