"""A catalogue's vectors in the memory of one process, kept in step with the database."""

import sqlite3
from collections.abc import Set
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.database import read_meta
from semdnn.catalogue.inverted_file import InvertedFile, nearest_in_lists
from semdnn.catalogue.lists_file import read_lists
from semdnn.catalogue.nearest import Codes, Nearest, encode, has_code_kernel, joined, nearest
from semdnn.catalogue.vectors import next_row, open_vectors, vectors_path
from semdnn.progress import track

MANY_SOUNDS = 20_000
"""From this number on, a second search makes codes: below it a plain pass takes milliseconds."""
_CODED_ROWS = 65_536


class Shelf(NamedTuple):
    """The vectors of one state of a catalogue.

    Attributes
    ----------
    vectors : float32 [shape=(N, D)]
        Memory map; rows of sounds that are gone among them.
    rows : int64 [shape=(S,)]
        Rows of the S sounds that are there, ascending.
    ids : int64 [shape=(S,)]
        Their ids.
    """

    vectors: NDArray[np.float32]
    rows: NDArray[np.int64]
    ids: NDArray[np.int64]

    def mask(
        self, ids: Set[int] | None, *, but: Set[int] = frozenset()
    ) -> NDArray[np.bool_] | None:
        """Return which rows are sounds, of `ids` only, and not in `but`; None for every row."""
        if ids is None and not but and len(self.rows) == len(self.vectors):
            return None
        wanted = self.rows
        if ids is not None:
            wanted = wanted[np.isin(self.ids, np.fromiter(ids, np.int64, len(ids)))]
        allowed = np.zeros(len(self.vectors), np.bool_)
        allowed[wanted] = True
        if but:
            allowed[self.rows[np.isin(self.ids, np.fromiter(but, np.int64, len(but)))]] = False
        return allowed

    def rows_of(self, ids: list[int]) -> NDArray[np.int64]:
        """Return the rows of sounds that are there."""
        order = np.argsort(self.ids)
        at = order[np.searchsorted(self.ids, ids, sorter=order)]
        return np.take(self.rows, at)


class Shelves:
    """Gives the shelf of the state that a connection sees; may be asked from several threads.

    Parameters
    ----------
    database : Path
        The catalogue's file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = Lock()
        self._coding = Lock()
        self._state = ("", "")
        self._shelf: Shelf | None = None
        self._codes: Codes | None = None
        self._n_searches = 0
        self._lists: tuple[str, InvertedFile | None] = ("", None)

    def lists(self, connection: sqlite3.Connection) -> InvertedFile | None:
        """Return the lists of the connection's snapshot; None where they cannot be used."""
        state = read_meta(connection, "generation") + read_meta(connection, "lists")
        with self._lock:
            if state != self._lists[0]:
                self._lists = (state, read_lists(self._database, connection))
            return self._lists[1]

    def shelf(self, connection: sqlite3.Connection) -> Shelf:
        """Return the vectors of the connection's snapshot.

        Raises
        ------
        CatalogueError
            If the vectors are missing or cut short.
        """
        state = (read_meta(connection, "generation"), read_meta(connection, "changes"))
        with self._lock:
            if self._shelf is None or state != self._state:
                shelf = _read(self._database, connection)
                if state[0] != self._state[0]:
                    self._codes = None
                self._state, self._shelf = state, shelf
            return self._shelf

    def nearest(
        self,
        shelf: Shelf,
        query: NDArray[np.floating],
        n: int,
        allowed: NDArray[np.bool_] | None,
        lists: InvertedFile | None = None,
    ) -> Nearest:
        """Return the nearest sounds of a shelf, exactly (`semdnn.catalogue.nearest`).

        The second search over many sounds makes codes of them first; those of other threads do not
        wait for it, and pass over the vectors themselves. With lists the answer is approximate
        (`semdnn.catalogue.inverted_file`).
        """
        if lists is not None and lists.n_rows <= len(shelf.vectors):
            return nearest_in_lists(shelf.vectors, lists, query, n, allowed=allowed)
        with self._lock:
            self._n_searches += 1
            is_worthwhile = self._n_searches > 1 and len(shelf.rows) >= MANY_SOUNDS
        codes = None
        if is_worthwhile and has_code_kernel(len(query)) and self._coding.acquire(blocking=False):
            try:
                codes = self._codes_of(shelf)
            finally:
                self._coding.release()
        return nearest(shelf.vectors, query, n, allowed=allowed, codes=codes)

    def _codes_of(self, shelf: Shelf) -> Codes | None:
        """Return the codes of the shelf in use, made as far as they are missing; None of others."""
        with self._lock:
            if shelf is not self._shelf:
                return None
            generation, codes = self._state[0], self._codes
        n_rows, n_coded = len(shelf.vectors), 0 if codes is None else len(codes.codes)
        if n_coded < n_rows:
            parts = [] if codes is None else [codes]
            for start in track(range(n_coded, n_rows, _CODED_ROWS), label="preparing search"):
                parts.append(encode(shelf.vectors[start : start + _CODED_ROWS]))
            codes = joined(parts)
            with self._lock:
                if generation == self._state[0]:
                    self._codes = codes
        if codes is None:
            return None
        return Codes(codes.codes[:n_rows], codes.scales[:n_rows], codes.errors[:n_rows])


def _read(database: Path, connection: sqlite3.Connection) -> Shelf:
    generation = int(read_meta(connection, "generation"))
    n_dims = int(read_meta(connection, "n_dims") or 0)
    path = vectors_path(database, generation)
    vectors = open_vectors(path, next_row(connection), n_dims)
    found = connection.execute("SELECT row, id FROM contents WHERE n_files > 0 ORDER BY row")
    pairs = np.fromiter((number for pair in found for number in pair), np.int64).reshape(-1, 2)
    return Shelf(vectors, np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))
