"""What has to be done to bring a catalogue up to date with one library."""

import os
import sqlite3
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from semdnn.catalogue.database import CatalogueError, transaction
from semdnn.catalogue.library_files import (
    Facts,
    FileState,
    FolderState,
    folder_state,
    table_facts,
)


class Known(NamedTuple):
    """A file as the catalogue has it."""

    id: int
    content_id: int
    size: int
    mtime_ns: int


class Plan:
    """A library as it is on disk against what the catalogue has of it.

    Attributes
    ----------
    library_id : int
        Its number in the catalogue.
    state : FolderState
        What is on disk.
    known : dict of str to Known
        What the catalogue has, by name.
    fresh : list of FileState
        Files to look into: new, or of another size or time of change.
    gone : dict of str to int
        Files that are no longer there: their numbers in the catalogue, by name.
    n_unchanged : int
        Files that need no look.
    table_state : str
        What the catalogue has of the library's table.
    """

    def __init__(self, library_id: int, state: FolderState, known: dict[str, Known], table: str):
        self.library_id = library_id
        self.state = state
        self.known = known
        self.table_state = table
        self.fresh = [file for file in state.files.values() if not self._is_unchanged(file)]
        self.n_unchanged = len(state.files) - len(self.fresh)
        unseen = tuple(f"{bad.name}/" if bad.name else "" for bad in state.rejected)
        self.gone = {
            name: had.id
            for name, had in known.items()
            if name not in state.files and not f"{name}/".startswith(unseen)
        }

    @cached_property
    def facts(self) -> Facts:
        """What the library's table says; read when something needs it."""
        return table_facts(self.state)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of what was read."""
        read = "facts" in self.__dict__
        return (*self.state.notes, *(self.facts.notes if read else ()))

    def take_gone(self, content: int) -> int | None:
        """Return the number of a file of this content that is gone, and count it as found."""
        names = self._gone_by_content.get(content)
        return self.gone.pop(names.pop()) if names else None

    @cached_property
    def _gone_by_content(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for name in sorted(self.gone, reverse=True):
            found[self.known[name].content_id].append(name)
        return found

    def _is_unchanged(self, file: FileState) -> bool:
        had = self.known.get(file.name)
        return had is not None and had[2:] == file[2:]


def plan_of(connection: sqlite3.Connection, folder: Path, base: Path) -> Plan:
    """Compare the library `folder` with the catalogue whose file lies in `base`.

    Raises
    ------
    CatalogueError
        If the folder is missing or holds no audio file, or overlaps with another library.
    """
    if not folder.is_dir():
        raise CatalogueError(f"{folder}: no such folder")
    folder = folder.resolve()
    if os.fsencode(folder).decode("utf-8", "replace") != str(folder):
        raise CatalogueError(f"{str(folder)!a}: its name is not valid UTF-8; rename it")
    state = folder_state(folder)
    if not state.files and not state.rejected:
        raise CatalogueError(
            f"{folder}: no audio file in it, at any depth; is its disk there? Nothing was changed"
        )
    number = _library(connection, folder, base)
    found = connection.execute("SELECT table_state FROM libraries WHERE id = ?", (number,))
    table_state = str(found.fetchone()[0])
    files = connection.execute(
        "SELECT name, id, content_id, size, mtime_ns FROM files WHERE library_id = ?", (number,)
    )
    known = {name: Known(*rest) for name, *rest in files}
    return Plan(number, state, known, table_state)


def written_folder(folder: Path, base: Path) -> str:
    """Return how a library's folder is written down: relative where the catalogue is inside it.

    So a library that holds its own catalogue can be moved as a whole.
    """
    return os.path.relpath(folder, base) if folder in (base, *base.parents) else str(folder)


def _library(connection: sqlite3.Connection, folder: Path, base: Path) -> int:
    for number, place in connection.execute("SELECT id, folder FROM libraries").fetchall():
        root = (base / place).resolve()
        if root == folder:
            return int(number)
        if root in folder.parents or folder in root.parents:
            raise CatalogueError(
                f"{folder}: overlaps with the library {root} of this catalogue; index that one, "
                "or keep another catalogue with --db FILE"
            )
    with transaction(connection):
        insert = "INSERT INTO libraries (folder) VALUES (?)"
        number = connection.execute(insert, (written_folder(folder, base),)).lastrowid
    return int(number or 0)
