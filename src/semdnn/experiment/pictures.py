"""Which figures a run's report has, and what is handed to each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.experiment.classes import ClassAnalysis
from semdnn.experiment.prepare import Prepared
from semdnn.experiment.report import ReportFigure
from semdnn.experiment.training import Trained
from semdnn.figures.rdm import class_rdms
from semdnn.figures.scores import score_comparison
from semdnn.figures.training import training_curves
from semdnn.figures.words import balance_bars, word_clusters
from semdnn.recipe import Recipe
from semdnn.semantics.clusters import ward_clusters

N_DRAWN_CLUSTERS = 25


def draw_all(
    recipe: Recipe,
    prepared: Prepared,
    trained: Trained,
    scores: Mapping[str, Mapping[str, Mapping[str, Any]]],
    classes: Mapping[str, ClassAnalysis],
) -> list[ReportFigure]:
    """Return the report's figures in order."""
    sets = list(next(iter(scores.values())))
    figures = [
        ReportFigure(
            "scores",
            "scores",
            "Ranking score under each rule (dotted: chance) and AMCSS over the top N words, "
            "with 95 % bootstrap intervals over sounds.",
            score_comparison(scores, sets),
        )
    ]
    for name, item in classes.items():
        correlations = {model: found.pearson for model, found in item.correlations.items()}
        figures.append(
            ReportFigure(
                f"classes-{name}",
                "classes",
                f"{name}: mean cosine distance between the sounds of two classes in the last "
                "layer that both networks share; left, the model in which classes differ by 1. "
                "Correlations are over all pairs of sounds.",
                class_rdms(item.matrices, item.classes, correlations),
            )
        )
    figures.append(
        ReportFigure(
            "training",
            "training",
            "Loss on the training and validation parts; the dot marks the epoch that was kept.",
            training_curves(trained.curves),
        )
    )
    figures.append(_word_figure(recipe, prepared))
    if len(prepared.training) < prepared.balance.n_before:
        figures.append(_balance_figure(prepared))
    return figures


def _word_figure(recipe: Recipe, prepared: Prepared) -> ReportFigure:
    dictionary = prepared.dictionary
    clusters = ward_clusters(dictionary.vectors, min(N_DRAWN_CLUSTERS, len(dictionary)))
    return ReportFigure(
        "words",
        "library",
        f"The dictionary in word space {dictionary.word_space} (t-SNE of cosine distances): "
        f"colour, one of {clusters.max() + 1} clusters; size, number of sounds.",
        word_clusters(
            plane(dictionary.vectors, recipe.seed), dictionary.words, dictionary.counts, clusters
        ),
    )


def _balance_figure(prepared: Prepared) -> ReportFigure:
    return ReportFigure(
        "balance",
        "library",
        "Word occurrences in each cluster of the dictionary, before and after balancing.",
        balance_bars(prepared.balance.before, prepared.balance.after),
    )


def plane(vectors: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Lay word vectors out on a plane with t-SNE on cosine distances.

    Reference: van der Maaten & Hinton (2008), Journal of Machine Learning Research 9:2579.

    Returns
    -------
    ndarray [shape=(W, 2)]
    """
    from sklearn.manifold import TSNE  # noqa: PLC0415 - slow to import

    n_words = len(vectors)
    if n_words < 4:  # nothing to lay out
        return np.column_stack([np.arange(n_words), np.zeros(n_words)])
    perplexity = min(30.0, max(2.0, (n_words - 1) / 4))
    layout = TSNE(metric="cosine", init="random", perplexity=perplexity, random_state=seed)
    return np.asarray(layout.fit_transform(np.asarray(vectors, dtype=np.float64)))
