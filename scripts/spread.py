"""Whether predictions crowd around their mean, and what undoing that changes.

    python scripts/spread.py RUN [--external NAME=DIR …]

A network that is uncertain answers with something between all that it thinks possible, and the
angular loss rewards that. The table gives, for every network of a finished run and every set, the
mean cosine between the predictions (or true targets) of two different sounds, and the scores as
they are and after *stretching*: every unit prediction is moved away from the mean prediction, by
the factor at which predictions for the validation part are spread like its targets. No test set
takes part in choosing the factor.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.query import unit_each
from semdnn.experiment.evaluate import Predictions, predict_set, score_set
from semdnn.experiment.prepare import Prepared, prepare
from semdnn.experiment.rows import in_word_space
from semdnn.experiment.sets import (
    EvaluationSet,
    cache_folder,
    evaluation_set,
    external_sounds,
    featurise_set,
    internal_set,
)
from semdnn.network.checkpoint import Checkpoint, load_checkpoint
from semdnn.recipe import Recipe
from semdnn.semantics.targets import embedding_targets

Floats = NDArray[np.floating]
KEYS = ("ranking.dual", "ranking.cosine", "amcss.5", "amcss.10", "amcss.15", "zero_shot")


def mean_cosine(vectors: Floats) -> float:
    """Return the mean cosine between two different rows."""
    rows = unit_each(vectors).astype(np.float64)
    n, total = len(rows), rows.sum(axis=0)
    return float((total @ total - (rows * rows).sum()) / (n * (n - 1)))


def stretched(vectors: Floats, mean: Floats, factor: float) -> Floats:
    """Return unit rows, `factor` times as far from `mean` as those of `vectors` are."""
    return unit_each(mean + factor * (unit_each(vectors) - mean))


def factor_for(predictions: Floats, targets: Floats) -> float:
    """Return the factor, 1 to 16, at which predictions are spread like targets, by bisection."""
    mean, wanted = unit_each(predictions).mean(axis=0), mean_cosine(targets)
    low, high = 1.0, 16.0
    for _ in range(40):
        middle = (low + high) / 2
        crowded = mean_cosine(stretched(predictions, mean, middle)) > wanted
        low, high = (middle, high) if crowded else (low, middle)
    return high


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--external", action="append", default=[], metavar="NAME=DIR")
    options = parser.parse_args()
    begun = json.loads((options.run / "run.json").read_text(encoding="utf-8"))
    recipe = Recipe.model_validate_json(json.dumps(begun["recipe"]))
    library = Path(begun["library"]) if begun["library"] else None
    prepared = prepare(recipe, library, options.run)
    print("| network | set | spread | targets' | factor |", " | ".join(KEYS), "|")
    print("|---|---|---:|---:|---:|" + "---:|" * len(KEYS))
    for path in sorted((options.run / "models").glob("*/best.safetensors")):
        checkpoint = load_checkpoint(path)
        if checkpoint.kind == "cae":
            continue
        space = checkpoint.dictionary.word_space
        own = prepared if space == recipe.word_space else in_word_space(prepared, space)
        sets = {"internal": internal_set(own)}
        for name, _, folder in (text.partition("=") for text in options.external):
            cache = cache_folder(options.run / "external", name, Path(folder))
            sounds = external_sounds(name, Path(folder))
            store = featurise_set(sounds, cache, recipe.features)
            sets[name] = evaluation_set(name, sounds, own.dictionary, store)
        _rows(path.parent.name, checkpoint, own, sets)


def _rows(
    name: str, checkpoint: Checkpoint, prepared: Prepared, sets: dict[str, EvaluationSet]
) -> None:
    vectors = prepared.dictionary.vectors
    validation = predict_set(checkpoint, internal_set(prepared, part="validation")).embeddings
    words = [prepared.word_ids[i] for i in prepared.validation]
    factor = factor_for(validation, embedding_targets(words, prepared.dictionary))
    mean = unit_each(validation).mean(axis=0)
    for set_name, data in sets.items():
        predicted = predict_set(checkpoint, data)
        targets = data.truth[np.flatnonzero(data.has_words)] @ vectors
        moved = stretched(predicted.embeddings, mean, factor).astype(np.float32)
        for label, found in (
            (f"{1:.2f}", predicted),
            (f"{factor:.2f}", Predictions(moved, predicted.probabilities)),
        ):
            scores = score_set(found, prepared.dictionary, data)
            print(
                f"| {name} | {set_name} | {mean_cosine(found.embeddings):.3f} "
                f"| {mean_cosine(targets):.3f} | {label} |",
                " | ".join(f"{scores.mean(key):.3f}" for key in KEYS),
                "|",
                flush=True,
            )


if __name__ == "__main__":
    main()
