"""An optional filter: keep the words of a description that are nouns, verbs or adjectives in it.

The tagger is handed in, so that any will do; `load_tagger` brings spaCy's (the `spacy` extra and
one of its English models). Text is tagged in lower case: sound libraries write in capitals, and
capitals make every word a proper noun.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from semdnn.errors import SemdnnError
from semdnn.semantics.text import lemma_of, words_of

KEPT_PARTS = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "INTJ"})
"""Universal parts of speech that say what sounds; interjections are onomatopoeia ("boing")."""

EXTRA = 'pip install "semdnn[spacy]"'
MODEL = "en_core_web_sm"


class TaggerError(SemdnnError):
    """A part-of-speech tagger cannot be loaded."""


class TaggedToken(NamedTuple):
    """A token of a text, and its universal part of speech ("NOUN", "ADP" …)."""

    text: str
    part: str


Tagger = Callable[[str], Sequence[TaggedToken]]


def words_by_part(
    description: str, tagger: Tagger, *, parts: Collection[str] = KEPT_PARTS
) -> list[str]:
    """Return `words_of` the description, less those that it uses as other parts of speech only.

    A word goes if the tagger found it, and never as one of `parts`. Multiword sources stay, and
    so does what the tagger split differently.

    Parameters
    ----------
    description : str
        Free text.
    tagger : callable
        From lower-case text to its tagged tokens.
    parts : collection of str
        Universal parts of speech to keep.

    Examples
    --------
    >>> def tagger(text):
    ...     parts = {"above": "ADP", "past": "ADP"}
    ...     return [TaggedToken(word, parts.get(word, "NOUN")) for word in text.split()]
    >>> words_by_part("JET ROARING PAST", tagger)
    ['jet', 'roar']
    """
    words = words_of(description)
    kept: set[str] = set()
    found: set[str] = set()
    for token in tagger(description.lower()):
        forms = {token.text, lemma_of(token.text)}
        found |= forms
        if token.part in parts:
            kept |= forms
    return [word for word in words if word in kept or word not in found]


def load_tagger(model: str = MODEL) -> Tagger:
    """Load a spaCy model that is installed; nothing is downloaded.

    Raises
    ------
    TaggerError
        If spaCy or the model is not installed.
    """
    try:
        import spacy  # noqa: PLC0415 - heavy, optional
    except ImportError as error:
        raise TaggerError(f"spaCy is not installed; {EXTRA}") from error
    try:
        pipeline = spacy.load(model, exclude=["parser", "ner", "lemmatizer"])
    except OSError as error:
        raise TaggerError(
            f"the spaCy model {model} is not installed; python -m spacy download {model}"
        ) from error

    def tag(text: str) -> list[TaggedToken]:
        return [TaggedToken(token.text, token.pos_) for token in pipeline(text)]

    return tag
