"""All near pairs, against brute force, whatever the leaves."""

import numpy as np
import pytest

from semdnn.features import near_pairs as module
from semdnn.features.near_pairs import NEAR, near_pairs


def brute_force(prints):
    exact = prints.astype(np.float64)
    distance = np.sqrt(np.square(exact[:, None] - exact).mean(axis=2))
    return {(i, j) for i, j in np.argwhere(distance <= NEAR).tolist() if i < j}


def families(seed, n=400, *, spread=3.0):
    """Unequal directions as real fingerprints have them, and copies that are nearly the same."""
    rng = np.random.default_rng(seed)
    scales = spread / (1 + np.arange(128))
    parents = rng.standard_normal((n // 4, 128)) * scales
    copies = parents[rng.integers(0, len(parents), n)]
    return (copies + rng.uniform(0, 0.2, (n, 1)) * rng.standard_normal((n, 128))).astype(np.float32)


@pytest.mark.parametrize("leaf_rows", [1, 7, 64, 1000])
@pytest.mark.parametrize("at_once", [1, 5])
def test_pairs_equal_brute_force(monkeypatch, leaf_rows, at_once):
    monkeypatch.setattr(module, "_LEAF_ROWS", leaf_rows)
    monkeypatch.setattr(module, "_LEAVES_AT_ONCE", at_once)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 50)
    prints = families(0)
    expected = brute_force(prints)
    found = list(near_pairs(prints))
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert 100 < len(expected) < 400 * 399 / 4


@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_noise_around_the_limit(monkeypatch, offset):
    monkeypatch.setattr(module, "_LEAF_ROWS", 7)
    noise = 0.141 * np.random.default_rng(1).standard_normal((60, 128)) + offset
    prints = noise.astype(np.float32)
    expected = brute_force(prints)
    assert set(near_pairs(prints)) == expected
    assert 100 < len(expected) < 60 * 59 / 2 - 100


def test_equal_fingerprints_are_all_pairs(monkeypatch):
    monkeypatch.setattr(module, "_LEAF_ROWS", 4)
    found = list(near_pairs(np.full((20, 128), -3.7, np.float32)))
    assert sorted(found) == [(i, j) for i in range(20) for j in range(i + 1, 20)]


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_have_no_pair(n):
    assert list(near_pairs(np.zeros((n, 128), np.float32))) == []
