import numpy as np
import pytest

from semdnn.comparison.modulation import (
    DIRECTIONS,
    N_BANDS,
    RATE_EDGES,
    SCALE_EDGES,
    Modulation,
    modulations,
)

RNG = np.random.default_rng(0)
FRAME, BAND = np.arange(480)[:, None], np.arange(64)[None]


def ripple(rate: float, scale: float, n_frames: int = 480) -> np.ndarray:
    """A modulation of `rate` cycles in 96 frames and `scale` cycles in 64 bands."""
    return np.cos(2 * np.pi * (rate * FRAME[:n_frames] / 96 + scale * BAND / 64))


@pytest.mark.parametrize(("rate", "octave"), [(1, 0), (3, 1), (6, 2), (12, 3), (24, 4), (40, 5)])
def test_a_level_that_moves_up_and_down_has_its_rate_and_size(rate, octave):
    found = modulations(0.4 * ripple(rate, 0))
    assert int(found.temporal.argmax()) == octave
    assert found.joint[:, octave, 0] == pytest.approx(2 * [found.joint[0, octave, 0]])
    if rate > 1:
        size = np.sqrt(np.square(found.joint).sum())
        assert size == pytest.approx(0.4 / np.sqrt(2), rel=0.05)
    assert found.spectral.max() < 1e-9


@pytest.mark.parametrize(("scale", "octave"), [(3, 2), (6, 3), (12, 4), (24, 5)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_moving_ripple_has_rate_scale_and_direction(scale, octave, sign):
    found = modulations(ripple(12, sign * scale))
    best = np.unravel_index(found.joint.argmax(), found.joint.shape)
    assert best == (0 if sign == 1 else 1, 3, octave)
    assert DIRECTIONS[best[0]] == ("falling" if sign == 1 else "rising")
    assert found.joint[best] == pytest.approx(1 / np.sqrt(2), rel=0.1)
    assert found.joint[1 - best[0]].max() < 0.05 * found.joint[best]


def test_a_falling_ripple_does_fall():
    frames = ripple(6, 3)
    peaks = [int(frames[t, 30:50].argmax()) for t in (0, 1, 2)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > peaks[2]


@pytest.mark.parametrize(("scale", "octave"), [(3, 1), (6, 2), (12, 3), (24, 4)])
def test_a_spectrum_that_stays_has_its_scale_and_does_not_move(scale, octave):
    found = modulations(ripple(0, scale))
    assert int(found.spectral.argmax()) == octave
    assert np.sqrt(np.square(found.spectral).sum()) == pytest.approx(np.sqrt(0.5), rel=0.05)
    assert found.joint.max() < 1e-9


def test_power_is_that_of_a_literal_double_sum():
    frames = RNG.normal(size=(96, N_BANDS))
    t, f = np.arange(1, 97), np.arange(1, 65)
    in_time, in_band = np.sin(np.pi * t / 97) ** 2, np.sin(np.pi * f / 65) ** 2
    moving = frames - (in_time[:, None] * frames).sum(axis=0) / in_time.sum()
    weights = in_time[:, None] * in_band
    wave_t = np.exp(-2j * np.pi * np.arange(49)[:, None] * t / 96)
    wave_f = np.exp(-2j * np.pi * np.arange(-32, 32)[:, None] * f / 64)
    amplitude = np.einsum("rt,sf,tf->rs", wave_t, wave_f, moving * weights, optimize=True)
    expected = np.zeros((2, 6, 6))
    for r in range(1, 49):
        for s in range(-32, 32):
            power = abs(amplitude[r, s + 32]) ** 2
            power *= (1 if r == 48 else 2) / (96 * 64 * (weights**2).sum())
            octave = max(i for i in range(6) if RATE_EDGES[i] <= r)
            scale = max(i for i in range(6) if SCALE_EDGES[i] <= abs(s))
            for direction, share in ((0, s > 0), (1, s < 0)):
                expected[direction, octave, scale] += power * (0.5 if s in (0, -32) else share)
    np.testing.assert_allclose(modulations(frames).joint, np.sqrt(expected), rtol=1e-9)


def test_parseval_nothing_is_lost():
    frames = RNG.normal(size=(96, 64))
    total = np.square(modulations(frames).joint).sum()
    assert total == pytest.approx(1, rel=0.1)  # the variance of the frames


def test_every_frame_of_a_sound_counts():
    quiet = np.zeros((100, 64))
    for place in (50, 98):
        frames = quiet.copy()
        frames[place] = 1
        assert modulations(frames).joint.max() > 1e-5


@pytest.mark.parametrize("n_frames", [1, 2, 20, 95, 96, 97, 144])
def test_short_sounds_are_one_segment_of_their_own_length(n_frames):
    frames = 3 + ripple(24, 6, n_frames)
    found = modulations(frames)
    assert np.isfinite(found.joint).all()
    assert np.isfinite(found.spectral).all()
    if n_frames >= 20:
        assert np.unravel_index(found.joint.argmax(), found.joint.shape) == (0, 4, 3)


def test_the_level_of_a_sound_says_nothing():
    frames = RNG.normal(size=(200, 64))
    np.testing.assert_allclose(modulations(frames + 7).joint, modulations(frames).joint)
    np.testing.assert_allclose(modulations(frames + 7).spectral, modulations(frames).spectral)


def test_amplitude_modulated_noise_has_its_rate(write_sound):
    time = np.arange(4 * 16_000) / 16_000
    noise = 0.1 * RNG.standard_normal(time.size)
    sounds = [
        write_sound((1 + 0.9 * np.sin(2 * np.pi * hertz * time)) * noise, f"am{hertz}")
        for hertz in (3, 6, 12, 24)
    ]
    found = Modulation().layers(sounds)
    assert {name: v.shape for name, v in found.items()} == {
        "spectral": (4, 5),
        "temporal": (4, 6),
        "joint": (4, 72),
    }
    joint = found["joint"].reshape(4, 2, 6, 6)
    assert joint[:, 0, :, 0].argmax(axis=1).tolist() == [1, 2, 3, 4]
