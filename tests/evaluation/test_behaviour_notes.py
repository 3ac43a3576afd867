"""What is said of listeners' data that can be used and look odd."""

from itertools import combinations

import numpy as np
import pytest

from listeners_files import ROWS, write
from semdnn.evaluation.behaviour import read_behaviour
from semdnn.evaluation.behaviour_notes import listed, negative_note, scale_notes

PAIRS = list(combinations("abcdefgh", 2))


def judged(n_listeners=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random(len(PAIRS)) + 0.2 * rng.random((n_listeners, len(PAIRS)))


def table(path, rows, names, pairs=PAIRS):
    lines = [",".join(["stimulus_1", "stimulus_2", *names])]
    lines += [",".join([*pair, *map(str, row)]) for pair, row in zip(pairs, rows.T, strict=True)]
    return write(path, "\n".join(lines))


def test_listeners_like_one_another_are_not_spoken_of() -> None:
    for rows in (judged(), judged() - 1, 100 * judged(), judged(1), ROWS[1:], ROWS[:1]):
        assert scale_notes(rows) == ()
    ranks = judged().argsort(axis=1).argsort(axis=1).astype(float)
    assert scale_notes(ranks) == ()


@pytest.mark.parametrize("n_listeners", [1, 4])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_column_that_counts_the_rows_is_named(tmp_path, n_listeners, shuffled) -> None:
    rows = np.vstack([judged(n_listeners), np.arange(len(PAIRS))])
    pairs = [PAIRS[i] for i in np.random.default_rng(3).permutation(28)] if shuffled else PAIRS
    names = [*"abcd"[:n_listeners], "trial"]
    behaviour = read_behaviour(table(tmp_path / "t.csv", rows, names, pairs))
    assert behaviour.listener_names == tuple(names)  # it stays a listener
    (note,) = behaviour.notes
    assert "listener 'trial' counts the rows of the file" in note
    assert "take it out of the file (found by a rule of thumb)" in note


@pytest.mark.parametrize(
    "odd",
    [
        lambda rng: rng.permutation(28),  # a trial of random order
        lambda rng: 50 + rng.random(28),  # a level
        lambda rng: 900 + 500 * rng.random(28),  # a time in ms
        lambda rng: 0.5 + 0.01 * rng.random(28),  # hardly any spread
    ],
)
def test_a_column_on_another_scale_is_named(tmp_path, odd) -> None:
    rows = np.vstack([judged(), odd(np.random.default_rng(1))])
    rows[0, 3] = np.nan
    behaviour = read_behaviour(table(tmp_path / "t.csv", rows, [*"abcd", "extra"]))
    (note,) = behaviour.notes
    assert note.startswith("listener 'extra' lies on another scale than the others")
    assert scale_notes(rows)[0].startswith("listener 5 lies")


def test_two_odd_columns_do_not_hide_each_other() -> None:
    times = 900 + 500 * np.random.default_rng(1).random(28)
    counting, scale = scale_notes(np.vstack([judged(), np.arange(28), times]), [*"abcd", "n", "ms"])
    assert "'n' counts" in counting
    assert "'ms' lies" in scale


def test_negative_dissimilarities_are_told_and_read(tmp_path) -> None:
    rows = judged()
    rows[0] -= 1
    behaviour = read_behaviour(table(tmp_path / "t.csv", rows, "abcd"))
    np.testing.assert_array_equal(behaviour.listeners, rows)
    (note,) = behaviour.notes
    n_negative = (rows < 0).sum()
    assert note.startswith(f"{n_negative} of 112 dissimilarities are negative (listener 'a'): if ")
    assert "kind='similarity'" in note
    assert read_behaviour(tmp_path / "t.csv", kind="similarity").notes == ()
    assert negative_note(judged()) == ()
    assert negative_note(np.array([[-1e-17, 0.5, 1.0]])) == ()


def test_standardised_judgements_are_called_so() -> None:
    rows = judged()
    standardised = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
    (note,) = negative_note(standardised.round(3))
    assert "they look standardised" in note
    assert "similarity" not in note


def test_long_lists_are_cut_but_for_the_last() -> None:
    assert listed(["a"] * 20) == ", ".join("a" * 20)
    assert listed([*"a" * 40, "z"]) == ", ".join("a" * 19) + ", … z"
