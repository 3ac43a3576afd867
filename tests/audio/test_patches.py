"""Cutting into patches, spreading them over a sound, and pooling over sounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semdnn.audio import patches


@given(n_frames=st.integers(96, 700), hop=st.integers(1, 200))
def test_cut_equals_a_loop(n_frames: int, hop: int) -> None:
    frames = np.random.default_rng(0).standard_normal((n_frames, 4)).astype(np.float32)
    expected = [frames[s : s + 96] for s in range(0, n_frames - 95, hop)]
    cut = patches.cut(frames, hop_frames=hop)
    np.testing.assert_array_equal(cut, expected)
    assert len(cut) == patches.count(n_frames, hop_frames=hop)
    assert not cut.flags.writeable


def test_cut_refuses_what_has_no_patch() -> None:
    with pytest.raises(ValueError, match=r"\(95, 64\)"):
        patches.cut(np.zeros((95, 64), np.float32))
    with pytest.raises(ValueError, match="hop_frames is 0"):
        patches.cut(np.zeros((96, 64), np.float32), hop_frames=0)


def test_start_times() -> None:
    np.testing.assert_allclose(patches.start_times(3), [0, 0.96, 1.92])
    assert patches.start_times(0).shape == (0,)
    with pytest.raises(ValueError, match="hop_s"):
        patches.start_times(3, 0)


@given(n=st.integers(0, 5000), most=st.integers(1, 60))
def test_spread_is_even_from_first_to_last(n: int, most: int) -> None:
    kept = patches.spread(n, most)
    assert len(kept) == min(n, most)
    assert (np.diff(kept) >= 1).all()
    if len(kept) > 1:
        assert (kept[0], kept[-1]) == (0, n - 1)
        assert np.ptp(np.diff(kept)) <= 1


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=12), seed=st.integers(0, 2**32 - 1))
def test_pool_equals_a_loop_in_any_order(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    sound = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    predictions = rng.standard_normal((sound.size, 5)).astype(np.float32)
    expected = [predictions[sound == s].mean(axis=0) for s in range(len(sizes))]
    pooled = patches.pool(predictions, sound, len(sizes))
    assert pooled.dtype == np.float32
    np.testing.assert_allclose(pooled, expected, rtol=1e-4, atol=1e-6)


def test_pool_refuses_sounds_without_patches_and_wrong_indices() -> None:
    with pytest.raises(ValueError, match="sound 1 has no patch"):
        patches.pool(np.ones((2, 3)), [0, 2], 3)
    with pytest.raises(ValueError, match="must lie in 0 … 1"):
        patches.pool(np.ones((2, 3)), [0, 2], 2)
    with pytest.raises(ValueError, match="disagree"):
        patches.pool(np.ones((2, 3)), [0], 1)
    with pytest.raises(ValueError, match="sound 0 has no patch"):
        patches.pool(np.ones((0, 3)), [], 1)
