"""Splits that share no recording, and groups joined by several labellings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.semantics.splitting import SplitError, join_groups, split_by_recording

PAPER = (0.9, 0.05, 0.05)
LABELS = st.lists(st.sampled_from(["", "a", "b", "c", "d", "e"]), min_size=1, max_size=30)


def literal_groups(labelings) -> list[int]:
    """Give two sounds of one label the lower group, until nothing changes."""
    n_sounds = len(labelings[0])
    groups = list(range(n_sounds))
    while True:
        before = list(groups)
        for labels in labelings:
            for i in range(n_sounds):
                for j in range(n_sounds):
                    if labels[i] == labels[j] != "":
                        groups[i] = groups[j] = min(groups[i], groups[j])
        if groups == before:
            return [sorted(set(groups)).index(group) for group in groups]


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 3), st.data())
def test_groups_equal_a_literal_loop(n_sounds, n_labelings, data) -> None:
    labelings = [
        data.draw(
            st.lists(st.sampled_from(["", 1, 2, 3, "x"]), min_size=n_sounds, max_size=n_sounds)
        )
        for _ in range(n_labelings)
    ]
    assert join_groups(*labelings).tolist() == literal_groups(labelings)


def test_one_label_in_two_labellings_does_not_join() -> None:
    assert join_groups(["a", "b"], ["b", "a"]).tolist() == [0, 1]
    assert join_groups([]).tolist() == []


@pytest.mark.parametrize("labelings", [(), (["a"], ["a", "b"])])
def test_labellings_of_different_length_are_refused(labelings) -> None:
    with pytest.raises(ValueError, match="of one length"):
        join_groups(*labelings)


@settings(deadline=None)
@given(LABELS, st.integers(0, 100))
def test_no_recording_is_in_two_parts_and_no_part_is_empty(labels, seed) -> None:
    groups = join_groups(labels)
    if groups.max() < 2:
        with pytest.raises(SplitError, match="cannot fill 3 parts"):
            split_by_recording(labels, PAPER, rng=np.random.default_rng(seed))
        return
    split = split_by_recording(labels, PAPER, rng=np.random.default_rng(seed))
    parts = [set(groups[part].tolist()) for part in split]
    assert all(parts)
    assert sum(len(part) for part in parts) == len(set.union(*parts))
    assert sorted(np.concatenate(split).tolist()) == list(range(len(labels)))
    again = split_by_recording(labels, PAPER, rng=np.random.default_rng(seed))
    for one, other in zip(split, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_parts_are_as_large_as_asked_where_recordings_are_small() -> None:
    rng = np.random.default_rng(0)
    recordings = rng.integers(0, 3_000, 10_000).tolist()
    split = split_by_recording(recordings, PAPER, rng=rng)
    assert [len(part) for part in split] == [9_000, 500, 500]
    split = split_by_recording(recordings, (0.5, 0.3, 0.2), rng=rng)
    assert [len(part) for part in split] == [5_000, 3_000, 2_000]


def test_a_huge_recording_is_for_training() -> None:
    recordings = ["huge"] * 38 + ["one", "two"]
    for seed in range(10):
        split = split_by_recording(recordings, PAPER, rng=np.random.default_rng(seed))
        assert [len(part) for part in split] == [38, 1, 1]


def test_parts_of_fraction_0_stay_empty() -> None:
    split = split_by_recording([""] * 10, (0.8, 0.2, 0.0), rng=np.random.default_rng(0))
    assert [len(part) for part in split] == [8, 2, 0]
    split = split_by_recording(["a"], (1.0, 0.0, 0.0), rng=np.random.default_rng(0))
    assert [len(part) for part in split] == [1, 0, 0]
    assert split.training is split.train


def test_every_recording_may_come_into_every_part() -> None:
    seen = [set(), set(), set()]
    for seed in range(60):
        split = split_by_recording([""] * 5, (0.6, 0.2, 0.2), rng=np.random.default_rng(seed))
        for part, sounds in zip(seen, split, strict=True):
            part.update(sounds.tolist())
    assert seen == [set(range(5))] * 3


@pytest.mark.parametrize("fractions", [(0.9, 0.1, 0.1), (1.1, -0.1, 0.0), (0.0, 0.5, 0.5)])
def test_fractions_that_make_no_split_are_refused(fractions) -> None:
    with pytest.raises(SplitError, match="must sum to 1"):
        split_by_recording([""] * 10, fractions, rng=np.random.default_rng(0))
