"""A folder of sounds, with or without a table that describes them, as the table of sounds."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from semdnn.datasets.columns import ColumnMapping, RowFacts, path_column, read_facts
from semdnn.datasets.folder import FolderContent, list_audio
from semdnn.datasets.lookup import FileLookup, match_rows
from semdnn.datasets.names import read_name
from semdnn.datasets.sheet import SHEET_SUFFIXES, Sheet, read_sheet
from semdnn.datasets.table import Rejected, Sound, Table
from semdnn.datasets.tags import read_tags
from semdnn.errors import SemdnnError
from semdnn.progress import track
from semdnn.settings import Settings

NOT_FOR_WEIGHTS = ("unstated", "unknown", "NC", "noncommercial", "non-commercial", "research only")
"""Licences of sounds that stay out of weights that are passed on (`leave_out_licences`)."""

_PLACES = {
    "auto": " in its tags or name",
    "table": " in the table",
    "tags": " in its tags",
    "names": " in its name",
}
_TABLE_STEMS = ("manifest", "metadata")


class LibraryError(SemdnnError):
    """A library that cannot be read as a whole."""


class LibrarySettings(Settings):
    """How a library is read.

    Attributes
    ----------
    table : str
        Path of the table of descriptions, relative to the library; by default the one
        ``manifest`` or ``metadata`` file (``.csv``, ``.tsv``, ``.parquet``) in its root, if any.
    columns : ColumnMapping
        Which columns of the table say what; by default found by their names.
    descriptions : {"auto", "table", "tags", "names"}
        Where descriptions come from. ``auto`` takes the table's text columns; without such, the
        tags embedded in a file or, where it has none, its name.
    leave_out_licences : tuple of str
        Sounds whose licence contains one of these as whole words, in any case, are rejected:
        ``NC`` is in ``CC BY-NC 3.0`` and not in ``licence``. An empty licence is ``unstated``.
    """

    table: str = ""
    columns: ColumnMapping = ColumnMapping()
    descriptions: Literal["auto", "table", "tags", "names"] = "auto"
    leave_out_licences: Annotated[tuple[str, ...], Field(strict=False)] = ()


class _Candidate(NamedTuple):
    """A file that is there, with what the table says about it."""

    name: str
    path: Path
    where: str
    facts: RowFacts


def read_library(folder: Path, settings: LibrarySettings = LibrarySettings()) -> Table:  # noqa: B008 - frozen
    """Return the sounds of `folder` with their descriptions, and what was rejected and why.

    Every audio file at any depth and every row of the table ends up either as a sound or as
    rejected; no single file or row stops the reading.

    Raises
    ------
    LibraryError
        If the folder is missing or holds no audio file, the table asked for is not there, or
        there are several and none is asked for.
    SheetError, ColumnError
        If the table cannot be read, or lacks a column that the settings name.
    """
    if not folder.is_dir():
        raise LibraryError(f"{folder}: no such folder")
    content = list_audio(folder)
    table_path = find_table(folder, settings.table)
    if not content.audio and not content.rejected and table_path is None:
        raise LibraryError(f"{folder}: no audio file in it, at any depth")
    if table_path is None:
        if settings.descriptions == "table":
            raise LibraryError(f"{folder}: no table of descriptions: set `table` to its path")
        candidates = [_Candidate(n, p, "", RowFacts(n)) for n, p in content.audio.items()]
        rejected, notes, has_text = list[Rejected](), list[str](), False
    else:
        sheet = read_sheet(table_path)
        facts, has_text = read_facts(sheet, settings.columns, table_path)
        column = path_column(sheet.columns, settings.columns)
        candidates, rejected = _match_rows(folder, content, sheet, facts, column)
        notes = list(sheet.notes)
        if settings.descriptions == "table" and not has_text:
            raise LibraryError(f"{table_path}: no text column: name some in `columns.description`")
    from_table = settings.descriptions == "auto" and has_text
    sounds, undescribed = _describe(candidates, "table" if from_table else settings.descriptions)
    sounds, left_out = _leave_out(sounds, settings.leave_out_licences)
    if content.n_other:
        notes.append(f"{content.n_other} files are not audio by their endings")
    everything = (*content.rejected, *rejected, *undescribed, *left_out)
    return Table(tuple(sounds), everything, tuple(notes))


def find_table(folder: Path, wanted: str = "") -> Path | None:
    """Return the table of `folder`: the `wanted` one, or the one in its root, or None.

    Raises
    ------
    LibraryError
        If the wanted one is not there, or there are several and none is wanted.
    """
    if wanted:
        path = folder / wanted
        if not path.is_file():
            raise LibraryError(f"{path}: no such table")
        return path
    found = tables_of(folder)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise LibraryError(
            f"{folder}: several tables ({names}): set `table` to one of them or keep only one there"
        )
    return found[0] if found else None


def tables_of(folder: Path) -> list[Path]:
    """Return the files in the root of `folder` that are called as tables of descriptions are."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.stem.lower() in _TABLE_STEMS and path.suffix.lower() in SHEET_SUFFIXES
    ]


