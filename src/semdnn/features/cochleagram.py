"""The cochleagram front end of Kell et al. (2018): 2 s of sound in, a 256 x 256 picture out.

The steps and their constants are those that the network's authors published: 203 half-cosine
filters, evenly spaced on the ERB-rate scale between 20 Hz and 8 kHz and each as wide as eight
spacings (50 filters, sampled four times as densely), with four low-pass and four high-pass filters
beside them; Hilbert envelopes of the sound padded to twice its length; resampling to 200 Hz; power
3/10; scaling of the whole picture to 0–255; Lanczos resizing from 211 x 400 to 256 x 256.

[D] Decided here: a picture without any contrast becomes all 0; several windows are cut from a
longer sound as `windows` says. Numbers agree with the published code to rounding, not to the bit:
its Fourier transform, its resampler and its image library are other pieces of code, and which
versions of them made the network's training data is not known.

References
----------
Kell, Yamins, Shook, Norman-Haignere & McDermott (2018), A task-optimized neural network replicates
human auditory behavior, Neuron 98, doi:10.1016/j.neuron.2018.03.044.
Glasberg & Moore (1990), doi:10.1016/0378-5955(90)90170-T.
"""

import math
from functools import cache

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
WINDOW_SAMPLES = 2 * SAMPLE_RATE
ENVELOPE_RATE = 200
N_FRAMES = 400
N_BANDS = 211
PICTURE_EDGE = 256

_LOWEST_HZ = 20.0
_HIGHEST_HZ = 8000.0
_N_FILTERS = 50
_DENSITY = 4  # filters a spacing: neighbours overlap by 87.5 %
_PAD_FACTOR = 2
_POWER = 0.3
_BRIGHTEST = 255.0
_LOBES = 3  # of the Lanczos kernel
_BANDS_AT_A_TIME = 32


def windows(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the 2 s windows of a sound, as many as it takes to hear all of it.

    A shorter sound is padded with zeros at its end. [D] The windows of a longer one are spread
    evenly, the first at its start and the last at its end, and overlap where its length is no
    multiple of 2 s.

    Parameters
    ----------
    samples : array of float [shape=(n,)]
        Mono samples at 16 kHz, n ≥ 1.

    Returns
    -------
    array of float32 [shape=(P, 32000)]
        P = ceil(n / 32000).

    Examples
    --------
    >>> import numpy as np
    >>> windows(np.zeros(80_000)).shape
    (3, 32000)
    """
    if samples.ndim != 1 or not samples.size:
        raise ValueError(f"samples have shape {samples.shape}: one channel [shape=(n,)] is needed")
    padded = np.pad(samples, (0, max(0, WINDOW_SAMPLES - samples.size))).astype(np.float32)
    n_windows = math.ceil(padded.size / WINDOW_SAMPLES)
    starts = np.linspace(0, padded.size - WINDOW_SAMPLES, n_windows).round().astype(int)
    return np.stack([padded[start : start + WINDOW_SAMPLES] for start in starts])


def picture(window: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what the network sees of a 2 s window.

    Parameters
    ----------
    window : array of float [shape=(32000,)]
        Mono samples at 16 kHz. Their level does not matter: the picture is scaled.

    Returns
    -------
    array of float32 [shape=(256, 256)]
        Rows are frequencies from low to high, columns are time. The cochleagram, scaled to
        0–255 and resized; resizing overshoots a little beyond that.

    Examples
    --------
    >>> import numpy as np
    >>> picture(np.random.default_rng(0).standard_normal(32_000)).shape
    (256, 256)
    """
    bands = cochleagram(window)
    lowest, highest = bands.min(), bands.max()
    if highest == lowest:
        return np.zeros((PICTURE_EDGE, PICTURE_EDGE), np.float32)
    scaled = _BRIGHTEST * (bands - lowest) / (highest - lowest)
    wide = scaled @ _lanczos(N_FRAMES, PICTURE_EDGE).T
    return np.asarray(_lanczos(N_BANDS, PICTURE_EDGE) @ wide, dtype=np.float32)


def cochleagram(window: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the compressed envelopes of a 2 s window.

    Parameters
    ----------
    window : array of float [shape=(32000,)]
        Mono samples at 16 kHz.

    Returns
    -------
    array of float64 [shape=(211, 400)]
        Envelope to the power 0.3, ≥ 0, of every filter at 200 Hz; 4 low-pass filters come first,
        4 high-pass filters last.
    """
    if window.shape != (WINDOW_SAMPLES,):
        raise ValueError(f"window has shape {window.shape}: ({WINDOW_SAMPLES},) is needed")
    n_padded = _PAD_FACTOR * WINDOW_SAMPLES
    spectrum = scipy.fft.rfft(window.astype(np.float64), n_padded)
    spectrum[1:-1] *= 2  # one-sided: the inverse transform is then the analytic signal
    filters = filterbank(n_padded)
    envelopes = np.empty((N_BANDS, N_FRAMES))
    for first in range(0, N_BANDS, _BANDS_AT_A_TIME):
        rows = slice(first, first + _BANDS_AT_A_TIME)
        analytic = scipy.fft.ifft(filters[rows] * spectrum, n_padded, axis=1)
        heard = np.abs(analytic[:, :WINDOW_SAMPLES])
        envelopes[rows] = scipy.signal.resample_poly(heard, ENVELOPE_RATE, SAMPLE_RATE, axis=1)
    return np.asarray(np.maximum(envelopes, 0.0) ** _POWER)


@cache
def filterbank(n_samples: int) -> NDArray[np.float64]:
    """Return the gain of every filter at every frequency of a Fourier transform.

    Parameters
    ----------
    n_samples : int
        Length of the transform, even.

    Returns
    -------
    array of float64 [shape=(211, n_samples // 2 + 1)], read-only
        Gains in 0–1; their squares add up to 1 at every frequency.
    """
    hertz = np.linspace(0, SAMPLE_RATE / 2, n_samples // 2 + 1)
    erb = _erb_rate(hertz)
    n_band_pass = _DENSITY * (_N_FILTERS + 1) - 1
    edges, spacing = np.linspace(
        _erb_rate(_LOWEST_HZ), _erb_rate(_HIGHEST_HZ), n_band_pass + 2, retstep=True
    )
    centres = edges[1:-1, np.newaxis]
    distance = (erb - centres) / (_DENSITY * spacing)  # 1 where a filter ends
    band_pass = np.where(np.abs(distance) < 1, np.cos(distance * np.pi / 2), 0.0)
    # What a low-pass filter lets through is what the band-pass filter of its number takes away.
    low_pass = _complement(band_pass[:_DENSITY]) * (erb < centres[:_DENSITY])
    high_pass = _complement(band_pass[-_DENSITY:]) * (erb > centres[-_DENSITY:])
    gains = np.concatenate([low_pass, band_pass, high_pass]) / math.sqrt(_DENSITY)
    gains.setflags(write=False)
    return gains


def _complement(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(1.0 - gains**2))


def _erb_rate(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(9.265 * np.log(1 + np.asarray(hertz) / (24.7 * 9.265)))


@cache
def _lanczos(n_in: int, n_out: int) -> NDArray[np.float64]:
    """Return the matrix [n_out, n_in] that resizes a column, smoothed where it shrinks."""
    step = n_in / n_out
    width = max(1.0, step)
    centres = (np.arange(n_out)[:, np.newaxis] + 0.5) * step
    distance = (np.arange(n_in) + 0.5 - centres) / width
    weights = np.where(np.abs(distance) < _LOBES, np.sinc(distance) * np.sinc(distance / _LOBES), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    weights.setflags(write=False)
    return weights
