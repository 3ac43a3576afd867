"""Answering a question: by meaning, by what is written, and both joined into one order."""

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.inverted_file import InvertedFile
from semdnn.catalogue.lists_file import has_lists
from semdnn.catalogue.nearest import Nearest
from semdnn.catalogue.query import (
    Meaning,
    Query,
    QueryError,
    allowed_files,
    joined_point,
    meaning_of,
)
from semdnn.catalogue.shelf import Shelf, Shelves
from semdnn.catalogue.text_match import matching, text_words
from semdnn.semantics.table_space import WordSpace
from semdnn.semantics.text import words_of

RRF_K = 60
"""Constant of reciprocal rank fusion, as in its paper."""
MIN_DEPTH = 200
"""Sounds of each order that are joined, at least."""


class WordWeight(NamedTuple):
    """A word that was heard in a sound, and its weight."""

    word: str
    weight: float


class Match(NamedTuple):
    """A sound that was found.

    Attributes
    ----------
    id : int
        The sound in the catalogue.
    path : Path
        Where it lies; the first place of several.
    similarity : float
        Cosine with the point that was asked for, −1 … 1; NaN where only text was compared.
    in_text : bool
        Whether a word of the question is written in its name, description or tags.
    duration_s : float
        Length in seconds.
    description, licence : str
        As found.
    words : tuple of WordWeight
        What was heard in it, in falling weight.
    n_files : int
        Files of the catalogue with this content.
    """

    id: int
    path: Path
    similarity: float
    in_text: bool
    duration_s: float
    description: str
    licence: str
    words: tuple[WordWeight, ...]
    n_files: int


class Asked(NamedTuple):
    """A question with its words looked up."""

    query: Query
    meaning: Meaning
    point: NDArray[np.float32] | None


def ask(query: Query, space: WordSpace, like: NDArray[np.float32] | None) -> Asked:
    """Look up a question's words and join them with the vector of the example.

    Raises
    ------
    QueryError
        If nothing is left to search by.
    """
    meaning = meaning_of(query.text, space)
    if query.by == "meaning" and query.text.strip() and meaning.vector is None and like is None:
        raise QueryError(_unknown(query.text, meaning, space))
    unwanted = [meaning_of(part, space).vector for part in query.without.split(",")]
    text = None if query.by == "text" else meaning.vector
    wanted = text is not None or like is not None
    point = joined_point(text, like, [vector for vector in unwanted if vector is not None])
    if wanted and point is None:
        raise QueryError(
            f"what is asked for is all in what is not wanted ('{query.without}'): exclude less"
        )
    return Asked(query, meaning, point)


def find(asked: Asked, connection: sqlite3.Connection, shelves: Shelves, base: Path) -> list[Match]:
    """Return the sounds that fit best, from the snapshot that `connection` sees.

    By meaning, sounds are ordered by cosine; by text, as `semdnn.catalogue.text_match` orders them.
    Of both, each order is cut at 200 sounds (or as many as are asked for, if more), and a sound's
    score is the sum of 1 / (60 + rank) over the orders that have it: reciprocal rank fusion. A
    sound with an unwanted word in its text is left out.

    References
    ----------
    Cormack, G. V., Clarke, C. L. A. & Büttcher, S. (2009). Reciprocal rank fusion outperforms
    Condorcet and individual rank learning methods. SIGIR. doi:10.1145/1571941.1572114

    Raises
    ------
    QueryError
        If an approximate answer is asked for and the catalogue has no lists, or a folder is asked
        for that holds no sound.
    """
    query, shelf = asked.query, shelves.shelf(connection)
    files = allowed_files(connection, query.filters, base)
    contents = None if files is None else _contents_of(connection, files)
    unwanted = set(matching(connection, text_words(query.without)))
    depth = max(MIN_DEPTH, query.top)
    orders: list[list[int]] = []
    if asked.point is not None:
        allowed = shelf.mask(contents, but=unwanted)
        lists = _lists(shelves, connection) if query.approximate else None
        nearest = partial(shelves.nearest, shelf, asked.point, allowed=allowed, lists=lists)
        orders.append(_ids_at(shelf, _nearest_heard(shelf, nearest, depth)))
    written = [] if query.by == "meaning" else matching(connection, text_words(query.text))
    orders.append(
        [i for i in written if i not in unwanted and (contents is None or i in contents)][:depth]
    )
    best = fused(orders)[: query.top]
    scores = _similarities(shelf, best, asked.point)
    rows = (_described(connection, number, files, base) for number in best)
    in_text = set(written)
    return [
        Match(number, row[0], score, number in in_text, *row[1:])
        for number, score, row in zip(best, scores, rows, strict=True)
    ]


