"""Spectro-temporal modulations as a comparison model: how fast and how finely the spectrum moves.

The sound's log-mel frames (64 bands, 39.8 mel apart, every 10 ms) are cut into segments of 96
frames, half overlapping, the last one flush with the end; a sound shorter than that is one segment
of its own length. Of a segment, weighted by a Hann window over frames and another over bands,

- the *mean spectrum* over time, less its mean over bands, gives spectral modulations that stay
  (layer ``spectral``);
- what is left, less every band's mean over time, gives modulations that move (layer ``joint``),
  as the power of a two-dimensional Fourier transform of 96 x 64 cells.

Power is averaged over segments, summed in octaves of temporal rate (1.04 Hz to the Nyquist rate of
50 Hz) and of spectral scale (0.39 to 12.6 cycles per 1000 mel, and scale 0: all bands together),
apart for modulations that fall and that rise in frequency, and its square root taken: the root mean
square of the modulation in natural-logarithm units. One that is the same in every band, a(t), has
the size rms(a), if a segment holds it at least twice. Layer ``temporal`` sums the power of
``joint`` over scales and directions.

References
----------
Singh & Theunissen (2003), Modulation spectra of natural sounds, doi 10.1121/1.1624067; Chi, Ru &
Shamma (2005), Multiresolution spectrotemporal analysis of complex sounds, doi 10.1121/1.1945807;
Elliott & Theunissen (2009), The modulation transfer function for speech intelligibility,
doi 10.1371/journal.pcbi.1000302. The bands are decided here.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import Card, Layers, Stimulus
from semdnn.comparison.log_mel import filled_frames
from semdnn.comparison.stimuli import Activations, hear

Array = NDArray[np.float64]

SEGMENT_FRAMES = 96
HOP_FRAMES = 48
N_BANDS = 64
RATE_EDGES = (1, 2, 4, 8, 16, 32, 49)
"""Octaves of temporal rate, in cycles per segment of 0.96 s."""
SCALE_EDGES = (0, 1, 2, 4, 8, 16, 33)
"""Scale 0, then octaves of spectral scale, in cycles per 64 bands."""
DIRECTIONS = ("falling", "rising")

CARD = Card(
    "computed from the recording: spectro-temporal modulations of the log-mel spectrogram",
    "none needed",
    "Singh & Theunissen (2003), doi 10.1121/1.1624067; Chi, Ru & Shamma (2005), "
    "doi 10.1121/1.1945807",
)


class Modulations(NamedTuple):
    """Root-mean-square modulation in natural-logarithm units.

    Attributes
    ----------
    spectral : array of float64 [shape=(5,)]
        By octave of scale, of the mean spectrum.
    joint : array of float64 [shape=(2, 6, 6)]
        By direction, octave of rate, and scale (0, then octaves), of what moves.
    """

    spectral: Array
    joint: Array

    @property
    def temporal(self) -> Array:
        """By octave of rate alone [shape=(6,)]."""
        return np.asarray(np.sqrt(np.square(self.joint).sum(axis=(0, 2))))


class Modulation:
    """Layers ``spectral`` [5], ``temporal`` [6] and ``joint`` [72] of `modulations`."""

    name = "modulation"
    card = CARD

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return ``spectral``, ``temporal`` and ``joint``, as `ComparisonModel.layers`."""
        return hear(stimuli, _of_file)


def modulations(log_mel: NDArray[np.floating]) -> Modulations:
    """Return the modulations of a sound.

    Parameters
    ----------
    log_mel : array of float [shape=(T, 64)]
        Log-mel frames, T ≥ 1.

    Examples
    --------
    >>> modulations(np.zeros((200, 64))).joint.shape
    (2, 6, 6)
    """
    frames = np.asarray(log_mel, dtype=np.float64)
    spectral, moving = np.zeros(len(SCALE_EDGES) - 1), np.zeros((2, 6, 6))
    n_segments = 0
    for segment in _segments(frames):
        static, joint = _powers(segment)
        spectral += static
        moving += joint
        n_segments += 1
    return Modulations(np.sqrt(spectral[1:] / n_segments), np.sqrt(moving / n_segments))


def _of_file(path: Path) -> Activations:
    found = modulations(np.concatenate(list(filled_frames(path))))
    return {"spectral": found.spectral, "temporal": found.temporal, "joint": found.joint}


def _segments(frames: Array) -> Iterator[Array]:
    starts = list(range(0, len(frames) - SEGMENT_FRAMES + 1, HOP_FRAMES)) or [0]
    last = max(0, len(frames) - SEGMENT_FRAMES)
    for start in starts if starts[-1] == last else [*starts, last]:
        yield frames[start : start + SEGMENT_FRAMES]


def _powers(segment: Array) -> tuple[Array, Array]:
    """Return a segment's power by scale [6], and by direction, rate and scale [2, 6, 6]."""
    in_time, in_band = _hann(len(segment)), _hann(N_BANDS)
    spectrum = in_time @ segment / in_time.sum()
    spectrum_less_mean = spectrum - in_band @ spectrum / in_band.sum()
    static = np.square(np.abs(np.fft.fft(spectrum_less_mean * in_band)))
    static /= N_BANDS * np.square(in_band).sum()
    weights = np.outer(in_time, in_band)
    cells = np.fft.fft2((segment - spectrum) * weights, (SEGMENT_FRAMES, N_BANDS))
    power = np.square(np.abs(cells)) / (cells.size * np.square(weights).sum())
    return _by_scale(static[None])[0], _by_direction(power)


def _by_direction(power: Array) -> Array:
    """Return power [96, 64] of a real image by direction, octave of rate, and scale.

    A modulation cos(2π(rt + sf)) falls in frequency with time where r and s have one sign. A
    real image has the same power at (r, s) and (−r, −s); power at scale 0 or at the highest scale
    has no direction, and half of it goes to each.
    """
    half = power[: SEGMENT_FRAMES // 2 + 1].copy()
    half[1 : SEGMENT_FRAMES // 2] *= 2
    scales = np.fft.fftfreq(N_BANDS) * N_BANDS
    has_none = (scales == 0) | (scales == -N_BANDS // 2)
    rows = [half * np.where(has_none, 0.5, sign * scales > 0) for sign in (1, -1)]
    return np.array([np.add.reduceat(_by_scale(row), RATE_EDGES[:-1], axis=0) for row in rows])


def _by_scale(power: Array) -> Array:
    """Return power [n, 64] over spectral frequencies summed by scale [n, 6]."""
    size = np.abs(np.fft.fftfreq(N_BANDS) * N_BANDS)
    chosen = [(low <= size) & (size < high) for low, high in pairwise(SCALE_EDGES)]
    return np.stack([power[:, columns].sum(axis=1) for columns in chosen], axis=1)


def _hann(n: int) -> Array:
    """Return a Hann window [n] without its zeros at the ends, so that one of 1 is 1."""
    return np.asarray(np.sin(np.pi * np.arange(1, n + 1) / (n + 1)) ** 2)
