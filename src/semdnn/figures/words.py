"""The dictionary in its semantic space (the paper's Figs. 1 b, c and 3)."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from semdnn.figures.style import PAGE_WIDTH, RDM_COLOURS, drawing


def word_clusters(
    positions: NDArray[np.floating],
    words: Sequence[str],
    counts: NDArray[np.integer],
    clusters: NDArray[np.integer],
) -> Figure:
    """Draw words on a plane, coloured by cluster, sized by count, the commonest named.

    Parameters
    ----------
    positions : array [shape=(W, 2)]
        Plane coordinates of the words.
    words : sequence of str [W]
    counts : array of int [shape=(W,)]
        Sounds a word.
    clusters : array of int [shape=(W,)]
        Cluster ids.
    """
    with drawing(PAGE_WIDTH, 5.6) as figure:
        panel = figure.subplots()
        palette = mpl.colormaps["tab20"]
        shades = palette(np.asarray(clusters) % 20)
        sizes = 8 + 120 * np.sqrt(counts / counts.max())
        panel.scatter(positions[:, 0], positions[:, 1], s=sizes, c=shades, alpha=0.55, linewidths=0)
        for i in _named(positions, clusters, counts):
            panel.annotate(words[i], positions[i], ha="center", va="center", fontsize=6.5)
        panel.set_axis_off()
    return figure


def _named(
    positions: NDArray[np.floating],
    clusters: NDArray[np.integer],
    counts: NDArray[np.integer],
    *,
    most: int = 140,
) -> list[int]:
    """Choose words to name: each cluster's commonest first, none too near another name."""
    order = np.argsort(-counts, kind="stable")
    first = [int(order[np.flatnonzero(clusters[order] == c)[0]]) for c in np.unique(clusters)]
    first.sort(key=lambda i: -int(counts[i]))
    queue = first + [int(i) for i in order if int(i) not in set(first)]
    span = np.ptp(positions, axis=0)
    reach = span * np.array([0.055, 0.02])
    named: list[int] = []
    for i in queue:
        offsets = np.abs(positions[named] - positions[i]) if named else np.empty((0, 2))
        if not np.any(np.all(offsets < reach, axis=1)):
            named.append(i)
        if len(named) == most:
            break
    return named


def balance_bars(before: NDArray[np.integer], after: NDArray[np.integer]) -> Figure:
    """Draw word counts by cluster before and after balancing, clusters by falling count.

    Parameters
    ----------
    before, after : arrays of int [shape=(K,)]
        Word occurrences in each cluster.
    """
    order = np.argsort(-before, kind="stable")
    with drawing(PAGE_WIDTH, 2.2) as figure:
        panel = figure.subplots()
        places = np.arange(len(order))
        panel.bar(places, before[order], width=1.0, color="0.8", label="whole training part")
        panel.bar(places, after[order], width=1.0, color="#0072B2", label="balanced")
        panel.set(xlabel="word cluster", ylabel="word occurrences", yscale="log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter(NullFormatter())
        panel.margins(x=0)
        panel.legend()
    return figure


def geometries(words: Sequence[str], vectors: NDArray[np.floating], *, space: str) -> Figure:
    """Draw the cosine similarity of some words, as one-hot categories and in a word space.

    What a network is trained towards: for catDNN any two words are equally unlike, for semDNN a
    near miss is near.

    Parameters
    ----------
    words : sequence of str [length W]
        Names of rows and columns; a dozen can be read.
    vectors : array [shape=(W, D)]
        Their vectors in the word space, of any length but zero.
    space : str
        Name of the word space.
    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    panels_of = {"one-hot": np.eye(len(words)), f"word space {space}": unit @ unit.T}
    low = min(0.0, float((unit @ unit.T).min()))
    with drawing(PAGE_WIDTH, PAGE_WIDTH / 2) as figure:
        panels = figure.subplots(1, 2)
        for panel, (name, cosines) in zip(panels, panels_of.items(), strict=True):
            image = panel.imshow(cosines, cmap=RDM_COLOURS, vmin=low, vmax=1)
            panel.spines[:].set_visible(True)
            panel.set_title(name)
            panel.set_xticks(range(len(words)), words, rotation=90)
            panel.set_yticks(range(len(words)), words if panel is panels[0] else [])
        figure.colorbar(image, ax=list(panels), shrink=0.75, label="cosine similarity")
    return figure


def exemplary_words(
    vectors: NDArray[np.floating],
    counts: NDArray[np.integer],
    *,
    n_groups: int = 4,
    n_each: int = 3,
    among: int = 200,
) -> list[int]:
    """Choose words that show a geometry: common words, each with its nearest, groups far apart.

    Parameters
    ----------
    vectors : array [shape=(W, D)]
        Word vectors of any length but zero.
    counts : array of int [shape=(W,)]
        Sounds a word.
    n_groups, n_each : int
        How many groups, and words in each.
    among : int
        Only this many commonest words are considered.

    Returns
    -------
    list of int
        Positions of the words, group by group, its commonest first; maybe fewer groups. To any
        word of an earlier group, the words of a group are less than half as like as the least
        like of them is to the group's first.
    """
    order = np.argsort(-counts, kind="stable")[:among]
    unit = vectors[order] / np.linalg.norm(vectors[order], axis=1, keepdims=True)
    cosines = unit @ unit.T
    chosen: list[int] = []
    for seed in range(len(order)):
        nearest = [int(i) for i in np.argsort(-cosines[seed], kind="stable") if i not in chosen]
        group = [seed, *(i for i in nearest if i != seed)][:n_each]
        foreign = cosines[np.ix_(group, chosen)].max(initial=-1.0)
        if len(group) == n_each and seed not in chosen and foreign < cosines[seed, group].min() / 2:
            chosen += group
        if len(chosen) == n_groups * n_each:
            break
    return [int(order[i]) for i in chosen]
