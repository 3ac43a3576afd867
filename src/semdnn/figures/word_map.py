"""The dictionary as a page to explore: hover, zoom, search; one HTML file without any network."""

import colorsys
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray

MAP_WIDTH, MAP_HEIGHT = 1000, 700
_MARGIN = 40
_GOLDEN_TURN = 0.381966  # hues of neighbouring clusters lie far apart, however many there are


class Mark(NamedTuple):
    """A word on the map.

    Attributes
    ----------
    word : str
        Its name.
    n_sounds : int
        Sounds that have it.
    cluster : int
        Position of its cluster in `WordMap.clusters`.
    x, y : float
        Place in the drawing of `MAP_WIDTH` x `MAP_HEIGHT`.
    r : float
        Radius; its square grows with the root of the count, as in `word_clusters`.
    """

    word: str
    n_sounds: int
    cluster: int
    x: float
    y: float
    r: float


class Cluster(NamedTuple):
    """A cluster of words.

    Attributes
    ----------
    name : str
        Its three commonest words.
    n_occurrences : int
        Sum of its words' counts.
    words : tuple of int
        Positions in `WordMap.marks`, commonest first.
    light, dark : str
        Its colour on light and on dark paper.
    """

    name: str
    n_occurrences: int
    words: tuple[int, ...]
    light: str
    dark: str


class WordMap(NamedTuple):
    """All that the page draws: words by falling count, clusters by falling occurrences."""

    marks: tuple[Mark, ...]
    clusters: tuple[Cluster, ...]


def lay_out(
    positions: NDArray[np.floating],
    words: Sequence[str],
    counts: NDArray[np.integer],
    clusters: NDArray[np.integer],
) -> WordMap:
    """Place words in the page's drawing, without stretching the plane.

    Parameters
    ----------
    positions : array [shape=(W, 2)]
        Plane coordinates of the words, for example of a t-SNE.
    words : sequence of str [length W]
        Names.
    counts : array of int [shape=(W,)]
        Sounds a word.
    clusters : array of int [shape=(W,)]
        Cluster ids, any integers.

    Raises
    ------
    ValueError
        If there is no word, or the lengths differ.
    """
    sizes = {len(positions), len(words), len(counts), len(clusters)}
    if len(sizes) != 1 or not len(words):
        raise ValueError(f"a map needs as many positions, words, counts and clusters: {sizes}")
    order = np.argsort(-counts, kind="stable")
    ids, of_word = np.unique(np.asarray(clusters)[order], return_inverse=True)
    sums = np.bincount(of_word, weights=np.asarray(counts)[order]).astype(int)
    by_size = np.argsort(-sums, kind="stable")
    rank = np.empty(len(ids), dtype=int)
    rank[by_size] = np.arange(len(ids))
    places = _placed(np.asarray(positions, dtype=np.float64)[order])
    radii = np.sqrt(2 + 60 * np.sqrt(counts[order] / max(int(counts.max()), 1)))
    marks = tuple(
        Mark(words[i], int(counts[i]), int(rank[c]), x, y, round(float(r), 1))
        for i, c, (x, y), r in zip(order, of_word, places.tolist(), radii, strict=True)
    )
    members = [tuple(np.flatnonzero(rank[of_word] == c).tolist()) for c in range(len(ids))]
    return WordMap(
        marks,
        tuple(
            Cluster(
                ", ".join(marks[i].word for i in own[:3]),
                int(sums[by_size[c]]),
                own,
                _colour(c, 0.4),
                _colour(c, 0.68),
            )
            for c, own in enumerate(members)
        ),
    )


def word_map_page(drawn: WordMap, *, title: str, note: str) -> str:
    """Return the whole page as HTML: it needs no other file, no library and no network.

    Parameters
    ----------
    drawn : WordMap
        As `lay_out` returns it.
    title : str
        Heading of the page.
    note : str
        What is drawn: word space, library, method.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files("semdnn.figures") / "templates" / "word_map.html.j2"
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        map=drawn, title=title, note=note, width=MAP_WIDTH, height=MAP_HEIGHT
    )


def _placed(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre positions in the drawing, one scale for both axes, the second axis upwards."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    room = np.array([MAP_WIDTH, MAP_HEIGHT]) - 2 * _MARGIN
    scale = float(np.min(room / np.maximum(high - low, 1e-9)))
    centred = (positions - (low + high) / 2) * np.array([scale, -scale])
    placed: NDArray[np.float64] = np.round(centred + np.array([MAP_WIDTH, MAP_HEIGHT]) / 2, 1)
    return placed


def _colour(cluster: int, lightness: float) -> str:
    shade = colorsys.hls_to_rgb(cluster * _GOLDEN_TURN % 1, lightness, 0.6)
    return "#" + "".join(f"{round(255 * part):02x}" for part in shade)
