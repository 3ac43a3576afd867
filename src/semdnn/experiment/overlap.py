"""Recordings that a training library and a test set share: found by their ids, and left out.

ESC-50, UrbanSound8K and FSD50K were all cut from Freesound, and so are many open libraries. Where
the table, the set or a file's name says which Freesound recording a sound comes from, its key is
``freesound:ID`` whoever passed it on. Other recordings are compared by the name that a table gives
them. A sound of which nothing is said is a recording of its own: whether it is in both cannot be
told by its id.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from semdnn.datasets.library import read_library
from semdnn.datasets.registry import EXTERNAL_SETS
from semdnn.datasets.sheet import SHEET_SUFFIXES, read_sheet
from semdnn.datasets.table import Sound, read_table
from semdnn.errors import SemdnnError

_IN_TEXT = re.compile(
    r"freesound\.org/(?:people/[^/]+/sounds|s)/(\d+)|freesound[ _:/#-]*(?:id[ _:#-]*)?(\d+)",
    re.IGNORECASE,
)
# As Freesound names what is downloaded: ID__user__title.wav, often with something before it.
_IN_NAME = re.compile(r"(?<!\d)(\d{1,7})__[^/]+?__[^/]+$")
_NOT_TRAINED_ON = {"test", "left out by balancing"}


class OverlapError(SemdnnError):
    """A list of training recordings that cannot be read."""


class Overlap(NamedTuple):
    """What a test set shares with what a network was trained on.

    Attributes
    ----------
    recordings : tuple of str
        Keys of the shared recordings, sorted.
    sounds : tuple of str
        Names of the test set's sounds that were cut from them.
    """

    recordings: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()


NO_OVERLAP = Overlap()


def recording_key(sound: Sound) -> str:
    """Return ``freesound:ID`` where something says so, else the recording that the table states.

    Examples
    --------
    >>> recording_key(Sound("x/101450__menegass__tom.wav", Path("x.wav"), "tom"))
    'freesound:101450'
    >>> recording_key(Sound("a.wav", Path("a.wav"), "rain", recording="https://freesound.org/s/12/"))
    'freesound:12'
    >>> recording_key(Sound("a.wav", Path("a.wav"), "rain"))
    ''
    """
    if sound.source in EXTERNAL_SETS:
        pattern = EXTERNAL_SETS[sound.source].facts.freesound_id
        if found := re.search(pattern, sound.path.stem):
            return f"freesound:{found.group(1)}"
    stated = "" if sound.recording == sound.name else sound.recording
    if found := _IN_TEXT.search(stated):
        return f"freesound:{found.group(1) or found.group(2)}"
    if found := _IN_NAME.search(stated or sound.name) or _IN_NAME.search(sound.name):
        return f"freesound:{found.group(1)}"
    return stated


def recording_keys(sounds: Iterable[Sound]) -> tuple[str, ...]:
    """Return the keys of all recordings that have one, sorted, each once."""
    return tuple(sorted({key for sound in sounds if (key := recording_key(sound))}))


def find_overlap(sounds: Sequence[Sound], trained_on: Collection[str]) -> Overlap:
    """Return the recordings of `sounds` that are among those `trained_on`.

    Parameters
    ----------
    sounds : sequence of Sound
        A test set.
    trained_on : collection of str
        Keys as `recording_keys` gives them.

    Examples
    --------
    >>> test = [Sound(n, Path(n), "dog", recording="freesound:7") for n in ("a.wav", "b.wav")]
    >>> find_overlap(test, {"freesound:7", "freesound:8"})
    Overlap(recordings=('freesound:7',), sounds=('a.wav', 'b.wav'))
    """
    known = set(trained_on)
    shared = [(recording_key(sound), sound.name) for sound in sounds]
    shared = [(key, name) for key, name in shared if key and key in known]
    return Overlap(
        tuple(sorted({key for key, _ in shared})), tuple(sorted(name for _, name in shared))
    )


def read_recordings(place: Path) -> tuple[str, ...]:
    """Return the keys of the recordings in a training library, or in a list of its sounds.

    Parameters
    ----------
    place : Path
        A library's folder; or a table (.csv, .tsv, .parquet) with a column ``recording``, ``name``
        or ``path``, of which rows whose ``part`` is ``test`` do not count (a run's ``sounds.csv``
        is one); or a table of sounds (.jsonl).

    Raises
    ------
    OverlapError
        If there is neither, or the table has none of these columns.
    LibraryError, SheetError, TableError
        If it cannot be read.
    """
    if place.is_dir():
        return recording_keys(read_library(place).sounds)
    if not place.is_file():
        raise OverlapError(f"{place}: neither a library's folder nor a table of its sounds")
    if place.suffix.lower() in (".jsonl", ".json"):
        return recording_keys(read_table(place).sounds)
    if place.suffix.lower() not in SHEET_SUFFIXES:
        known = ", ".join(SHEET_SUFFIXES)
        raise OverlapError(f"{place}: not a table of sounds ({known}, .jsonl)")
    return recording_keys(_listed(place))


def _listed(path: Path) -> list[Sound]:
    sheet = read_sheet(path)
    columns = set(sheet.columns)
    name_column = next((c for c in ("name", "path", "recording") if c in columns), "")
    if not name_column:
        raise OverlapError(
            f"{path}: no column recording, name or path: it does not say which recordings they are"
        )
    sounds = []
    for _, cells in sheet.rows:
        name = cells[name_column]
        if name and cells.get("part", "") not in _NOT_TRAINED_ON:
            recording = cells.get("recording", "")
            if name_column == "recording":
                name = f"row of {recording}"
            source = cells.get("source", "")
            sounds.append(Sound(name, Path(name), "", source=source, recording=recording))
    return sounds
