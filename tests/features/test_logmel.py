"""The log-mel front end against the formula written out, golden values and its own streaming."""

import cmath
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.features.logmel import (
    SamplesError,
    log_mel,
    log_mel_stream,
    mel_filterbank,
    n_frames,
)

RATE = 16_000
GOLDEN = Path(__file__).with_name("golden_logmel.npz")


def signals() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    t = np.arange(16_000) / RATE
    return {
        "noise": 0.1 * rng.standard_normal(t.size),
        "chirp": np.sin(2 * np.pi * (100 * t + 3500 * t**2)),
        "tone": np.sin(2 * np.pi * 440 * t),
        "tone on a bin": np.sin(2 * np.pi * 1000 * t),
        "quiet": 1e-5 * rng.standard_normal(t.size),
        "loud": np.clip(3 * rng.standard_normal(t.size), -1, 1),
        "beyond full scale": 1000 * np.sin(2 * np.pi * 3000 * t),
        "click": np.eye(1, t.size, 777)[0],
        "constant": np.full(t.size, 0.5),
    }


def literal_frame(samples: np.ndarray, frame: int) -> list[float]:
    """One frame of DESIGN.md's formula, loop by loop, in Python's own floats."""
    window = [0.5 - 0.5 * math.cos(2 * math.pi * i / 400) for i in range(400)]
    x = [float(samples[160 * frame + i]) * window[i] for i in range(400)]
    turn = [cmath.exp(-2j * math.pi * i / 512) for i in range(512)]
    magnitude = [abs(sum(x[i] * turn[k * i % 512] for i in range(400))) for k in range(257)]

    def mel(hertz: float) -> float:
        return 1127 * math.log(1 + hertz / 700)

    low, high = mel(125), mel(7500)
    edges = [low + (high - low) * i / 65 for i in range(66)]
    bands = []
    for m in range(64):
        total = 0.0
        for k in range(1, 257):
            at = mel(k * RATE / 512)
            if edges[m] < at <= edges[m + 1]:
                total += magnitude[k] * (at - edges[m]) / (edges[m + 1] - edges[m])
            elif edges[m + 1] < at < edges[m + 2]:
                total += magnitude[k] * (edges[m + 2] - at) / (edges[m + 2] - edges[m + 1])
        bands.append(math.log(total + 0.01))
    return bands


@pytest.mark.parametrize("name", signals())
def test_equals_the_formula_written_out(name: str) -> None:
    samples = signals()[name].astype(np.float32)
    frames = log_mel(samples)
    for frame in (4, 97):
        np.testing.assert_allclose(frames[frame], literal_frame(samples, frame), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", signals())
def test_every_frame_equals_the_formula_in_double_precision(name: str) -> None:
    samples = signals()[name].astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(float), 400)[::160]
    expected = np.log(np.abs(np.fft.rfft(windows * window, 512)) @ mel_filterbank() + 0.01)
    np.testing.assert_allclose(log_mel(samples), expected, atol=3e-6, rtol=0)


def test_golden_values() -> None:
    golden = np.load(GOLDEN)
    np.testing.assert_allclose(log_mel(golden["samples"]), golden["log_mel"], atol=1e-5, rtol=0)


def test_filterbank_has_triangles_that_sum_to_one_between_the_outer_peaks() -> None:
    weights = mel_filterbank()
    assert weights.shape == (257, 64)
    assert weights.min() == 0
    assert weights.max() <= 1
    assert not weights[0].any()
    assert not weights[240:].any()  # bin 240 is 7500 Hz
    inner = weights[6:230].sum(axis=1)
    np.testing.assert_allclose(inner, 1, atol=1e-12)


@pytest.mark.parametrize(
    ("n", "frames"), [(400, 96), (15_599, 96), (15_600, 96), (15_601, 96), (15_760, 97)]
)
def test_length(n: int, frames: int) -> None:
    assert log_mel(np.full(n, 0.1, np.float32)).shape == (frames, 64)
    assert n_frames(n) == frames


@pytest.mark.parametrize("n", [0, 1, 399])
def test_shorter_than_a_window_is_an_error(n: int) -> None:
    with pytest.raises(SamplesError, match=rf"{n} samples are fewer than one analysis window"):
        log_mel(np.zeros(n, np.float32))
    with pytest.raises(SamplesError, match="fewer than one analysis window"):
        list(log_mel_stream([np.zeros(n, np.float32)]))


def test_a_short_sound_is_padded_with_zeros() -> None:
    samples = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    padded = np.concatenate([samples, np.zeros(10_600, np.float32)])
    np.testing.assert_array_equal(log_mel(samples), log_mel(padded))
    np.testing.assert_allclose(log_mel(samples)[-1], math.log(0.01), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e38])
def test_not_finite(bad: float) -> None:
    samples = np.zeros(16_000, np.float32)
    samples[9000] = bad
    with pytest.raises(SamplesError, match="NaN, infinity"):
        log_mel(samples)
    with pytest.raises(SamplesError, match="NaN, infinity"):
        list(log_mel_stream([samples[:8000], samples[8000:]]))


def test_largest_samples_stay_finite() -> None:
    samples = 1e30 * np.sin(np.arange(16_000)).astype(np.float32)
    assert np.isfinite(log_mel(samples)).all()


def test_wrong_shape_type_and_offset() -> None:
    with pytest.raises(SamplesError, match=r"shape \(2, 800\)"):
        log_mel(np.zeros((2, 800), np.float32))
    with pytest.raises(SamplesError, match="int16"):
        log_mel(np.zeros(800, np.int16))  # type: ignore[arg-type]
    with pytest.raises(SamplesError, match="log_offset is 0"):
        log_mel(np.zeros(800, np.float32), log_offset=0)


def test_other_float_types_and_the_offset() -> None:
    samples = np.random.default_rng(0).standard_normal(16_000)
    np.testing.assert_array_equal(log_mel(samples), log_mel(samples.astype(np.float32)))
    silence = log_mel(np.zeros(800, np.float32), log_offset=0.001)
    np.testing.assert_allclose(silence, math.log(0.001), rtol=1e-6)


def test_input_is_left_alone_and_the_result_is_the_callers() -> None:
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    before = samples.copy()
    first = log_mel(samples)
    kept = first.copy()
    log_mel(samples[::-1])
    np.testing.assert_array_equal(samples, before)
    np.testing.assert_array_equal(first, kept)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(400, 70_000),
    cuts=st.lists(st.integers(0, 70_000), max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_stream_gives_the_same_bits(n: int, cuts: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
    blocks = np.split(samples, sorted(min(cut, n) for cut in cuts))
    joined = np.concatenate(list(log_mel_stream(blocks)))
    np.testing.assert_array_equal(joined, log_mel(samples))


@settings(max_examples=20, deadline=None)
@given(n=st.integers(15_600, 60_000), keep=st.integers(15_600, 60_000))
def test_a_longer_sound_begins_with_the_same_bits(n: int, keep: int) -> None:
    samples = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    part = log_mel(samples[:keep])
    np.testing.assert_array_equal(part, log_mel(samples)[: len(part)])


@given(gain=st.floats(1.1, 100))
@settings(max_examples=20, deadline=None)
def test_louder_is_never_lower(gain: float) -> None:
    samples = 0.01 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    assert (log_mel(np.float32(gain) * samples) >= log_mel(samples)).all()
