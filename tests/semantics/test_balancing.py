"""Balancing against the best of all choices."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from semdnn.semantics.balancing import (
    BalancingError,
    balance,
    choose_balanced,
    choose_random,
    cluster_counts,
    entropy,
)


def problem(seed: int, n_sounds: int, n_words: int = 30, n_clusters: int = 6):
    """Words by a steep Zipf law, so that few clusters hold most of them."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, n_words + 1)
    word_ids = [
        rng.choice(n_words, rng.integers(1, 5), replace=False, p=shares / shares.sum())
        for _ in range(n_sounds)
    ]
    return word_ids, rng.integers(0, n_clusters, n_words)


def entropy_of(word_ids, clusters, chosen) -> float:
    counts = np.zeros(clusters.max() + 1)
    for sound in chosen:
        for word in word_ids[sound]:
            counts[clusters[word]] += 1
    return float(scipy_entropy(counts, base=2))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 7))
def test_no_choice_passes_the_bound_and_no_exchange_is_better(seed, n_chosen) -> None:
    word_ids, clusters = problem(seed, 7)
    result = balance(word_ids, clusters, n_chosen, np.random.default_rng(seed))
    reached = entropy_of(word_ids, clusters, result.chosen)
    assert result.entropy_after == pytest.approx(reached, abs=1e-12)
    assert result.entropy_before == pytest.approx(entropy_of(word_ids, clusters, range(7)))
    for choice in combinations(range(7), n_chosen):
        other = entropy_of(word_ids, clusters, choice)
        assert other <= result.entropy_bound + 1e-12
        if len(set(choice) - set(result.chosen.tolist())) <= 1:
            assert other <= reached + 2e-6


def test_finds_nearly_all_best_choices_of_small_libraries() -> None:
    n_best = 0
    for seed in range(20):
        word_ids, clusters = problem(seed, 7)
        chosen = choose_balanced(word_ids, clusters, 3, np.random.default_rng(seed))
        best = max(entropy_of(word_ids, clusters, choice) for choice in combinations(range(7), 3))
        n_best += entropy_of(word_ids, clusters, chosen) > best - 1e-9
    assert n_best >= 16


def test_a_large_library_comes_within_a_thousandth_of_a_bit_of_the_bound() -> None:
    word_ids, clusters = problem(3, 4_000, n_words=400, n_clusters=40)
    result = balance(word_ids, clusters, 2_500, np.random.default_rng(0))
    control = choose_random(4_000, 2_500, np.random.default_rng(0))
    assert result.entropy_bound - result.entropy_after < 1e-3
    assert result.entropy_after > result.entropy_before + 0.1
    assert entropy_of(word_ids, clusters, control) < result.entropy_before + 0.05


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_chooses_that_many_different_sounds_and_repeats_itself(seed, n_chosen) -> None:
    word_ids, clusters = problem(seed, 60)
    one, other = (
        choose_balanced(word_ids, clusters, n_chosen, np.random.default_rng(seed)) for _ in "ab"
    )
    np.testing.assert_array_equal(one, other)
    assert len(one) == n_chosen
    assert (np.diff(one) > 0).all()
    assert one.min() >= 0
    assert one.max() < 60


def test_an_even_choice_is_found_where_there_is_one() -> None:
    word_ids = [np.array([0])] * 50 + [np.array([number]) for number in (1, 2, 3)]
    result = balance(word_ids, np.arange(4), 4, np.random.default_rng(0))
    assert result.entropy_after == pytest.approx(2)
    assert result.entropy_bound == pytest.approx(2)
    assert result.chosen[1:].tolist() == [50, 51, 52]


def test_all_sounds_and_one_cluster_are_no_special_cases() -> None:
    word_ids, clusters = problem(0, 8)
    everything = balance(word_ids, clusters, 8, np.random.default_rng(0))
    assert everything.chosen.tolist() == list(range(8))
    assert everything.entropy_after == pytest.approx(everything.entropy_before)
    one = balance(word_ids, np.zeros(30, dtype=int), 3, np.random.default_rng(0))
    assert (one.entropy_before, one.entropy_after, one.entropy_bound) == (0, 0, 0)


def test_what_cannot_be_chosen_is_refused() -> None:
    rng = np.random.default_rng(0)
    word_ids, clusters = problem(0, 5)
    for n_chosen in (0, 6):
        with pytest.raises(BalancingError, match=f"cannot choose {n_chosen} of 5 sounds"):
            balance(word_ids, clusters, n_chosen, rng)
        with pytest.raises(BalancingError, match=f"cannot choose {n_chosen} of 5 sounds"):
            choose_random(5, n_chosen, rng)
    word_ids[3] = np.array([], dtype=np.int32)
    with pytest.raises(BalancingError, match="sound 3 has no words"):
        balance(word_ids, clusters, 2, rng)


def test_random_choice_is_uniform() -> None:
    rng = np.random.default_rng(0)
    n_times = sum(np.bincount(choose_random(10, 4, rng), minlength=10) for _ in range(2_000))
    assert n_times.sum() == 8_000
    assert np.abs(n_times - 800).max() < 120


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any))
def test_entropy_equals_scipy(counts) -> None:
    assert entropy(counts) == pytest.approx(scipy_entropy(counts, base=2), abs=1e-12)


@pytest.mark.parametrize("counts", [[], [0, 0], [-1, 2], [np.nan]])
def test_entropy_of_nothing_is_refused(counts) -> None:
    with pytest.raises(ValueError, match="not negative and not all zero"):
        entropy(counts)


def test_cluster_counts_count_occurrences() -> None:
    word_ids = [np.array([0, 1]), np.array([2]), np.array([1, 2])]
    assert cluster_counts(word_ids, np.array([0, 2, 2])).tolist() == [1, 0, 4]
