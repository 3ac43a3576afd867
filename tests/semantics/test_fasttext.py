"""fastText models written literally, field by field, and read against a slow transcription."""

import struct
from pathlib import Path

import numpy as np
import pytest

from semdnn.semantics.fasttext import MAGIC, FastTextSpace, n_gram_rows
from semdnn.semantics.readers import FileSpace
from semdnn.semantics.table_space import WordSpaceError
from semdnn.semantics.word_space import open_word_space

WORDS = ["</s>", "dog", "naïve", "Cat", "hi-hat"]
N_DIMS, N_BUCKETS, SHORTEST, LONGEST = 5, 7, 3, 6
VECTORS = np.random.default_rng(0).normal(size=(len(WORDS) + N_BUCKETS, N_DIMS)).astype("<f4")
OWN = struct.calcsize("<4si12idiiiqq")


def model(**changes: int) -> bytes:
    """A model in the field order of fastText's own loader."""
    of = {
        "version": 12,
        "bucket": N_BUCKETS,
        "minn": SHORTEST,
        "maxn": LONGEST,
        "model": 2,
        "dim": N_DIMS,
        "pruned": -1,
        "quantised": 0,
        "n_words": len(WORDS),
        "rows": len(VECTORS),
    } | changes
    data = MAGIC + struct.pack("<i", of["version"])
    for field in (of["dim"], 5, 5, 1, 5, 1, 2, of["model"], of["bucket"], of["minn"], of["maxn"]):
        data += struct.pack("<i", field)
    data += struct.pack("<id", 100, 1e-4)
    data += struct.pack("<iiiqq", len(WORDS) + 1, of["n_words"], 1, 1000, of["pruned"])
    for number, word in enumerate([*WORDS, "__label__x"]):
        data += word.encode() + b"\0" + struct.pack("<qb", 10 - number, word == "__label__x")
    data += b"".join(struct.pack("<ii", i, i) for i in range(max(of["pruned"], 0)))
    data += struct.pack("<?qq", bool(of["quantised"]), of["rows"], of["dim"])
    return data + VECTORS.tobytes() + struct.pack("<?qq", False, 0, N_DIMS)


def slow_rows(word: str) -> list[int]:
    """A literal transcription of fastText's loop over bytes."""
    data = f"<{word}>".encode()
    rows = []
    for i in range(len(data)):
        if data[i] & 0xC0 == 0x80:
            continue
        gram, j, n = b"", i, 1
        while j < len(data) and n <= LONGEST:
            gram += data[j : j + 1]
            j += 1
            while j < len(data) and data[j] & 0xC0 == 0x80:
                gram += data[j : j + 1]
                j += 1
            if n >= SHORTEST and not (n == 1 and (i == 0 or j == len(data))):
                h = np.uint32(2166136261)
                for byte in gram:
                    h ^= np.uint32(np.int32(np.uint8(byte).astype(np.int8)).astype(np.uint32))
                    h = np.uint32(int(h) * 16777619 % 2**32)
                rows.append(int(h) % N_BUCKETS)
            n += 1
    return rows


def expected(form: str) -> np.ndarray:
    rows = [len(WORDS) + row for row in slow_rows(form)]
    if form in WORDS:
        rows.insert(0, WORDS.index(form))
    return np.mean([VECTORS[row] for row in rows], axis=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "model.bin").write_bytes(model())
    return tmp_path / "model.bin"


@pytest.mark.parametrize("word", ["dog", "naïve", "a", "ab", "hi-hat", "雷雨", "x" * 40])
def test_n_grams_are_those_of_the_slow_loop(word: str) -> None:
    found = n_gram_rows(word, shortest=SHORTEST, longest=LONGEST, n_buckets=N_BUCKETS)
    assert found == slow_rows(word)


def test_hashes_are_the_published_ones() -> None:
    # 32-bit FNV-1a of "foobar" is 0xbf9cf968 in the algorithm's own table of test vectors.
    found = n_gram_rows("foobar", shortest=6, longest=6, n_buckets=2**32)
    assert 0xBF9CF968 in found


def test_words_of_the_vocabulary_and_beyond(path: Path) -> None:
    space = open_word_space(str(path))
    assert isinstance(space, FastTextSpace)
    assert (space.name, space.n_dims, space.offset) == (str(path), N_DIMS, 0.0)
    answer = space.look_up(["naïve", "cat", "hi hat", "doggish", "dog", "tin roof", "__label__x"])
    assert answer.missing == ("tin roof",)
    forms = ["naïve", "Cat", "hi-hat", "doggish", "dog", "__label__x"]
    np.testing.assert_allclose(answer.vectors, [expected(form) for form in forms], rtol=1e-5)


def test_records_across_read_boundaries(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = FastTextSpace(path).look_up(WORDS)
    monkeypatch.setattr("semdnn.semantics.fasttext._READ_BYTES", 24)
    split = FastTextSpace(path).look_up(WORDS)
    assert split.words == whole.words
    np.testing.assert_array_equal(split.vectors, whole.vectors)


@pytest.mark.parametrize(
    "changes", [{"maxn": 0}, {"bucket": 0, "rows": 12}, {"version": 11, "model": 3}]
)
def test_a_model_without_n_grams_lacks_what_it_never_saw(
    tmp_path: Path, changes: dict[str, int]
) -> None:
    (tmp_path / "m.bin").write_bytes(model(**changes))
    answer = FastTextSpace(tmp_path / "m.bin").look_up(["dog", "doggish"])
    assert answer.missing == ("doggish",)
    np.testing.assert_array_equal(answer.vectors, VECTORS[[1]])


def test_nothing_asked_nothing_found(path: Path) -> None:
    assert FastTextSpace(path).look_up([]).vectors.shape == (0, N_DIMS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (model()[:50], "byte 50: no complete header"),
        (model(version=13), "byte 4: fastText format 13"),
        (model(dim=-1), "byte 8: -1 dimensions"),
        (model(n_words=99), "byte 8: 5 dimensions, 99 words"),
        (model()[: OWN + 20], rf"byte {OWN + 14}: word 2 of 6 is malformed"),
        (model(quantised=1), "a compressed fastText model"),
        (model(rows=11), "vectors of 11 x 5, expected at least 12 x 5"),
        (model()[:-20], "the file ends amid its vectors"),
        (model()[: -17 - VECTORS.nbytes - 3], "the file ends before its vectors"),
    ],
)
def test_a_bad_file_names_the_byte(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "bad.bin").write_bytes(data)
    with pytest.raises(WordSpaceError, match=message):
        FastTextSpace(tmp_path / "bad.bin").look_up(["dog"])


def test_the_text_reader_sends_a_packed_model_away(path: Path) -> None:
    with pytest.raises(WordSpaceError, match=r"a fastText \.bin model; unpack it"):
        FileSpace(path).look_up(["dog"])
