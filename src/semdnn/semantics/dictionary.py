"""The dictionary: the words that a network may predict, with their vectors, counts and clusters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from semdnn.errors import SemdnnError
from semdnn.semantics.clusters import ward_clusters
from semdnn.settings import Settings

if TYPE_CHECKING:
    from semdnn.semantics.word_space import WordSpace

_BLOCK_ROWS = 1024
_LENGTH_TOLERANCE = 2e-3  # half-precision vectors of unit length are this near to it
_EQUAL_COSINE = 1 - 1e-6
_N_NAMED = 10  # a message names this many words at most


class DictionaryError(SemdnnError):
    """A dictionary that cannot be: what is wrong with which words, and what to do."""


class DictionarySettings(Settings):
    """How a dictionary is made from the words of a library's sounds.

    Attributes
    ----------
    min_count : int
        A word enters if at least this many sounds have it.
    max_words_per_sound : int
        Later words of a sound are left out.
    n_clusters : int
        Number of word clusters, for balancing.
    """

    min_count: int = Field(default=3, ge=1)
    max_words_per_sound: int = Field(default=15, ge=1)
    n_clusters: int = Field(default=300, ge=1)


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Words with unit vectors, counts and clusters; checked once, never changed after.

    Attributes
    ----------
    words : tuple of str
        W different words.
    vectors : array of float32 [shape=(W, D)]
        Unit vectors, read-only.
    counts : array of int64 [shape=(W,)]
        Number of sounds that have the word, read-only.
    clusters : array of int32 [shape=(W,)]
        Cluster of every word, from 0, read-only.
    word_space : str
        Name of the word space that the vectors are from.
    offset : float
        Constant coordinate that decoding appends for this word space, ≥ 0.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    counts: NDArray[np.int64]
    clusters: NDArray[np.int32]
    word_space: str
    offset: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        for name, kind in (("vectors", np.float32), ("counts", np.int64), ("clusters", np.int32)):
            frozen = np.array(getattr(self, name), dtype=kind, order="C")
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)
        self._check_shapes()
        self._check_values()

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def indices(self, words: Iterable[str]) -> list[int]:
        """Return the position of every word.

        Raises
        ------
        DictionaryError
            If words are not in the dictionary, naming them; `missing` tells beforehand.
        """
        words = list(words)
        missing = self.missing(words)
        if missing:
            raise DictionaryError(
                f"not in the dictionary of {len(self)} words: {_named(missing)}; "
                "leave them out, or map them to words that it has"
            )
        return [self._index[word] for word in words]

    def missing(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return those of `words` that the dictionary lacks, each once, in order."""
        return tuple(dict.fromkeys(word for word in words if word not in self._index))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: position for position, word in enumerate(self.words)}

    def _check_shapes(self) -> None:
        n_words = len(self.words)
        if n_words == 0:
            raise DictionaryError("a dictionary needs at least one word")
        if self.vectors.ndim != 2 or len(self.vectors) != n_words:
            raise DictionaryError(
                f"{n_words} words need vectors of shape ({n_words}, D), not {self.vectors.shape}"
            )
        for name, array in (("counts", self.counts), ("clusters", self.clusters)):
            if array.shape != (n_words,):
                raise DictionaryError(
                    f"{n_words} words need {name} of shape ({n_words},), not {array.shape}"
                )

    def _check_values(self) -> None:
        repeated = [word for word, count in Counter(self.words).items() if count > 1]
        if repeated:
            raise DictionaryError(f"words occur twice in the dictionary: {_named(repeated)}")
        deviation = np.abs(np.linalg.norm(self.vectors, axis=1) - 1)
        bad: list[int] = np.flatnonzero(~(deviation <= _LENGTH_TOLERANCE)).tolist()
        if bad:
            raise DictionaryError(
                "vectors are not of unit length: "
                f"{_named([self.words[index] for index in bad])}; divide each by its length"
            )
        if (self.counts < 0).any() or (self.clusters < 0).any():
            raise DictionaryError("counts and clusters of a dictionary cannot be negative")
        if not (np.isfinite(self.offset) and self.offset >= 0):
            raise DictionaryError(f"the offset is {self.offset}: it must be 0 or more")


class DictionaryBuild(NamedTuple):
    """A dictionary and what each sound has of it.

    Attributes
    ----------
    dictionary : Dictionary
        Words by falling count, then by alphabet.
    word_ids : tuple of int32 arrays
        The dictionary words of every sound, in the order of its description; may be empty.
    out_of_vocabulary : dict of str to int
        Words that `min_count` sounds have and the word space lacks, with the number of sounds
        that have them, falling.
    """

    dictionary: Dictionary
    word_ids: tuple[NDArray[np.int32], ...]
    out_of_vocabulary: dict[str, int]


