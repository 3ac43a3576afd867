"""Simple acoustics as a comparison model: a dozen textbook statistics of a sound.

Spectral ones are of the long-term power spectrum P(f): the mean over windows of 64 ms (Hann, half
overlapping, the last one filled with zeros; Welch 1967). Temporal ones are of the
envelope, the root mean square of every 5 ms. Definitions follow Peeters et al. (2011) except where
`STATISTICS` says otherwise; harmonicity is Boersma's (1993).

Statistics have units (Hz, dB, s), so that distances between rows mean nothing before every column
is on one scale. That scale, the z-score, depends on the other stimuli: it belongs to the
comparison and not to the sound: `scales.comparable` applies it before dissimilarities are taken.

References
----------
Welch (1967), doi 10.1109/TAU.1967.1161901; Peeters, Giordano, Susini, Misdariis & McAdams (2011),
The Timbre Toolbox, doi 10.1121/1.3642604; Boersma (1993), Accurate short-term analysis of the
fundamental frequency and the harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17:97.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.waveform import SAMPLE_RATE, read
from semdnn.comparison.interface import Card, Layers, Stimulus
from semdnn.comparison.stimuli import Activations, hear

Array = NDArray[np.float64]

WINDOW = 1024
HOP = 512
ENVELOPE_STEP = 80
LOWEST_HZ = 62.5
HIGHEST_HZ = 1000.0
ROLL_OFF = 0.95
SMALLEST = 1e-12
_ACTIVE = 1e-3  # a window 30 dB below the loudest one has no pitch worth asking for
_CHUNK = 2048

CARD = Card(
    "computed from the recording: spectral and temporal statistics",
    "none needed",
    "Peeters et al. (2011), The Timbre Toolbox, doi 10.1121/1.3642604",
)


class Analysis(NamedTuple):
    """What the statistics are taken of.

    Attributes
    ----------
    samples : array of float64 [shape=(n,)]
        At 16 kHz.
    frequencies, power : array of float64 [shape=(513,)]
        Hz, and the long-term power spectrum.
    envelope : array of float64 [shape=(n_steps,)]
        Root mean square of every 5 ms.
    """

    samples: Array
    frequencies: Array
    power: Array
    envelope: Array


class SpectralStatistics:
    """The statistics of `STATISTICS`, one layer ``statistics`` [12].

    `mixes_units`: see `scales.comparable`.
    """

    name = "spectral"
    card = CARD
    mixes_units = True

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the layer ``statistics``, in the units of `STATISTICS`."""
        return hear(stimuli, _of_file)


def analyse(samples: NDArray[np.floating]) -> Analysis:
    """Return what the statistics are taken of.

    Parameters
    ----------
    samples : array of float [shape=(n,)]
        Mono, 16 kHz, not empty.
    """
    signal = np.asarray(samples, dtype=np.float64)
    total, n_windows = np.zeros(WINDOW // 2 + 1), 0
    for windows in _windows(signal):
        spectra = np.fft.rfft(windows * _hann(), axis=1)
        total += np.square(np.abs(spectra)).sum(axis=0)
        n_windows += len(windows)
    steps = np.pad(signal, (0, -signal.size % ENVELOPE_STEP)).reshape(-1, ENVELOPE_STEP)
    envelope: Array = np.sqrt(np.square(steps).mean(axis=1))
    frequencies: Array = np.asarray(np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE))
    return Analysis(signal, frequencies, total / n_windows, envelope)


def centroid_hz(sound: Analysis) -> float:
    """Return the mean frequency Σ f P / Σ P, in Hz."""
    return float(sound.frequencies @ _shares(sound))


def spread_hz(sound: Analysis) -> float:
    """Return the standard deviation of frequency under P, in Hz."""
    squares = np.square(sound.frequencies - centroid_hz(sound))
    return float(np.sqrt(squares @ _shares(sound)))


def skewness(sound: Analysis) -> float:
    """Return the third standardised moment of frequency under P; 0 where there is no spread."""
    spread = spread_hz(sound)
    cubes = (sound.frequencies - centroid_hz(sound)) ** 3
    return float(cubes @ _shares(sound)) / spread**3 if spread > SMALLEST else 0.0


def flatness(sound: Analysis) -> float:
    """Return geometric over arithmetic mean of P without the DC bin: 0 a tone, 1 white noise."""
    power = sound.power[1:] + SMALLEST * sound.power.max()
    return float(np.exp(np.log(power).mean()) / power.mean())


def roll_off_hz(sound: Analysis) -> float:
    """Return the lowest frequency below which 95 % of the power lies, in Hz."""
    cumulated = np.cumsum(_shares(sound))
    return float(sound.frequencies[np.searchsorted(cumulated, ROLL_OFF * cumulated[-1])])


