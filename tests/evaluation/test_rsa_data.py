"""Pairs of stimuli and their orders, against square matrices."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial.distance import squareform

from semdnn.evaluation.rsa_data import RsaError, RsaSettings, n_stimuli_of, stimulus_pairs


def test_pairs_run_as_in_pdist() -> None:
    pairs = stimulus_pairs(10)
    square = squareform(np.arange(10.0) + 1)
    assert pairs.n_stimuli == 5
    np.testing.assert_array_equal(square[pairs.first, pairs.second], np.arange(10) + 1)


def test_reordering_is_that_of_rows_and_columns() -> None:
    rng = np.random.default_rng(0)
    values = rng.random(21)
    orders = stimulus_pairs(21).random_orders(5, rng)
    places = stimulus_pairs(21).permuted(orders)
    assert places.shape == (5, 21)
    for order, place in zip(orders, places, strict=True):
        expected = squareform(values)[order][:, order]
        np.testing.assert_array_equal(squareform(values[place]), expected)


def test_sets_follow_one_another_and_keep_their_stimuli() -> None:
    pairs = stimulus_pairs(6 + 3, (4, 3))
    assert pairs.n_stimuli == 7
    assert [members.tolist() for members in pairs.sets] == [[0, 1, 2, 3], [4, 5, 6]]
    assert pairs.first.tolist() == [0, 0, 0, 1, 1, 2, 4, 4, 5]
    assert pairs.second.tolist() == [1, 2, 3, 2, 3, 3, 5, 6, 6]
    orders = pairs.random_orders(50, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(orders[:, :4]), np.tile(range(4), (50, 1)))
    places = pairs.permuted(orders)
    np.testing.assert_array_equal(np.sort(places[:, 6:]), np.tile([6, 7, 8], (50, 1)))
    assert len(np.unique(orders, axis=0)) > 25


def test_among_takes_pairs_of_two_chosen_stimuli() -> None:
    pairs = stimulus_pairs(6)
    chosen = np.array([True, False, True, True])
    assert pairs.among(chosen).tolist() == [False, True, True, False, False, True]


@pytest.mark.parametrize("n_stimuli", [2, 3, 80, 1000])
def test_number_of_stimuli_follows_from_pairs(n_stimuli) -> None:
    assert n_stimuli_of(n_stimuli * (n_stimuli - 1) // 2) == n_stimuli


@pytest.mark.parametrize("n_pairs", [0, 2, 3161])
def test_numbers_that_are_no_pairs_are_refused(n_pairs) -> None:
    with pytest.raises(RsaError, match=f"{n_pairs} values are not all pairs"):
        n_stimuli_of(n_pairs)


@pytest.mark.parametrize(
    "wrong", [{"ridge": -1.0}, {"held_out": 0.7}, {"transform": "log"}, {"penalty": 1.0}]
)
def test_settings_are_strict(wrong) -> None:
    with pytest.raises(ValidationError):
        RsaSettings(**wrong)
