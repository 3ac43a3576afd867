"""A person's own vocabulary: any words or phrases, as a dictionary to decode onto."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from semdnn.errors import SemdnnError
from semdnn.semantics import minilm
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.minilm import unit_rows
from semdnn.semantics.table_space import WordSpace, WordSpaceError, equal_vectors

_N_NAMED = 10  # a message names this many words at most


class VocabularyError(SemdnnError):
    """A list of words that cannot serve as a vocabulary: which word, where, what to do."""


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Read one word or phrase a line; empty lines and lines that begin with ``#`` do not count.

    Parameters
    ----------
    path : Path
        A UTF-8 text file. Case is kept; runs of blanks become one.

    Raises
    ------
    VocabularyError
        If the file is not UTF-8, holds no word, or has a word twice (upper and lower case are
        the same word); the message names the byte or the lines.
    OSError
        If it cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise VocabularyError(
            f"{path}, byte {error.start}: not UTF-8 text; save the word list as UTF-8"
        ) from error
    return vocabulary_of(text, str(path))


def vocabulary_of(text: str, where: str) -> tuple[str, ...]:
    r"""Return the words or phrases of a text, as `read_vocabulary`; `where` names it in messages.

    Raises
    ------
    VocabularyError
        If there is no word, or a word stands there twice.

    Examples
    --------
    >>> vocabulary_of("# birds\nwren\nsong  thrush", "birds.txt")
    ('wren', 'song thrush')
    """
    lines: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        word = " ".join(line.split())
        if not word or word.startswith("#"):
            continue
        first, _ = lines.setdefault(word.lower(), (number, word))
        if first != number:
            raise VocabularyError(
                f"{where}, line {number}: {word!r} stands already in line {first}; remove one"
            )
    if not lines:
        raise VocabularyError(f"{where}: no words in it; write one word or phrase a line")
    return tuple(word for _, word in lines.values())


def build_vocabulary(words: Sequence[str], space: WordSpace) -> Dictionary:
    """Return `words` as a dictionary of `space`, in their order, with counts and clusters of 0.

    Parameters
    ----------
    words : sequence of str [length W]
        Different words or phrases, at least one.
    space : WordSpace
        Where the vectors come from; must have them all.

    Raises
    ------
    VocabularyError
        If there is no word, a word appears twice, or words share one vector.
    WordSpaceError
        If the space lacks some of the words.

    Examples
    --------
    >>> from semdnn.semantics.word_space import open_word_space
    >>> build_vocabulary(["dog", "rain"], open_word_space("minilm")).vectors.shape
    (2, 300)
    """
    words = tuple(words)
    if not all(word.strip() for word in words) or not words:
        raise VocabularyError("the vocabulary is empty or has an empty word; give words or phrases")
    twice = [word for word, n in Counter(words).items() if n > 1]
    if twice:
        raise VocabularyError(f"words twice in the vocabulary: {_named(twice)}; remove one of each")
    found = space.look_up(words)
    if found.missing:
        raise WordSpaceError(_unknown(found.missing, len(words), space.name))
    vectors = unit_rows(found.vectors)
    zero = [word for word, vector in zip(words, vectors, strict=True) if not vector.any()]
    if zero:
        raise VocabularyError(
            f"word space {space.name} gives a zero vector to {_named(zero)}; leave it out"
        )
    if pairs := equal_vectors(words, vectors):
        listed = _named([f"{a} = {b}" for a, b in pairs])
        raise VocabularyError(
            f"word space {space.name} has one vector for each pair: {listed}; remove one of each"
        )
    none = np.zeros(len(words), dtype=np.int64)
    return Dictionary(words, vectors, none, none.astype(np.int32), space.name, space.offset)


def respaced(dictionary: Dictionary, space: WordSpace) -> Dictionary:
    """Return the words of `dictionary` that `space` has, with its vectors, in their order.

    Counts and clusters stay those of `dictionary`.

    Raises
    ------
    WordSpaceError
        If the space has none of the words.
    VocabularyError
        If it gives a zero vector, or two words one vector.
    """
    found = space.look_up(dictionary.words)
    if not found.words:
        raise WordSpaceError(_unknown(found.missing, len(dictionary), space.name))
    kept = dictionary.indices(found.words)
    return replace(
        build_vocabulary(found.words, space),
        counts=dictionary.counts[kept],
        clusters=dictionary.clusters[kept],
    )


def _unknown(missing: Sequence[str], n_words: int, space: str) -> str:
    message = f"word space {space} lacks {len(missing)} of {n_words} words: {_named(missing)}; "
    if space == minilm.NAME:
        return f"{message}words and phrases beyond its table need the text model: {minilm.EXTRA}"
    return f"{message}remove or respell them (phrases need a model of word space {minilm.NAME})"


def _named(words: Sequence[str]) -> str:
    listed = ", ".join(words[:_N_NAMED])
    return listed if len(words) <= _N_NAMED else f"{listed} and {len(words) - _N_NAMED} more"
