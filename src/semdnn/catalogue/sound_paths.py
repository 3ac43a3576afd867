"""Which sounds are meant: files, folders, patterns and lists of them, each sound once."""

import errno
import glob
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from semdnn.audio.waveform import is_audio_path
from semdnn.errors import SemdnnError

STANDARD_INPUT = Path("-")
ANY_DEPTH = "**"


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
    video format are taken, in sorted order; hidden ones are not, and links to folders are not
    followed by folders and by ``**``. A file that is reached in several ways is taken once, where
    it comes first; a link to a file counts as a file of its own.

    Raises
    ------
    NothingToLabelError
        If there is nothing at all, or a pattern matches nothing.
    """
    found: dict[tuple[str, str], Path] = {}
    n_ignored = 0
    real_folder = cache(os.path.realpath)
    for path, is_named in _expanded(paths):
        if is_named or is_audio_path(path) or path.is_dir():
            place = _absolute(path)
            found.setdefault((real_folder(place.parent), place.name), path)
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


def would_find_any(given: Path, folder: Path, places: Sequence[Path]) -> bool:
    """Return whether a search of a path or pattern would come upon files that are made later.

    Parameters
    ----------
    given : Path
        As given to `find_sounds`.
    folder : Path
        Where the files will be.
    places : sequence of Path
        The files as seen from `folder`.
    """
    if given.is_dir():
        return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(given))
    if os.path.lexists(given) or not glob.has_magic(str(given)):
        return False
    parts = _absolute(given).parts
    n_plain = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    plain = Path(*parts[:n_plain])
    for top, way in (
        (plain, _absolute(folder)),
        (Path(os.path.realpath(plain)), Path(os.path.realpath(folder))),
    ):
        inner = [way / place for place in places]
        names = [file.relative_to(top).parts for file in inner if file.is_relative_to(top)]
        if any(_fits(own, parts[n_plain:], top) for own in names):
            return True
    return False


def _fits(names: Sequence[str], pattern: Sequence[str], top: Path) -> bool:
    """Return whether a pattern that starts in `top` matches a file there, or a folder around it."""
    if not names:
        return not pattern
    below = top / names[0]
    is_walked = not names[0].startswith(".") and not below.is_symlink()
    if not pattern:
        return is_walked and _fits(names[1:], pattern, below)
    if pattern[0] == ANY_DEPTH:
        rest = pattern[1:] or ("*",)
        return _fits(names, rest, top) or (is_walked and _fits(names[1:], pattern, below))
    if names[0].startswith(".") and not pattern[0].startswith("."):
        return False
    return fnmatchcase(names[0], pattern[0]) and _fits(names[1:], pattern[1:], below)


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
    matches = sorted(_globbed(pattern))
    if not matches:
        raise NothingToLabelError(
            f"{pattern}: no file is called that, and the pattern matches none"
        )
    for match in matches:
        if match.is_symlink() and _leads_to_no_file(match):
            continue
        if match.is_dir():
            yield from _files(match)
        else:
            yield match


def _globbed(pattern: Path) -> set[Path]:
    """Return what a pattern matches; ``**`` stands for folders below, links to folders left out."""
    parts = (*pattern.parts, "*") if pattern.name == ANY_DEPTH else pattern.parts
    found = {Path()}
    while parts:
        if parts[0] == ANY_DEPTH:
            found = {folder for top in found for folder in _folders(top)}
            parts = parts[1:]
            continue
        end = parts.index(ANY_DEPTH) if ANY_DEPTH in parts else len(parts)
        # Path.glob takes no pattern from the root, and does not leave hidden files out.
        inner = str(Path(*parts[:end]))
        found = {
            top / name
            for top in found
            for name in glob.glob(inner, root_dir=top)  # noqa: PTH207
        }
        parts = parts[end:]
    return found


def _folders(top: Path) -> Iterator[Path]:
    """Yield a folder and all below it, hidden ones and links left out."""
    for folder, inner, _ in os.walk(top):
        inner[:] = [name for name in inner if not name.startswith(".")]
        yield Path(folder)


def _leads_to_no_file(link: Path) -> bool:
    """Return whether a link leads to a folder or round in a loop; one to nothing is an error."""
    try:
        return stat.S_ISDIR(link.stat().st_mode)
    except OSError as error:
        return error.errno == errno.ELOOP


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` in sorted order, hidden ones and hidden folders left out."""
    try:
        with os.scandir(folder) as entries:
            content = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        yield folder  # tried like a file, and so listed with its error
        return
    for entry in content:
        inner = folder / entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(inner)
        elif not (entry.is_symlink() and _leads_to_no_file(inner)):
            yield inner
