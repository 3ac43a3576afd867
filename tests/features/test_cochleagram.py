"""The cochleagram front end against the published steps written out, band by band, and Pillow."""

import numpy as np
import pytest
import scipy.signal
from PIL import Image

from semdnn.features import cochleagram as front_end


def literal_filterbank(n_samples: int) -> np.ndarray:
    """The published construction, filter by filter and frequency by frequency."""
    to_erb = lambda f: 9.265 * np.log(1 + f / (24.7 * 9.265))  # noqa: E731
    hertz = np.arange(n_samples // 2 + 1) * 16_000 / n_samples
    edges = np.linspace(to_erb(20), to_erb(8000), 203 + 2)
    gains = np.zeros((211, hertz.size))
    for i in range(203):
        middle, half = edges[i + 1], 4 * (edges[1] - edges[0])
        for k, erb in enumerate(to_erb(hertz)):
            if middle - half < erb < middle + half:
                gains[i + 4, k] = np.cos((erb - middle) / (2 * half) * np.pi)
    for i in range(4):
        below = to_erb(hertz) < edges[i + 1]
        gains[i, below] = np.sqrt(1 - gains[i + 4, below] ** 2)
        above = to_erb(hertz) > edges[200 + i]
        gains[207 + i, above] = np.sqrt(1 - gains[203 + i, above] ** 2)
    return gains / 2


def test_filterbank_equals_the_published_construction():
    np.testing.assert_allclose(front_end.filterbank(800), literal_filterbank(800), atol=1e-12)


def test_squared_gains_add_up_to_one_everywhere():
    np.testing.assert_allclose((front_end.filterbank(64_000) ** 2).sum(axis=0), 1, atol=1e-12)


def test_bands_equal_the_published_steps():
    window = np.random.default_rng(0).standard_normal(32_000)
    found = front_end.cochleagram(window)
    assert found.shape == (211, 400)
    spectrum = np.fft.fft(np.concatenate([window, np.zeros(32_000)]))
    for band in (0, 3, 4, 100, 206, 210):
        gains = front_end.filterbank(64_000)[band]
        both_sides = np.concatenate([gains, gains[-2:0:-1]])
        filtered = np.fft.ifft(spectrum * both_sides).real
        envelope = np.abs(scipy.signal.hilbert(filtered))[:32_000]
        expected = np.maximum(scipy.signal.resample_poly(envelope, 200, 16_000), 0) ** 0.3
        np.testing.assert_allclose(found[band], expected, atol=1e-9)


def test_picture_is_what_pillow_resizes():
    window = np.sin(np.arange(32_000) ** 1.3 * 0.01)
    bands = front_end.cochleagram(window)
    scaled = 255 * (1 - (bands.max() - bands) / np.ptp(bands))
    image = Image.fromarray(scaled.astype(np.float32)).resize((256, 256), Image.Resampling.LANCZOS)
    np.testing.assert_allclose(front_end.picture(window), np.asarray(image), atol=1e-3)


def test_a_tone_is_a_line_at_its_frequency_and_louder_is_the_same_picture():
    tone = np.sin(2 * np.pi * 1000 * np.arange(32_000) / 16_000)
    bands = front_end.cochleagram(tone)[:, 200]
    centres = np.linspace(*(9.265 * np.log(1 + np.array([20, 8000]) / (24.7 * 9.265))), 205)[1:-1]
    wanted = 9.265 * np.log(1 + 1000 / (24.7 * 9.265))
    assert abs(centres[bands.argmax() - 4] - wanted) <= centres[1] - centres[0]
    quiet = front_end.picture(0.01 * tone)
    np.testing.assert_allclose(quiet, front_end.picture(tone), atol=1e-2)
    assert quiet.dtype == np.float32


def test_silence_is_an_empty_picture():
    assert not front_end.picture(np.zeros(32_000)).any()


@pytest.mark.parametrize(
    ("n", "starts"), [(1, [0]), (32_000, [0]), (33_000, [0, 1000]), (64_000, [0, 32_000])]
)
def test_windows_hear_all_of_a_sound(n, starts):
    samples = np.arange(1, n + 1, dtype=np.float32)
    found = front_end.windows(samples)
    assert found[:, 0].tolist() == [start + 1 for start in starts]
    assert found.shape == (len(starts), 32_000)
    assert found.max() == n
    if n < 32_000:
        assert not found[0, n:].any()


def test_wrong_shapes():
    with pytest.raises(ValueError, match="one channel"):
        front_end.windows(np.zeros((2, 100)))
    with pytest.raises(ValueError, match="one channel"):
        front_end.windows(np.zeros(0))
    with pytest.raises(ValueError, match=r"\(32000,\) is needed"):
        front_end.cochleagram(np.zeros(100))
