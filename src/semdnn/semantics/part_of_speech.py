"""An optional filter: keep the words of a description that are nouns, verbs or adjectives in it.

`keep_parts_of_speech` filters a whole library's words and loads spaCy's tagger (the `spacy` extra
and one of its English models) where none is handed in. Text is tagged in lower case: sound
libraries write in capitals, and capitals make every word a proper noun.
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
    return _kept(words_of(description), tagger(description.lower()), parts)


def keep_parts_of_speech(
    descriptions: Sequence[str],
    words_per_sound: Sequence[Sequence[str]],
    *,
    tagger: Tagger | None = None,
    parts: Collection[str] = KEPT_PARTS,
) -> list[list[str]]:
    """Return the words of every sound, less those of other parts of speech in its description.

    Words are kept and dropped as by `words_by_part`, whatever found them. A text that several
    sounds share is tagged once.

    Parameters
    ----------
    descriptions : sequence of str [shape=(S,)]
        Free text of every sound.
    words_per_sound : sequence of sequences of str [shape=(S, any)]
        The words found in it.
    tagger : callable, optional
        From lower-case text to its tagged tokens; by default spaCy's (`load_tagger`).
    parts : collection of str
        Universal parts of speech to keep.

    Raises
    ------
    TaggerError
        If no tagger is given, and spaCy or its model is not installed.
    ValueError
        If there are not as many descriptions as sounds.

    Examples
    --------
    >>> def tagger(text):
    ...     return [TaggedToken(word, "ADP" if word == "past" else "NOUN") for word in text.split()]
    >>> keep_parts_of_speech(["Car past", "Rain"], [["car", "past"], ["rain"]], tagger=tagger)
    [['car'], ['rain']]
    """
    if len(descriptions) != len(words_per_sound):
        raise ValueError(f"{len(descriptions)} descriptions and words of {len(words_per_sound)}")
    tag = load_tagger() if tagger is None else tagger
    texts = [description.lower() for description in descriptions]
    tokens = {text: tag(text) for text in dict.fromkeys(texts)}
    pairs = zip(texts, words_per_sound, strict=True)
    return [_kept(words, tokens[text], parts) for text, words in pairs]


def _kept(words: Sequence[str], tokens: Sequence[TaggedToken], parts: Collection[str]) -> list[str]:
    kept: set[str] = set()
    found: set[str] = set()
    for token in tokens:
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
        raise TaggerError(
            f"the part-of-speech filter needs spaCy, which is not installed; {EXTRA},"
            f" then python -m spacy download {model}"
        ) from error
    try:
        pipeline = spacy.load(model, exclude=["parser", "ner", "lemmatizer"])
    except OSError as error:
        raise TaggerError(
            f"the part-of-speech filter needs spaCy's model {model}, which is not installed;"
            f" {EXTRA}, then python -m spacy download {model}"
        ) from error

    def tag(text: str) -> list[TaggedToken]:
        return [TaggedToken(token.text, token.pos_) for token in pipeline(text)]

    return tag