def _match_rows(
    folder: Path,
    content: FolderContent,
    sheet: Sheet,
    facts: Iterable[tuple[int, RowFacts]],
    column: str,
) -> tuple[list[_Candidate], list[Rejected]]:
    """Return a candidate for every row that has a file, and every row and file left over."""
    matched = match_rows(sheet, facts, FileLookup(folder, content.audio), column)
    candidates = [
        _Candidate(name, content.audio.get(name) or folder / name, f"row {number}", row)
        for name, (number, row) in matched.found.items()
    ]
    rejected = [Rejected(f"row {bad.number}", bad.reason) for bad in sheet.bad_rows]
    for number, file, fault in matched.faulty:
        rejected.append(Rejected(file or f"row {number}", f"row {number}: {fault}"))
    told = {*matched.found, *(bad.name for bad in rejected)}
    rejected += [Rejected(name, "not in the table") for name in content.audio if name not in told]
    return candidates, rejected


def _describe(candidates: Iterable[_Candidate], origin: str) -> tuple[list[Sound], list[Rejected]]:
    """Return the sounds that `origin` (as in `LibrarySettings`) describes, and the others."""
    sounds, rejected = [], []
    for name, path, where, facts in track(candidates, label="reading descriptions"):
        described = facts if origin == "table" else _from_file(name, path, facts, origin)
        if described.description:
            sounds.append(Sound(name, path, *described[1:]))
        else:
            reason = f"no description{_PLACES[origin]}"
            rejected.append(Rejected(name, f"{where}: {reason}" if where else reason))
    return sounds, rejected


def _from_file(name: str, path: Path, facts: RowFacts, origin: str) -> RowFacts:
    """Return `facts` with the description of the file's tags or name."""
    tags = read_tags(path) if origin != "names" else ""
    said = read_name(name)
    return facts._replace(
        description=tags if tags or origin == "tags" else said.description,
        category=facts.category or said.category,
        source=facts.source or said.source,
    )


def _leave_out(
    sounds: Iterable[Sound], licences: tuple[str, ...]
) -> tuple[list[Sound], list[Rejected]]:
    """Return the sounds that may stay, and those whose licence contains one of `licences`."""
    kept, left_out = [], []
    for sound in sounds:
        part = licence_fault(sound.licence, licences)
        if part:
            licence = sound.licence or "unstated"
            reason = f"left out: its licence is {licence!r} (matches {part!r})"
            left_out.append(Rejected(sound.name, reason))
        else:
            kept.append(sound)
    return kept, left_out


def licence_fault(licence: str, refused: Iterable[str]) -> str:
    """Return the first of the `refused` words that a licence text contains, or "".

    Words are compared whole and in any case; an empty licence reads ``unstated``.
    """
    for part in refused:
        pattern = rf"(?<![^\W_]){re.escape(part)}(?![^\W_])"
        if re.search(pattern, licence or "unstated", re.IGNORECASE):
            return part
    return ""
