"""Text chunks of RIFF, RF64, BW64 and AIFF files, read from files in any state.

A file cut short, a chunk with a false length or text in the wrong encoding costs the text that
it concerns and nothing else.

References
----------
EBU Tech 3285, "Specification of the Broadcast Wave Format (BWF)", 2011.
"iXML specification", revision 3.01, Gallery UK.
"""

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

_MAX_CHUNKS = 10_000
_MAX_TEXT_BYTES = 1 << 20
_RIFF_FORMS = (b"RIFF", b"RF64", b"BW64")
_IN_DS64 = 0xFFFFFFFF
_INFO_CHUNKS = (b"INAM", b"ISBJ", b"ICMT", b"IKEY")
_AIFF_CHUNKS = (b"NAME", b"ANNO")
_IXML_TEXTS = (
    "BEXT/BWF_DESCRIPTION",
    "USER/DESCRIPTION",
    "USER/FXNAME",
    "USER/KEYWORDS",
    "KEYWORDS",
    "NOTE",
)


class RiffText(NamedTuple):
    """Texts found, in the order of the chunks, and whether the file carries an ID3 chunk."""

    texts: tuple[str, ...]
    has_id3: bool


def read_riff_text(path: Path) -> RiffText:
    """Return the texts that describe the sound: INFO, bext description, iXML, NAME and ANNO.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    """
    texts: list[str] = []
    has_id3 = False
    with path.open("rb") as file:
        for ident, content in _text_chunks(file):
            if ident == b"LIST":
                texts += _info_texts(content)
            elif ident == b"bext":
                texts.append(decode(content[:256]))
            elif ident == b"iXML":
                texts += ixml_texts(content)
            elif ident in _AIFF_CHUNKS:
                texts.append(decode(content))
            else:
                has_id3 = True
    return RiffText(tuple(text for text in texts if text), has_id3)


def decode(content: bytes) -> str:
    """Return the text before the first NUL: UTF-8 where it is valid, else Latin-1."""
    content = content.partition(b"\0")[0]
    try:
        return content.decode("utf-8").strip()
    except UnicodeDecodeError:
        return content.decode("latin-1").strip()


def ixml_texts(content: bytes) -> list[str]:
    """Return the descriptive texts of an iXML document, in the order of the document.

    What stands before a fault is kept. A document type, which iXML does not have and through
    which entities are declared, ends the reading: nothing is ever expanded or fetched.
    """
    texts: list[str] = []
    open_tags: list[str] = []
    characters: list[str] = []

    def refuse(*_: object) -> None:
        raise _NotIxmlError

    def start(tag: str, _: dict[str, str]) -> None:
        open_tags.append(tag.upper())
        characters.clear()

    def end(_: str) -> None:
        text = "".join(characters).strip()
        if text and "/".join(open_tags[1:]) in _IXML_TEXTS:
            texts.append(text)
        open_tags.pop()
        characters.clear()

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters.append
    with contextlib.suppress(expat.ExpatError, _NotIxmlError, ValueError, LookupError):
        parser.Parse(content.strip(b"\0 \r\n\t"), True)
    return texts


class _NotIxmlError(Exception):
    """The document declares a document type."""


def _text_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield identifier and content of the chunks that hold text."""
    wanted = (b"LIST", b"bext", b"iXML", *_AIFF_CHUNKS, b"id3 ", b"ID3 ")
    form = file.read(12)[:4]
    if form not in (*_RIFF_FORMS, b"FORM"):
        return
    header_format = ">4sI" if form == b"FORM" else "<4sI"
    data_size = 0
    for _ in range(_MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return
        ident, size = struct.unpack(header_format, header)
        if ident == b"ds64":
            content = file.read(16)
            data_size = struct.unpack("<Q", content[8:])[0] if len(content) == 16 else 0
            file.seek(size - len(content) + size % 2, 1)
            continue
        if size == _IN_DS64 and ident == b"data":
            size = data_size
        content = b""
        if ident in wanted:
            content = file.read(min(size, _MAX_TEXT_BYTES))
            yield ident, content
        file.seek(size - len(content) + size % 2, 1)


def _info_texts(content: bytes) -> list[str]:
    found: dict[bytes, str] = {}
    position = 4
    while content[:4] == b"INFO" and position + 8 <= len(content):
        ident, size = struct.unpack_from("<4sI", content, position)
        found.setdefault(ident, decode(content[position + 8 : position + 8 + size]))
        position += 8 + size + size % 2
    return [found[ident] for ident in _INFO_CHUNKS if ident in found]
