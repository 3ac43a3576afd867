"""Families of sound source: each makes one event, by the physics that several kinds share.

The table of kinds fills in the fields: ranges (low, high), of which a trait or chance chooses,
and contours `path` and `shape` over the event.
"""

# ruff: noqa: D102 - what a call makes is said of its class

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import signal

from semdnn.datasets.procedural import synthesis as dsp
from semdnn.datasets.procedural.synthesis import RATE, Range, Rng, Samples

Numbers = tuple[float, ...]


class Traits(NamedTuple):
    """What the adjectives of a description follow, each from 0 to 1."""

    size: float  # small … large
    rate: float  # slow … fast
    force: float  # soft … strong
    distance: float  # close … distant


@dataclass(frozen=True, slots=True)
class Scene:
    """What one event is made from; `tune` multiplies its pitch."""

    rng: Rng
    n: int  # samples
    traits: Traits
    tune: float = 1.0

    def pitch(self, limits: Range) -> float:
        """Return a frequency between `limits`: the larger the source, the lower."""
        return float(self.tune * limits[1] * (limits[0] / limits[1]) ** self.traits.size)

    def tempo(self, limits: Range) -> float:
        """Return a rate between `limits`: the faster, the higher."""
        return float(limits[0] * (limits[1] / limits[0]) ** self.traits.rate)

    def body(self, source: Samples, modes: Numbers, fall: float) -> Samples:
        """Return `source` through a body with resonances `modes`, lower where it is large."""
        scaled = np.asarray(modes) * 1.4 ** (1 - 2 * self.traits.size)
        weaker = 1 / np.arange(1, len(modes) + 1)
        ringing = dsp.resonate(source, scaled, np.full(len(modes), fall), weaker)
        return np.asarray(ringing / (ringing.std() + 1e-9))


@dataclass(frozen=True, slots=True)
class Struck:
    """A body hit once: modes at `ratios` that die the sooner the higher they are."""

    ratios: Numbers
    pitch: Range
    fall: Range
    damping: float = 1.0
    mallet: float = 0.001  # contact time
    fuzz: float = 0.0  # share of noise: snare wires, rattling

    def __call__(self, s: Scene) -> Samples:
        ratio = np.asarray(self.ratios) * s.rng.normal(1, 0.002, len(self.ratios))
        falls = s.rng.uniform(*self.fall) / ratio**self.damping
        blow, contact = np.zeros(s.n), min(s.n, max(2, round(self.mallet * RATE)))
        blow[:contact] = np.hanning(contact + 2)[1:-1] * s.rng.normal(1, 0.2, contact)
        gains = s.rng.uniform(0.4, 1, len(ratio))
        ring = dsp.resonate(blow, s.pitch(self.pitch) * ratio, falls, gains)
        ring /= np.abs(ring).max() + 1e-9
        return ring + self.fuzz * dsp.noise(s.rng, s.n, 1_500) * dsp.decay(s.n, 0, falls[0] + 0.01)


