"""The filter with a tagger of its own, and spaCy's loading with stand-ins for it."""

import sys
from types import SimpleNamespace

import pytest

from semdnn.semantics.part_of_speech import TaggedToken, TaggerError, load_tagger, words_by_part
from semdnn.semantics.text import words_of


def tagger_of(**parts):
    """A tagger that knows some words; all others are nouns."""
    seen = []

    def tag(text):
        seen.append(text)
        return [TaggedToken(word, parts.get(word, "NOUN")) for word in text.split()]

    tag.seen = seen
    return tag


def test_text_is_tagged_in_lower_case():
    tagger = tagger_of()
    words_by_part("DOG BARKING Loudly", tagger)
    assert tagger.seen == ["dog barking loudly"]


def test_words_of_other_parts_go_and_the_order_stays():
    tagger = tagger_of(squeaky="ADJ", opening="VERB", near="ADP", slowly="ADV")
    text = "squeaky gate opening near barn slowly"
    assert words_by_part(text, tagger) == ["squeaky", "gate", "open", "barn"]
    assert set(words_by_part(text, tagger)) < set(words_of(text))


def test_one_use_as_a_kept_part_is_enough():
    parts = iter(["ADP", "NOUN"])

    def tagger(text):
        return [TaggedToken(word, next(parts)) for word in text.split()]

    assert words_by_part("past past", tagger) == words_of("past") != []


def test_phrases_and_what_the_tagger_splits_otherwise_stay():
    tagger = tagger_of(fire="ADP", truck="ADP", hi="ADP", hat="ADP")
    assert words_by_part("fire truck", tagger) == ["fire truck"]
    assert words_by_part("whoosh", lambda text: [TaggedToken("who", "PRON")]) == ["whoosh"]


def test_the_kept_parts_may_be_chosen():
    tagger = tagger_of(loud="ADJ")
    assert words_by_part("loud bell", tagger, parts={"ADJ"}) == ["loud"]


def test_without_spacy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(TaggerError, match=r'pip install "semdnn\[spacy\]"'):
        load_tagger()


def test_without_the_model_its_download_is_named(monkeypatch):
    def load(name, exclude):
        raise OSError(f"[E050] Can't find model {name!r}")

    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(load=load))
    with pytest.raises(TaggerError, match="python -m spacy download en_core_web_md"):
        load_tagger("en_core_web_md")


def test_spacys_tokens_become_ours(monkeypatch):
    def load(name, exclude):
        return lambda text: [SimpleNamespace(text=word, pos_="VERB") for word in text.split()]

    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(load=load))
    assert load_tagger()("dogs bark") == [TaggedToken("dogs", "VERB"), TaggedToken("bark", "VERB")]
