"""The files of a library as they lie on disk, and what is written about each."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from semdnn.datasets.columns import ColumnMapping, RowFacts, read_facts
from semdnn.datasets.folder import list_audio
from semdnn.datasets.library import find_table
from semdnn.datasets.lookup import FileLookup
from semdnn.datasets.names import read_name
from semdnn.datasets.sheet import read_sheet
from semdnn.datasets.table import Rejected, join_texts
from semdnn.datasets.tags import read_tags
from semdnn.errors import SemdnnError


class FileState(NamedTuple):
    """A file by its name in the library, and by what tells that it has changed."""

    name: str
    path: Path
    size: int
    mtime_ns: int


class FolderState(NamedTuple):
    """What a library's folder holds now.

    Attributes
    ----------
    folder : Path
        The library.
    files : dict of str to FileState
        Its audio files by name.
    rejected : tuple of Rejected
        Files and folders that cannot be read; whatever is in such a folder is not known.
    table : Path or None
        The table of descriptions in its root.
    notes : tuple of str
        What a person should know.
    """

    folder: Path
    files: dict[str, FileState]
    rejected: tuple[Rejected, ...]
    table: Path | None
    notes: tuple[str, ...]

    @property
    def table_state(self) -> str:
        """What tells that the table has changed; "" without one."""
        if self.table is None:
            return ""
        status = self.table.stat()
        return f"{self.table.name} {status.st_size} {status.st_mtime_ns}"


def folder_state(folder: Path) -> FolderState:
    """Look at every file of a library; none is opened."""
    content = list_audio(folder)
    files, rejected = dict[str, FileState](), list(content.rejected)
    for name, path in content.audio.items():
        try:
            status = path.stat()
        except OSError as error:
            rejected.append(Rejected(name, f"cannot be read: {error.strerror}"))
            continue
        files[name] = FileState(name, path, status.st_size, status.st_mtime_ns)
    table, notes = None, tuple[str, ...]()
    try:
        table = find_table(folder)
    except SemdnnError as error:
        notes = (f"{error}; descriptions are taken from tags and names",)
    return FolderState(folder, files, tuple(rejected), table, notes)


class Facts(NamedTuple):
    """What the table says about files, by name, and remarks on its reading."""

    rows: Mapping[str, RowFacts]
    notes: tuple[str, ...]


def table_facts(state: FolderState) -> Facts:
    """Read a library's table; a bad one is a remark, never the end."""
    if state.table is None:
        return Facts({}, ())
    try:
        sheet = read_sheet(state.table)
        rows, _ = read_facts(sheet, ColumnMapping(), state.table)
    except (SemdnnError, OSError) as error:
        return Facts({}, (f"{error}; descriptions are taken from tags and names",))
    lookup = FileLookup(state.folder, {name: file.path for name, file in state.files.items()})
    found: dict[str, RowFacts] = {}
    for _, row in rows:
        name, fault = lookup.find(row.path)
        if not fault:
            found.setdefault(name, row)
    return Facts(found, sheet.notes)


def facts_of(file: FileState, row: RowFacts | None) -> RowFacts:
    """Return what is written about a file: in the table, else in its tags, else in its name."""
    said = read_name(file.name)
    row = row or RowFacts(file.name)
    description = row.description or read_tags(file.path) or said.description
    return row._replace(
        description=join_texts([description]),
        category=row.category or said.category,
        source=row.source or said.source,
    )


def hash_of(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
