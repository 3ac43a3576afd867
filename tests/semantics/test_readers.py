"""Files of vectors: each layout written by a literal transcription of its format."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from semdnn.semantics.readers import FileSpace, read_vectors
from semdnn.semantics.table_space import WordSpaceError

WORDS = ["dog", "Cat", "fire_truck", "naïve", "x" * 300]
VECTORS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


def text(header: bool, trailing: str = "") -> bytes:
    lines = [f"{len(WORDS)} 7"] if header else []
    lines += [
        f"{word} {' '.join(repr(float(x)) for x in vector)}{trailing}"
        for word, vector in zip(WORDS, VECTORS, strict=True)
    ]
    return ("\n".join(lines) + "\n").encode()


def binary(newline: bytes) -> bytes:
    data = b"5 7\n"
    for word, vector in zip(WORDS, VECTORS, strict=True):
        data += word.encode() + b" " + struct.pack("<7f", *vector) + newline
    return data


LAYOUTS = {
    "glove.txt": text(header=False),
    "word2vec.txt": text(header=True),
    "fasttext.vec": text(header=True, trailing=" "),
    "google.bin": binary(b""),
    "original.bin": binary(b"\n"),
}


@pytest.fixture(params=[*LAYOUTS, *(f"{name}.gz" for name in LAYOUTS)])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    data = LAYOUTS[request.param.removesuffix(".gz")]
    file = tmp_path / request.param
    file.write_bytes(gzip.compress(data) if request.param.endswith(".gz") else data)
    return file


def test_every_layout_gives_the_same_vectors(path: Path) -> None:
    space = FileSpace(path)
    assert space.n_dims == 7
    assert (space.name, space.offset) == (str(path), 0.0)
    answer = space.look_up(["x" * 300, "cat", "fire truck", "naïve", "unicorn"])
    assert answer.missing == ("unicorn",)
    np.testing.assert_array_equal(answer.vectors, VECTORS[[4, 1, 2, 3]])


def test_only_the_wanted_words_are_kept(path: Path) -> None:
    assert read_vectors(path, {"dog", "cow"}).words == ("dog",)
    assert read_vectors(path, set()).vectors.shape == (0, 7)


def test_binary_records_across_read_boundaries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("google.bin", "original.bin"):
        (tmp_path / name).write_bytes(LAYOUTS[name])
        for chunk in (1, 2, 29, 61, 400):
            monkeypatch.setattr("semdnn.semantics.readers._READ_BYTES", chunk)
            table = read_vectors(tmp_path / name, set(WORDS))
            assert table.words == tuple(WORDS)
            np.testing.assert_array_equal(table.vectors, VECTORS)


def test_a_word_with_spaces_is_read_from_the_right(tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_text("dog 1 2 3\n. . . 4 5 6\ncat 7 8 9\n")
    table = read_vectors(tmp_path / "glove.txt", {". . .", "cat"})
    assert table.words == (". . .", "cat")
    np.testing.assert_array_equal(table.vectors, [[4, 5, 6], [7, 8, 9]])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1"),
        (b"hello world\n", "line 1: neither"),
        (b"dog 1 2 3\ncat 1 2\n", "line 2: 2 numbers instead of 3"),
        (b"dog 1 2 3\ncat 1 two 3\n", "line 2: not a number"),
        (b"3 3\ndog 1 2 3\ncat 1 2 3\n", "ends after 2 words, its first line promises 3"),
        (LAYOUTS["google.bin"][:-1], "word 5 of 5 is malformed or the file is cut short"),
        (LAYOUTS["google.bin"][:70], "byte 68: word 3 of 5"),
    ],
)
def test_a_bad_file_names_line_or_byte(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(WordSpaceError, match=message):
        read_vectors(tmp_path / "bad", {"dog", "cat"})


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    (tmp_path / "cut.txt.gz").write_bytes(gzip.compress(LAYOUTS["glove.txt"])[:-20])
    with pytest.raises(WordSpaceError, match="damaged gzip"):
        read_vectors(tmp_path / "cut.txt.gz", {"dog"})
