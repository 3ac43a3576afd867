"""Plain words in names, descriptions and tags: SQLite's full-text index, or a plain comparison.

Text is compared without case and accents. With the full-text index (FTS5) a word also matches its
other forms (Porter's stems), and sounds are ordered by BM25; without it a word matches wherever its
letters stand, and sounds are ordered by how many of the words they have.
"""

import re
import sqlite3
import unicodedata
from pathlib import PurePosixPath

from semdnn.datasets.names import split_words

_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Return `text` without case and accents.

    Examples
    --------
    >>> folded("Türe Kreischt")
    'ture kreischt'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def searchable(name: str, *texts: str) -> str:
    """Return what a sound can be found by: its path as it is, the words in it, and `texts`.

    Examples
    --------
    >>> searchable("Doors/DoorSlam_01.wav", "heavy oak")
    'doors doorslam 01 doors door slam heavy oak'
    """
    path = PurePosixPath(name)
    stems = " ".join((*path.parent.parts, path.stem))
    words = " ".join(split_words(stems.replace("/", " ")))
    return " ".join(_WORD.findall(folded(" ".join((stems, words, *texts)))))


def text_words(text: str) -> tuple[str, ...]:
    """Return the words of a question, each once."""
    return tuple(dict.fromkeys(_WORD.findall(folded(text))))


def matching(connection: sqlite3.Connection, words: tuple[str, ...]) -> list[int]:
    """Return the contents whose text has some of `words`, the best match first.

    Returns
    -------
    list of int
        Ids of contents, each once: at its best file's place.
    """
    if not words:
        return []
    found = _by_index(connection, words) if _is_indexed(connection) else None
    return list(dict.fromkeys(_by_comparison(connection, words) if found is None else found))


def _is_indexed(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'texts'").fetchone())


def _by_index(connection: sqlite3.Connection, words: tuple[str, ...]) -> list[int] | None:
    question = " OR ".join(f'"{word}"' for word in words)
    rows = "SELECT content_id FROM texts JOIN files ON files.id = texts.rowid"
    try:
        found = connection.execute(
            f"{rows} WHERE texts MATCH ? ORDER BY bm25(texts), files.id",
            (question,),
        ).fetchall()
    except sqlite3.OperationalError:  # made by an SQLite with FTS5, read by one without
        return None
    return [content for (content,) in found]


def _by_comparison(connection: sqlite3.Connection, words: tuple[str, ...]) -> list[int]:
    n_found = " + ".join(["(instr(text, ?) > 0)"] * len(words))
    found = connection.execute(
        f"SELECT content_id, {n_found} AS n FROM files WHERE n > 0 ORDER BY n DESC, id",  # noqa: S608
        words,
    )
    return [content for content, _ in found]
