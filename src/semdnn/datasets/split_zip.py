"""Zip archives that were split into parts (``a.z01``, ``a.z02`` … ``a.zip``), read as one.

The parts are read where they lie: nothing is joined on disk. In a split archive the directory,
in the last part, gives for every file a part and an offset within that part. `open_zip` shows the
standard library one long file in which that directory is replaced by an equal one with offsets
from the beginning, in ZIP64 form, so that all checks of `zipfile` apply.

References
----------
PKWARE, APPNOTE.TXT - .ZIP File Format Specification, version 6.3.10, sections 4.3.7-4.3.16, 4.5.3
and 8 (splitting and spanning).
"""

import io
import struct
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from semdnn.errors import SemdnnError

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_EXTRA = struct.Struct("<2H")
_MAX_COMMENT = 65_535
_FULL16, _FULL32 = 0xFFFF, 0xFFFF_FFFF
_ZIP64_EXTRA = 1
_MAX_DIRECTORY = 1 << 30


class SplitZipError(SemdnnError):
    """A zip archive with parts missing, or with a directory that cannot be read."""


class _End(NamedTuple):
    """What the end record says; part numbers count from 0."""

    part: int
    directory_part: int
    n_entries: int
    size: int
    offset: int


class _Joined(io.RawIOBase):
    """Several sources one after the other as one seekable file."""

    def __init__(self, sources: Sequence[tuple[BinaryIO, int]]) -> None:
        self._sources = [source for source, _ in sources]
        self._starts = [0, *accumulate(length for _, length in sources)]
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}
        self._position = max(0, origin[whence] + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        if self._position >= self._starts[-1]:
            return 0
        index = bisect_right(self._starts, self._position) - 1
        left = self._starts[index + 1] - self._position
        source = self._sources[index]
        source.seek(self._position - self._starts[index])
        block = source.read(min(left, len(buffer)))
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)

    def read_at(self, position: int, size: int) -> bytes:
        """Return `size` bytes from `position`, fewer at the end."""
        self.seek(position)
        blocks = []
        while size > 0 and (block := self.read(size)):
            blocks.append(block)
            size -= len(block)
        return b"".join(blocks)


def find_parts(path: Path) -> tuple[Path, ...]:
    """Return all parts of the zip archive at `path`, in order; `path` is the last of them.

    An archive that was not split is its only part; a file that is no zip archive has none.

    Raises
    ------
    SplitZipError
        If a part is not beside `path`.
    """
    with path.open("rb") as source:
        size = path.stat().st_size
        found = _find_end(source, size)
        if found is None:
            return ()
        n_parts = found[0].part + 1
        if n_parts == _FULL16 + 1:
            source.seek(max(0, found[1] - _LOCATOR64.size))
            n_parts = _locator(path, source.read(_LOCATOR64.size))[2]
    parts = [path.with_name(f"{path.stem}.z{i:02d}") for i in range(1, n_parts)]
    for part in parts:
        if not part.is_file():
            raise SplitZipError(
                f"{part}: missing: {path.name} is the last of {n_parts} parts, and all must lie in "
                "one folder under their own names"
            )
    return (*parts, path)


@contextmanager
def open_zip(parts: Sequence[Path]) -> Iterator[zipfile.ZipFile]:
    """Open the zip archive made of `parts`, as `find_parts` gives them.

    Raises
    ------
    SplitZipError
        If the directory of a split archive cannot be read.
    zipfile.BadZipFile
        If the archive is damaged otherwise.
    """
    with ExitStack() as stack:
        if len(parts) == 1:
            yield stack.enter_context(zipfile.ZipFile(parts[0]))
            return
        sources = [(stack.enter_context(p.open("rb")), p.stat().st_size) for p in parts]
        start, directory = _absolute_directory(parts[-1], sources)
        tail: BinaryIO = io.BytesIO(directory)
        whole = io.BufferedReader(_Joined(sources), 1 << 16)
        joined = _Joined([(whole, start), (tail, len(directory))])
        yield stack.enter_context(zipfile.ZipFile(io.BufferedReader(joined, 1 << 16)))


def _absolute_directory(path: Path, sources: Sequence[tuple[BinaryIO, int]]) -> tuple[int, bytes]:
    """Return where the directory starts, and one with offsets from the first part's beginning."""
    starts = [0, *accumulate(size for _, size in sources)]
    whole = _Joined(sources)
    found = _find_end(*sources[-1])
    if found is None:
        raise SplitZipError(f"{path}: no end record: not the last part of a zip archive")
    end, position = found
    if _FULL32 in (end.size, end.offset) or _FULL16 in end[:3]:
        end = _read_end64(path, whole, starts, starts[-2] + position)
    if end.part != len(sources) - 1 or end.directory_part > end.part or end.size > _MAX_DIRECTORY:
        raise SplitZipError(f"{path}: its directory does not fit {len(sources)} parts: damaged")
    start = starts[end.directory_part] + end.offset
    old = whole.read_at(start, end.size)
    try:
        entries = b"".join(_rewritten(path, old, end.n_entries, starts))
    except struct.error as error:
        raise SplitZipError(f"{path}: its directory breaks off: damaged") from error
    return start, entries + _new_end(start, end.n_entries, len(entries))