def build_dictionary(
    words_per_sound: Sequence[Sequence[str]],
    space: "WordSpace",
    settings: DictionarySettings = DictionarySettings(),  # noqa: B008 - frozen
) -> DictionaryBuild:
    """Return the dictionary of a library, and the dictionary words of every sound.

    A word is kept if the word space has it and at least `min_count` sounds have it among their
    first `max_words_per_sound` kept words. So `counts` is the number of occurrences in
    `word_ids`, and none is below `min_count`.

    Parameters
    ----------
    words_per_sound : sequence of sequences of str [shape=(S, any)]
        The words of every sound, in order; repeats within a sound count once.
    space : WordSpace
        Where the vectors come from.
    settings : DictionarySettings
        Thresholds and number of clusters.

    Raises
    ------
    DictionaryError
        If no word is left, a vector is zero or not finite, or two words share a direction.
    """
    n_having = Counter(chain.from_iterable(dict.fromkeys(words) for words in words_per_sound))
    enough = sorted(word for word, n in n_having.items() if n >= settings.min_count)
    found = space.look_up(enough)  # rare words cannot enter, and may cost a text model to look up
    occurrences = _occurrences(words_per_sound, found.words)
    counts, kept = _prune(occurrences, len(found.words), settings)
    frequent: list[int] = np.flatnonzero(counts).tolist()
    ids = sorted(frequent, key=lambda index: (-counts[index], found.words[index]))
    if not ids:
        raise DictionaryError(
            f"no word of word space {space.name} occurs in at least {settings.min_count} of "
            f"{len(words_per_sound)} sounds: lower min_count, or check the descriptions"
        )
    words = tuple(found.words[index] for index in ids)
    vectors = _unit(words, found.vectors[ids])
    _refuse_equal(words, vectors, space.name)
    dictionary = Dictionary(
        words=words,
        vectors=vectors,
        counts=counts[ids],
        clusters=ward_clusters(vectors, settings.n_clusters),
        word_space=space.name,
        offset=space.offset,
    )
    missing = sorted(found.missing, key=lambda word: (-n_having[word], word))
    return DictionaryBuild(
        dictionary,
        _per_sound(occurrences, kept, ids, len(words_per_sound)),
        {word: n_having[word] for word in missing},
    )


class _Occurrences(NamedTuple):
    """Which sound has which found word: two parallel arrays [shape=(n,)], sounds ascending."""

    sounds: NDArray[np.int64]
    words: NDArray[np.int64]


def _occurrences(words_per_sound: Sequence[Sequence[str]], found: Sequence[str]) -> _Occurrences:
    index = {word: position for position, word in enumerate(found)}
    sounds: list[int] = []
    words: list[int] = []
    for sound, own in enumerate(words_per_sound):
        present = [index[word] for word in dict.fromkeys(own) if word in index]
        sounds.extend([sound] * len(present))
        words.extend(present)
    return _Occurrences(np.array(sounds, dtype=np.int64), np.array(words, dtype=np.int64))


def _prune(
    occurrences: _Occurrences, n_found: int, settings: DictionarySettings
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the count of every found word (0: left out) and which occurrences remain.

    The cap on words a sound may bring a word below `min_count`, and leaving that word out makes
    room for later ones; repeated until nothing changes. Words only ever leave, so it ends.
    """
    in_dictionary = np.bincount(occurrences.words, minlength=n_found) >= settings.min_count
    first = np.searchsorted(occurrences.sounds, occurrences.sounds, side="left")
    while True:
        kept = in_dictionary[occurrences.words]
        n_before: NDArray[np.int64] = np.cumsum(kept) - kept
        kept &= n_before - n_before[first] < settings.max_words_per_sound
        counts = np.bincount(occurrences.words[kept], minlength=n_found)
        remaining = in_dictionary & (counts >= settings.min_count)
        if (remaining == in_dictionary).all():
            return np.where(remaining, counts, 0), kept
        in_dictionary = remaining


def _per_sound(
    occurrences: _Occurrences, kept: NDArray[np.bool_], ids: Sequence[int], n_sounds: int
) -> tuple[NDArray[np.int32], ...]:
    new_id = np.full(max(ids) + 1, -1, dtype=np.int32)
    new_id[ids] = np.arange(len(ids), dtype=np.int32)
    flat = new_id[occurrences.words[kept]]
    ends = np.cumsum(np.bincount(occurrences.sounds[kept], minlength=n_sounds))
    return tuple(flat[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True))


def _unit(words: Sequence[str], vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    bad: list[int] = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0))).tolist()
    if bad:
        raise DictionaryError(
            f"the word space gives zero or infinite vectors to {_named([words[i] for i in bad])}; "
            "remove these words from it"
        )
    unit: NDArray[np.float32] = (vectors / lengths[:, None]).astype(np.float32)
    return unit


def _refuse_equal(words: Sequence[str], vectors: NDArray[np.float32], space: str) -> None:
    """Raise if two words have one direction: no decoder could tell them apart."""
    pairs: list[str] = []
    for start in range(0, len(words), _BLOCK_ROWS):
        cosines = vectors[start : start + _BLOCK_ROWS] @ vectors[start:].T
        for row, column in zip(*np.nonzero(np.triu(cosines, 1) > _EQUAL_COSINE), strict=True):
            pairs.append(f"{words[start + row]} = {words[start + column]}")
    if pairs:
        raise DictionaryError(
            f"word space {space} gives equal vectors to {len(pairs)} pairs of words: "
            f"{_named(pairs)}; merge the words of each pair in the descriptions, "
            "or choose another word space"
        )


def _named(words: Sequence[str]) -> str:
    listed = ", ".join(words[:_N_NAMED])
    return listed if len(words) <= _N_NAMED else f"{listed} and {len(words) - _N_NAMED} more"
