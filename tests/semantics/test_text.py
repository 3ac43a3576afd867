"""Descriptions to words: a librarian's judgement, properties, and every class name at hand."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semdnn.semantics.text import lemma_of, text_rules, words_of

DESCRIPTIONS = Path(__file__).parent / "descriptions.tsv"


def librarian() -> Iterator[tuple[str, str, list[str]]]:
    for line in DESCRIPTIONS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            style, description, words = line.split("\t")
            yield style, description, [word.replace("_", " ") for word in words.split()]


def test_agrees_with_a_librarian() -> None:
    right = extra = lacking = 0
    for _, description, expected in librarian():
        found, wanted = set(words_of(description)), set(expected)
        right += len(found & wanted)
        extra += len(found - wanted)
        lacking += len(wanted - found)
    precision, recall = right / (right + extra), right / (right + lacking)
    print(f"precision {precision:.3f}, recall {recall:.3f} over {right + lacking} words")
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.parametrize("style", sorted({style for style, _, _ in librarian()}))
def test_no_style_is_left_behind(style: str) -> None:
    rows = [(set(words_of(text)), set(words)) for kind, text, words in librarian() if kind == style]
    right = sum(len(found & wanted) for found, wanted in rows)
    assert right / sum(len(found) for found, _ in rows) >= 0.9
    assert right / sum(len(wanted) for _, wanted in rows) >= 0.9


@pytest.mark.parametrize(
    ("token", "lemma"),
    [
        ("footsteps", "footstep"),
        ("barking", "bark"),
        ("crying", "cry"),
        ("rustling", "rustle"),
        ("hooves", "hoof"),
        ("leaves", "leaf"),
        ("thunder", "thunder"),
        ("saw", "saw"),
        ("glass", "glass"),
        ("singing", "sing"),
        ("ring", "ring"),
        ("king", "king"),
        ("spring", "spring"),
        ("ceiling", "ceiling"),
        ("string", "string"),
        ("bass", "bass"),
        ("brass", "brass"),
        ("keys", "key"),
        ("dishes", "dish"),
        ("mixing", "mix"),
        ("growing", "grow"),
        ("closing", "close"),
        ("lightning", "lightning"),
        ("building", "building"),
        ("squelching", "squelch"),
        ("geese", "goose"),
        ("wingbeats", "wingbeat"),
        ("propellers", "propeller"),
        ("reed", "reed"),
        ("vapour", "vapor"),
    ],
)
def test_lemma(token: str, lemma: str) -> None:
    assert lemma_of(token) == lemma


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("", []),
        ("   ", []),
        ("0001 -- 24/96", []),
        ("Sound Effect", []),
        ("SFX_001.wav", []),
        ("Dog's bark", ["dog", "bark"]),
        ("Dog’s bark", ["dog", "bark"]),
        ("DOG dog Dogs", ["dog"]),
        ("tyre, tire", ["tire"]),
        ("amb w/ veh bg", ["ambience", "vehicle"]),
        ("fire trucks and trucks", ["fire truck", "truck"]),
        ("hi-hat, HiHat, hi hat", ["hi hat"]),
        ("coal mine", ["coal", "mine"]),
        ("level crossing", ["level crossing"]),
        ("vinyl record, recorded", ["vinyl", "record"]),
        ("AMBPark_Playground Kids_XY_Z1", ["ambience", "park", "playground", "kid"]),
        ("amb_park_kids_01", ["ambience", "park", "kid"]),
        ("SWSH_Bamboo Stick_QQ_S", ["swish", "bamboo", "stick"]),
        ("TVRemote_click_01", ["television", "remote", "click"]),
        ("marching band, March 2019", ["march", "band"]),
        ("BBC07042042 rain.WAV", ["rain"]),
    ],
)
def test_edges(description: str, words: list[str]) -> None:
    assert words_of(description) == words


@given(st.text(max_size=200))
def test_any_text_gives_clean_words(description: str) -> None:
    words = words_of(description)
    assert len(set(words)) == len(words)
    for word in words:
        assert word
        assert word == word.lower().strip()
        assert not any(letter.isdigit() for letter in word)
    assert words_of(description) == words


@given(st.lists(st.sampled_from(["dog", "bark", "rain", "fire", "truck", "glass"]), max_size=8))
def test_words_are_their_own_words(tokens: list[str]) -> None:
    """What came out once comes out again unchanged."""
    once = words_of(", ".join(tokens))
    for word in once:
        assert words_of(word) == [word]


def test_every_kept_phrase_reads_as_itself() -> None:
    for phrase, kept in text_rules().phrases.items():
        assert words_of(phrase) == ([kept] if kept else []), phrase


def test_every_table_row_has_two_columns() -> None:
    data = Path(__file__).parents[2] / "src" / "semdnn" / "semantics" / "data"
    for name in ("abbreviations", "spellings", "lemmas", "phrases", "ucs"):
        rows = (data / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        bad = [row for row in rows if row and not row.startswith("#") and row.count("\t") != 1]
        assert not bad, name


def test_every_title_of_real_libraries_keeps_words(shared: Path) -> None:
    with (shared / "sounds" / "manifest.csv").open(newline="", encoding="utf-8") as table:
        titles = {row["title"] for row in csv.DictReader(table)}
    wordless = sorted(title for title in titles if title and not words_of(title))
    assert wordless == []
    kept = {word for title in titles for word in words_of(title)}
    assert {
        "footstep",
        "bark",
        "hoof",
        "ring",
        "saw",
        "bass",
        "brass",
        "glass",
        "fire truck",
    } <= kept
    assert {"wing", "string", "spring", "ceiling", "building", "lapwing", "lightning"} <= kept


@pytest.mark.parametrize("data_set", ["esc50", "urbansound8k"])
def test_every_class_name_keeps_words(shared: Path, data_set: str) -> None:
    manifest = shared / "external" / data_set / "manifest.csv"
    with manifest.open(newline="", encoding="utf-8") as table:
        names = {row["title"] for row in csv.DictReader(table)}
    assert [name for name in names if not words_of(name)] == []
