"""Building blocks of synthesis: contours, oscillators, noises, resonators, strings, rooms.

Every block returns float64 samples [shape=(n,)] at `RATE`; frequencies are in hertz, times in
seconds; a contour has one value a sample.

References
----------
Farnell, A. (2010). Designing Sound. MIT Press.
Karplus, K. & Strong, A. (1983). Computer Music Journal 7(2), 43. doi:10.2307/3680062
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
    knots = rng.standard_normal(round(n / RATE * rate) + 2)
    return np.asarray(np.exp(depth * contour(n, *knots)))


def wave(n: int, rate: float) -> Samples:
    """Return a slow cosine between 0 and 1, `rate` times a second."""
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * rate / RATE * np.arange(n)))


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
    half = phase(frequency) / 2
    n_partials = 2 * int(HIGHEST / frequency.max()) + 1
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


def moving_noise(rng: Rng, frequency: Samples, width: float) -> Samples:
    """Return noise in a band `width` hertz wide whose centre follows `frequency`."""
    n, angle, high = len(frequency), phase(frequency), max(width / 2, 2.0)
    return noise(rng, n, 1, high) * np.cos(angle) - noise(rng, n, 1, high) * np.sin(angle)


def resonate(source: Samples, modes: Samples, falls: Samples, gains: Samples) -> Samples:
    """Return the sum of two-pole resonators, at `modes` hertz, that `source` sets ringing.

    A unit impulse makes resonator k ring from ``gains[k]`` to 1/e of it in ``falls[k]``.
    """
    ringing = np.zeros(len(source))
    for frequency, fall, gain in zip(modes, falls, gains, strict=True):
        if frequency < HIGHEST:
            omega, radius = 2 * np.pi * frequency / RATE, np.exp(-1 / (fall * RATE))
            poles = [1.0, -2 * radius * np.cos(omega), radius**2]
            ringing += signal.lfilter([0.0, gain * np.sin(omega)], poles, source)
    return ringing


def cloud(rng: Rng, n: int, per_second: float, band: Range, fall: float) -> Samples:
    """Return short noise grains at random times, of widely varied strength."""
    impulses, n_grains = np.zeros(n), max(1, rng.poisson(per_second * n / RATE))
    np.add.at(impulses, rng.integers(0, n, n_grains), rng.lognormal(-0.5, 0.8, n_grains))
    length = max(8, round(5 * fall * RATE))
    return signal.oaconvolve(impulses, noise(rng, length, *band) * decay(length, 0, fall))[:n]


def pluck(rng: Rng, n: int, frequency: float, brightness: float, fall: float) -> Samples:
    """Return a Karplus–Strong string; `brightness` 0…1, to 1/e in about `fall` seconds."""
    period = max(2, round(RATE / frequency - 0.5))
    loop = signal.lfilter([brightness], [1, brightness - 1], rng.uniform(-1, 1, period))
    loop, loss, turns = loop - loop.mean(), np.exp(-period / (fall * RATE)), []
    for _ in range(-(-n // period)):
        turns.append(loop)
        loop = loss * 0.5 * (loop + np.roll(loop, 1))
    return np.concatenate(turns)[:n]


def reverberate(rng: Rng, dry: Samples, fall: float, wet: float) -> Samples:
    """Return `dry` with the diffuse tail of a room that falls to 1/e in `fall` seconds."""
    tail = noise(rng, round(3 * fall * RATE)) * decay(round(3 * fall * RATE), 0, fall)
    return dry + wet * signal.oaconvolve(dry, tail / np.sqrt(np.sum(tail**2)))[: len(dry)]


def far(samples: Samples, cutoff: float) -> Samples:
    """Return `samples` as they arrive from afar: 12 dB an octave off above `cutoff`."""
    sections = signal.butter(2, min(cutoff, HIGHEST), fs=RATE, output="sos")
    return np.asarray(signal.sosfilt(sections, samples))