def _find_end(source: BinaryIO, size: int) -> tuple[_End, int] | None:
    """Return the end record at the end of `source`, and where it begins."""
    window = min(size, _END.size + _MAX_COMMENT)
    source.seek(size - window)
    tail = source.read(window)
    at = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, at)) >= 0:
        if len(tail) - at >= _END.size:
            _, part, directory_part, _, n_entries, length, offset, comment = _END.unpack_from(
                tail, at
            )
            if at + _END.size + comment == len(tail):
                found = _End(part, directory_part, n_entries, length, offset)
                return found, size - window + at
    return None


def _locator(path: Path, record: bytes) -> tuple[int, int, int]:
    """Return part and offset of the ZIP64 end record, and the number of parts."""
    if len(record) != _LOCATOR64.size or not record.startswith(b"PK\6\7"):
        raise SplitZipError(f"{path}: no ZIP64 end record where one must be: damaged")
    _, part, offset, n_parts = _LOCATOR64.unpack(record)
    return part, offset, n_parts


def _read_end64(path: Path, whole: _Joined, starts: Sequence[int], position: int) -> _End:
    """Return the ZIP64 end record; `position` is where the plain one begins in the whole."""
    locator = whole.read_at(position - _LOCATOR64.size, _LOCATOR64.size)
    part, offset, _ = _locator(path, locator)
    if part >= len(starts) - 1:
        raise SplitZipError(f"{path}: its ZIP64 end record lies in a part that is not there")
    record = whole.read_at(starts[part] + offset, _END64.size)
    if len(record) != _END64.size or not record.startswith(b"PK\6\6"):
        raise SplitZipError(f"{path}: no ZIP64 end record where one must be: damaged")
    _, _, _, _, part, directory_part, _, n_entries, length, offset = _END64.unpack(record)
    return _End(part, directory_part, n_entries, length, offset)


def _rewritten(path: Path, old: bytes, n_entries: int, starts: Sequence[int]) -> Iterator[bytes]:
    """Yield every entry of the directory `old` with its offset from the first part's beginning."""
    at = 0
    for _ in range(n_entries):
        fields = list(_ENTRY.unpack_from(old, at))
        if fields[0] != b"PK\1\2":
            raise SplitZipError(f"{path}: its directory breaks off: damaged")
        name_size, extra_size, comment_size = fields[10:13]
        extra_at = at + _ENTRY.size + name_size
        comment_at = extra_at + extra_size
        name = old[at + _ENTRY.size : extra_at]
        extra, in_zip64 = _split_extra(old[extra_at:comment_at])
        wide = [fields[9], fields[8], fields[16], fields[13]]  # sizes, offset, part: in this order
        for i, (full, code) in enumerate(((_FULL32, "<Q"),) * 3 + ((_FULL16, "<L"),)):
            if wide[i] == full:
                (wide[i],) = struct.unpack_from(code, in_zip64)
                in_zip64 = in_zip64[struct.calcsize(code) :]
        size, packed_size, offset, part = wide
        if part >= len(starts) - 1:
            raise SplitZipError(f"{path}: {name!r} lies in a part that is not there: damaged")
        numbers = struct.pack("<3Q", size, packed_size, starts[part] + offset)
        new_extra = _EXTRA.pack(_ZIP64_EXTRA, len(numbers)) + numbers + extra
        fields[8] = fields[9] = fields[16] = _FULL32
        fields[11], fields[13] = len(new_extra), 0
        comment = old[comment_at : comment_at + comment_size]
        yield _ENTRY.pack(*fields) + name + new_extra + comment
        at = comment_at + comment_size


def _split_extra(extra: bytes) -> tuple[bytes, bytes]:
    """Return the extra fields but ZIP64's, and the content of that one."""
    others, zip64, at = b"", b"", 0
    while at + _EXTRA.size <= len(extra):
        code, length = _EXTRA.unpack_from(extra, at)
        field = extra[at : at + _EXTRA.size + length]
        if code == _ZIP64_EXTRA:
            zip64 = field[_EXTRA.size :]
        else:
            others += field
        at += len(field)
    return others, zip64


def _new_end(start: int, n_entries: int, size: int) -> bytes:
    end64 = _END64.pack(
        b"PK\6\6", _END64.size - 12, 45, 45, 0, 0, n_entries, n_entries, size, start
    )
    locator = _LOCATOR64.pack(b"PK\6\7", 0, start + size, 1)
    end = _END.pack(b"PK\5\6", 0, 0, _FULL16, _FULL16, _FULL32, _FULL32, 0)
    return end64 + locator + end
