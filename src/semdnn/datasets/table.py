"""The one table of sounds: what every later stage reads, wherever the sounds came from."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from semdnn.errors import SemdnnError
from semdnn.files import write_text


class TableError(SemdnnError):
    """A table of sounds that contradicts itself, or a file that does not hold one."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One recording and what is said about it.

    Attributes
    ----------
    name : str
        Path relative to its library, with forward slashes: the key of the sound.
    path : Path
        Where the file lies.
    description : str
        Free text, as found.
    category, source, licence : str
        As found; empty where not stated.
    recording : str
        Recording that the sound was cut from; sounds of one recording never get into two
        parts of a split. Defaults to the sound's own name.
    split : str
        Official fold or split of a published set; empty where there is none.
    """

    name: str
    path: Path
    description: str
    category: str = ""
    source: str = ""
    licence: str = ""
    recording: str = ""
    split: str = ""

    def __post_init__(self) -> None:
        if not self.recording:
            object.__setattr__(self, "recording", self.name)


class Rejected(NamedTuple):
    """A file or row that did not become a sound, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Table:
    """Sounds in the order of their names, what was rejected, and remarks for the reader.

    Attributes
    ----------
    sounds : tuple of Sound
        Sorted by name; no name twice.
    rejected : tuple of Rejected
        Sorted by name.
    notes : tuple of str
        What a person should know about the reading as a whole, such as a guessed encoding.

    Raises
    ------
    TableError
        If two sounds have one name.
    """

    sounds: tuple[Sound, ...]
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        twice = [name for name, n in Counter(s.name for s in self.sounds).items() if n > 1]
        if twice:
            raise TableError(f"{min(twice)!r} names more than one sound: names must be unique")
        object.__setattr__(self, "sounds", tuple(sorted(self.sounds, key=lambda s: s.name)))
        object.__setattr__(self, "rejected", tuple(sorted(self.rejected)))

    def __len__(self) -> int:
        return len(self.sounds)


def join_texts(texts: Iterable[str]) -> str:
    """Return `texts` as one description, joined by ``"; "``, empty and repeated ones left out.

    Examples
    --------
    >>> join_texts(["Door slam", "", "door slam", "heavy oak"])
    'Door slam; heavy oak'
    """
    kept: dict[str, str] = {}
    for text in texts:
        tidy = " ".join(text.split())
        if tidy:
            kept.setdefault(tidy.casefold(), tidy)
    return "; ".join(kept.values())


_SOUND_FIELDS = frozenset(field.name for field in fields(Sound))


def write_table(path: Path, table: Table) -> None:
    """Write `table` to `path` as JSON lines in UTF-8; `read_table` gives an equal table back."""
    records: list[dict[str, Any]] = [
        *({"note": note} for note in table.notes),
        *({**asdict(sound), "path": str(sound.path)} for sound in table.sounds),
        *(rejected._asdict() for rejected in table.rejected),
    ]
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_table(path: Path) -> Table:
    """Return the table that `write_table` wrote.

    Raises
    ------
    TableError
        If the file is missing, is no UTF-8, or a line is no sound, rejection or note.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: cannot be read as a table of sounds ({error})") from error
    sounds, rejected, notes = [], [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        record = _record(path, number, line)
        if record.keys() == _SOUND_FIELDS:
            location = Path(record.pop("path"))
            sounds.append(Sound(path=location, **record))
        elif record.keys() == {"name", "reason"}:
            rejected.append(Rejected(**record))
        elif record.keys() == {"note"}:
            notes.append(record["note"])
        else:
            raise TableError(f"{path}, line {number}: neither a sound, a rejection nor a note")
    return Table(tuple(sounds), tuple(rejected), tuple(notes))


def _record(path: Path, number: int, line: str) -> dict[str, str]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise TableError(f"{path}, line {number}: not JSON ({error})") from error
    if not isinstance(record, dict) or not all(isinstance(v, str) for v in record.values()):
        raise TableError(f"{path}, line {number}: not a JSON object of texts")
    return record
