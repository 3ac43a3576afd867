"""What a word space is, and the one that is nothing but a table of words and vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from semdnn.errors import SemdnnError
from semdnn.semantics.text import lemma_of


class WordSpaceError(SemdnnError):
    """A word space cannot be opened, read or asked."""


class WordVectors(NamedTuple):
    """What a word space answers.

    Attributes
    ----------
    words : tuple of str
        The asked words that the space holds, in the order asked, none twice.
    vectors : float32 [shape=(W, D)]
        Their vectors, as the space has them (not scaled to unit length).
    missing : tuple of str
        The asked words that are out of vocabulary.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    missing: tuple[str, ...]


class WordSpace(Protocol):
    """Words and their vectors, named.

    Attributes
    ----------
    name : str
        Name under which `open_word_space` opens it.
    n_dims : int
        Length D of a vector.
    offset : float
        Constant coordinate that decoding appends: 0 for raw spaces, 1 for centred ones.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above

    @property
    def n_dims(self) -> int: ...  # noqa: D102

    @property
    def offset(self) -> float: ...  # noqa: D102

    def look_up(self, words: Sequence[str]) -> WordVectors:
        """Return the vectors of those `words` that the space holds, and name the others."""
        ...


@dataclass(frozen=True, eq=False)
class TableSpace:
    """A word space that holds its vectors in memory.

    Attributes
    ----------
    name : str
        What errors and dictionaries call it.
    words : tuple of str
        Its vocabulary, none twice.
    vectors : float [shape=(W, D)]
        One finite vector a word; any floating type (float16 saves memory).
    offset : float
        See `WordSpace`.

    Raises
    ------
    WordSpaceError
        If words and vectors do not pair, a word appears twice or a vector is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> space = TableSpace("mine", ("dog", "hi-hat"), np.eye(2, dtype=np.float32), 0.0)
    >>> space.look_up(["hi hat", "Dogs", "zebra"])[0]
    ('hi hat', 'Dogs')
    """

    name: str
    words: tuple[str, ...]
    vectors: NDArray[np.floating]
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.words) != len(self.vectors):
            raise WordSpaceError(
                f"word space {self.name!r}: {len(self.words)} words but vectors of shape "
                f"{self.vectors.shape}; give one row a word"
            )
        if len(self._rows) != len(self.words):
            twice = next(w for i, w in enumerate(self.words) if self._rows[w] != i)
            raise WordSpaceError(f"word space {self.name!r}: the word {twice!r} appears twice")
        if not np.isfinite(self.vectors).all():
            row = int(np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))[0])
            raise WordSpaceError(
                f"word space {self.name!r}: the vector of {self.words[row]!r} is not finite"
            )

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @property
    def n_dims(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def __contains__(self, word: str) -> bool:
        return word in self._rows

    def look_up(self, words: Sequence[str]) -> WordVectors:
        """Return the vectors of `words`, each by the first of its `spellings` that is there."""
        found: dict[str, int] = {}
        missing: list[str] = []
        for word in dict.fromkeys(words):
            row = next((self._rows[s] for s in spellings(word) if s in self._rows), None)
            if row is None:
                missing.append(word)
            else:
                found[word] = row
        rows = np.fromiter(found.values(), dtype=np.intp, count=len(found))
        vectors = np.asarray(self.vectors[rows], dtype=np.float32)
        return WordVectors(tuple(found), vectors, tuple(missing))


def spellings(word: str) -> tuple[str, ...]:
    """Return the forms under which a word space may hold `word`, in the order they are tried.

    First `word` as it is; then other case (lower, Title, UPPER); then, for each of these, a
    phrase joined by hyphen, underscore, space or nothing; last the lemma.

    Examples
    --------
    >>> spellings("fire truck")[:4]
    ('fire truck', 'Fire Truck', 'FIRE TRUCK', 'fire-truck')
    """
    cases = [word, word.lower(), word.title(), word.upper()]
    joined = [
        case.replace("-", " ").replace("_", " ").replace(" ", joint)
        for joint in ("-", "_", " ", "")
        for case in cases
    ]
    return tuple(dict.fromkeys([*cases, *joined, lemma_of(word.lower())]))


def equal_vectors(
    words: Sequence[str], vectors: NDArray[np.floating]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of words that share one vector, each later word with the first that has it.

    Parameters
    ----------
    words : sequence of str [length W]
        Names of the rows.
    vectors : float [shape=(W, D)]
        Compared element by element; 0 and -0 are equal.

    Returns
    -------
    tuple of (str, str)
        Empty where all vectors differ.
    """
    if vectors.shape[0] != len(words):
        raise WordSpaceError(f"{len(words)} words but {vectors.shape[0]} vectors")
    first: dict[bytes, str] = {}
    pairs: list[tuple[str, str]] = []
    for word, vector in zip(words, np.ascontiguousarray(vectors) + 0.0, strict=True):
        holder = first.setdefault(vector.tobytes(), word)
        if holder != word:
            pairs.append((holder, word))
    return tuple(pairs)
