"""Sounds that a catalogue has more than once, under other names, formats, gains or trims.

Three degrees: the same bytes; other bytes with the same samples (another container, other tags);
and near-duplicates, whose first 9.6 s are alike by `semdnn.features.duplicates` and whose lengths
differ by no more than 1.5 s or a tenth. For the last, only candidates are read again.
"""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from semdnn.catalogue.database import read_meta
from semdnn.catalogue.hearing import picture_of
from semdnn.errors import SemdnnError
from semdnn.features.duplicates import THRESHOLD, likeness
from semdnn.features.near_pairs import near_pairs
from semdnn.progress import track

_HELD_PICTURES = 2048
_LENGTH_S = 1.5
_LENGTH_SHARE = 0.1


class Duplicate(NamedTuple):
    """A file of a group.

    Attributes
    ----------
    path : Path
        Where it lies.
    likeness : str
        "link" if it is the same file as an earlier one of the group, by a symbolic or a hard link;
        else how it compares with the first: "first", "same bytes", "same samples", "near".
    duration_s : float
        Length in seconds.
    size : int
        Bytes.
    link_to : Path or None
        Of a symbolic link, the file that it leads to; of a further hard link, the first one's path.
    """

    path: Path
    likeness: str
    duration_s: float
    size: int
    link_to: Path | None = None


DuplicateGroup = tuple[Duplicate, ...]


class _Content(NamedTuple):
    id: int
    samples: bytes
    duration_s: float
    files: list[tuple[Path, int]]


def find_duplicates(connection: sqlite3.Connection, base: Path) -> list[DuplicateGroup]:
    """Return the groups of two files or more, by the path of their first.

    A group is connected: of near-duplicates, each is near some other of it, not each near all.

    Parameters
    ----------
    connection : sqlite3.Connection
        A catalogue.
    base : Path
        Folder of its file.
    """
    contents, prints = _contents(connection, base)
    pairs = [*_same_samples(contents)]
    pairs += _near(contents, prints, float(read_meta(connection, "log_offset") or 0.01))
    at = np.array(pairs, np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(len(contents),) * 2)
    members: dict[int, list[_Content]] = defaultdict(list)
    if contents:
        for group, content in zip(connected_components(links)[1], contents, strict=True):
            members[int(group)].append(content)
    groups = [_group(group) for group in members.values()]
    return sorted(group for group in groups if len(group) > 1)


def _contents(
    connection: sqlite3.Connection, base: Path
) -> tuple[list[_Content], NDArray[np.float32]]:
    contents: dict[int, _Content] = {}
    prints = []
    found = connection.execute(
        "SELECT contents.id, samples, duration_s, fingerprint, folder, name, size FROM contents"
        " JOIN files ON content_id = contents.id JOIN libraries ON libraries.id = library_id"
        " ORDER BY contents.id, folder, name"
    )
    for number, samples, duration_s, fingerprint, folder, name, size in found:
        if number not in contents:
            contents[number] = _Content(number, samples, duration_s, [])
            prints.append(np.frombuffer(fingerprint, np.float32))
        contents[number].files.append(((base / folder).resolve() / name, size))
    return list(contents.values()), np.array(prints, np.float32).reshape(len(contents), -1)


def _same_samples(contents: Iterable[_Content]) -> Iterator[tuple[int, int]]:
    first: dict[bytes, int] = {}
    for at, content in enumerate(contents):
        yield first.setdefault(content.samples, at), at


def _near(
    contents: list[_Content], prints: NDArray[np.float32], log_offset: float
) -> Iterator[tuple[int, int]]:
    """Yield pairs of near-duplicates; a file that can no longer be read is near none."""

    @lru_cache(_HELD_PICTURES)
    def picture(at: int) -> NDArray[np.float32] | None:
        try:
            return picture_of(contents[at].files[0][0], log_offset)
        except (SemdnnError, OSError):
            return None

    if not len(prints):
        return
    for i, j in track(near_pairs(prints), label="comparing"):
        a, b = contents[i], contents[j]
        longer = max(a.duration_s, b.duration_s)
        if abs(a.duration_s - b.duration_s) > max(_LENGTH_S, _LENGTH_SHARE * longer):
            continue
        if a.samples == b.samples:
            continue
        one, other = picture(i), picture(j)
        if one is not None and other is not None and likeness(one, other) >= THRESHOLD:
            yield i, j


def _group(contents: list[_Content]) -> DuplicateGroup:
    """Return the files of a group by path, symbolic links after all others.

    So the first is never a link to another, and what is kept of a group by its first is a sound.
    """
    listed = sorted(
        (path.is_symlink(), path, content.id, content.samples, content.duration_s, size)
        for content in contents
        for path, size in content.files
    )
    _, _, first, samples, *_ = listed[0]
    found = list[Duplicate]()
    places: dict[tuple[int, int], Path] = {}
    for at, (is_symlink, path, number, sounds, duration_s, size) in enumerate(listed):
        same = "same bytes" if number == first else "same samples" if sounds == samples else "near"
        earlier = _earlier_place(path, places)
        likeness = "link" if earlier else same if at else "first"
        link_to = Path(os.path.realpath(path)) if is_symlink else earlier
        found.append(Duplicate(path, likeness, duration_s, size, link_to))
    return tuple(found)


def _earlier_place(path: Path, places: dict[tuple[int, int], Path]) -> Path | None:
    """Return the path by which `places` already has the file at `path`; else note it there."""
    try:
        status = path.stat()
    except OSError:  # gone since the catalogue was made
        return None
    earlier = places.setdefault((status.st_dev, status.st_ino), path)
    return None if earlier == path else earlier
