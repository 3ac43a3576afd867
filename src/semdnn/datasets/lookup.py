"""Which file a row of a table means."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from semdnn.datasets.columns import RowFacts
from semdnn.datasets.folder import AUDIO_SUFFIXES
from semdnn.datasets.sheet import Sheet

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class FileLookup:
    """Finds the audio files of a folder as tables name them.

    Tried in this order: the path as it stands; in another case or Unicode form; without its
    ending; and, where the table gives names without folders, the name at any depth, with and
    without its ending. All but the first count only where one file alone fits.

    Parameters
    ----------
    folder : Path
        The library.
    audio : mapping of str to Path
        Its audio files by name.
    """

    def __init__(self, folder: Path, audio: Mapping[str, Path]) -> None:
        self._folder = folder
        self._audio = audio

    def find(self, written: str) -> tuple[str, str]:
        """Return the name of the file that `written` means, and why there is none (or "")."""
        if written in self._audio:
            return written, ""
        name = self._relative(written)
        if not written or name is None:
            return "", "the path leads out of the library" if written else "no path"
        if name in self._audio:
            return name, ""
        if self._is_file(name):  # reached through a link, or no sound
            is_audio = PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES
            return (name, "") if is_audio else ("", "not an audio file by its ending")
        key = _key(name)
        fitting = self._by_path[key] or self._by_path_stem[key]
        if not fitting and "/" not in name:
            fitting = self._by_file_name[key] or self._by_file_stem[key]
        if len(fitting) > 1:
            return "", f"{len(fitting)} files fit: write the path"
        return (fitting[0], "") if fitting else ("", "file not found")

    def _relative(self, written: str) -> str | None:
        """Return `written` as a name; None if it leads out of the folder."""
        path = PurePosixPath(written.replace("\\", "/"))
        if path.is_absolute():
            root = PurePosixPath(self._folder.absolute().as_posix())
            if not path.is_relative_to(root):
                return None
            path = path.relative_to(root)
        parts: list[str] = []
        for part in path.parts:
            if part != "..":
                parts.append(part)
            elif not parts:
                return None
            else:
                parts.pop()
        return "/".join(parts)

    def _is_file(self, name: str) -> bool:
        try:
            return (self._folder / name).is_file()
        except (OSError, ValueError):  # too long, or a NUL in it
            return False

    @cached_property
    def _by_path(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, _key)

    @cached_property
    def _by_path_stem(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: _without_ending(_key(name)))

    @cached_property
    def _by_file_name(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: PurePosixPath(_key(name)).name)

    @cached_property
    def _by_file_stem(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: PurePosixPath(_key(name)).stem)


class FaultyRow(NamedTuple):
    """A row that describes no file: its number, the file as far as it is known, and why."""

    number: int
    file: str
    reason: str


class MatchedRows(NamedTuple):
    """Rows by the names of their files, with their numbers, and the rows that have none."""

    found: dict[str, tuple[int, RowFacts]]
    faulty: tuple[FaultyRow, ...]


def match_rows(
    sheet: Sheet, facts: Iterable[tuple[int, RowFacts]], lookup: FileLookup, path_column: str
) -> MatchedRows:
    """Return which row describes which file; of several rows of one file, the first.

    A row with a cell that holds other rows, because a quote was left open, describes none: the sign
    is a further line of the cell that names, where a row does, a file that no row is of.

    Parameters
    ----------
    sheet : Sheet
        The table.
    facts : iterable of (int, RowFacts)
        Number and facts of its rows.
    lookup : FileLookup
        Finds the files.
    path_column : str
        The column of `sheet` that names the files.
    """
    found: dict[str, tuple[int, RowFacts]] = {}
    faulty = []
    for number, row in facts:
        name, fault = lookup.find(row.path)
        if fault and _LINE_BREAK.search(row.path):
            fault = "a line break in the file's name: is a quote left open?"
        if fault:
            faulty.append(FaultyRow(number, row.path, fault))
        elif name in found:
            reason = f"the file is already in row {found[name][0]}"
            faulty.append(FaultyRow(number, name, reason))
        else:
            found[name] = (number, row)
    cells = {row.number: row.cells for row in sheet.rows if sheet.delimiter}
    at = sheet.columns.index(path_column)
    swallowing = []
    for name, (number, _) in found.items():
        lines = _further_lines(cells.get(number, {}).values())
        named = (_named_in(line, sheet.delimiter, at, lookup) for line in lines)
        swallowed = next((file for file in named if file and file not in found), "")
        if swallowed:
            reason = f"a quote is left open: the row of {swallowed!r} is inside"
            swallowing.append(FaultyRow(number, name, reason))
    for _, name, _ in swallowing:
        del found[name]
    return MatchedRows(found, tuple(sorted((*faulty, *swallowing))))


def _further_lines(cells: Iterable[str]) -> Iterable[str]:
    return (line for cell in cells for line in _LINE_BREAK.split(cell)[1:])


def _named_in(line: str, delimiter: str, at: int, lookup: FileLookup) -> str:
    """Return the file that `line` names if it is a row with its path at place `at`, or ""."""
    parts = line.split(delimiter)
    return lookup.find(parts[at].strip(' "'))[0] if len(parts) > max(at, 1) else ""


def _without_ending(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> defaultdict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return groups
