"""Two models on the same sounds: differences with their intervals and p-values."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from semdnn.evaluation.by_recording import (
    draw_resamples,
    paired_test_by_recording,
    percentile_interval,
    resampled_means,
)
from semdnn.evaluation.zero_shot import resampled_precisions
from semdnn.experiment.evaluate import RESAMPLED_CELLS, SetScores

KEYS = (
    "ranking.dual",
    "ranking.average",
    "ranking.optimistic",
    "ranking.pessimistic",
    "ranking.cosine",
    "amcss.5",
    "amcss.10",
    "amcss.15",
    "amcss_cosine.10",
    "zero_shot",
)


class Comparison(NamedTuple):
    """One score of two models on the sounds of one set that both were scored on.

    Attributes
    ----------
    set, score, model, other : str
        What is compared.
    difference : float
        Of `model` to `other`, in the score's own unit.
    low, high : float
        95 % bootstrap interval of the difference, over recordings.
    p : float
        Two-sided; sign flips by recording. Of mean average precision, which is no mean over
        sounds: twice the share of bootstrap samples on the far side of 0.
    n_sounds : int
        Sounds compared.
    """

    set: str
    score: str
    model: str
    other: str
    difference: float
    low: float
    high: float
    p: float
    n_sounds: int


def compare_models(
    scores: Mapping[str, Mapping[str, SetScores]],
    models: Sequence[str],
    *,
    seed: int = 0,
    n_permutations: int = 10_000,
    n_resamples: int = 1_000,
) -> list[Comparison]:
    """Compare every two of `models` on every set that both were scored on.

    Parameters
    ----------
    scores : {model: {set: SetScores}}
        Scores of all models.
    models : sequence of str
        Which to compare: with two, the first with the second.
    seed : int
        For sign flips and bootstrap samples.
    n_permutations, n_resamples : int
        How many of them.
    """
    found = []
    for one, other in combinations(models, 2):
        for name, ours in scores[one].items():
            theirs = scores[other].get(name)
            if theirs is None or ours.data.names != theirs.data.names:
                continue
            rng = np.random.default_rng(seed)
            for row in _compared(ours, theirs, rng, n_permutations, n_resamples):
                found.append(Comparison(name, row[0], one, other, *row[1:]))
    return found


def _compared(
    ours: SetScores,
    theirs: SetScores,
    rng: np.random.Generator,
    n_permutations: int,
    n_resamples: int,
) -> list[tuple[str, float, float, float, float, int]]:
    differences = ours.aligned(KEYS) - theirs.aligned(KEYS)
    recordings = np.array(ours.data.recordings)
    resamples = draw_resamples(ours.data.recordings, rng, n_resamples=n_resamples)
    limits = percentile_interval(resampled_means(differences, resamples))
    rows = []
    for column, key in enumerate(KEYS):
        both = np.flatnonzero(np.isfinite(differences[:, column]))
        if both.size == 0:
            continue
        change = differences[both, column]
        p = paired_test_by_recording(
            change,
            np.zeros_like(change),
            recordings[both].tolist(),
            rng,
            n_permutations=n_permutations,
        )
        low, high = limits[column]
        rows.append((key, float(change.mean()), float(low), float(high), p, int(both.size)))
    cosines = [ours.classes.cosines, theirs.classes.cosines]
    if ours.data.classes == theirs.data.classes and all(
        c is not None and c.size <= RESAMPLED_CELLS for c in cosines
    ):
        truth = ours.data.class_truth.toarray()
        one, other = (
            np.concatenate([resampled_precisions(c, truth, w) for w in resamples.weights()])
            for c in cosines
            if c is not None
        )
        change = one - other
        low, high = percentile_interval(change)
        observed = (ours.mean_average_precision or 0) - (theirs.mean_average_precision or 0)
        tail = min(np.count_nonzero(change <= 0), np.count_nonzero(change >= 0))
        p = min(1.0, 2 * (1 + tail) / (1 + len(change)))
        n_sounds = len(truth)
        rows.append(
            ("mean_average_precision", observed, float(low), float(high), float(p), n_sounds)
        )
    return rows
