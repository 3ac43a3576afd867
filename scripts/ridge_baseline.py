"""YAMNet through ConSE and a ridge regression: what its embedding gives with a library's words.

    python scripts/ridge_baseline.py RUN --library DIR --yamnet FILE --on NAME=DIR

The regression goes from YAMNet's embedding, averaged over a training sound's patches, to the
description's target; its penalty is chosen by cosine order on the run's validation part. Scores
are with the run's dictionary. YAMNet hears the networks' own patches, one every 0.96 s.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import pool
from semdnn.catalogue.query import unit_each
from semdnn.comparison.yamnet_teacher import YamnetTeacher
from semdnn.experiment.evaluate import Predictions, score_set
from semdnn.experiment.prepare import Prepared, prepare
from semdnn.experiment.sets import (
    EvaluationSet,
    cache_folder,
    evaluation_set,
    external_sounds,
    featurise_set,
    internal_set,
)
from semdnn.experiment.yamnet_baseline import class_names, yamnet_predictions
from semdnn.features.silence import counted_patches
from semdnn.features.store import LogMelStore
from semdnn.progress import track
from semdnn.recipe import load_recipe
from semdnn.semantics.targets import embedding_targets

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
COLUMNS = ("ranking.cosine", "ranking.dual", "amcss.10", "zero_shot")

Floats = NDArray[np.float64]


class Heard(NamedTuple):
    """Mean scores [shape=(S, 521)] and embeddings [shape=(S, 1024)] of a store's sounds."""

    scores: Floats
    embeddings: Floats


def hear(teacher: YamnetTeacher, store: LogMelStore) -> Heard:
    """Return what YAMNet says of every sound of a store."""
    parts = []
    starts = range(0, store.n_patches, 64)
    for start in track(starts, label="YAMNet", total=len(starts)):
        patches = store.read(np.arange(start, min(start + 64, store.n_patches)))
        parts.append(teacher.hear(patches, store.settings.log_offset))
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    mask, owner = counted_patches(store), store.sound_of_patch
    return Heard(*(pool(column, owner, len(store), counted=mask) for column in columns))


def regression(x: Floats, y: Floats, penalty: float) -> tuple[Floats, Floats, Floats]:
    """Return the weights and both means of the ridge regression of y on x."""
    centre, middle = x.mean(axis=0), y.mean(axis=0)
    centred = x - centre
    normal = centred.T @ centred + penalty * np.eye(x.shape[1])
    return np.linalg.solve(normal, centred.T @ (y - middle)), centre, middle


class Baselines:
    """Predictions of a set's sounds by ConSE, by regression, and by the sum of both.

    Parameters
    ----------
    prepared : Prepared
        The library that the regression learns from.
    heard : Heard
        Of its store.
    names : tuple of str
        YAMNet's classes.
    """

    def __init__(self, prepared: Prepared, heard: Heard, names: tuple[str, ...]) -> None:
        self._dictionary = prepared.dictionary
        self._names = names
        own = [prepared.word_ids[i] for i in prepared.training]
        x = heard.embeddings[prepared.store_rows[prepared.training]]
        y = embedding_targets(own, prepared.dictionary).astype(np.float64)
        validation = internal_set(prepared, part="validation")
        found = []
        for penalty in PENALTIES:
            self._fit = regression(x, y, penalty)
            scored = self.score(validation, heard)["YAMNet ridge"]
            found.append((scored[0], penalty, self._fit))
        _, self.penalty, self._fit = max(found, key=lambda item: item[0])

    def score(self, data: EvaluationSet, heard: Heard) -> dict[str, list[float]]:
        """Return the scores `COLUMNS` of each baseline."""
        rows = data.store_rows
        weights, centre, middle = self._fit
        scores = heard.scores[rows].astype(np.float32)
        conse = unit_each(yamnet_predictions(scores, self._names, self._dictionary).embeddings)
        ridge = unit_each((heard.embeddings[rows] - centre) @ weights + middle)
        predictions = {
            "YAMNet ConSE": conse,
            "YAMNet ridge": ridge,
            "YAMNet ConSE + ridge": conse + ridge,
        }
        return {
            name: [
                score_set(Predictions(values.astype(np.float32)), self._dictionary, data).mean(key)
                for key in COLUMNS
            ]
            for name, values in predictions.items()
        }


def main() -> None:
    """Fit on the run's training part and print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--recipe", default="labeller")
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--yamnet", type=Path, required=True)
    parser.add_argument("--on", action="append", default=[], metavar="NAME=DIR")
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    prepared = prepare(recipe, options.library, options.run)
    teacher = YamnetTeacher(options.yamnet)
    heard = hear(teacher, prepared.store)
    baselines = Baselines(prepared, heard, class_names(options.yamnet))
    print(f"penalty {baselines.penalty:g}; {len(prepared.dictionary)} words")
    show("internal", baselines.score(internal_set(prepared), heard))
    for name, _, folder in (pair.partition("=") for pair in options.on):
        place = cache_folder(options.run / "external", name, Path(folder))
        sounds = external_sounds(name, Path(folder))
        store = featurise_set(sounds, place, recipe.features)
        data = evaluation_set(name, sounds, prepared.dictionary, store)
        show(name, baselines.score(data, hear(teacher, data.store)))


def show(name: str, table: dict[str, list[float]]) -> None:
    """Print one set's table."""
    print(f"\n{name}: {', '.join(COLUMNS)}")
    for model, values in table.items():
        print(f"{model:24}" + "".join(f"{value:8.3f}" for value in values))


if __name__ == "__main__":
    main()
