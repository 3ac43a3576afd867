"""fastText's own ``.bin`` models: vectors of words, and of words never seen, from their spelling.

A word's vector is the mean of the rows of its own and of its character n-grams, the word between
``<`` and ``>``; n-grams share `n_buckets` rows by their hash. Only the rows that the asked words
need are read. Compressed (quantised) models are refused: their rows are not stored.

References
----------
Bojanowski et al. 2017, fastText, doi 10.1162/tacl_a_00051.
"""

import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.semantics.table_space import WordSpaceError, WordVectors, spellings

MAGIC = struct.pack("<i", 793712314)
_VERSIONS = (11, 12)
_SUPERVISED = 3
_LONGEST_WORD = 4096
_READ_BYTES = 1 << 22
_FLOAT_BYTES = 4
_AFTER_WORD = 9  # count (int64) and type (int8)


class _Header(NamedTuple):
    """What the first bytes say, and where the vocabulary begins."""

    n_dims: int
    n_buckets: int
    shortest: int
    longest: int
    n_entries: int
    n_words: int
    n_pruned: int
    start: int


@dataclass(frozen=True, eq=False)
class FastTextSpace:
    """A word space in a fastText ``.bin`` file, read anew at each look-up.

    Attributes
    ----------
    path : Path
        The model, not compressed.
    offset : float
        0, as of every raw space.
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
        with self.path.open("rb") as stream:
            return _read_header(stream, self.path).n_dims

    def look_up(self, words: Sequence[str]) -> WordVectors:
        """Return the vectors of `words`, each by the first of its `spellings` in the vocabulary.

        A single word that is not there is made of its n-grams; a phrase is missing then.

        Raises
        ------
        WordSpaceError
            If the file is malformed, compressed or ends early; the message names the byte.
        """
        asked = tuple(dict.fromkeys(words))
        wanted = {form.encode() for word in asked for form in spellings(word)}
        with self.path.open("rb") as stream:
            header = _read_header(stream, self.path)
            ids = _word_ids(stream, header, wanted, self.path)
            start = _find_vectors(stream, header, self.path)
            rows = {word: _rows_of(word, ids, header) for word in asked}
            found = tuple(word for word in asked if rows[word])
            vectors = _mean_rows(stream, start, header.n_dims, [rows[word] for word in found])
        return WordVectors(found, vectors, tuple(word for word in asked if not rows[word]))


def is_fasttext_model(path: Path) -> bool:
    """Return whether a file begins as fastText's ``.bin`` models do."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def n_gram_rows(word: str, *, shortest: int, longest: int, n_buckets: int) -> list[int]:
    """Return the buckets of a word's n-grams, as fastText numbers them.

    Parameters
    ----------
    word : str
        Without the ``<`` and ``>`` that are put around it here.
    shortest, longest : int
        Lengths of n-grams in characters; none where `longest` is 0.
    n_buckets : int
        Rows that they share.

    Returns
    -------
    list of int
        From 0, in no order of meaning; a bucket may come twice.
    """
    text = f"<{word}>"
    last = len(text)
    return [
        _hash(text[start:end].encode()) % n_buckets
        for start in range(last)
        for end in range(start + max(shortest, 1), min(start + longest, last) + 1)
        if not (end - start == 1 and (start == 0 or end == last))
    ]


def _hash(data: bytes) -> int:
    """FNV-1a of 32 bits over signed bytes, which is what fastText has always used."""
    value = 2166136261
    for byte in data:
        value ^= byte if byte < 128 else byte | 0xFFFFFF00
        value = value * 16777619 & 0xFFFFFFFF
    return value


def _read_header(stream: BinaryIO, path: Path) -> _Header:
    layout = struct.Struct("<4si12idiiiqq")
    data = stream.read(layout.size)
    if len(data) < layout.size or data[:4] != MAGIC:
        raise WordSpaceError(
            f"{path}, byte {len(data)}: no complete header of a fastText model; fetch it again"
        )
    _, version, *numbers = layout.unpack(data)
    n_dims, model = numbers[0], numbers[7]
    n_buckets, shortest, longest = numbers[8:11]
    n_entries, n_words, _, _, n_pruned = numbers[13:]
    if version not in _VERSIONS:
        raise WordSpaceError(
            f"{path}, byte 4: fastText format {version}; formats 11 and 12 are known"
        )
    if n_dims < 1 or not 0 <= n_words <= n_entries or n_buckets < 0:
        raise WordSpaceError(
            f"{path}, byte 8: {n_dims} dimensions, {n_words} words, {n_buckets} n-gram rows "
            "cannot be; the file is damaged, fetch it again"
        )
    if (version == 11 and model == _SUPERVISED) or n_buckets == 0:
        longest = 0
    return _Header(n_dims, n_buckets, shortest, longest, n_entries, n_words, n_pruned, layout.size)


