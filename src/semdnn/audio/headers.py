"""What a file's own bytes promise: whether its end is missing, and what it is if not sound.

libsndfile quietly shortens a file whose header promises more than is there, so the header is read
here once more. A promise is only believed where the format makes it exact.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEAD_BYTES = 4096
_TAIL_BYTES = 1 << 17  # an Ogg page is at most 65,307 bytes
_UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF})
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"
_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)


class Missing(NamedTuple):
    """The missing end of a file, in frames or in bytes of `n_bytes` that were promised."""

    n_frames: int = 0
    n_bytes: int = 0
    promised_bytes: int = 0
    exact: bool = True

    def is_much(self, sample_rate: int, n_read: int) -> bool:
        """Return whether more is missing than careless encoders leave out.

        Tolerated: 64 bytes of a chunk (header sizes counted in by mistake); frames of 10 ms where
        the count is exact, of 0.15 s (a frame and the decoder's delay) where it comes from a lossy
        encoder's own note.
        """
        if self.promised_bytes:
            return self.n_bytes > 64
        return self.n_frames > (0.01 if self.exact else 0.15) * sample_rate + 0.001 * n_read

    def tell(self, sample_rate: int) -> str:
        """Return how much is missing, in words."""
        if self.promised_bytes:
            return f"{self.n_bytes / self.promised_bytes:.0%} of its data"
        return f"{self.n_frames / sample_rate:.2f} s" if self.n_frames else "a part"


def missing_end(
    path: Path, sound_format: str, n_promised: int | None, n_read: int
) -> Missing | None:
    """Return what a file lacks at its end, or None where its promise holds or is not known.

    Parameters
    ----------
    path : Path
        The file.
    sound_format : str
        libsndfile's name of its major format ("WAV", "OGG" …), by content.
    n_promised, n_read : int
        Frames that the decoder announced (None: unknown) and gave.
    """
    by_bytes = _missing_bytes(path, sound_format)
    if by_bytes is not None:
        return by_bytes
    if n_promised is None or n_read >= n_promised:
        return None
    if sound_format == "MP3":
        return Missing(n_promised - n_read, exact=False) if _has_length_note(path) else None
    return Missing(n_promised - n_read, exact=sound_format != "OGG")


def content_name(path: Path) -> str:
    """Return what a file that is not sound looks like ("text", "a PNG picture"), or ""."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return "it holds text" if _is_text(head) else ""


def _is_text(head: bytes) -> bool:
    try:
        # A character may be cut in two where the file goes on.
        text = head.decode("utf-8", "ignore" if len(head) == _HEAD_BYTES else "strict")
    except UnicodeDecodeError:
        return False
    return len(text) > len(head) // 2 and all(c.isprintable() or c in "\n\r\t\ufeff" for c in text)


def _missing_bytes(path: Path, sound_format: str) -> Missing | None:
    with path.open("rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        if sound_format == "OGG":
            return _missing_of_ogg(file, n_bytes)
        found = _data_chunk(file, n_bytes, sound_format)
    if found is None:
        return None
    start, size = found
    lacking = start + size - n_bytes
    return Missing(n_bytes=lacking, promised_bytes=size) if lacking > 0 else None


def _data_chunk(file: BinaryIO, n_bytes: int, sound_format: str) -> tuple[int, int] | None:
    """Return where the sample data begin and how many bytes of it the header promises."""
    if sound_format == "AU":
        magic, start, size = struct.unpack("<4sII", file.read(12).ljust(12, b"\0"))
        if magic == b".snd":
            start, size = struct.unpack(">II", struct.pack("<II", start, size))
        return None if size in _UNKNOWN_SIZES else (start, size)
    if sound_format in ("WAV", "WAVEX", "RF64", "AIFF"):
        return _chunk(file, n_bytes, big=sound_format == "AIFF")
    if sound_format == "W64":
        return _w64_chunk(file, n_bytes)
    return _caf_chunk(file, n_bytes) if sound_format == "CAF" else None


def _chunk(file: BinaryIO, n_bytes: int, *, big: bool) -> tuple[int, int] | None:
    """Walk RIFF, RIFX, RF64 or AIFF chunks to the samples."""
    order = ">" if big or file.read(4) == b"RIFX" else "<"
    wide_size = None
    position = 12
    while position + 8 <= n_bytes:
        file.seek(position)
        name, size = struct.unpack(order + "4sI", file.read(8))
        if name == b"ds64":
            wide_size = struct.unpack("<QQ", file.read(16).ljust(16, b"\0"))[1]
        if name in (b"data", b"SSND"):
            size = wide_size if size == 0xFFFFFFFF and wide_size else size
            return None if size in _UNKNOWN_SIZES else (position + 8, size)
        position += 8 + size + size % 2
    return None


def _w64_chunk(file: BinaryIO, n_bytes: int) -> tuple[int, int] | None:
    position = 40
    while position + 24 <= n_bytes:
        file.seek(position)
        name, size = struct.unpack("<16sQ", file.read(24))
        if name == _W64_DATA:
            return None if size in _UNKNOWN_SIZES or size < 24 else (position + 24, size - 24)
        position += max(24, size + -size % 8)
    return None


def _caf_chunk(file: BinaryIO, n_bytes: int) -> tuple[int, int] | None:
    position = 8
    while position + 12 <= n_bytes:
        file.seek(position)
        name, size = struct.unpack(">4sq", file.read(12))
        if name == b"data" or size < 0:
            return None if size <= 0 else (position + 12, size)
        position += 12 + size
    return None


def _missing_of_ogg(file: BinaryIO, n_bytes: int) -> Missing | None:
    """Return what the last Ogg page lacks; a stream that ends on a whole page is whole."""
    file.seek(max(0, n_bytes - _TAIL_BYTES))
    tail = file.read()
    at = tail.rfind(b"OggS\0")
    if at < 0:
        return None
    page = tail[at:]
    n_segments = page[26] if len(page) > 26 else 255
    segments = page[27 : 27 + n_segments]
    length = 27 + n_segments + sum(segments)
    lacking = length - len(page)
    return Missing(n_bytes=max(lacking, 65), promised_bytes=length) if lacking > 0 else None


def _has_length_note(path: Path) -> bool:
    """Return whether an MP3 carries its encoder's note of how long it is (Xing, Info, VBRI)."""
    with path.open("rb") as file:
        head = file.read(10)
        if head.startswith(b"ID3"):
            size = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
            file.seek(10 + size)
        else:
            file.seek(0)
        first = file.read(_HEAD_BYTES)
    return any(note in first for note in (b"Xing", b"Info", b"VBRI"))
