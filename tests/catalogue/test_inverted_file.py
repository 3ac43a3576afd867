"""Approximate search: right scores always, nearly all of the exact answer, exact where in doubt."""

import numpy as np
import pytest

from semdnn.catalogue.inverted_file import InvertedFile, nearest_in_lists, write_inverted_file
from semdnn.catalogue.lists import build_lists
from semdnn.catalogue.nearest import nearest

pytest.importorskip("faiss", reason="the extra `approximate` is not installed")


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module", params=[24, 27])
def vectors(request):
    """3,000 vectors in 60 clouds, of a width that faiss is fast with and another."""
    rng, n_dims = np.random.default_rng(0), request.param
    middles = rng.standard_normal((60, n_dims))
    spread = 0.5 * rng.standard_normal((3000, n_dims))
    return unit(middles[rng.integers(60, size=3000)] + spread)


@pytest.fixture(scope="module")
def questions(vectors):
    rng = np.random.default_rng(1)
    spread = 0.1 * rng.standard_normal((60, vectors.shape[1]))
    return unit(vectors[rng.integers(3000, size=60)] + spread)


@pytest.fixture(scope="module")
def made(vectors, questions, tmp_path_factory):
    """Lists, and the file they were written to."""
    lists = build_lists(vectors, questions[:30], np.random.default_rng(2))
    path = tmp_path_factory.mktemp("lists") / "ü lists"
    write_inverted_file(path, vectors, lists)
    return lists, path


def opened(made, n_probes=0):
    lists, path = made
    return InvertedFile(path, lists.centres, np.diff(lists.starts), n_probes or lists.n_probes)


@pytest.fixture(scope="module")
def lists(made):
    return opened(made)


def exact_rows(vectors, query, n):
    """Brute force: every score in double precision, a full sort; of equal ones the lower row."""
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    return np.lexsort((np.arange(len(vectors)), -scores))[:n]


def rows_read(made, query, n_probes):
    """The rows of the lists whose centres are nearest, by brute force."""
    lists, _ = made
    chosen = np.argsort(-(lists.centres @ query), kind="stable")[:n_probes]
    parts = [lists.rows[lists.starts[i] : lists.starts[i + 1]] for i in chosen]
    return np.sort(np.concatenate(parts))