def _word_ids(
    stream: BinaryIO, header: _Header, wanted: Collection[bytes], path: Path
) -> dict[str, int]:
    """Read the vocabulary, keep the rows of `wanted` words, leave `stream` at its end."""
    ids: dict[str, int] = {}
    buffer, at, start = b"", 0, header.start
    for number in range(header.n_entries):
        end = buffer.find(b"\0", at)
        if end < 0 or end + 1 + _AFTER_WORD > len(buffer):
            start, buffer, at = start + at, buffer[at:] + stream.read(_READ_BYTES), 0
            end = buffer.find(b"\0", 0, _LONGEST_WORD)
        if end < 0 or end + 1 + _AFTER_WORD > len(buffer):
            raise WordSpaceError(
                f"{path}, byte {start + at}: word {number + 1} of {header.n_entries} is malformed "
                "or the file is cut short; fetch it again"
            )
        if number < header.n_words and buffer[at:end] in wanted:
            ids[buffer[at:end].decode("utf-8", "replace")] = number
        at = end + 1 + _AFTER_WORD
    stream.seek(start + at)
    return ids


def _find_vectors(stream: BinaryIO, header: _Header, path: Path) -> int:
    """Return the byte where the rows of input vectors begin."""
    stream.seek(8 * max(header.n_pruned, 0), 1)
    at = stream.tell()
    data = stream.read(17)
    if len(data) < 17:
        raise WordSpaceError(f"{path}, byte {at}: the file ends before its vectors; fetch it again")
    quantised, n_rows, n_columns = struct.unpack("<?qq", data)
    if quantised:
        raise WordSpaceError(
            f"{path}: a compressed fastText model (.ftz), whose vectors are only approximate; "
            "use the .bin or .vec file"
        )
    expected = header.n_words + (header.n_buckets if header.longest > 0 else 0)
    if n_columns != header.n_dims or n_rows < expected:
        raise WordSpaceError(
            f"{path}, byte {at + 1}: vectors of {n_rows} x {n_columns}, expected at least "
            f"{expected} x {header.n_dims}; the file is damaged, fetch it again"
        )
    end = stream.seek(0, 2)
    if end < at + 17 + n_rows * n_columns * _FLOAT_BYTES:
        raise WordSpaceError(f"{path}, byte {end}: the file ends amid its vectors; fetch it again")
    return at + 17


def _rows_of(word: str, ids: dict[str, int], header: _Header) -> list[int]:
    form = next((form for form in spellings(word) if form in ids), None)
    if form is None and (not word or " " in word):
        return []
    sizes = {"shortest": header.shortest, "longest": header.longest}
    grams = n_gram_rows(form or word, n_buckets=header.n_buckets, **sizes)
    own = [] if form is None else [ids[form]]
    return own + [header.n_words + row for row in grams]


def _mean_rows(
    stream: BinaryIO, start: int, n_dims: int, rows: Sequence[Sequence[int]]
) -> NDArray[np.float32]:
    """Return the mean of each word's rows, reading the file once from front to back."""
    vectors = np.zeros((len(rows), n_dims))
    for row, owners in _by_row(rows):
        stream.seek(start + row * n_dims * _FLOAT_BYTES)
        vector = np.frombuffer(stream.read(n_dims * _FLOAT_BYTES), "<f4")
        np.add.at(vectors, owners, vector)  # a word may have two n-grams of one row
    lengths = np.array([len(own) for own in rows], dtype=np.float64).reshape(-1, 1)
    return (vectors / lengths).astype(np.float32)


def _by_row(rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, list[int]]]:
    """Yield every row in ascending order with the words that it belongs to."""
    owners: dict[int, list[int]] = {}
    for word, own in enumerate(rows):
        for row in own:
            owners.setdefault(row, []).append(word)
    yield from sorted(owners.items())
