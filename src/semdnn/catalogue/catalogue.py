"""`Catalogue`: a library's sounds by meaning, the object that programs hold."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.database import (
    CatalogueError,
    database_path,
    open_for_reading,
    read_meta,
    snapshot,
)
from semdnn.catalogue.query import Query
from semdnn.catalogue.search import Asked, Match, WordWeight, ask, find, words_of_sound
from semdnn.catalogue.shelf import Shelves
from semdnn.semantics.table_space import WordSpace
from semdnn.semantics.word_space import open_word_space

if TYPE_CHECKING:
    from semdnn.catalogue.duplicates import DuplicateGroup
    from semdnn.catalogue.index import Updated
    from semdnn.model import SemanticModel


Seen = TypeVar("Seen")


class CatalogueSound(NamedTuple):
    """A file of a catalogue; `id` is its sound's, which files of one content share."""

    id: int
    path: Path
    duration_s: float
    description: str
    category: str
    source: str
    licence: str


class SoundVectors(NamedTuple):
    """Vectors of all sounds: `ids` int64 [shape=(S,)], `vectors` float32 [shape=(S, D)]."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]


class Catalogue:
    """Sounds of one or more libraries, what was heard in them and what is written about them.

    Reading is read-only and may be done from any thread; each answer is of one state, while
    another process indexes.

    Parameters
    ----------
    database : Path
        The catalogue's file; only `update` makes it where it is not there.

    Examples
    --------
    >>> from semdnn.catalogue.query import Query
    >>> catalogue = Catalogue.open("my_sounds/")  # doctest: +SKIP
    >>> catalogue.search(Query(text="metal door slam"))[0].path  # doctest: +SKIP
    """

    def __init__(self, database: Path | str) -> None:
        self.database = database_path(Path(database))
        self._base = self.database.resolve().parent
        self._shelves = Shelves(self.database)
        self._own = threading.local()

    @classmethod
    def open(cls, path: Path | str) -> "Catalogue":
        """Open a catalogue that is there: its file, or the library that holds it.

        Raises
        ------
        CatalogueError
            If there is none, or it is damaged or of another version.
        """
        catalogue = cls(path)
        with catalogue._reading():
            return catalogue

    @property
    def model_name(self) -> str:
        """Name or file of the network that hears the catalogue's sounds."""
        with self._reading() as connection:
            return read_meta(connection, "model")

    @property
    def state(self) -> tuple[str, str]:
        """What changes whenever the catalogue does."""
        with self._reading() as connection:
            return read_meta(connection, "generation"), read_meta(connection, "changes")

    def load_model(self) -> "SemanticModel":
        """Load the network that hears the catalogue's sounds.

        Raises
        ------
        CatalogueError
            If what has its name now is another network.
        ModelError
            If it is not there.
        """
        from semdnn.catalogue.index import check_model  # noqa: PLC0415 - loads torch
        from semdnn.model import SemanticModel  # noqa: PLC0415

        with self._reading() as connection:
            name, identity = read_meta(connection, "model"), read_meta(connection, "identity")
        model = SemanticModel.load(name)
        check_model(self.database, identity, name, model)
        return model

    @cached_property
    def space(self) -> WordSpace:
        """The word space that questions are looked up in."""
        with self._reading() as connection:
            return open_word_space(read_meta(connection, "word_space"))

    def update(
        self,
        folders: Sequence[Path | str],
        *,
        model: str = "",
        n_workers: int | None = None,
        approximate: bool = False,
    ) -> "Updated":
        """Bring the catalogue up to date with libraries: `semdnn.catalogue.index`."""
        from semdnn.catalogue.index import update_catalogue  # noqa: PLC0415 - loads torch

        places = [Path(folder) for folder in folders]
        return update_catalogue(
            self.database, places, model_name=model, n_workers=n_workers, approximate=approximate
        )

    def ask(self, query: Query) -> Asked:
        """Look up a question's words; ``ask(query).meaning.unknown`` are those not known.

        Raises
        ------
        QueryError
            If nothing is left to search by.
        AudioError
            If the example cannot be read.
        """
        return ask(query, self.space, self._vector_of(query.like))

    def search(self, query: Query) -> list[Match]:
        """Return the sounds that fit a question best: `semdnn.catalogue.search`.

        Raises
        ------
        QueryError
            If nothing is left to search by.
        AudioError
            If the example cannot be read.
        """
        asked = self.ask(query)
        return self._again(lambda own: find(asked, own, self._shelves, self._base))

    def __len__(self) -> int:
        with self._reading() as connection:
            count = "SELECT count(*) FROM contents WHERE n_files > 0"
            return int(connection.execute(count).fetchone()[0])

    def sounds(self) -> list[CatalogueSound]:
        """Return every file of the catalogue, by library and name."""
        with self._reading() as connection:
            return self._files(connection, "1", ())

    def sound(self, number: int) -> CatalogueSound:
        """Return a sound: its first file, by library and name, of several.

        Raises
        ------
        CatalogueError
            If the catalogue has no such sound.
        """
        with self._reading() as connection:
            found = self._files(connection, "content_id = ?", (number,))
        if not found:
            raise CatalogueError(f"{self.database}: no sound {number} in this catalogue")
        return found[0]

    def vectors(self) -> SoundVectors:
        """Return the unit vectors of all sounds, by id."""
        shelf = self._again(self._shelves.shelf)
        order = np.argsort(shelf.ids)
        return SoundVectors(shelf.ids[order], shelf.vectors[shelf.rows[order]])

    def path_of(self, number: int) -> Path:
        """Return where a sound lies: the first place of several that has a file now.

        Raises
        ------
        CatalogueError
            If the catalogue has no such sound.
        """
        with self._reading() as connection:
            found = connection.execute(
                "SELECT folder, name FROM files JOIN libraries ON libraries.id = library_id"
                " WHERE content_id = ? ORDER BY folder, name",
                (number,),
            ).fetchall()
        paths: list[Path] = [(self._base / folder).resolve() / name for folder, name in found]
        if not paths:
            raise CatalogueError(f"{self.database}: no sound {number} in this catalogue")
        return next((path for path in paths if path.is_file()), paths[0])

    def words(self, number: int) -> tuple[WordWeight, ...]:
        """Return what was heard in a sound, in falling weight; empty for an unknown id."""
        with self._reading() as connection:
            return words_of_sound(connection, number)

    def duplicates(self) -> "list[DuplicateGroup]":
        """Return the sounds that are there more than once: `semdnn.catalogue.duplicates`."""
        from semdnn.catalogue.duplicates import find_duplicates  # noqa: PLC0415 - reads audio

        with self._reading() as connection:
            return find_duplicates(connection, self._base)

    def _again(self, look: Callable[[sqlite3.Connection], Seen]) -> Seen:
        """Return what `look` sees in the vectors; look again if they are missing.

        An update may turn to other vectors, and delete these, between the look at the database
        and that at them.
        """
        with suppress(CatalogueError), self._reading() as connection:
            return look(connection)
        with self._reading() as connection:
            return look(connection)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection on one state of the catalogue."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = open_for_reading(self.database)
        if connection.in_transaction:
            yield connection
            return
        with snapshot(connection):
            yield connection

    def _files(
        self, connection: sqlite3.Connection, condition: str, values: tuple[int, ...]
    ) -> list[CatalogueSound]:
        roots = {
            number: (self._base / folder).resolve()
            for number, folder in connection.execute("SELECT id, folder FROM libraries")
        }
        select = (
            "SELECT library_id, name, content_id, duration_s,"  # noqa: S608 - constants
            " description, category, source, licence"
            " FROM files JOIN contents ON contents.id = content_id WHERE "
            + condition
            + " ORDER BY library_id, name"
        )
        return [
            CatalogueSound(content, roots[library] / name, *rest)
            for library, name, content, *rest in connection.execute(select, values)
        ]

    def _vector_of(
        self, like: Path | int | NDArray[np.float32] | None
    ) -> NDArray[np.float32] | None:
        if like is None or isinstance(like, np.ndarray):
            return like
        vector = self._vector_by("id", like) if isinstance(like, int) else self._vector_at(like)
        if vector is None or not vector.any():
            raise CatalogueError(f"{like}: nothing sounds in it: give another sound to search by")
        return vector

    def _vector_at(self, path: Path) -> NDArray[np.float32]:
        from semdnn.catalogue.library_files import hash_of  # noqa: PLC0415

        known = self._vector_by("hash", hash_of(path)) if path.is_file() else None
        return self.load_model().embed(path) if known is None else known

    def _vector_by(self, column: str, value: int | bytes) -> NDArray[np.float32] | None:
        select = f"SELECT row FROM contents WHERE {column} = ?"  # noqa: S608 - constants

        def look(connection: sqlite3.Connection) -> NDArray[np.float32] | None:
            shelf = self._shelves.shelf(connection)
            found = connection.execute(select, (value,)).fetchone()
            return None if found is None else np.array(shelf.vectors[found[0]])

        vector = self._again(look)
        if vector is None and isinstance(value, int):
            raise CatalogueError(f"{self.database}: no sound {value} in this catalogue")
        return vector