def _nearest_heard(shelf: Shelf, nearest: Callable[..., Nearest], depth: int) -> NDArray[np.int64]:
    """Return the rows of the nearest `depth` sounds that have a place in the word space.

    Silent ones have none: their vectors are zero, and so are their scores.
    """
    n = depth
    while True:
        rows = nearest(n=n).rows
        heard = rows[shelf.vectors[rows].any(axis=1)]
        if len(heard) >= depth or len(rows) < n:
            return heard[:depth]
        n *= 2


def _lists(shelves: Shelves, connection: sqlite3.Connection) -> InvertedFile | None:
    if not has_lists(connection):
        raise QueryError(
            "no lists for an approximate search here: make them with `semdnn index LIBRARY "
            "--approximate`, or search without"
        )
    return shelves.lists(connection)


def fused(orders: Iterable[list[int]]) -> list[int]:
    """Return all ids of some orders, by the sum of 1 / (60 + rank) over the orders.

    Of equal sums the one that an earlier order has first comes first.

    Examples
    --------
    >>> fused([[1, 2, 3], [3, 4]])
    [3, 1, 2, 4]
    """
    scores: dict[int, float] = {}
    for order in orders:
        for rank, number in enumerate(order, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores, key=lambda number: -scores[number])


def words_of_sound(connection: sqlite3.Connection, number: int) -> tuple[WordWeight, ...]:
    """Return what was heard in a sound, in falling weight."""
    found = connection.execute(
        "SELECT word, weight FROM words WHERE content_id = ? ORDER BY rank", (number,)
    )
    return tuple(WordWeight(*row) for row in found)


def _described(
    connection: sqlite3.Connection, number: int, files: set[int] | None, base: Path
) -> tuple[Path, float, str, str, tuple[WordWeight, ...], int]:
    found = connection.execute(
        "SELECT files.id, folder, name, duration_s, description, licence, n_files FROM files"
        " JOIN libraries ON libraries.id = library_id JOIN contents ON contents.id = content_id"
        " WHERE content_id = ? ORDER BY folder, name",
        (number,),
    ).fetchall()
    first = next(row for row in found if files is None or row[0] in files)
    _, folder, name, duration_s, description, licence, n_files = first
    path = (base / folder).resolve() / name
    return path, duration_s, description, licence, words_of_sound(connection, number), n_files


def _contents_of(connection: sqlite3.Connection, files: set[int]) -> set[int]:
    pairs = connection.execute("SELECT id, content_id FROM files")
    return {content for file, content in pairs if file in files}


def _ids_at(shelf: Shelf, rows: NDArray[np.int64]) -> list[int]:
    found: list[int] = shelf.ids[np.searchsorted(shelf.rows, rows)].tolist()
    return found


def _similarities(shelf: Shelf, ids: list[int], point: NDArray[np.float32] | None) -> list[float]:
    if point is None or not ids:
        return [float("nan")] * len(ids)
    vectors = shelf.vectors[shelf.rows_of(ids)].astype(np.float64)
    scores: list[float] = (vectors @ point.astype(np.float64)).tolist()
    return scores


def _unknown(text: str, meaning: Meaning, space: WordSpace) -> str:
    if not words_of(text):
        return f"'{text}': no word in it says what a sound is; ask in other words"
    named = ", ".join(meaning.unknown)
    return (
        f"'{text}': word space {space.name} lacks {named}; ask in other words, or by what is "
        "written (--by text)"
    )
