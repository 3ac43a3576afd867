"""Standard output and error: what they cannot show, and a reader who has gone."""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from semdnn.errors import printable

CLOSED_PIPE = 141
"""Exit status where the reader of the output, `head` say, has gone: a shell's for SIGPIPE."""
_ESCAPING = "semdnn.escaping"


def prepare() -> None:
    r"""Make standard output and error escape what their encoding lacks.

    Each becomes ``\uXXXX``, two of them beyond the first 65,536 characters, so that JSON stays
    JSON in any encoding.
    """
    codecs.register_error(_ESCAPING, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPING)


def tell(line: str, *, err: bool = False) -> None:
    """Print one line for people, with what would leave the line or steer a terminal escaped."""
    _write(sys.stderr if err else sys.stdout, printable(line) + "\n")


def put(content: str | bytes) -> None:
    """Write text, or bytes as they are, to standard output."""
    _write(sys.stdout, content)


@contextmanager
def ending_with_reader() -> Iterator[None]:
    """End the command with `CLOSED_PIPE` where nobody reads on; click alone would say 1."""
    try:
        yield
    except BrokenPipeError as error:
        raise click.exceptions.Exit(CLOSED_PIPE) from error


def flush() -> None:
    """Write what is still held back to standard output and error."""
    for stream in _streams():
        stream.flush()


def silence() -> None:
    """Let what cannot be written any more go nowhere, without a word when the program ends."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            stream.flush()


def _write(stream: TextIO | None, content: str | bytes) -> None:
    if stream is None:  # closed before the program began
        return
    if isinstance(content, bytes):
        stream.flush()
        stream.buffer.write(content)
    else:
        stream.write(content)
    stream.flush()


def _streams() -> list[TextIO]:
    streams: tuple[TextIO | None, ...] = (sys.stdout, sys.stderr)
    return [stream for stream in streams if stream is not None]


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    coded = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{coded[i : i + 4]}" for i in range(0, len(coded), 4)), error.end
