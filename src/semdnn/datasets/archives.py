"""Archives unpacked so that nothing in them can reach outside the folder or fill the disk.

An archive is refused as a whole, before anything appears in the folder, if a member leads out of
it, is a link or a device, is encrypted, appears twice, or if the content is larger than the limits
or the free space.
"""

import gzip
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from semdnn.datasets.split_zip import find_parts, open_zip
from semdnn.errors import SemdnnError
from semdnn.progress import track

WORK_FOLDER = ".unpacking"
"""Where files lie, within the folder, until the whole archive is unpacked."""

_BLOCK = 1 << 20
_MAX_NAME_BYTES = 255
_DAMAGED = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


class ArchiveError(SemdnnError):
    """An archive that is damaged, or that is not safe to unpack."""


class Limits(NamedTuple):
    """What an archive may hold.

    Attributes
    ----------
    max_bytes : int
        Size of all members together, unpacked.
    max_ratio : float
        That size as a multiple of the archive's own; recordings reach about 3, tables 10.
    free_bytes : int
        Size up to which the ratio is not judged.
    max_members : int
        Files and folders.
    """

    max_bytes: int = 200 << 30
    max_ratio: float = 100.0
    free_bytes: int = 64 << 20
    max_members: int = 1_000_000


class Unpacked(NamedTuple):
    """How much an archive held."""

    n_files: int
    n_bytes: int


class _Member(NamedTuple):
    name: str
    size: int
    source: IO[bytes]


class _Budget:
    """Counts members and bytes, and refuses what exceeds the limits."""

    def __init__(self, path: Path, packed_bytes: int, limits: Limits, folder: Path) -> None:
        self._path, self._limits = path, limits
        ratio_bytes = max(limits.free_bytes, int(packed_bytes * limits.max_ratio))
        self._max_bytes = min(limits.max_bytes, ratio_bytes)
        self._disk_bytes = shutil.disk_usage(folder).free
        self.n_members = 0
        self.n_bytes = 0

    def add(self, size: int, *, n_members: int = 1) -> None:
        self.n_members += n_members
        self.n_bytes += size
        if self.n_members > self._limits.max_members:
            raise ArchiveError(f"{self._path}: more than {self._limits.max_members:,} members")
        if self.n_bytes > self._max_bytes:
            raise ArchiveError(
                f"{self._path}: unpacks to more than {self._max_bytes:,} bytes, far beyond what "
                "its own size lets expect: refused as a possible zip bomb"
            )
        if self.n_bytes > self._disk_bytes:
            raise ArchiveError(
                f"{self._path}: needs more than the {self._disk_bytes:,} bytes that are free on "
                "the disk: make room or choose another folder"
            )


def unpack(
    path: Path,
    folder: Path,
    *,
    strip_root: bool = False,
    limits: Limits = Limits(),  # noqa: B008 - immutable
) -> Unpacked:
    """Unpack the zip or tar archive at `path` into `folder`; existing files are replaced.

    Parameters
    ----------
    path : Path
        The archive; of a split zip archive, the part that ends in ``.zip``.
    folder : Path
        Where to; made if missing.
    strip_root : bool
        Leave out the one folder that holds everything, if there is such.
    limits : Limits
        What is refused.

    Raises
    ------
    ArchiveError
        If the archive is damaged, unsafe or too large; `folder` is left as it was.
    SplitZipError
        If a part of a split archive is missing.
    """
    work = folder / WORK_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        written = _unpack_members(path, work, limits)
        _merge(_root(work) if strip_root else work, folder)
    except _DAMAGED as error:
        raise ArchiveError(f"{path}: damaged, or in a form that is not read ({error})") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return written


