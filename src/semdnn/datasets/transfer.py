"""One request over HTTP for what a partly fetched file lacks.

``NAME.part.json`` beside a part says from which address it comes and which version it is (the
server's ``ETag``, or else when it was changed), so that the rest is asked for of that same version
only.

References
----------
Fielding, R., Nottingham, M., & Reschke, J. (2022). RFC 9110: HTTP Semantics, sections 13.1.5 and
14. doi:10.17487/RFC9110
"""

import http.client
import json
import re
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from semdnn.datasets.published import RemoteError, RemoteFile
from semdnn.files import write_json
from semdnn.progress import track

_BLOCK = 1 << 20
_MOVED = (401, 403, 404, 410, 451)
_BUSY = (408, 425, 429, 500, 502, 503, 504)


class InterruptedTransferError(Exception):
    """A transfer that may go on from where it stopped; `fetch` lets none of these out."""


class _Place(NamedTuple):
    """Where the body of an answer belongs: first byte, and size of the whole (0: not said)."""

    start: int
    total: int


def transfer(file: RemoteFile, part: Path, page: str, timeout_s: float) -> None:
    """Ask once for what `part` lacks of `file`, and append what comes.

    Raises
    ------
    InterruptedTransferError
        If trying again may help; what came is kept.
    RemoteError
        If it may not.
    """
    offset, headers = _resume(file, part)
    if file.size and offset == file.size:
        return
    try:
        with _open(file.url, headers, timeout_s) as response:
            place = _placement(response, offset, file, part)
            _refuse_page(response, file, page)
            _make_room(part, place, file, page)
            write_json(_note(part), {"url": file.url, "version": _version(response)})
            _append(response, part, place, file)
    except urllib.error.HTTPError as error:
        with error:
            _explain(error, file, part, page)
    except (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
        raise InterruptedTransferError(str(error) or type(error).__name__) from error
    except urllib.error.URLError as error:
        raise InterruptedTransferError(str(error.reason)) from error


def _resume(file: RemoteFile, part: Path) -> tuple[int, dict[str, str]]:
    """Return how much of `part` may stay, and the headers that ask for the rest."""
    headers = {"User-Agent": "semdnn", "Accept-Encoding": "identity"}
    offset = size_of(part)
    if not offset:
        return 0, headers
    try:
        note = json.loads(_note(part).read_text(encoding="utf-8"))
        version = str(note["version"]) if note["url"] == file.url else ""
    except (OSError, ValueError, KeyError, TypeError):
        version = ""
    if (not version and not file.checksum) or (file.size and offset > file.size):
        forget(part)
        return 0, headers
    headers["Range"] = f"bytes={offset}-"
    if version:
        headers["If-Range"] = version
    return offset, headers


def _placement(response: Any, offset: int, file: RemoteFile, part: Path) -> _Place:
    """Return where the body of `response` belongs."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return _Place(0, _length(response))
    stated = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", response.headers.get("Content-Range") or "")
    if stated is None or int(stated[1]) != offset:
        forget(part)
        raise InterruptedTransferError("the server sent another range than was asked for")
    total = 0 if stated[2] == "*" else int(stated[2])
    return _Place(offset, total or file.size)


def _refuse_page(response: Any, file: RemoteFile, page: str) -> None:
    if response.headers.get_content_type() == "text/html":
        raise RemoteError(f"{file.url}: leads to a web page, not to {file.name}: {advice(page)}")


def _make_room(part: Path, place: _Place, file: RemoteFile, page: str) -> None:
    """Refuse what is not of the published size, or larger than the disk."""
    if file.size and place.total and place.total != file.size:
        raise RemoteError(
            f"{file.url}: {place.total:,} bytes there, but the published {file.name} has "
            f"{file.size:,}: replaced or moved: {advice(page)}"
        )
    missing = max(place.total, file.size) - place.start
    free = shutil.disk_usage(part.parent).free
    if missing > free:
        raise RemoteError(
            f"{part.parent}: {missing:,} bytes are still to come, {free:,} are free: make room or "
            "choose another folder"
        )


def _append(response: Any, part: Path, place: _Place, file: RemoteFile) -> None:
    """Write the body of `response` to its place in `part`."""
    total = place.total or file.size
    done = place.start
    with part.open("r+b" if place.start else "wb") as out:
        out.truncate(place.start)
        out.seek(place.start)
        n_blocks = -(-(total - done) // _BLOCK) if total else None
        for block in track(_body(response), label=file.name, total=n_blocks):
            done += len(block)
            if total and done > total:
                raise RemoteError(f"{file.url}: sends more than {total:,} bytes: not {file.name}")
            out.write(block)
    if total and done < total:
        raise InterruptedTransferError(f"{done:,} of {total:,} bytes came")


def _body(response: Any) -> Iterator[bytes]:
    """Yield the body in blocks; what came before a failure is yielded before it is raised."""
    block = bytearray()
    failure: Exception | None = None
    while True:
        try:
            piece = response.read1(_BLOCK)
        except (http.client.HTTPException, OSError) as error:
            failure, piece = error, b""
        block += piece
        if block and (not piece or len(block) >= _BLOCK):
            yield bytes(block)
            block.clear()
        if failure is not None:
            raise failure
        if not piece:
            return


def _explain(error: urllib.error.HTTPError, file: RemoteFile, part: Path, page: str) -> None:
    """Raise what the status of a refusing answer means."""
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        forget(part)
        raise InterruptedTransferError("the server has no such range") from error
    if error.code in _BUSY:
        raise InterruptedTransferError(f"the server answers {error.code} {error.reason}") from error
    what = "moved or withheld" if error.code in _MOVED else "not to be had"
    raise RemoteError(
        f"{file.url}: {what}, the server answers {error.code} {error.reason}: {advice(page)}"
    ) from error


def advice(page: str) -> str:
    """Return what a person can do where an address does not give the file."""
    return f"look for it at {page}, then name its new address (--url) or the file (--archive)"


class HttpOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirections to web addresses, and from https to https only."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Refuse `newurl` or make the request for it."""
        scheme = urlsplit(newurl).scheme
        if scheme != "https" and (scheme != "http" or urlsplit(req.full_url).scheme == "https"):
            raise RemoteError(f"{req.full_url}: leads on to {newurl}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, headers: dict[str, str], timeout_s: float) -> Any:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme is checked
    return urllib.request.build_opener(HttpOnly).open(request, timeout=timeout_s)


def _version(response: Any) -> str:
    """Return what names this version of the file: a strong ETag, or when it was changed."""
    tag = response.headers.get("ETag") or ""
    if tag.startswith('"'):
        return str(tag)
    return str(response.headers.get("Last-Modified") or "")


def _length(response: Any) -> int:
    stated = response.headers.get("Content-Length") or ""
    return int(stated) if stated.isascii() and stated.isdigit() else 0


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def size_of(part: Path) -> int:
    """Return how many bytes of a file are there."""
    return part.stat().st_size if part.is_file() else 0


def forget(part: Path) -> None:
    """Remove a part and what is noted of it."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)
