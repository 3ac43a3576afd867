"""Files fetched over HTTP: resumed where they broke off, and checked before they are used.

A download lies in ``NAME.part`` until its size and checksum are right. A later run asks for the
rest of it; where neither the server names a version nor a checksum is known that would find a
mixture out, it starts again.
"""

import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from semdnn.datasets.published import RemoteError, RemoteFile, verify
from semdnn.datasets.transfer import InterruptedTransferError, advice, forget, size_of, transfer

_PROGRESS_BYTES = 1 << 20


class Patience(NamedTuple):
    """How long a transfer is tried: pauses double, and reset with every MiB that arrives."""

    n_tries: int = 6
    pause_s: float = 1.0
    timeout_s: float = 60.0


def fetch(
    file: RemoteFile,
    folder: Path,
    *,
    page: str,
    patience: Patience = Patience(),  # noqa: B008 - immutable
) -> Path:
    """Return the verified `file` in `folder`, after fetching what of it is not there yet.

    Parameters
    ----------
    file : RemoteFile
        What to fetch.
    folder : Path
        Where to; made if missing.
    page : str
        Where a person finds the file if its address no longer works.
    patience : Patience
        When to give up.

    Raises
    ------
    RemoteError
        If the file is not there, keeps breaking off, or is not the published one.
    """
    if urlsplit(file.url).scheme not in ("http", "https"):
        raise RemoteError(f"{file.url}: not an address that begins with http:// or https://")
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / file.name, folder / f"{file.name}.part"
    if target.is_file():
        try:
            verify(target, file)
        except RemoteError:
            target.unlink()
        else:
            return target
    resumed = part.is_file()
    while True:
        _download(file, part, page, patience)
        try:
            verify(part, file)
        except RemoteError as error:
            forget(part)
            if not resumed:
                raise RemoteError(f"{error}; removed, {advice(page)}") from error
            resumed = False  # what an earlier run left may be to blame: once more from the start
        else:
            part.replace(target)
            forget(part)
            return target


def _download(file: RemoteFile, part: Path, page: str, patience: Patience) -> None:
    """Bring `part` to its full size."""
    failures = 0
    while True:
        before = size_of(part)
        try:
            transfer(file, part, page, patience.timeout_s)
        except InterruptedTransferError as stop:
            failures = 1 if size_of(part) - before >= _PROGRESS_BYTES else failures + 1
            if failures >= patience.n_tries:
                raise RemoteError(
                    f"{file.url}: broke off {failures} times, last at {size_of(part):,} bytes "
                    f"({stop}): the same command goes on from there; or see {page}"
                ) from stop
            time.sleep(patience.pause_s * 2 ** (failures - 1))
        else:
            return