def _unpack_members(path: Path, work: Path, limits: Limits) -> Unpacked:
    seen: set[str] = set()
    n_bytes = 0
    for member in track(_members(path, work, limits), label=f"unpacking {path.name}"):
        parts = _safe_parts(path, member.name)
        name = "/".join(parts)
        if name in seen:
            raise ArchiveError(f"{path}: {name!r} is in it twice: refused")
        seen.add(name)
        target = work.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch(exist_ok=False)
        except (FileExistsError, NotADirectoryError) as error:
            raise ArchiveError(f"{path}: {name!r} is both a file and a folder: refused") from error
        n_bytes += _copy(path, member, target)
    return Unpacked(len(seen), n_bytes)


def _copy(path: Path, member: _Member, target: Path) -> int:
    left = member.size
    with target.open("wb") as out:
        while block := member.source.read(min(_BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                break
            out.write(block)
    if left:
        raise ArchiveError(f"{path}: {member.name!r} is not of the size that is stated: damaged")
    return member.size


def _members(path: Path, work: Path, limits: Limits) -> Iterator[_Member]:
    """Yield the files of an archive once what it says of itself is within the limits."""
    if parts := find_parts(path):
        budget = _Budget(path, sum(part.stat().st_size for part in parts), limits, work)
        with open_zip(parts) as archive:
            yield from _zip_members(path, archive, budget)
        return
    try:
        archive_tar = tarfile.open(path, "r:*")  # noqa: SIM115 - closed below
    except tarfile.ReadError as error:
        with path.open("rb") as source:
            beginning = source.read(16)
        raise ArchiveError(
            f"{path}: neither a zip nor a tar archive: begins with {beginning!r}"
        ) from error
    with archive_tar:
        yield from _tar_members(path, archive_tar, _Budget(path, path.stat().st_size, limits, work))


def _zip_members(path: Path, archive: zipfile.ZipFile, budget: _Budget) -> Iterator[_Member]:
    wanted = []
    for info in archive.infolist():
        budget.add(info.file_size)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ArchiveError(f"{path}: {info.filename!r} is a link or a device: refused")
        if info.flag_bits & 1:
            raise ArchiveError(f"{path}: {info.filename!r} is encrypted: refused")
        _safe_parts(path, info.orig_filename)
        if not info.is_dir() and not _is_litter(info.filename):
            wanted.append(info)
    for info in wanted:
        with archive.open(info) as source:
            yield _Member(info.filename, info.file_size, source)


def _tar_members(path: Path, archive: tarfile.TarFile, budget: _Budget) -> Iterator[_Member]:
    for info in archive:
        budget.add(info.size)
        if not (info.isdir() or info.isreg()) or info.issparse():
            raise ArchiveError(f"{path}: {info.name!r} is a link or a device: refused")
        _safe_parts(path, info.name)
        source = None if info.isdir() or _is_litter(info.name) else archive.extractfile(info)
        if source is not None:
            with source:
                yield _Member(info.name, info.size, source)
    # the checksum of the whole comes after the last member, and is checked when that is read
    while archive.fileobj is not None and (block := archive.fileobj.read(_BLOCK)):
        budget.add(len(block), n_members=0)


def _safe_parts(path: Path, name: str) -> tuple[str, ...]:
    """Return the parts of a member's name, or refuse it."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if (
        name.startswith("/")
        or ".." in parts
        or any(mark in name for mark in "\\\0")
        or (parts and parts[0][1:2] == ":")
        or parts[:1] == (WORK_FOLDER,)
    ):
        raise ArchiveError(f"{path}: {name!r} leads out of the folder: refused")
    if any(len(part.encode("utf-8", "surrogateescape")) > _MAX_NAME_BYTES for part in parts):
        raise ArchiveError(f"{path}: a name in it is longer than {_MAX_NAME_BYTES} bytes: refused")
    return parts


def _is_litter(name: str) -> bool:
    """Return whether a file is one that macOS leaves behind."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"


def _root(work: Path) -> Path:
    entries = list(work.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else work


def _merge(source: Path, folder: Path) -> None:
    """Move the files under `source` to the same places under `folder`."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            target = folder / path.relative_to(source)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
            except OSError as error:
                raise ArchiveError(f"{target}: cannot be written ({error.strerror})") from error