def test_the_file_holds_each_list_as_numbers_only(vectors, made):
    lists, path = made
    content = path.read_bytes()
    width = -(-vectors.shape[1] // 8) * 8
    for start, end in zip(lists.starts, lists.starts[1:], strict=False):
        n = end - start
        numbers = np.frombuffer(content[: 2 * n * width], np.float16).reshape(n, width)
        rows = np.frombuffer(content[2 * n * width : n * (2 * width + 8)], np.int64)
        np.testing.assert_array_equal(rows, lists.rows[start:end])
        np.testing.assert_array_equal(
            numbers[:, : vectors.shape[1]], vectors[rows].astype(np.float16)
        )
        content = content[n * (2 * width + 8) :]
    assert content == b""


@pytest.mark.parametrize("n_probes", [1, 3, 10])
def test_it_finds_the_best_of_the_lists_that_are_read(vectors, questions, made, n_probes):
    lists = opened(made, n_probes)
    for query in questions[:10]:
        read = rows_read(made, query, n_probes)
        answer = nearest_in_lists(vectors, lists, query, 3)
        assert len(read) >= 3
        np.testing.assert_array_equal(answer.rows, read[exact_rows(vectors[read], query, 3)])


def test_on_other_questions_nearly_all_is_found_with_exact_scores(vectors, questions, made, lists):
    found, n_read = [], []
    for query in questions[30:]:
        answer = nearest_in_lists(vectors, lists, query, 20)
        exact = vectors[answer.rows].astype(np.float64) @ query.astype(np.float64)
        np.testing.assert_allclose(answer.scores, exact, rtol=0, atol=1e-12)
        assert (np.diff(answer.scores) <= 0).all()
        found.append(len(set(answer.rows) & set(exact_rows(vectors, query, 20))) / 20)
        n_read.append(len(rows_read(made, query, made[0].n_probes)))
    assert np.mean(found) > 0.85
    assert np.mean(n_read) < 1500


@pytest.mark.parametrize("length", [1e-3, 1, 300])
def test_with_all_lists_read_the_answer_is_the_exact_one(vectors, questions, made, length):
    everything = opened(made, len(made[0].centres))
    for query in questions[:5]:
        answer = nearest_in_lists(vectors, everything, length * query, 20)
        np.testing.assert_array_equal(answer.rows, exact_rows(vectors, query, 20))


def test_rows_that_came_later_are_never_missed(vectors, questions, lists):
    more = np.concatenate([vectors, questions[:1]])
    assert nearest_in_lists(more, lists, questions[0], 1).rows.tolist() == [3000]
    allowed = np.ones(3001, bool)
    allowed[3000] = False
    answer = nearest_in_lists(more, lists, questions[0], 5, allowed=allowed)
    assert 3000 not in answer.rows
    assert len(answer.rows) == 5


@pytest.mark.parametrize("n_allowed", [0, 3, 150, 2000, 2999])
def test_filters_are_kept_and_few_rows_are_compared_exactly(
    vectors, questions, made, lists, n_allowed
):
    allowed = np.zeros(3000, bool)
    allowed[np.random.default_rng(3).choice(3000, n_allowed, replace=False)] = True
    for query in questions[:10]:
        answer = nearest_in_lists(vectors, lists, query, 20, allowed=allowed)
        assert allowed[answer.rows].all()
        assert len(answer.rows) == min(20, n_allowed)
        read = rows_read(made, query, made[0].n_probes)
        read = read[allowed[read]]
        if n_allowed <= 150 or len(read) < 20:
            read = np.flatnonzero(allowed)
        np.testing.assert_array_equal(answer.rows, read[exact_rows(vectors[read], query, 20)])


def test_more_sounds_than_the_lists_hold_are_all_compared(vectors, questions, made):
    for n in (1000, 5000):
        answer = nearest_in_lists(vectors, opened(made, 1), questions[0], n)
        np.testing.assert_array_equal(answer.rows, exact_rows(vectors, questions[0], n))


def test_equal_vectors_make_lists_too(tmp_path):
    vectors = np.tile(np.eye(1, 8, dtype=np.float32), (50, 1))
    lists = build_lists(vectors, vectors[:1], np.random.default_rng(0))
    write_inverted_file(tmp_path / "lists", vectors, lists)
    index = opened((lists, tmp_path / "lists"), len(lists.centres))
    answer = nearest_in_lists(vectors, index, vectors[0], 3)
    assert answer.rows.tolist() == [0, 1, 2]
    assert answer.scores.tolist() == [1, 1, 1]


def test_rows_that_no_vector_has_are_left_out(vectors, questions, made, tmp_path):
    """Numbers of a damaged file lead to no other memory, and change no score."""
    lists, path = made
    noise = np.random.default_rng(4).integers(256, size=path.stat().st_size, dtype=np.uint8)
    (tmp_path / "lists").write_bytes(noise.tobytes())
    index = opened((lists, tmp_path / "lists"))
    for allowed in (None, np.arange(3000) % 2 == 0):
        answer = nearest_in_lists(vectors, index, questions[0], 20, allowed=allowed)
        expected = nearest(vectors, questions[0], 20, allowed=allowed)
        np.testing.assert_array_equal(answer.rows, expected.rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda centres, sizes: (centres[:-1], sizes, 1),
        lambda centres, sizes: (centres.astype(np.float64), sizes, 1),
        lambda centres, sizes: (centres[:, :-9], sizes, 1),
        lambda centres, sizes: (centres.ravel(), sizes, 1),
        lambda centres, sizes: (centres[:0], sizes[:0], 1),
        lambda centres, sizes: (centres, sizes.astype(np.int32), 1),
        lambda centres, sizes: (centres, sizes + 1, 1),
        lambda centres, sizes: (centres, sizes - sizes[::-1], 1),
        lambda centres, sizes: (centres, sizes, 0),
        lambda centres, sizes: (centres, sizes, len(sizes) + 1),
    ],
)
def test_arrays_that_do_not_fit_are_refused(made, change):
    lists, path = made
    with pytest.raises(ValueError, match=r"do not fit together|should be of"):
        InvertedFile(path, *change(lists.centres, np.diff(lists.starts)))


def test_a_file_of_another_length_is_refused(made, tmp_path):
    lists, path = made
    (tmp_path / "cut").write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="should be of"):
        opened((lists, tmp_path / "cut"))
    with pytest.raises(FileNotFoundError):
        opened((lists, tmp_path / "missing"))


def test_a_reader_keeps_what_is_deleted(vectors, questions, made, tmp_path):
    lists, path = made
    (tmp_path / "lists").write_bytes(path.read_bytes())
    index = opened((lists, tmp_path / "lists"))
    (tmp_path / "lists").unlink()
    answer = nearest_in_lists(vectors, index, questions[0], 20)
    expected = nearest_in_lists(vectors, opened(made), questions[0], 20)
    np.testing.assert_array_equal(answer.rows, expected.rows)
