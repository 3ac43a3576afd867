"""Files of word vectors: word2vec binary and text, GloVe text, fastText ``.vec``; plain or .gz.

One pass reads the words and keeps the vectors of those that are wanted, so memory holds only
these. What the file is shows in its first line: word2vec and fastText files begin with the counts
of words and dimensions, GloVe files do not; after the counts, text is told from binary by whether
the next line parses.

References
----------
Mikolov et al. 2013, word2vec, doi 10.48550/arXiv.1301.3781; Pennington et al. 2014, GloVe,
doi 10.3115/v1/D14-1162; Bojanowski et al. 2017, fastText, doi 10.1162/tacl_a_00051.
"""

import gzip
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.semantics.fasttext import MAGIC
from semdnn.semantics.table_space import TableSpace, WordSpaceError, WordVectors, spellings

_FLOAT_BYTES = 4
_LONGEST_WORD = 4096
_LONGEST_LINE = 1 << 20
_READ_BYTES = 1 << 22


class _Layout(NamedTuple):
    """How a file is laid out: `n_words` is None where no header says it."""

    binary: bool
    n_words: int | None
    n_dims: int
    header: bool


@dataclass(frozen=True, eq=False)
class FileSpace:
    """A word space in a file, read anew at each look-up, only the words needed.

    Attributes
    ----------
    path : Path
        A word2vec, GloVe or fastText file, plain or gzip-compressed.
    offset : float
        0 for such raw spaces.
    """

    path: Path
    offset: float = 0.0

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self.path)

    @cached_property
    def n_dims(self) -> int:
        """Length of a vector."""
        with _opened(self.path) as stream:
            return _layout(stream, self.path).n_dims

    def look_up(self, words: Sequence[str]) -> WordVectors:
        """Return the vectors of `words`, each by the first of its `spellings` in the file.

        Raises
        ------
        WordSpaceError
            If the file is malformed or ends early; the message names the line or the byte.
        """
        wanted = {form for word in words for form in spellings(word)}
        return read_vectors(self.path, wanted).look_up(words)


def read_vectors(path: Path, wanted: Collection[str]) -> TableSpace:
    """Return the words of a file that are `wanted`, with their vectors, in the file's order.

    Where a word appears twice in the file its first vector counts.

    Raises
    ------
    WordSpaceError
        If the file is malformed or ends early; the message names the line or the byte.
    """
    encoded = frozenset(word.encode() for word in wanted)
    kept: dict[str, NDArray[np.float32]] = {}
    try:
        with _opened(path) as stream:
            layout = _layout(stream, path)
            rows = _binary_rows if layout.binary else _text_rows
            for word, vector in rows(stream, layout, encoded, path):
                kept.setdefault(word, vector)
    except (gzip.BadGzipFile, EOFError) as error:
        raise WordSpaceError(
            f"{path}: damaged gzip data ({error}); fetch the file again"
        ) from error
    vectors = np.array(list(kept.values()), dtype=np.float32).reshape(len(kept), layout.n_dims)
    return TableSpace(str(path), tuple(kept), vectors)


def _opened(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _layout(stream: BinaryIO, path: Path) -> _Layout:
    """Tell the layout from the first lines, and leave `stream` at its start."""
    line = stream.readline(_LONGEST_LINE)
    if line.startswith(MAGIC):
        raise WordSpaceError(f"{path}: a fastText .bin model; unpack it and open it by its path")
    first = line.split()
    header = len(first) == 2 and all(field.isdigit() for field in first)
    if not header:
        stream.seek(0)
        if len(first) < 3 or _floats(first[1:]) is None:
            raise WordSpaceError(
                f"{path}, line 1: neither 'n_words n_dims' nor a word and its vector; is it a "
                "word2vec, GloVe or fastText .vec file?"
            )
        return _Layout(binary=False, n_words=None, n_dims=len(first) - 1, header=False)
    n_words, n_dims = int(first[0]), int(first[1])
    line = stream.readline(_LONGEST_WORD + 32 * n_dims)
    fields = line.rstrip().split(b" ")[-n_dims:]
    binary = len(fields) != n_dims or _floats(fields) is None
    stream.seek(0)
    return _Layout(binary=binary, n_words=n_words, n_dims=n_dims, header=True)


def _text_rows(
    stream: BinaryIO, layout: _Layout, wanted: Collection[bytes], path: Path
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    number = 0
    for number, line in enumerate(stream, start=1):
        if number == 1 and layout.header:
            continue
        # A word may hold spaces (GloVe 840B): the vector is counted from the right.
        fields = line.rstrip().rsplit(b" ", layout.n_dims)
        if len(fields) != layout.n_dims + 1:
            raise WordSpaceError(
                f"{path}, line {number}: {len(fields) - 1} numbers instead of {layout.n_dims}; "
                "the file is cut short or malformed"
            )
        if fields[0] in wanted:
            vector = _floats(fields[1:])
            if vector is None:
                raise WordSpaceError(f"{path}, line {number}: not a number in the vector")
            yield fields[0].decode("utf-8", "replace"), vector
    n_read = number - layout.header
    if layout.n_words is not None and n_read != layout.n_words:
        raise WordSpaceError(
            f"{path}, line {number}: the file ends after {n_read} words, its first line promises "
            f"{layout.n_words}; fetch it again"
        )


def _binary_rows(
    stream: BinaryIO, layout: _Layout, wanted: Collection[bytes], path: Path
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    length = layout.n_dims * _FLOAT_BYTES
    start = len(stream.readline())
    buffer, at = b"", 0
    for number in range(layout.n_words or 0):
        end = buffer.find(b" ", at)
        if end < 0 or end + 1 + length > len(buffer):
            more = stream.read(_READ_BYTES + _LONGEST_WORD + length)
            start, buffer, at = start + at, buffer[at:] + more, 0
            end = buffer.find(b" ", 0, _LONGEST_WORD)
        if end < 0 or end + 1 + length > len(buffer):
            raise WordSpaceError(
                f"{path}, byte {start + at}: word {number + 1} of {layout.n_words} is malformed or "
                "the file is cut short; fetch it again"
            )
        word = buffer[at:end].lstrip(b"\n")
        if word in wanted:
            vector = np.frombuffer(buffer, "<f4", layout.n_dims, end + 1)
            yield word.decode("utf-8", "replace"), vector.astype(np.float32)
        at = end + 1 + length


def _floats(fields: Sequence[bytes]) -> NDArray[np.float32] | None:
    try:
        return np.array([float(field) for field in fields], dtype=np.float32)
    except ValueError:
        return None
