"""One name, one word space: the table of what `open_word_space` knows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from semdnn.semantics.glove import open_glove
from semdnn.semantics.minilm import open_minilm
from semdnn.semantics.table_space import (
    TableSpace,
    WordSpace,
    WordSpaceError,
    WordVectors,
    equal_vectors,
)

__all__ = [
    "WORD_SPACES",
    "TableSpace",
    "WordSpace",
    "WordSpaceError",
    "WordSpaceRow",
    "WordVectors",
    "equal_vectors",
    "open_word_space",
]


class WordSpaceRow(NamedTuple):
    """A word space that has a name.

    Attributes
    ----------
    open : callable
        Opens it.
    description : str
        What it is, in a line.
    licence : str
        Licence of its vectors.
    """

    open: Callable[[], WordSpace]
    description: str
    licence: str


WORD_SPACES: Mapping[str, WordSpaceRow] = MappingProxyType(
    {
        "minilm": WordSpaceRow(
            open_minilm,
            'MiniLM embeddings of "the sound of W", centred, 300 principal axes; any phrase',
            "Apache-2.0",
        ),
        "glove-50": WordSpaceRow(open_glove, "GloVe 6B, 400,000 words, 50 dimensions", "PDDL-1.0"),
    }
)


def open_word_space(name_or_path: str) -> WordSpace:
    """Open a word space by its name, or by the path of a file of vectors.

    Parameters
    ----------
    name_or_path : str
        A name in `WORD_SPACES`, or a word2vec, GloVe or fastText file (see `readers` and
        `fasttext`).

    Raises
    ------
    WordSpaceError
        If there is neither such a name nor such a file, or an extra is missing.

    Examples
    --------
    >>> open_word_space("minilm").look_up(["bark", "thunder"]).vectors.shape
    (2, 300)
    """
    row = WORD_SPACES.get(name_or_path)
    if row is not None:
        return row.open()
    if Path(name_or_path).is_file():
        return _open_file(Path(name_or_path))
    known = ", ".join(WORD_SPACES)
    raise WordSpaceError(
        f"no word space {name_or_path!r}: known are {known}, or give the path of a vector file"
    )


def _open_file(path: Path) -> WordSpace:
    from semdnn.semantics.fasttext import FastTextSpace, is_fasttext_model  # noqa: PLC0415
    from semdnn.semantics.readers import FileSpace  # noqa: PLC0415 - rarely needed

    return FastTextSpace(path) if is_fasttext_model(path) else FileSpace(path)
