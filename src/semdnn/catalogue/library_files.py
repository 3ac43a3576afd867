"""The files of a library as they lie on disk, and what is written about each."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from semdnn.datasets.columns import ColumnMapping, RowFacts, path_column, read_facts
from semdnn.datasets.folder import list_audio
from semdnn.datasets.library import tables_of
from semdnn.datasets.lookup import FaultyRow, FileLookup, match_rows
from semdnn.datasets.names import read_name
from semdnn.datasets.sheet import read_sheet
from semdnn.datasets.table import Rejected, join_texts
from semdnn.datasets.tags import read_tags
from semdnn.errors import SemdnnError

_INSTEAD = "descriptions are taken from tags and names"
_NAMED_ROWS = 3
_NAME_LETTERS = 60


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


def distinct_folders(folders: Iterable[Path]) -> list[Path]:
    """Return `folders` without those that lie where an earlier one does, by whatever name."""
    first: dict[str, Path] = {}
    for folder in folders:
        first.setdefault(os.path.realpath(folder), folder)
    return list(first.values())


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
    tables, notes = tables_of(folder), tuple[str, ...]()
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables)
        notes = (f"{folder}: several tables ({names}): keep one of them there; {_INSTEAD}",)
    table = tables[0] if len(tables) == 1 else None
    return FolderState(folder, files, tuple(rejected), table, notes)


class Facts(NamedTuple):
    """What the table says about files, by name, and remarks on its reading."""

    rows: Mapping[str, RowFacts]
    notes: tuple[str, ...]


def table_facts(state: FolderState) -> Facts:
    """Read a library's table; a bad one is a remark, never the end, and so are bad rows of it."""
    if state.table is None:
        return Facts({}, ())
    try:
        sheet = read_sheet(state.table)
        column = path_column(sheet.columns, ColumnMapping())
        if not column:
            present = ", ".join(sheet.columns)
            note = f"{state.table}: no column names the files ({present}): call one `path` or"
            return Facts({}, (f"{note} `filename` in the first row; {_INSTEAD}",))
        rows, _ = read_facts(sheet, ColumnMapping(), state.table)
    except (SemdnnError, OSError) as error:
        return Facts({}, (f"{error}; {_INSTEAD}",))
    lookup = FileLookup(state.folder, {name: file.path for name, file in state.files.items()})
    matched = match_rows(sheet, rows, lookup, column)
    faulty = [*matched.faulty, *(FaultyRow(bad.number, "", bad.reason) for bad in sheet.bad_rows)]
    found = {name: row for name, (_, row) in matched.found.items()}
    return Facts(found, (*sheet.notes, *_left_out(state.table, sorted(faulty))))


def _left_out(table: Path, faulty: list[FaultyRow]) -> tuple[str, ...]:
    """Return a remark on the rows that describe no file: the first few by name, all by number."""
    if not faulty:
        return ()
    parts = [
        f"row {number}{f' ({_shortened(file)!r})' if file else ''}: {reason}"
        for number, file, reason in faulty[:_NAMED_ROWS]
    ]
    if len(faulty) > _NAMED_ROWS:
        parts.append(f"… and {len(faulty) - _NAMED_ROWS:,} more")
    rows = "1 row" if len(faulty) == 1 else f"{len(faulty):,} rows"
    return (f"{table.name}: {rows} left out: {'; '.join(parts)}",)


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_LETTERS else f"{name[: _NAME_LETTERS - 1]}…"


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
