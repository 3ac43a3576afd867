"""Keywords into a WAV file: the text IKEY of its RIFF INFO list, and not a byte else.

All other chunks are copied as they are and in their order; an INFO list that is missing is added at
the end. Files whose chunk sizes do not add up, and RF64, are refused: nothing is guessed.

References
----------
Microsoft & IBM (1991). Multimedia Programming Interface and Data Specifications 1.0, chapter 2.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from semdnn.datasets.riff import decode
from semdnn.errors import SemdnnError

KEYWORDS = b"IKEY"
_LARGEST_INFO = 1 << 20
_LARGEST_RIFF = 0xFFFFFFFF
_COPY_BYTES = 1 << 20


class RiffWriteError(SemdnnError):
    """A RIFF file into which no text can be written safely."""


class _Chunk(NamedTuple):
    ident: bytes
    start: int  # of its header
    stop: int  # after its padding byte, if it has one
    size: int


def write_keywords(source: Path, target: Path, change: Callable[[str], str]) -> None:
    """Write `source` to `target` with ``change(keywords)`` as its keywords.

    Parameters
    ----------
    source : Path
        A RIFF WAVE file.
    target : Path
        Written, or overwritten; another file than `source`.
    change : function
        From the present keywords ("" where there are none) to the new ones.

    Raises
    ------
    RiffWriteError
        If the file is no sound RIFF WAVE, or would grow beyond 4 GiB.
    """
    with source.open("rb") as file, target.open("wb") as out:
        chunks = _chunks(source, file)
        old = next((chunk for chunk in chunks if _is_info(file, chunk)), None)
        info = _changed(b"INFO" if old is None else _content(source, file, old), change)
        end = chunks[-1].stop
        gone = (end, end) if old is None else (old.start, old.stop)
        out.write(struct.pack("<4sI4s", b"RIFF", 0, b"WAVE"))
        _copy(file, out, 12, gone[0])
        _pad(out)
        out.write(struct.pack("<4sI", b"LIST", len(info)) + info)
        _copy(file, out, gone[1], end)
        _pad(out)
        size = out.tell() - 8
        if size > _LARGEST_RIFF:
            raise RiffWriteError(f"{source}: too long for another tag (4 GiB): words not written")
        _copy(file, out, end, None)
        out.seek(4)
        out.write(struct.pack("<I", size))


def _pad(out: BinaryIO) -> None:
    """Bring a last chunk that lacks its padding byte to an even length."""
    out.write(b"\0" * (out.tell() % 2))


def _chunks(path: Path, file: BinaryIO) -> list[_Chunk]:
    """Return the chunks of a file whose sizes add up."""
    form, size, kind = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
    length = file.seek(0, 2)
    if (form, kind) != (b"RIFF", b"WAVE") or not 12 <= size + 8 <= length + 1:
        raise _damaged(path)
    found, at = [], 12
    while at < size + 8 and at < length:
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            raise _damaged(path)
        ident, n = struct.unpack("<4sI", header)
        if at + 8 + n > min(length, size + 8) or not ident.isascii():
            raise _damaged(path)
        stop = min(at + 8 + n + n % 2, length)
        found.append(_Chunk(ident, at, stop, n))
        at = stop
    if not any(chunk.ident == b"data" for chunk in found):
        raise _damaged(path)
    return found


def _damaged(path: Path) -> RiffWriteError:
    return RiffWriteError(
        f"{path}: its RIFF chunks do not add up, so nothing is written into it; export it again"
    )


def _is_info(file: BinaryIO, chunk: _Chunk) -> bool:
    file.seek(chunk.start + 8)
    return chunk.ident == b"LIST" and chunk.size >= 4 and file.read(4) == b"INFO"


def _content(path: Path, file: BinaryIO, chunk: _Chunk) -> bytes:
    if chunk.size > _LARGEST_INFO:
        raise _damaged(path)
    file.seek(chunk.start + 8)
    return file.read(chunk.size)


def _changed(info: bytes, change: Callable[[str], str]) -> bytes:
    """Return the INFO list with its keywords changed, in their place or at the end."""
    parts: list[bytes] = []
    present, place = "", None
    for ident, whole in _texts(info):
        if ident == KEYWORDS and place is None:
            present, place = decode(whole[8:]), len(parts)
        parts.append(whole)
    text = change(present).encode()
    content = text + b"\0"
    entry = struct.pack("<4sI", KEYWORDS, len(content)) + content + b"\0" * (len(content) % 2)
    if place is None:
        parts.append(entry)
    elif text != present.encode():
        parts[place] = entry
    return b"INFO" + b"".join(parts)


def _texts(info: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the texts of an INFO list with their headers, each padded to an even length."""
    at = 4
    while at + 8 <= len(info):
        ident, n = struct.unpack_from("<4sI", info, at)
        whole = info[at : at + 8 + n]
        yield ident, whole + b"\0" * (len(whole) % 2)
        at += 8 + n + n % 2


def _copy(file: BinaryIO, out: BinaryIO, start: int, stop: int | None) -> None:
    """Copy bytes from `start` up to `stop`, or all that follow."""
    file.seek(start)
    left = _LARGEST_RIFF * 2 if stop is None else stop - start
    while left and (block := file.read(min(left, _COPY_BYTES))):
        out.write(block)
        left -= len(block)
