"""The one base class of every error that a person is meant to read, and what helps to tell it."""

from collections.abc import Iterable
from difflib import get_close_matches


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
