"""A Figshare record's own list of its files: addresses, sizes and MD5 checksums.

What a record holds changes with its version, so that the list is asked for instead of written down.

References
----------
Figshare API, version 2, ``GET /articles/{id}/files``: https://docs.figshare.com
"""

import json
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from semdnn.datasets.published import Archive, RemoteError, RemoteFile
from semdnn.datasets.remote import Patience, fetch

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".csv", ".tsv")


def listed_archives(
    address: str,
    page: str,
    patience: Patience = Patience(),  # noqa: B008 - immutable
) -> tuple[Archive, ...]:
    """Return the archives and tables of a record; other files (papers, notes) are left out.

    Parameters
    ----------
    address : str
        Of the record's list, ``https://api.figshare.com/v2/articles/ID/files``.
    page : str
        Where a person finds the files if that address no longer works.
    patience : Patience
        When to give up.

    Raises
    ------
    RemoteError
        If the list cannot be had, or is none.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = fetch(RemoteFile("files.json", address), Path(folder), page=page, patience=patience)
        text = path.read_bytes()
    try:
        files = [_file(entry) for entry in json.loads(text) if not entry.get("is_link_only")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RemoteError(
            f"{address}: not a list of files ({type(error).__name__}: {error}): see {page}"
        ) from error
    archives = [file for file in files if file.name.lower().endswith(_SUFFIXES)]
    if not archives:
        raise RemoteError(f"{address}: lists no archive: see {page}")
    return tuple(Archive((file,)) for file in sorted(archives, key=lambda file: file.name))


def _file(entry: dict[str, Any]) -> RemoteFile:
    name = str(entry["name"])
    if not name or name != PurePosixPath(name).name or name != PureWindowsPath(name).name:
        raise ValueError(f"{name!r} is no file name")
    checksum = str(entry.get("computed_md5") or entry.get("supplied_md5") or "")
    return RemoteFile(
        name, str(entry["download_url"]), int(entry["size"]), f"md5:{checksum}" if checksum else ""
    )
