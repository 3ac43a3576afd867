"""What is asked of a catalogue, and how a question becomes one point of the word space."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.errors import SemdnnError
from semdnn.semantics.table_space import WordSpace
from semdnn.semantics.text import words_of

Floats = NDArray[np.float32]
By = Literal["both", "meaning", "text"]

TEXT_WEIGHT = 1.0
LIKE_WEIGHT = 1.0


class QueryError(SemdnnError):
    """A question that cannot be answered: which part of it, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which sounds may be in an answer.

    Attributes
    ----------
    min_duration_s, max_duration_s : float, optional
        Seconds, the limits included.
    folder : str
        Only sounds in this folder or below it: relative to a library, or absolute.
    licence : str
        Only sounds whose licence has this text in it, in any case.
    """

    min_duration_s: float | None = None
    max_duration_s: float | None = None
    folder: str = ""
    licence: str = ""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A question to a catalogue.

    Attributes
    ----------
    text : str
        What the sound is, in words.
    like : Path, int or float32 [shape=(D,)], optional
        A sound that it should resemble: a file, the id of a sound of the catalogue, or the unit
        vector of a sound that the catalogue's network heard.
    without : str
        Words of what it should not be.
    top : int
        Sounds in the answer, at most; ≥ 1.
    by : {"both", "meaning", "text"}
        Whether `text` is compared with what was heard, with what is written, or both.
    filters : Filters
        Which sounds may be in the answer.
    approximate : bool
        Read only a part of a large catalogue, and miss a sound now and then
        (`semdnn.catalogue.inverted_file`); the catalogue must have lists for it. Where faiss is
        not installed, all of it is read.
    """

    text: str = ""
    like: Path | int | Floats | None = None
    without: str = ""
    top: int = 20
    by: By = "both"
    filters: Filters = Filters()
    approximate: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip() and self.like is None:
            raise QueryError(
                "nothing is asked: give words, a sound that it should be like, or both"
            )
        if self.top < 1:
            raise QueryError(f"asked for {self.top} sounds: ask for 1 or more")


class Meaning(NamedTuple):
    """What a text means.

    Attributes
    ----------
    vector : float32 [shape=(D,)] or None
        Unit length: the mean of its words' unit vectors; None where no word is known.
    unknown : tuple of str
        Its words that the word space lacks; all of a text in which none says what a sound is.
    """

    vector: Floats | None
    unknown: tuple[str, ...]


def meaning_of(text: str, space: WordSpace) -> Meaning:
    """Return the mean of the unit vectors of a text's words, scaled to unit length.

    It is the rule by which the networks' targets are made of descriptions.
    """
    words = words_of(text)
    if not words:
        return Meaning(None, tuple(dict.fromkeys(text.split())))
    found = space.look_up(words)
    if not found.words:
        return Meaning(None, found.missing)
    return Meaning(unit(unit_each(found.vectors).mean(axis=0)), found.missing)


def joined_point(text: Floats | None, like: Floats | None, without: list[Floats]) -> Floats | None:
    """Return the point that is asked for [shape=(D,)], unit length; None if there is none.

    Text and example, unit vectors, are added with the weights `TEXT_WEIGHT` and `LIKE_WEIGHT`.
    Of the sum, what points towards the words that are not wanted is taken away, so that it is at
    right angles to each of them (orthogonal negation); a direction that it already points away from
    is left.

    Parameters
    ----------
    text, like : float32 [shape=(D,)], optional
        What is wanted.
    without : list of float32 [shape=(D,)]
        What is not.

    References
    ----------
    Widdows, D. (2003). Orthogonal negation in vector spaces for modelling word-meanings and
    document retrieval. ACL. doi:10.3115/1075096.1075114
    """
    parts = [(TEXT_WEIGHT, text), (LIKE_WEIGHT, like)]
    wanted = [np.float32(weight) * part for weight, part in parts if part is not None]
    if not wanted:
        return None
    point = unit(np.sum(wanted, axis=0))
    towards = [vector for vector in without if float(vector @ point) > 0]
    if towards:
        axes = np.linalg.qr(np.array(towards, np.float64).T)[0]
        point = (point - axes @ (axes.T @ point)).astype(np.float32)
    return unit(point) if float(np.linalg.norm(point)) > 1e-4 else None


def allowed_files(connection: sqlite3.Connection, filters: Filters, base: Path) -> set[int] | None:
    """Return the ids of the files that `filters` let through; None if all do.

    Parameters
    ----------
    connection : sqlite3.Connection
        A catalogue.
    filters : Filters
        What is asked.
    base : Path
        Folder of the catalogue's file, which libraries may be written relative to.

    Raises
    ------
    QueryError
        If a folder is asked for that holds no sound of the catalogue.
    """
    if filters == Filters():
        return None
    conditions, values = ["1"], list[object]()
    for comparison, seconds in ((">=", filters.min_duration_s), ("<=", filters.max_duration_s)):
        if seconds is not None:
            conditions.append(f"duration_s {comparison} ?")
            values.append(seconds)
    if filters.licence:
        conditions.append("instr(lower(licence), lower(?)) > 0")
        values.append(filters.licence)
    if filters.folder:
        where, inner = _folder_condition(connection, filters.folder, base)
        conditions.append(where)
        values += inner
    select = "SELECT files.id FROM files JOIN contents ON contents.id = content_id WHERE "
    found = connection.execute(select + " AND ".join(conditions), values).fetchall()
    if filters.folder and not found and len(conditions) == 2:
        raise QueryError(f"{filters.folder}: no sound of this catalogue is in such a folder")
    return {file for (file,) in found}


def unit(vector: NDArray[np.floating]) -> Floats:
    """Return `vector` at unit length."""
    scaled: Floats = unit_each(np.asarray(vector)[np.newaxis])[0]
    return scaled


def unit_each(vectors: NDArray[np.floating]) -> Floats:
    """Return the rows of `vectors` at unit length; one of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled


def _folder_condition(
    connection: sqlite3.Connection, folder: str, base: Path
) -> tuple[str, list[object]]:
    """Return a condition on files: below `folder`, by its place on disk or inside a library."""
    inside = folder.strip("/").removeprefix("./") + "/"
    choices, values = ["substr(name, 1, ?) = ?"], list[object]([len(inside), inside])
    wanted = Path(folder).resolve()
    for library, place in connection.execute("SELECT id, folder FROM libraries").fetchall():
        root = (base / place).resolve()
        if wanted == root or wanted in root.parents:
            choices.append("library_id = ?")
            values.append(library)
        elif root in wanted.parents:
            prefix = wanted.relative_to(root).as_posix() + "/"
            choices.append("(library_id = ? AND substr(name, 1, ?) = ?)")
            values += [library, len(prefix), prefix]
    return "(" + " OR ".join(choices) + ")", values
