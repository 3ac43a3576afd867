"""Building blocks of synthesis: contours, oscillators, noises, resonators, rooms (Farnell, 2010).

Every block returns float64 samples [shape=(n,)] at `RATE`; frequencies are in hertz, times in
seconds; a contour has one value a sample.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

RATE = 16_000
HIGHEST = 7_600.0  # partials above are left out: nothing folds back at half the rate

Samples = NDArray[np.float64]
Range = tuple[float, float]
Rng = np.random.Generator


def contour(n: int, *values: float) -> Samples:
    """Return `n` samples running in straight lines through equally spaced `values`."""
    return np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(values)), values)


def wander(rng: Rng, n: int, rate: float, depth: float) -> Samples:
    """Return a positive gain about 1 that drifts `rate` times a second, by `depth` nepers."""
    return np.asarray(np.exp(depth * contour(n, *rng.standard_normal(round(n / RATE * rate) + 2))))


def decay(n: int, attack: float, fall: float) -> Samples:
    """Return an envelope that rises within `attack` and falls to 1/e in `fall` seconds."""
    t = np.arange(n) / RATE
    return np.minimum(t / max(attack, 1e-4), 1.0) * np.exp(-t / fall)


def swell(n: int, attack: float, release: float) -> Samples:
    """Return an envelope that rises within `attack`, holds 1 and ends over `release` seconds."""
    t = np.arange(n) / RATE
    return np.clip(np.minimum(t / attack, (n / RATE - t) / release), 0, 1)


def phase(frequency: Samples) -> Samples:
    """Return the running phase in radians of an oscillator at `frequency`."""
    return 2 * np.pi / RATE * np.cumsum(frequency)


def oscillate(frequency: Samples, overtones: Sequence[float] = (1.0,)) -> Samples:
    """Return a harmonic tone with `overtones` as the amplitudes of partials 1, 2 and so on."""
    angle, top, tone = phase(frequency), frequency.max(), np.zeros(len(frequency))
    for partial, amplitude in enumerate(overtones, start=1):
        if amplitude and partial * top < HIGHEST:
            tone += amplitude * np.sin(partial * angle)
    return tone


def pulses(frequency: Samples) -> Samples:
    """Return a band-limited train of pulses (equally strong partials), of RMS 1."""
    half, n_partials = phase(frequency) / 2, 2 * int(HIGHEST / frequency.max()) + 1
    low = np.sin(half)
    peak = np.abs(low) < 1e-6
    train = np.where(peak, n_partials, np.sin(n_partials * half) / np.where(peak, 1.0, low)) - 1
    return np.asarray(train / np.sqrt(np.mean(train**2) + 1e-12))


def noise(rng: Rng, n: int, low: float = 20.0, high: float = 8_000.0) -> Samples:
    """Return Gaussian noise of RMS about 1 between `low` and `high`, 12 dB an octave outside."""
    size = fft.next_fast_len(n, real=True)
    f = np.maximum(fft.rfftfreq(size, 1 / RATE), 1.0)
    gain = 1 / ((1 + (low / f) ** 2) * (1 + (f / high) ** 2))
    spectrum = fft.rfft(rng.standard_normal(size)) * (gain / np.sqrt(np.mean(gain**2)))
    return np.asarray(fft.irfft(spectrum, size)[:n])


def resonate(source: Samples, modes: Samples, falls: Samples, gains: Samples) -> Samples:
    """Return resonators at `modes` driven by `source`: an impulse rings to 1/e in `falls`."""
    ringing = np.zeros(len(source))
    for frequency, fall, gain in zip(modes, falls, gains, strict=True):
        if frequency < HIGHEST:
            omega, radius = 2 * np.pi * frequency / RATE, np.exp(-1 / (fall * RATE))
            poles = [1.0, -2 * radius * np.cos(omega), radius**2]
            ringing += signal.lfilter([0.0, gain * np.sin(omega)], poles, source)
    return ringing


def place(rng: Rng, near: Samples, distance: float) -> Samples:
    """Return `near` as heard from a `distance` of 0…1 in a room: duller, with a diffuse tail."""
    sections = signal.butter(2, 7_500 * (1 / 6) ** distance, fs=RATE, output="sos")
    fall, direct = rng.uniform(0.03, 0.4), np.asarray(signal.sosfilt(sections, near))
    tail = noise(rng, round(3 * fall * RATE)) * decay(round(3 * fall * RATE), 0, fall)
    tail *= 0.5 * distance / np.sqrt(np.sum(tail**2))
    return np.asarray(direct + signal.oaconvolve(direct, tail)[: len(near)])
