"""Which figures a run's report has, and what is handed to each."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.experiment.classes import ClassAnalysis
from semdnn.experiment.prepare import Prepared
from semdnn.experiment.report_figure import ReportFigure
from semdnn.experiment.training import Trained
from semdnn.figures.rdm import class_rdms
from semdnn.figures.scores import score_comparison
from semdnn.figures.training import training_curves
from semdnn.figures.word_map import lay_out, word_map_page
from semdnn.figures.words import balance_bars, exemplary_words, geometries, word_clusters
from semdnn.recipe import Recipe
from semdnn.semantics.clusters import ward_clusters
from semdnn.semantics.dictionary import Dictionary

N_DRAWN_CLUSTERS = 25


class WordPlane(NamedTuple):
    """Where each word of a dictionary is drawn, and in which colour.

    Attributes
    ----------
    positions : float64 array [shape=(W, 2)]
        Plane coordinates.
    clusters : int32 array [shape=(W,)]
        At most 25 clusters.
    """

    positions: NDArray[np.float64]
    clusters: NDArray[np.int32]


def draw_all(
    recipe: Recipe,
    prepared: Prepared,
    trained: Trained,
    scores: Mapping[str, Mapping[str, Mapping[str, Any]]],
    classes: Mapping[str, ClassAnalysis],
    words: WordPlane,
) -> list[ReportFigure]:
    """Return the report's figures in order."""
    scores = {model: scores[model] for model in drawn_models(recipe, list(scores))}
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
        shown = drawn_models(recipe, list(item.correlations))
        correlations = {model: item.correlations[model].pearson for model in shown}
        matrices = {name: item.matrices[name] for name in ("class model", *shown)}
        figures.append(
            ReportFigure(
                f"classes-{name}",
                "classes",
                f"{name}: mean cosine distance between the sounds of two classes in the last "
                "layer that both networks share; left, the model in which "
                f"{item.grouping}es differ by 1. "
                "Correlations are over all pairs of sounds.",
                class_rdms(matrices, item.classes, correlations, item.macro_classes),
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
    figures += _word_figures(prepared.dictionary, words)
    if len(prepared.training) < prepared.balance.n_before:
        figures.append(_balance_figure(prepared))
    return figures


def drawn_models(recipe: Recipe, models: Sequence[str]) -> list[str]:
    """Return the models that figures have room for; tables have all.

    These are the first semDNN and the first catDNN of the recipe, and whatever no row names, such
    as baselines; all where there are no more than four.
    """
    rows = recipe.rows()
    first = {row.kind: row.name for row in reversed(rows) if row.kind != "cae"}
    others = {row.name for row in rows} - set(first.values())
    return list(models) if len(models) <= 4 else [name for name in models if name not in others]


def word_plane(dictionary: Dictionary, seed: int) -> WordPlane:
    """Lay a dictionary out on a plane and group its words; slow for thousands of words."""
    clusters = ward_clusters(dictionary.vectors, min(N_DRAWN_CLUSTERS, len(dictionary)))
    return WordPlane(plane(dictionary.vectors, seed), clusters)


def word_map(name: str, dictionary: Dictionary, words: WordPlane) -> str:
    """Return the dictionary as an interactive page of its own (the paper's Fig. 3)."""
    drawn = lay_out(words.positions, dictionary.words, dictionary.counts, words.clusters)
    note = f"Word space {dictionary.word_space}; t-SNE of cosine distances."
    return word_map_page(drawn, title=f"Words of {name}", note=note)


def _word_figures(dictionary: Dictionary, plane_of: WordPlane) -> list[ReportFigure]:
    space = dictionary.word_space
    shown = exemplary_words(dictionary.vectors, dictionary.counts)
    geometry = ReportFigure(
        "geometries",
        "library",
        "Common words of the library with their nearest ones, as networks are trained towards "
        "them: word categories (catDNN) are all equally unlike, in the word space (semDNN) a near "
        "miss is near.",
        geometries([dictionary.words[i] for i in shown], dictionary.vectors[shown], space=space),
    )
    words = ReportFigure(
        "words",
        "library",
        f"The dictionary in word space {space} (t-SNE of cosine distances): "
        f"colour, one of {plane_of.clusters.max() + 1} clusters; size, number of sounds.",
        word_clusters(plane_of.positions, dictionary.words, dictionary.counts, plane_of.clusters),
    )
    return [geometry, words] if len(shown) > 2 else [words]


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
