"""Scores of networks on a run's internal validation part: what a released one is chosen by.

    python scripts/validation_scores.py RUN --recipe labeller --library DIR CHECKPOINT …

CHECKPOINT is a file or the name of a shipped network; all must have the run's dictionary. A line
each: cosine order, dual order, AMCSS 10, zero-shot accuracy, mean average precision.
"""

import argparse
from pathlib import Path

from semdnn.experiment.evaluate import predict_set, score_set
from semdnn.experiment.external import load_checkpoints
from semdnn.experiment.prepare import prepare
from semdnn.experiment.sets import internal_set
from semdnn.recipe import load_recipe


def main() -> None:
    """Score every network and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--library", type=Path)
    options = parser.parse_args()
    prepared = prepare(load_recipe(options.recipe), options.library, options.run)
    validation = internal_set(prepared, part="validation")
    print(
        f"{'':<40}   cosine     dual AMCSS 10 accuracy      mAP   ({len(validation.names)} sounds)"
    )
    for given in options.checkpoints:
        checkpoint = next(iter(load_checkpoints([given]).values()))
        if checkpoint.dictionary.words != prepared.dictionary.words:
            raise SystemExit(f"{given}: has another dictionary than the run")
        scores = score_set(predict_set(checkpoint, validation), prepared.dictionary, validation)
        means = [scores.mean(name) for name in ("ranking.cosine", "ranking.dual", "amcss.10")]
        figures = [*means, scores.mean("zero_shot"), scores.mean_average_precision]
        print(f"{given[-40:]:<40}" + "".join(f"{figure:9.3f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