@dataclass(frozen=True, slots=True)
class Grains:
    """Short grains over a `bed` of drifting noise: drops, crackle, shards, steps, blasts."""

    density: Range  # grains a second, more by force
    band: Range  # of their noise, or of their pitch where they glide
    fall: Range
    glide: Range | None = None  # grains are tones whose pitch changes by such a factor
    onset: float = 0.0  # mean time of a grain, the earliest being densest; 0: evenly spread
    dulling: float = 1.0  # how much of the highs the last grains keep
    body: Numbers = ()  # resonances of what the grains fall on
    bed: float = 0.0
    bed_band: Range = (400.0, 3_000.0)

    def __call__(self, s: Scene) -> Samples:
        density = self.density[0] * (self.density[1] / self.density[0]) ** s.traits.force
        n_grains = max(1, s.rng.poisson(density * s.n / RATE))
        mean = RATE * self.onset * (0.7 + 0.6 * s.traits.size)
        times = s.rng.exponential(mean, n_grains) % s.n if mean else s.n * s.rng.random(n_grains)
        out = self.bed * dsp.noise(s.rng, s.n, *self.bed_band) * dsp.wander(s.rng, s.n, 3, 0.2)
        sorts = np.array_split(np.sort(times.astype(int)), min(n_grains, 4 + s.n // 4_000))
        for k, group in enumerate(sorts):
            hits = np.zeros(group[-1] - group[0] + 1)
            np.add.at(hits, group - group[0], s.rng.lognormal(-0.5, 0.7, len(group)))
            grains = signal.fftconvolve(hits, self._grain(s, self.dulling ** (k / len(sorts))))
            out[group[0] :][: len(grains)] += grains[: s.n - group[0]]
        return np.asarray(out + s.body(out, self.body, 0.02) * out.std() if self.body else out)

    def _grain(self, s: Scene, bright: float) -> Samples:
        fall = s.rng.uniform(*self.fall)
        n = round(5 * fall * RATE) + 8
        if self.glide is None:
            low, high = self.band
            return 3 * dsp.noise(s.rng, n, low, bright * high) * dsp.decay(n, 0, fall)
        f = s.pitch(self.band) * s.rng.lognormal(0, 0.35)
        gliding = np.minimum(dsp.contour(n, f, f * s.rng.uniform(*self.glide)), 7_000)
        return dsp.oscillate(gliding) * dsp.decay(n, 0.001, fall)


@dataclass(frozen=True, slots=True)
class Air:
    """Moving air: a band of noise that follows `path` (times the pitch), with some `hiss`."""

    centre: Range
    path: Numbers = (1.0,)
    width: float = 0.5  # relative to the pitch
    drift: Range = (2.0, 0.1)  # a second, nepers
    shape: Numbers = (1.0,)
    hiss: float = 0.1

    def __call__(self, s: Scene) -> Samples:
        middle = s.pitch(self.centre)
        f = middle * dsp.contour(s.n, *self.path) * dsp.wander(s.rng, s.n, *self.drift)
        real, imaginary = (dsp.noise(s.rng, s.n, 1, self.width * middle / 2) for _ in range(2))
        gust = real * np.cos(dsp.phase(f)) - imaginary * np.sin(dsp.phase(f))
        gust *= dsp.wander(s.rng, s.n, *self.drift)
        return (gust + self.hiss * dsp.noise(s.rng, s.n, middle)) * dsp.contour(s.n, *self.shape)


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of some `overtones`; with `formants` a call: pulses of vocal folds in a throat."""

    pitch: Range
    path: Numbers = (1.0,)
    overtones: Numbers = (1.0,)
    formants: Numbers = ()
    rough: float = 0.0  # nepers of pitch
    breath: float = 0.0
    vibrato: Range = (0.0, 0.0)  # a second, depth of pitch
    beating: Range = (0.0, 0.0)  # a second, depth of level
    edges: Range = (0.01, 0.02)  # attack, release

    def __call__(self, s: Scene) -> Samples:
        f = s.pitch(self.pitch) * dsp.contour(s.n, *self.path) * s.rng.normal(1, 0.003)
        turn = 2 * np.pi / RATE * np.arange(s.n)  # once a second
        f *= 1 + self.vibrato[1] * np.cos(self.vibrato[0] * turn)
        f = np.clip(f * dsp.wander(s.rng, s.n, 60, self.rough), 20, 7_000)
        tone = dsp.pulses(f) if self.formants else dsp.oscillate(f, self.overtones)
        tone += self.breath * dsp.noise(s.rng, s.n, float(f.mean()))
        if self.formants:
            tone = s.body(tone, self.formants, 0.004)
        level = 1 - self.beating[1] * (0.5 + 0.5 * np.cos(self.beating[0] * turn))
        return np.asarray(tone * level * dsp.swell(s.n, *self.edges))


@dataclass(frozen=True, slots=True)
class Driven:
    """A machine or friction: ignitions or catches ring in a body and pulse a flow of noise."""

    cycle: Range  # ignitions or catches a second, more by rate
    body: Numbers
    path: Numbers = (1.0,)
    ring: float = 0.008
    uneven: float = 0.03
    grit: float = 0.0  # share of the flow in what rings
    hiss: float = 0.2  # flow heard beside the body
    band: Range = (500.0, 5_000.0)  # of the flow
    puff: float = 0.5  # how far the flow follows the cycle, 0 … 1
    whine: float = 0.0  # of gears

    def __call__(self, s: Scene) -> Samples:
        f = s.tempo(self.cycle) * dsp.contour(s.n, *self.path)
        f = np.clip(f * dsp.wander(s.rng, s.n, 10, self.uneven), 5, 1_000)
        angle = dsp.phase(f)
        fired = dsp.pulses(f) * (1 + 0.4 * np.cos(angle / 4))
        fired *= dsp.wander(s.rng, s.n, 30, 3 * self.uneven)
        flow = 1 - self.puff + self.puff * np.exp(3 * (np.cos(angle) - 1))
        flow *= dsp.noise(s.rng, s.n, *self.band)
        ringing = s.body((1 - self.grit) * fired + self.grit * flow, self.body, self.ring)
        gear = self.whine * dsp.oscillate(7 * f, (1, 0.5, 0.3))
        return np.asarray((ringing + self.hiss * flow + gear) * dsp.swell(s.n, 0.05, 0.06))


Source = Struck | Grains | Air | Tone | Driven
