import dataclasses

import numpy as np
import pytest

from semdnn.comparison.interface import Card, ComparisonError, Stimulus
from semdnn.comparison.word_models import PhraseModel, WordModel, open_phrases, open_words
from semdnn.semantics.table_space import TableSpace
from semdnn.semantics.word_space import open_word_space

SPACE = TableSpace(
    "mine",
    ("dog", "bark", "rain", "yin", "yang"),
    np.array([[2.0, 0], [0, 5], [1, 1], [1, 0], [-1, 0]]),
)


def stimulus(description: str) -> Stimulus:
    return Stimulus(f"<{description}>", None, description)


def model() -> WordModel:
    return WordModel("mine", SPACE, Card("", ""))


def test_a_row_is_the_mean_of_unit_vectors_scaled_to_unit_length():
    rows = model().layers([stimulus("dog barking"), stimulus("dogs")])["words"]
    np.testing.assert_allclose(rows, [[np.sqrt(0.5), np.sqrt(0.5)], [1, 0]], atol=1e-6)


def test_words_that_the_space_lacks_are_left_out_and_told():
    rows = model().layers([stimulus("dog and accordion")])["words"]
    np.testing.assert_allclose(rows, [[1, 0]])
    (answer,) = model().words([stimulus("dog and accordion")])
    assert (answer.known, answer.missing) == (("dog",), ("accordion",))


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ("accordion", r"'<accordion>' .*word space mine has none of its words \('accordion'\)"),
        ("TK3 24bit", "no word that says what sounds"),
        ("yin yang", "its words 'yin', 'yang' cancel each other out"),
    ],
)
def test_a_stimulus_without_a_vector_is_named(description, message):
    with pytest.raises(ComparisonError, match=message):
        model().layers([stimulus("dog"), stimulus(description)])


def test_minilm_words_are_those_of_the_space():
    space = open_word_space("minilm")
    found = space.look_up(["dog", "bark"]).vectors
    expected = found.mean(axis=0) / np.linalg.norm(found.mean(axis=0))
    opened = open_words("minilm")
    assert (opened.name, opened.card.licence) == ("words-minilm", "Apache-2.0")
    rows = opened.layers([stimulus("dog barking")])["words"]
    np.testing.assert_allclose(rows[0], expected, atol=1e-5)


def test_a_phrase_is_embedded_whole():
    opened = open_phrases("minilm")
    rows = opened.layers([stimulus("Rain")])["phrase"]
    expected = open_word_space("minilm").embed_phrases(["rain"])
    assert opened.name == "phrase-minilm"
    np.testing.assert_array_equal(rows, expected)


def test_a_phrase_beyond_a_space_names_its_stimulus():
    bare = dataclasses.replace(open_word_space("minilm"), embed=None)
    bare.__dict__["_model"] = None  # as where the text model is not installed
    opened = PhraseModel("bare", bare, Card("", ""))
    with pytest.raises(ComparisonError, match="'<a zither in fog>': no vector for 'a zither in"):
        opened.layers([stimulus("rain"), stimulus("a zither in fog")])


def test_a_vector_file_is_a_space_and_embeds_no_phrases(tmp_path):
    path = tmp_path / "mine.300d.vec"
    path.write_text("2 2\ndog 3 0\nrain 0 1\n")
    opened = open_words(str(path))
    assert opened.name == "words-mine"
    assert opened.card.licence == "as its publisher states"
    np.testing.assert_allclose(opened.layers([stimulus("a dog")])["words"], [[1, 0]])
    with pytest.raises(ComparisonError, match=r"embeds no phrases: use words:.*mine\.300d\.vec"):
        open_phrases(str(path))
