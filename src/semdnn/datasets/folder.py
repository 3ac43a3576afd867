"""The audio files of a folder, at any depth."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from semdnn.datasets.table import Rejected

_LIBSNDFILE_SUFFIXES = (
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .aif .aiff .aifc .w64 .rf64 .bwf .caf .au .snd "
    ".voc .nist .sph .ircam .sf .paf .svx .8svx .iff .xi .avr .pvf .wve .sds .htk .mpc2k"
)
_PYAV_SUFFIXES = (
    ".m4a .m4b .mp4 .m4v .aac .ac3 .eac3 .wma .asf .mka .mkv .webm .mov .avi .3gp .mpg .mpeg .ts "
    ".amr .ape .wv .tta .mpc .spx .dsf"
)
AUDIO_SUFFIXES: frozenset[str] = frozenset(f"{_LIBSNDFILE_SUFFIXES} {_PYAV_SUFFIXES}".split())
"""Endings (lower case) of the files that are taken for sounds."""


class FolderContent(NamedTuple):
    """What a folder holds.

    Attributes
    ----------
    audio : dict of str to Path
        Audio files by name: the path relative to the folder, with forward slashes.
    n_other : int
        Number of files that are not audio by their endings.
    rejected : tuple of Rejected
        Folders that cannot be read and files whose names are not valid text.
    """

    audio: dict[str, Path]
    n_other: int
    rejected: tuple[Rejected, ...]


def list_audio(folder: Path) -> FolderContent:
    """Return the audio files under `folder`, whatever the case of their endings.

    Hidden files and folders are passed over (among them the ``._x`` twins that macOS writes).
    Links are followed; a folder is entered once, by its own path if it has one under `folder`,
    so loops of links end.
    """
    audio: dict[str, Path] = {}
    rejected: list[Rejected] = []
    n_other = 0
    for name, entry in _walk(folder, rejected):
        if os.path.splitext(entry.name)[1].lower() not in AUDIO_SUFFIXES:  # noqa: PTH122 - speed
            n_other += 1
        elif reason := _fault(entry):
            rejected.append(Rejected(_printable(name), reason))
        else:
            audio[name] = Path(entry.path)
    return FolderContent(audio, n_other, tuple(rejected))


def _walk(folder: Path, rejected: list[Rejected]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield name and entry of the files under `folder`; what cannot be read gets `rejected`."""
    waiting, links, seen = deque([""]), deque[str](), set[tuple[int, int]]()
    while waiting or links:
        here = waiting.popleft() if waiting else links.popleft()
        try:
            status = (folder / here).stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder / here) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            rejected.append(Rejected(_printable(here), f"cannot be read: {error.strerror}"))
            continue
        for entry in entries:
            name = f"{here}/{entry.name}" if here else entry.name
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                yield name, entry
            elif entry.is_symlink():
                links.append(name)
            else:
                waiting.append(name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _fault(entry: os.DirEntry[str]) -> str:
    """Return why `entry` cannot be a sound; empty if it can."""
    try:
        entry.path.encode()
        is_file = entry.is_file()
    except UnicodeEncodeError:
        return "its name is not valid UTF-8: rename the file"
    except OSError:
        is_file = False
    return "" if is_file else "not a file, or a link that leads nowhere"


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
