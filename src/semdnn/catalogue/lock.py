"""A lock that one process holds at a time, on a file that its holder may delete."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TRIES = 100


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on the file at `path` for the block; it and its folders are made if need be.

    Raises
    ------
    BlockingIOError
        If another process, or this one, holds it.
    OSError
        If the file cannot be made.
    """
    handle = _taken(path)
    try:
        yield
    finally:
        os.close(handle)


def remove(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Delete files, which may be missing, in their order, then folders while they are empty."""
    for path in files:
        path.unlink(missing_ok=True)
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _taken(path: Path) -> int:
    """Return the locked file's handle.

    A lock on a file that its former holder has deleted keeps nobody out: it is given up for one
    on the file that is there now.
    """
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # the folder went with a former holder's file
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    raise BlockingIOError(f"{path}: others take and delete it all the time")