def zero_crossings_hz(sound: Analysis) -> float:
    """Return changes of sign a second; twice the frequency of a tone."""
    signs = np.signbit(sound.samples)
    return float(np.count_nonzero(signs[1:] != signs[:-1])) * SAMPLE_RATE / sound.samples.size


def level_db(sound: Analysis) -> float:
    """Return the root mean square in dB re full scale; −3.01 of a full-scale tone."""
    return float(10 * np.log10(np.square(sound.samples).mean() + SMALLEST))


def crest_db(sound: Analysis) -> float:
    """Return largest over root-mean-square envelope in dB; 0 of a steady sound."""
    envelope = sound.envelope
    return float(20 * np.log10(envelope.max() / np.sqrt(np.square(envelope).mean())))


def log_duration(sound: Analysis) -> float:
    """Return log10 of the duration in seconds."""
    return float(np.log10(sound.samples.size / SAMPLE_RATE))


def log_attack_time(sound: Analysis) -> float:
    """Return log10 of the seconds in which the envelope rises from 10 to 90 % of its maximum.

    From the last step below 10 % (the sound's beginning where there is none) before the first one
    above 90 %; at least one step of 5 ms.
    """
    share = sound.envelope / sound.envelope.max()
    end = int(np.argmax(share >= 0.9))
    below = np.flatnonzero(share[:end] < 0.1)
    start = int(below[-1]) + 1 if below.size else 0
    return float(np.log10(max(end - start, 1) * ENVELOPE_STEP / SAMPLE_RATE))


def temporal_centroid(sound: Analysis) -> float:
    """Return where the envelope's centre of mass lies, as a share of the duration, 0–1."""
    middles = (np.arange(sound.envelope.size) + 0.5) / sound.envelope.size
    return float(middles @ sound.envelope / sound.envelope.sum())


def harmonicity(sound: Analysis) -> float:
    """Return how periodic the sound is, 0–1: 1 a tone, small for noise.

    The highest local maximum of the autocorrelation between the lags of 1000 and 62.5 Hz, of a
    window's samples, divided by that of the window function (Boersma 1993); the median over the
    windows that are within 30 dB of the loudest. 0 where there is no local maximum.
    """
    own = _autocorrelation(_hann()[None])
    peaks, energies = [], []
    for windows in _windows(sound.samples):
        tapered = (windows - windows.mean(axis=1, keepdims=True)) * _hann()
        correlation = _autocorrelation(tapered)
        energies.append(correlation[:, 0])
        ratio = correlation / np.maximum(correlation[:, :1], SMALLEST**2)
        peaks.append(_highest_peak(ratio * (own[:, :1] / own)))
    energy = np.concatenate(energies)
    active = energy >= _ACTIVE * energy.max()
    return float(np.median(np.concatenate(peaks)[active]))


STATISTICS: Mapping[str, Callable[[Analysis], float]] = MappingProxyType(
    {
        "centroid (Hz)": centroid_hz,
        "spread (Hz)": spread_hz,
        "skewness": skewness,
        "flatness": flatness,
        "roll-off (Hz)": roll_off_hz,
        "zero crossings (Hz)": zero_crossings_hz,
        "level (dB)": level_db,
        "crest (dB)": crest_db,
        "log duration": log_duration,
        "log attack time": log_attack_time,
        "temporal centroid": temporal_centroid,
        "harmonicity": harmonicity,
    }
)


def _of_file(path: Path) -> Activations:
    sound = analyse(read(path))
    return {"statistics": np.array([statistic(sound) for statistic in STATISTICS.values()])}


def _windows(signal: Array) -> Iterator[Array]:
    """Yield consecutive windows [shape=(n, 1024)], the last one filled with zeros."""
    n_windows = 1 + max(0, -(-(signal.size - WINDOW) // HOP))
    padded = np.pad(signal, (0, max(0, (n_windows - 1) * HOP + WINDOW - signal.size)))
    views = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    for first in range(0, n_windows, _CHUNK):
        yield views[first : first + _CHUNK]


def _hann() -> Array:
    """Return a Hann window taken at half samples: copies half a window apart add up to 1."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW))


def _shares(sound: Analysis) -> Array:
    return np.asarray(sound.power / sound.power.sum())


def _autocorrelation(rows: Array) -> Array:
    """Return the autocorrelation [shape=(n, longest lag + 2)] of every row."""
    power = np.square(np.abs(np.fft.rfft(rows, 2 * WINDOW, axis=1)))
    longest = round(SAMPLE_RATE / LOWEST_HZ)
    return np.asarray(np.fft.irfft(power, axis=1)[:, : longest + 2])


def _highest_peak(ratio: Array) -> Array:
    shortest = round(SAMPLE_RATE / HIGHEST_HZ)
    middle = ratio[:, shortest:-1]
    is_peak = (middle >= ratio[:, shortest - 1 : -2]) & (middle >= ratio[:, shortest + 1 :])
    highest: Array = np.where(is_peak, middle, 0).max(axis=1)
    return np.clip(highest, 0, 1)
