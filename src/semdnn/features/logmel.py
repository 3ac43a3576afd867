"""The log-mel front end: 16 kHz samples in, 64 log-mel bands every 10 ms out.

Conventions, all of them VGGish's: window of 400 samples (25 ms, periodic Hann), hop of 160 (10 ms),
FFT of 512, no centring, magnitude (not power) spectrum, 64 triangles between 125 and 7500 Hz that
are linear in mel, natural logarithm of the band plus an offset. Frame ``t`` covers samples
``160 t … 160 t + 399``.

One input has one answer, to the bit, however it arrives: frames are always worked on in groups of
`GROUP_FRAMES` that start at a multiple of `GROUP_FRAMES`, so that the order of every sum is the
same for a whole array (`log_mel`) and for a stream of blocks (`log_mel_stream`).

The Fourier transform runs in double precision. In single precision its rounding error is in
proportion to the loudest component, and beside a full-scale tone the quiet bands are then wrong by
up to 1e-3; here every band is within 2e-6 of the formula. The steps after it only add positive
numbers, lose nothing that matters, and run in single precision.

References
----------
Hershey et al. (2017), CNN architectures for large-scale audio classification, ICASSP,
doi:10.1109/ICASSP.2017.7952132.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import PATCH_SAMPLES
from semdnn.errors import SemdnnError

SAMPLE_RATE = 16_000
WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
N_FFT = 512
N_MELS = 64
LOWEST_HZ = 125.0
HIGHEST_HZ = 7500.0
GROUP_FRAMES = 96
LARGEST_SAMPLE = 1e30

_GROUP_SAMPLES = (GROUP_FRAMES - 1) * HOP_SAMPLES + WINDOW_SAMPLES
_GROUP_STEP = GROUP_FRAMES * HOP_SAMPLES
_MELS_PER_BAND = 16
_ROW_STEP = 8  # whole vector registers: a row is never worked on by the code for left-overs


class SamplesError(SemdnnError):
    """Samples that have no log-mel: wrong shape or type, too few, or not finite."""


def log_mel(samples: NDArray[np.floating], *, log_offset: float = 0.01) -> NDArray[np.float32]:
    """Return the log-mel frames of a sound.

    A sound of 400 … 15,599 samples is padded with zeros at its end to 15,600, the length of one
    patch; a longer one is used as it is, and the samples after its last whole window are left out.

    Parameters
    ----------
    samples : array of float [shape=(n,)]
        Mono samples at 16 kHz, usually within ±1; n ≥ 400. Other float types than float32 are
        converted to it.
    log_offset : float
        Added to every band before the logarithm; > 0. VGGish 0.01, YAMNet 0.001.

    Returns
    -------
    array of float32 [shape=(T, 64)]
        ln(band + log_offset), T = 1 + (max(n, 15600) − 400) // 160, so at least 96 frames.

    Raises
    ------
    SamplesError
        If `samples` is not one-dimensional, not of a float type, shorter than 400, or holds NaN,
        infinity, or a value beyond ±1e30; or if `log_offset` is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> log_mel(np.zeros(16_000, np.float32)).shape
    (98, 64)
    """
    transform = _transform(log_offset)
    checked = _padded(_checked(samples))
    n = n_frames(checked.size)
    frames = np.empty((n, N_MELS), np.float32)
    for first in range(0, n, GROUP_FRAMES):
        start = first * HOP_SAMPLES
        rows = frames[first : first + GROUP_FRAMES]
        transform(checked[start : start + _GROUP_SAMPLES], out=rows)
    return frames


def log_mel_stream(
    blocks: Iterable[NDArray[np.floating]], *, log_offset: float = 0.01
) -> Iterator[NDArray[np.float32]]:
    """Yield the log-mel frames of a sound that arrives in blocks.

    Joined, the frames equal ``log_mel`` of the joined blocks to the bit, and no more than one
    block is held at a time.

    Parameters
    ----------
    blocks : iterable of arrays of float [shape=(n_block,)]
        Consecutive samples at 16 kHz, of any lengths.
    log_offset : float
        As for `log_mel`.

    Yields
    ------
    array of float32 [shape=(96, 64)]
        Consecutive frames; the last array may be shorter.

    Raises
    ------
    SamplesError
        As for `log_mel`.
    """
    transform = _transform(log_offset)
    pending = np.empty(0, np.float32)
    begun = False
    for block in blocks:
        pending = np.concatenate([pending, _checked(block)])
        start = 0
        while pending.size - start >= _GROUP_SAMPLES:
            yield transform(pending[start : start + _GROUP_SAMPLES])
            begun = True
            start += _GROUP_STEP
        pending = pending[start:]
    if not begun:
        pending = _padded(pending)
    if pending.size >= WINDOW_SAMPLES:
        yield transform(pending)


def n_frames(n_samples: int) -> int:
    """Return how many whole windows `n_samples` hold, after padding to one patch.

    Examples
    --------
    >>> n_frames(400), n_frames(15_600), n_frames(16_000)
    (96, 96, 98)
    """
    return 1 + (max(n_samples, PATCH_SAMPLES) - WINDOW_SAMPLES) // HOP_SAMPLES


@cache
def mel_filterbank() -> NDArray[np.float64]:
    """Return the weight of every FFT bin in every mel band.

    The 66 edges are equally spaced in mel = 1127 ln(1 + f / 700) between 125 and 7500 Hz; band m
    rises from edge m to 1 at edge m + 1 and falls to 0 at edge m + 2, linearly in mel.

    Returns
    -------
    array of float64 [shape=(257, 64)], read-only
        Weights in [0, 1]; the DC bin weighs nothing.
    """
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), N_MELS + 2)
    bins = _mel(np.arange(N_FFT // 2 + 1) * (SAMPLE_RATE / N_FFT))[:, np.newaxis]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    weights: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    weights.setflags(write=False)
    return weights


class _Band(NamedTuple):
    """A few neighbouring mel bands and the only FFT bins that they look at."""

    bins: slice
    mels: slice
    weights: NDArray[np.float32]


class _GroupTransform:
    """Turns the samples of up to 96 frames into log-mel; owns the working memory.

    Working memory of a megabyte stays in the processor's cache. The product with the mel weights is
    cut into bands, because most of the weights are 0, and always has the same shape, because a
    matrix product may sum in another order for another shape.
    """

    def __init__(self) -> None:
        n_bins = max(band.bins.stop for band in _bands())
        self._samples = np.zeros(_GROUP_SAMPLES)
        self._windows = np.lib.stride_tricks.sliding_window_view(self._samples, WINDOW_SAMPLES)[
            ::HOP_SAMPLES
        ]
        self._windowed = np.zeros((GROUP_FRAMES, N_FFT))
        self._double_spectrum = np.empty((GROUP_FRAMES, N_FFT // 2 + 1), np.complex128)
        self._spectrum = np.empty((GROUP_FRAMES, n_bins), np.complex64)
        self._magnitude = np.zeros((GROUP_FRAMES, n_bins), np.float32)
        self._mel = np.empty((GROUP_FRAMES, N_MELS), np.float32)

    def __call__(
        self,
        samples: NDArray[np.float32],
        log_offset: float,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Return [n, 64] log-mel of the n ≤ 96 whole frames in `samples`."""
        n = 1 + (samples.size - WINDOW_SAMPLES) // HOP_SAMPLES
        # Rows past n hold an earlier group: computed or not, no frame that is returned sees them.
        rows = slice(0, -(-n // _ROW_STEP) * _ROW_STEP)
        self._samples[: samples.size] = samples
        np.multiply(self._windows[rows], _hann(), out=self._windowed[rows, :WINDOW_SAMPLES])
        spectrum = np.fft.rfft(self._windowed[rows], axis=1, out=self._double_spectrum[rows])
        np.copyto(self._spectrum[rows], spectrum[:, : self._spectrum.shape[1]], casting="same_kind")
        np.abs(self._spectrum[rows], out=self._magnitude[rows])
        for band in _bands():
            np.matmul(self._magnitude[:, band.bins], band.weights, out=self._mel[:, band.mels])
        self._mel += np.float32(log_offset)
        log_mel: NDArray[np.float32] = np.log(self._mel[:n], out=out)
        return log_mel


_thread = threading.local()


def _transform(log_offset: float) -> Callable[..., NDArray[np.float32]]:
    """Return this thread's transform; fresh working memory for every short sound costs a third."""
    if not (np.isfinite(log_offset) and log_offset > 0):
        raise SamplesError(f"log_offset is {log_offset}: give a positive number such as 0.01")
    if not hasattr(_thread, "transform"):
        _thread.transform = _GroupTransform()
    return partial(_thread.transform, log_offset=log_offset)


def _checked(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    if samples.ndim != 1:
        raise SamplesError(
            f"samples have shape {samples.shape}: give one channel [shape=(n,)] at 16 kHz"
        )
    if not np.issubdtype(samples.dtype, np.floating):
        raise SamplesError(f"samples are {samples.dtype}: give floating-point samples within ±1")
    with np.errstate(over="ignore"):
        converted = samples.astype(np.float32, copy=False)
    if converted.size and not (
        converted.min() >= -LARGEST_SAMPLE and converted.max() <= LARGEST_SAMPLE
    ):
        raise SamplesError("samples hold NaN, infinity or a value beyond ±1e30: repair the sound")
    return converted


def _padded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if samples.size < WINDOW_SAMPLES:
        raise SamplesError(
            f"{samples.size} samples are fewer than one analysis window"
            f" ({WINDOW_SAMPLES} samples, 25 ms): leave this sound out"
        )
    missing = max(0, PATCH_SAMPLES - samples.size)
    return np.pad(samples, (0, missing)) if missing else samples


@cache
def _hann() -> NDArray[np.float64]:
    """Return the periodic Hann window [400], read-only."""
    phase = 2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(phase)
    window.setflags(write=False)
    return window


@cache
def _bands() -> tuple[_Band, ...]:
    weights = mel_filterbank()
    bands = []
    for first in range(0, N_MELS, _MELS_PER_BAND):
        mels = slice(first, first + _MELS_PER_BAND)
        used = np.flatnonzero(weights[:, mels].any(axis=1))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        bands.append(_Band(bins, mels, np.ascontiguousarray(weights[bins, mels], np.float32)))
    return tuple(bands)


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)
