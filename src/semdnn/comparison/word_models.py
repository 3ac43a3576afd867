"""Word spaces as comparison models: what a stimulus is called, not how it sounds.

One layer, ``words``: the mean of the unit vectors of a description's words, scaled to unit length,
which is also what a semDNN is trained towards; or ``phrase``: the description embedded as a whole,
which only spaces with a text model can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import Card, ComparisonError, Layers, Stimulus
from semdnn.comparison.stimuli import named, stacked
from semdnn.semantics.minilm import unit_rows
from semdnn.semantics.text import words_of
from semdnn.semantics.word_space import WORD_SPACES, WordSpace, WordSpaceError, open_word_space

REFERENCES = {
    "minilm": "Wang et al. 2020, MiniLM, doi 10.48550/arXiv.2002.10957; Reimers & Gurevych 2019, "
    "Sentence-BERT, doi 10.18653/v1/D19-1410",
    "glove-50": "Pennington, Socher & Manning 2014, GloVe, doi 10.3115/v1/D14-1162",
}
_SHORTEST = 1e-6  # a mean shorter than this is rounding error: the words cancel out


class StimulusWords(NamedTuple):
    """The words of one stimulus' description.

    Attributes
    ----------
    known, missing : tuple of str
        Those that the word space has, and those that it has not.
    vectors : array of float32 [shape=(n_known, D)]
        Unit vectors of the known ones.
    """

    known: tuple[str, ...]
    missing: tuple[str, ...]
    vectors: NDArray[np.float32]


@runtime_checkable
class PhraseSpace(Protocol):
    """A word space that also embeds phrases."""

    def embed_phrases(self, phrases: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors [shape=(n, D)] of phrases."""
        ...


@dataclass(frozen=True, eq=False)
class WordModel:
    """The words of a description.

    Words that the space lacks are left out of the mean; a stimulus with none that it has is an
    error. `words` tells which these are.

    Attributes
    ----------
    name : str
        Short name.
    space : WordSpace
        Where vectors come from.
    card : Card
        Publisher and licence of the vectors.
    """

    name: str
    space: WordSpace
    card: Card

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the layer ``words`` [shape=(S, D)], as `ComparisonModel.layers`.

        Raises
        ------
        ComparisonError
            If no word of a description is in the space; names stimulus and words.
        """
        answers = self.words(stimuli)
        rows = []
        for stimulus, answer in zip(stimuli, answers, strict=True):
            if not answer.known:
                asked = named(answer.missing) if answer.missing else "no word that says what sounds"
                raise ComparisonError(
                    f"stimulus {stimulus.name!r} ({stimulus.description!r}): word space "
                    f"{self.space.name} has none of its words ({asked}); describe it otherwise"
                )
            mean = answer.vectors.mean(axis=0, dtype=np.float64)
            length = float(np.linalg.norm(mean))
            if length < _SHORTEST:
                raise ComparisonError(
                    f"stimulus {stimulus.name!r}: its words {named(answer.known)} cancel each "
                    "other out; describe it otherwise"
                )
            rows.append({"words": mean / length})
        return stacked(stimuli, rows)

    def words(self, stimuli: Sequence[Stimulus]) -> tuple[StimulusWords, ...]:
        """Return the words of every stimulus, asking the space once for all of them."""
        texts = [words_of(stimulus.description) for stimulus in stimuli]
        found = self.space.look_up(list(dict.fromkeys(word for text in texts for word in text)))
        unit = unit_rows(found.vectors)
        rows = {word: row for row, word in enumerate(found.words)}
        return tuple(
            StimulusWords(
                tuple(word for word in text if word in rows),
                tuple(word for word in text if word not in rows),
                unit[[rows[word] for word in text if word in rows]],
            )
            for text in texts
        )


@dataclass(frozen=True, eq=False)
class PhraseModel:
    """A description embedded as a whole; attributes as of `WordModel`."""

    name: str
    space: PhraseSpace
    card: Card

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the layer ``phrase`` [shape=(S, D)], as `ComparisonModel.layers`.

        Raises
        ------
        ComparisonError
            If a description is empty, or is beyond the shipped words and the text model is not
            installed; names the stimulus.
        """
        # One at a time: texts of one batch share its padding, and with it rounding.
        return stacked(
            stimuli,
            ({"phrase": self._embedded(stimulus)} for stimulus in stimuli),
        )

    def _embedded(self, stimulus: Stimulus) -> NDArray[np.float32]:
        if not stimulus.description.strip():
            raise ComparisonError(f"stimulus {stimulus.name!r} has no description: give it one")
        try:
            return self.space.embed_phrases([stimulus.description])
        except WordSpaceError as error:
            raise ComparisonError(f"stimulus {stimulus.name!r}: {error}") from error


def open_words(space: str) -> WordModel:
    """Open the mean over words of a word space, by its name or the path of a vector file.

    Examples
    --------
    >>> stimuli = [Stimulus("1", None, "dog barking"), Stimulus("2", None, "church bell")]
    >>> open_words("minilm").layers(stimuli)["words"].shape
    (2, 300)
    """
    return WordModel(f"words-{_short(space)}", open_word_space(space), _card(space))


def open_phrases(space: str) -> PhraseModel:
    """Open a word space that embeds whole descriptions.

    Raises
    ------
    ComparisonError
        If the space holds nothing but words.
    """
    opened = open_word_space(space)
    if not isinstance(opened, PhraseSpace):
        raise ComparisonError(
            f"word space {space} holds words and embeds no phrases: use words:{space}"
        )
    return PhraseModel(f"phrase-{_short(space)}", opened, _card(space))


def _short(space: str) -> str:
    return space if space in WORD_SPACES else Path(space).name.split(".")[0]


def _card(space: str) -> Card:
    row = WORD_SPACES.get(space)
    if row is None:
        return Card(f"vector file {Path(space).name}", "as its publisher states")
    return Card(row.description, row.licence, REFERENCES.get(space, ""))
