import numpy as np
import pytest

from semdnn.comparison.log_mel import LogMel, filled_frames
from semdnn.features.logmel import log_mel

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n_samples", [400, 559, 560, 4000, 15_599, 15_600, 16_000, 500_001])
def test_frames_are_those_whose_window_the_sound_fills(write_sound, n_samples):
    samples = RNG.normal(0, 0.1, n_samples).astype(np.float32)
    frames = np.concatenate(list(filled_frames(write_sound(samples).path)))
    n_windows = sum(start + 400 <= n_samples for start in range(0, n_samples, 160))
    assert frames.shape == (n_windows, 64)
    np.testing.assert_array_equal(frames, log_mel(samples)[:n_windows])


def test_layers_are_mean_and_deviation_over_frames(write_sound):
    samples = RNG.normal(0, 0.1, 50_000).astype(np.float32)
    frames = log_mel(samples).astype(np.float64)
    found = LogMel().layers([write_sound(samples)])
    np.testing.assert_allclose(found["mean"][0], frames.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found["deviation"][0], frames.std(axis=0), rtol=1e-5)


def test_padding_a_short_sound_says_nothing(write_sound):
    tone = (0.3 * np.sin(2 * np.pi * 1000 * np.arange(4080) / 16_000)).astype(np.float32)
    found = LogMel().layers([write_sound(tone)])
    assert found["deviation"].max() < 0.05
