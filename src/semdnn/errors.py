"""The one base class of every error that a person is meant to read, and what helps to tell it."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls, line and paragraph separators, and the bytes of a file name that are not UTF-8."""


class SemdnnError(Exception):
    """Bad input, told in one line: what is wrong, where (file, row, key), and what to do.

    The command line prints the message without a traceback (``--debug`` shows it) and exits
    with status 2, or with 1 where some files of a batch failed.
    """


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the end of a line about a name that is not known: the nearest one, if any, and all.

    Examples
    --------
    >>> suggestion("labeler", ["semdnn-small", "labeller-small"])
    '; did you mean labeller-small? (known: semdnn-small, labeller-small)'
    >>> suggestion("x.wav", ["semdnn-small", "labeller-small"])
    ' (known: semdnn-small, labeller-small)'
    """
    names = list(known)
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    return (f"; did you mean {near[0]}?" if near else "") + f" (known: {', '.join(names)})"


def printable(text: str | PurePath) -> str:
    r"""Return text or a path on one line for a person: control characters become escapes.

    Names of files may hold any of them, and a terminal would obey. Bytes that are not UTF-8 are
    written as escapes too.

    Examples
    --------
    >>> print(printable("new\nline \x1b[31m caf\u00e9 \udcff"))
    new\nline \x1b[31m café \xff
    """
    return _UNFIT.sub(_escape, str(text))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python holds an undecodable byte
        return f"\\x{code - 0xDC00:02x}"
    return found[0].encode("unicode_escape").decode("ascii")
