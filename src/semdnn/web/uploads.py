"""A request's body as a temporary file, counted while it arrives."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from semdnn.audio.decoding import MEDIA_SUFFIXES
from semdnn.web.limits import Limits, RefusedError, too_large
from semdnn.web.work import Clock

if TYPE_CHECKING:
    from fastapi import Request


@asynccontextmanager
async def received(
    request: "Request", limits: Limits, clock: Clock, name: str = ""
) -> AsyncIterator[Path]:
    """Yield a file with the request's body; it is gone afterwards, whatever happens.

    The limit holds for the bytes that arrive, whatever ``Content-Length`` says.

    Parameters
    ----------
    request : Request
        Its body is the sound, as it is: no form, no encoding.
    limits : Limits
        How large it may be.
    clock : Clock
        By when it must be here.
    name : str
        The sound's name. Only a known suffix of it is used, for a better message where the format
        needs an extra.

    Raises
    ------
    RefusedError
        If it is empty, too large or too slow.
    """
    if _promised(request) > limits.max_upload_bytes:
        raise too_large(limits)
    suffix = PurePosixPath(name).suffix.lower()
    with tempfile.NamedTemporaryFile(
        prefix="semdnn-", suffix=suffix if suffix in MEDIA_SUFFIXES else ""
    ) as file:
        try:
            async with asyncio.timeout(max(clock.left_s, 0)):
                n_bytes = await _written(request, file, limits)
        except TimeoutError:
            raise RefusedError(
                408, "too_slow", f"the upload took longer than {limits.timeout_s:g} s: try again"
            ) from None
        if n_bytes == 0:
            raise RefusedError(400, "empty", "the upload is empty (0 bytes): send a sound file")
        file.flush()
        yield Path(file.name)


async def _written(request: "Request", file: IO[bytes], limits: Limits) -> int:
    n_bytes = 0
    async for chunk in request.stream():
        n_bytes += len(chunk)
        if n_bytes > limits.max_upload_bytes:
            raise too_large(limits)
        file.write(chunk)
    return n_bytes


def _promised(request: "Request") -> int:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
