"""What is published of a file: where it lies, its size and its checksum."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from semdnn.errors import SemdnnError
from semdnn.progress import track

_BLOCK = 1 << 20
_HASHES = ("md5", "sha256")


class RemoteError(SemdnnError):
    """A file that could not be fetched, or that is not the published one."""


@dataclass(frozen=True)
class RemoteFile:
    """One published file.

    Attributes
    ----------
    name : str
        Its file name.
    url : str
        Where it lies.
    size : int
        Bytes; 0 where not known.
    checksum : str
        ``md5:…`` or ``sha256:…`` in hexadecimal; empty where not known.
    """

    name: str
    url: str
    size: int = 0
    checksum: str = ""


@dataclass(frozen=True)
class Archive:
    """One published archive.

    Attributes
    ----------
    files : tuple of RemoteFile
        The archive, or the parts of a split zip archive, with the one that ends in ``.zip`` last.
    part : str
        Which part of the set it holds; empty where every part needs it.
    strip_root : bool
        Whether its content lies in one folder that is to be left out.
    """

    files: tuple[RemoteFile, ...]
    part: str = ""
    strip_root: bool = False


def verify(path: Path, file: RemoteFile) -> None:
    """Compare the file at `path` with what is published of it.

    Raises
    ------
    RemoteError
        If size or checksum differ.
    """
    size = path.stat().st_size
    if file.size and size != file.size:
        raise RemoteError(
            f"{path}: {size:,} bytes, but the published {file.name} has {file.size:,}: another"
        )
    if not file.checksum:
        return
    kind, _, expected = file.checksum.partition(":")
    if kind not in _HASHES:
        raise RemoteError(
            f"{file.name}: checksum {file.checksum!r}: known are {', '.join(_HASHES)}"
        )
    digest = hashlib.new(kind, usedforsecurity=False)
    n_blocks = -(-size // _BLOCK)
    for block in track(_blocks(path), label=f"checking {file.name}", total=n_blocks):
        digest.update(block)
    if digest.hexdigest() != expected:
        raise RemoteError(
            f"{path}: its {kind} is {digest.hexdigest()}, that of the published {file.name} is "
            f"{expected}: not that file"
        )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            yield block
