"""Files that are either the old one or the new one, never half of either."""

import errno
import fcntl
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from semdnn.errors import SemdnnError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_BYTES = 1 << 16  # less than this is as good as nothing
_LONGEST_NAME = 240
_UMASK = threading.Lock()


class DiskFullError(SemdnnError):
    """No room for a file; its former content is kept."""


@contextmanager
def replacing(path: Path, *, keep: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success move it there in one step.

    If the block raises, or the process dies, `path` keeps its former content. What a process
    that was killed left behind is taken over by the next one that writes `path`, so that
    leftovers neither pile up nor outlive the repeated command.

    Parameters
    ----------
    path : Path
        What is to be written.
    keep : bool
        The temporary file holds what an interrupted call wrote, and keeps it if the block
        raises: the caller goes on with it.

    Raises
    ------
    DiskFullError
        There is no room, or a quota or limit of the system says so.
    """
    path = path.resolve()  # a link stays a link, and its target is replaced
    with _full_disk_told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, lock = _claim(path)
        try:
            if not keep:
                os.ftruncate(lock, 0)
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            if not keep:
                temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(lock)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path` atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def canonical_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys, so that equal values give equal text."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` as canonical JSON to `path` atomically."""
    write_text(path, canonical_json(value))


def digest(value: Any) -> str:
    """Return the SHA-256 hex digest of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def is_leftover(path: Path) -> bool:
    """Return whether a file is what `replacing` leaves when its process is killed."""
    return path.name.startswith(".") and path.suffix == ".part"


def short_name(name: str) -> str:
    """Return a name, or for one over 240 bytes its beginning and a hash: what is added has room."""
    coded = os.fsencode(name)
    if len(coded) <= _LONGEST_NAME:
        return name
    mark = hashlib.sha256(coded).hexdigest()[:16]
    return f"{name[: _LONGEST_NAME // 5]}-{mark}"


def _claim(path: Path) -> tuple[Path, int]:
    """Return the first temporary file for `path` that no living process writes, locked.

    The lock is the process's: whatever ends the process frees it.
    """
    number = 0
    while True:
        temporary = path.with_name(f".{short_name(path.name)}.{number}.part")
        try:
            lock = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            is_taken = isinstance(error, PermissionError) and temporary.exists()
            if not is_taken and error.errno != errno.ELOOP:
                raise
            number += 1  # somebody else's, or a link that somebody laid
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number += 1
        except OSError:  # a file system without locks: a name that nobody has had
            os.close(lock)
            lock, name = tempfile.mkstemp(
                dir=path.parent, prefix=f".{short_name(path.name)}.", suffix=".part"
            )
            return Path(name), lock
        else:
            if _is_still_at(temporary, lock):
                return temporary, lock
        os.close(lock)  # held by another writer, or just moved into place by one


def _is_still_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


@contextmanager
def _full_disk_told(path: Path) -> Iterator[None]:
    try:
        yield
    except SemdnnError:
        raise
    except Exception as error:
        if not _is_full(error, path.parent):
            raise
        raise DiskFullError(
            f"{path}: the disk is full: free some space and run the same command again; "
            "what was finished is kept"
        ) from error


def _is_full(error: Exception, folder: Path) -> bool:
    """Return whether a write failed for want of room, whichever library tells it."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in FULL
    if any(os.strerror(number) in str(error) for number in FULL):
        return True
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < FULL_BYTES


def _umask() -> int:
    """Return the process's umask, read and not set: other threads make files meanwhile."""
    with suppress(OSError, StopIteration):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        lines = status.splitlines()
        return next(int(line.split()[1], 8) for line in lines if line.startswith("Umask:"))
    with _UMASK:  # where no file tells it
        mask = os.umask(0)
        os.umask(mask)
    return mask
