"""Which sounds are meant: files, folders, patterns and lists of them, each sound once."""

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from semdnn.audio.waveform import is_audio_path
from semdnn.errors import SemdnnError

STANDARD_INPUT = Path("-")


class Found(NamedTuple):
    """Sounds to label, and how many other files of folders and patterns were passed over."""

    paths: tuple[Path, ...]
    n_ignored: int


class NothingToLabelError(SemdnnError):
    """The given paths hold no sound file."""


class ListError(SemdnnError):
    """A list of sounds that cannot be read, or names nothing."""


def find_sounds(paths: Sequence[Path]) -> Found:
    """Return the sound files among `paths`: files as given, folders searched in depth.

    A file that is named is always tried, whatever its suffix. In folders, and among the matches of
    a pattern (``*``, ``?``, ``[…]``; ``**`` for any depth), files with the suffix of an audio or
    video format are taken, in sorted order; hidden ones are not. A file that is reached in several
    ways is taken once, where it comes first.

    Raises
    ------
    NothingToLabelError
        If there is nothing at all, or a pattern matches nothing.
    """
    found: dict[Path, Path] = {}
    n_ignored = 0
    for path, is_named in _expanded(paths):
        if is_named or is_audio_path(path) or path.is_dir():
            found.setdefault(_absolute(path), path)
        else:
            n_ignored += 1
    if not found:
        named = ", ".join(map(str, paths[:3])) + ", …" * (len(paths) > 3)
        raise NothingToLabelError(
            f"{named or 'nothing given'}: no sound files here; give files or a folder of them"
        )
    return Found(tuple(found.values()), n_ignored)


def read_list(path: Path) -> tuple[Path, ...]:
    """Return the paths that a file lists, one a line; ``-`` is standard input.

    Empty lines and lines that begin with ``#`` do not count, so an m3u playlist will do; a file
    that holds NUL bytes is split at those instead (``find -print0``). Relative paths start from the
    current folder.

    Raises
    ------
    ListError
        If the file cannot be read or lists nothing.
    """
    name = "standard input" if path == STANDARD_INPUT else str(path)
    try:
        content = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise ListError(f"{name}: the list cannot be read ({error.strerror})") from error
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in content:
        lines = content.split(b"\0")
    else:
        lines = [line.rstrip(b"\r") for line in content.split(b"\n")]
        lines = [line for line in lines if line.strip() and not line.startswith(b"#")]
    listed = tuple(Path(os.fsdecode(line)) for line in lines if line)
    if not listed:
        raise ListError(f"{name}: the list names no sound; give one path a line")
    return listed


def mirrored(paths: Sequence[Path]) -> list[Path]:
    """Return each path as seen from the folder that all of them have in common.

    Examples
    --------
    >>> [str(path) for path in mirrored([Path("lib/a/1.wav"), Path("lib/2.wav")])]
    ['a/1.wav', '2.wav']
    """
    absolute = [_absolute(path) for path in paths]
    top = os.path.commonpath([path.parent for path in absolute])
    return [Path(os.path.relpath(path, top)) for path in absolute]


def label_names(paths: Sequence[Path]) -> list[Path]:
    """Return a name ending in ``.txt`` for each path, placed as by `mirrored`, no two the same.

    The suffix of the sound gives way, unless two sounds would then have one name.

    Examples
    --------
    >>> [str(name) for name in label_names([Path("a.wav"), Path("b.wav")])]
    ['a.txt', 'b.txt']
    >>> [str(name) for name in label_names([Path("a.wav"), Path("a.ogg")])]
    ['a.wav.txt', 'a.ogg.txt']
    """
    places = mirrored(paths)
    short = [place.with_suffix(".txt") for place in places]
    if len(set(short)) == len(short):
        return short
    return [place.with_name(f"{place.name}.txt") for place in places]


def _absolute(path: Path) -> Path:
    """Return the path from the root without ``..``; links are not followed, so each counts."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links


def _expanded(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield the files meant, and whether each was named itself."""
    for path in paths:
        if path.is_dir():
            yield from ((file, False) for file in _files(path))
        elif os.path.lexists(path) or not glob.has_magic(str(path)):
            yield path, True
        else:
            yield from ((file, False) for file in _matches(path))


def _matches(pattern: Path) -> Iterator[Path]:
    # Path.glob takes no pattern from the root, and does not leave hidden files out.
    matches = sorted(map(Path, glob.glob(str(pattern), recursive=True)))  # noqa: PTH207
    if not matches:
        raise NothingToLabelError(
            f"{pattern}: no file is called that, and the pattern matches none"
        )
    for match in matches:
        if match.is_dir() and not match.is_symlink():
            yield from _files(match)
        else:
            yield match


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` in sorted order, hidden ones and hidden folders left out."""
    try:
        content = sorted(folder.iterdir())
    except PermissionError:
        yield folder  # tried like a file, and so listed with its error
        return
    for inner in content:
        if inner.name.startswith("."):
            continue
        if inner.is_dir() and not inner.is_symlink():
            yield from _files(inner)
        elif not inner.is_dir():
            yield inner
