"""Families of sound source: each makes one event, by the physics that several kinds share.

What tells a bell from a glass is the fields, which the table of kinds fills in. Ranges are
(low, high), of which a trait or chance chooses; `path` and `shape` are contours over the event.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from semdnn.datasets.procedural import synthesis as dsp
from semdnn.datasets.procedural.synthesis import RATE, Range, Rng, Samples

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What one event is made from: randomness, samples, and traits from 0 to 1."""

    rng: Rng
    n: int
    size: float  # small … large
    rate: float  # slow … fast
    force: float  # soft … strong

    def pitch(self, limits: Range) -> float:
        """Return a frequency between `limits`: the larger the source, the lower."""
        return float(limits[1] * (limits[0] / limits[1]) ** self.size)

    def tempo(self, limits: Range) -> float:
        """Return a rate between `limits`: the faster, the higher."""
        return float(limits[0] * (limits[1] / limits[0]) ** self.rate)

    def body(self, source: Samples, modes: Numbers, fall: float) -> Samples:
        """Return `source` through a body with resonances `modes`, lower where it is large."""
        scaled = np.asarray(modes) * 1.4 ** (1 - 2 * self.size)
        gains = 1 / np.arange(1, len(modes) + 1)
        ringing = dsp.resonate(source, scaled, np.full(len(modes), fall), gains)
        return np.asarray(ringing / (ringing.std() + 1e-9))


@dataclass(frozen=True, slots=True)
class Source(ABC):
    """Anything that makes one event."""

    def make(self, s: Scene) -> Samples:
        """Return the event in scene `s` [shape=(s.n,)], at any level."""
        return self._make(s)

    @abstractmethod
    def _make(self, s: Scene) -> Samples: ...


@dataclass(frozen=True, slots=True)
class Struck(Source):
    """A body hit once: modes at `ratios` that die the sooner the higher they are."""

    ratios: Numbers
    pitch: Range
    fall: Range
    damping: float = 1.0
    mallet: float = 0.001  # contact time
    skin: float = 0.0  # relative drop in pitch of a drum skin
    fuzz: float = 0.0  # share of noise: snare wires, rattling

    def _make(self, s: Scene) -> Samples:
        ratio = np.asarray(self.ratios) * s.rng.normal(1, 0.002, len(self.ratios))
        falls = s.rng.uniform(*self.fall) / ratio**self.damping
        blow, contact = np.zeros(s.n), min(s.n, max(2, round(self.mallet * RATE)))
        blow[:contact] = np.hanning(contact + 2)[1:-1] * s.rng.normal(1, 0.1, contact)
        blow[: 4 * contact] += 0.05 * s.force * s.rng.standard_normal(len(blow[: 4 * contact]))
        base = s.pitch(self.pitch)
        ring = dsp.resonate(blow, base * ratio, falls, s.rng.uniform(0.4, 1, len(ratio)))
        ring /= np.abs(ring).max() + 1e-9
        if self.skin:
            bend = base * (1 + self.skin * dsp.decay(s.n, 0, 0.03))
            ring += 2 * dsp.oscillate(bend) * dsp.decay(s.n, 0.001, falls[0])
        return ring + self.fuzz * dsp.noise(s.rng, s.n, 1_500) * dsp.decay(s.n, 0, falls[0] + 0.01)


@dataclass(frozen=True, slots=True)
class Texture(Source):
    """A `bed` of noise that drifts (Hz, nepers), with a cloud of grains, denser by force."""

    band: Range
    bed: float = 1.0
    drift: Range = (1.0, 0.1)
    grains: Range = (1.0, 2.0)  # a second
    grain_band: Range = (1_000.0, 6_000.0)
    grain_s: float = 0.004
    body: Numbers = ()  # resonances of what the grains fall on

    def _make(self, s: Scene) -> Samples:
        density = self.grains[0] * (self.grains[1] / self.grains[0]) ** s.force
        drops = 3 * dsp.cloud(s.rng, s.n, density, self.grain_band, self.grain_s)
        if self.body:
            drops += 2 * drops.std() * s.body(drops, self.body, 0.02)
        bed = dsp.noise(s.rng, s.n, *self.band) * dsp.wander(s.rng, s.n, *self.drift)
        return self.bed * bed + drops


@dataclass(frozen=True, slots=True)
class Air(Source):
    """Moving air: a band of noise that follows `path` (times the pitch), with some `hiss`."""

    centre: Range
    path: Numbers = (1.0,)
    width: float = 0.5  # relative to the pitch
    drift: Range = (2.0, 0.1)
    shape: Numbers = (1.0,)
    hiss: float = 0.1

    def _make(self, s: Scene) -> Samples:
        middle, n = s.pitch(self.centre), s.n
        f = middle * dsp.contour(n, *self.path) * dsp.wander(s.rng, n, *self.drift)
        gust = dsp.moving_noise(s.rng, f, self.width * middle)
        gust *= dsp.wander(s.rng, n, *self.drift)
        return (gust + self.hiss * dsp.noise(s.rng, n, middle / 2)) * dsp.contour(n, *self.shape)


@dataclass(frozen=True, slots=True)
class Notes(Source):
    """One tone or `chord` with `vibrato` (Hz, depth of pitch) and `beating` (Hz, of level)."""

    pitch: Range
    path: Numbers = (1.0,)
    overtones: Numbers = (1.0,)
    chord: Numbers = (1.0,)
    vibrato: Range = (0.0, 0.0)
    beating: Range = (0.0, 0.0)
    edges: Range = (0.01, 0.02)  # attack, release
    breath: float = 0.0

    def _make(self, s: Scene) -> Samples:
        f = s.pitch(self.pitch) * dsp.contour(s.n, *self.path) * s.rng.normal(1, 0.003)
        f = np.minimum(f * (1 + self.vibrato[1] * (2 * dsp.wave(s.n, self.vibrato[0]) - 1)), 7_000)
        tone = np.zeros(s.n)
        for ratio in self.chord:
            tone += dsp.oscillate(f * ratio, self.overtones)
        tone *= 1 - self.beating[1] * dsp.wave(s.n, self.beating[0])
        if self.breath:
            tone += self.breath * dsp.moving_noise(s.rng, f, 0.4 * float(f.mean()))
        return np.asarray(tone * dsp.swell(s.n, *self.edges))


@dataclass(frozen=True, slots=True)
class Voice(Source):
    """A call: pulses of vocal folds through the `formants` of a throat, by source and filter."""

    pitch: Range
    path: Numbers
    formants: Numbers
    mouth: Numbers = (1.0,)  # closed (0, dull) … open (1)
    rough: float = 0.02
    breath: float = 0.05
    tremolo: Range = (0.0, 0.0)  # Hz, depth
    edges: Range = (0.03, 0.08)

    def _make(self, s: Scene) -> Samples:
        shake = 1 - self.tremolo[1] * dsp.wave(s.n, self.tremolo[0])
        f = s.pitch(self.pitch) * dsp.contour(s.n, *self.path) * shake**0.3
        f = np.clip(f * dsp.wander(s.rng, s.n, 60, self.rough), 20, 3_500)
        folds = dsp.pulses(f) + 3 * self.breath * dsp.noise(s.rng, s.n, 500)
        vowel, opened = s.body(folds, self.formants, 0.004), dsp.contour(s.n, *self.mouth)
        vowel = opened * vowel + (1 - opened) * dsp.far(vowel, 700)
        return vowel * shake * dsp.swell(s.n, *self.edges)


@dataclass(frozen=True, slots=True)
class Machine(Source):
    """An engine or motor whose `cycle` (a second) drives body, pulsing flow and gear whine."""

    cycle: Range
    body: Numbers
    path: Numbers = (1.0,)
    uneven: float = 0.03
    hiss: float = 0.2
    hiss_band: Range = (500.0, 5_000.0)
    puff: float = 0.5  # how far the flow follows the cycle, 0 … 1
    whine: float = 0.0

    def _make(self, s: Scene) -> Samples:
        f = s.tempo(self.cycle) * dsp.contour(s.n, *self.path)
        f *= dsp.wander(s.rng, s.n, 8, self.uneven)
        angle = dsp.phase(f)
        fired = dsp.pulses(f) * (1 + 0.4 * np.cos(angle / 4))
        fired *= dsp.wander(s.rng, s.n, 30, 3 * self.uneven)
        pulsing = 1 - self.puff + self.puff * np.exp(3 * (np.cos(angle) - 1))
        flow = self.hiss * (1 + s.force) * dsp.noise(s.rng, s.n, *self.hiss_band) * pulsing
        gear = self.whine * dsp.oscillate(np.minimum(7 * f, 7_000), (1, 0.5, 0.3))
        return np.asarray(s.body(fired, self.body, 0.008) + flow + gear)


@dataclass(frozen=True, slots=True)
class Blast(Source):
    """A burst of noise whose highs die first, `rolls` times about `spread` seconds apart."""

    fall: Range
    darkness: float  # 0 … 1 takes off the highs
    rolls: int = 1
    spread: float = 0.0

    def _make(self, s: Scene) -> Samples:
        longest, out = s.rng.uniform(*self.fall) * (0.7 + 0.6 * s.size), np.zeros(s.n)
        waits = s.rng.exponential(self.spread + 1e-9, self.rolls - 1)
        starts = (np.concatenate([[0], np.cumsum(waits)]) * RATE).astype(int)
        strengths = s.rng.lognormal(0, 0.4, self.rolls)
        for k, (low, high) in enumerate(pairwise((30, 120, 400, 1_400, 7_000))):
            level = np.zeros(s.n)
            for start, strength in zip(starts, strengths, strict=True):
                rest = max(0, s.n - start)
                level[start:] += strength * dsp.decay(rest, 0.003 * self.rolls, longest / 1.8**k)
            out += (1 - 0.75 * self.darkness) ** k * level * dsp.noise(s.rng, s.n, low, high)
        return np.asarray(np.tanh(out * (0.5 + s.force)))


@dataclass(frozen=True, slots=True)
class Rubbed(Source):
    """One stroke of friction: `teeth` catches a second with `grit` noise, ringing in a body."""

    band: Range
    teeth: Range
    body: Numbers
    path: Numbers = (1.0,)
    ring: float = 0.01
    grit: float = 0.5
    edges: Range = (0.03, 0.05)

    def _make(self, s: Scene) -> Samples:
        f = s.tempo(self.teeth) * dsp.contour(s.n, *self.path) * dsp.wander(s.rng, s.n, 25, 0.08)
        grit = dsp.noise(s.rng, s.n, *self.band) * (1 + np.cos(dsp.phase(f)))
        source = (1 - self.grit) * dsp.pulses(np.clip(f, 5, 3_000)) + self.grit * grit
        return s.body(source, self.body, self.ring) * dsp.swell(s.n, *self.edges)


@dataclass(frozen=True, slots=True)
class Drops(Source):
    """Many short tones, `drops` a second: bubbles that `rise` as they die, or shards."""

    drops: Range
    pitch: Range
    fall: Range
    rise: Range = (1.1, 1.8)
    bed: float = 0.0
    onset: float = 0.0  # mean time of a shard after the break; 0: evenly spread

    def _make(self, s: Scene) -> Samples:
        out = self.bed * dsp.noise(s.rng, s.n, 400, 3_000) * dsp.wander(s.rng, s.n, 4, 0.15)
        if self.onset:
            out += 2 * dsp.noise(s.rng, s.n, 2_000) * dsp.decay(s.n, 0, 0.03)
        for _ in range(max(1, s.rng.poisson(s.tempo(self.drops) * s.n / RATE))):
            fall = s.rng.uniform(*self.fall)
            m = min(s.n, round(4 * fall * RATE))
            shard = min(s.n - m, int(s.rng.exponential(self.onset or 1) * RATE))
            start = shard if self.onset else s.rng.integers(0, s.n - m + 1)
            f = s.pitch(self.pitch) * s.rng.lognormal(0, 0.3)
            gliding = np.minimum(dsp.contour(m, f, f * s.rng.uniform(*self.rise)), 7_000)
            tone = dsp.oscillate(gliding) * dsp.decay(m, 0.001, fall)
            out[start : start + m] += s.rng.lognormal(-0.5, 0.5) * tone
        return out


@dataclass(frozen=True, slots=True)
class Stepped(Source):
    """One footstep, heel and toe, on a ground of `grains` a second (0: hard) with a `thud`."""

    ground: Range
    grains: float
    thud: float

    def _make(self, s: Scene) -> Samples:
        out, low = np.zeros(s.n), s.pitch((70, 180))
        for begin, strength in ((0, 1.0), (min(1_440, s.n - 160), 0.6)):
            m = s.n - begin
            thud = dsp.oscillate(np.full(m, low), (1, 0.4)) * dsp.decay(m, 0.002, 0.03)
            scuff = dsp.noise(s.rng, m, *self.ground)
            if self.grains:
                scuff = 4 * dsp.cloud(s.rng, m, self.grains, self.ground, 0.003)
            press = dsp.decay(m, 0.01 if self.grains else 0.001, 0.035)
            out[begin:] += strength * (press * scuff + self.thud * thud)
        return out


@dataclass(frozen=True, slots=True)
class Strummed(Source):
    """Strings plucked one after another within a few hundredths of a second."""

    pitch: Range
    chord: Numbers
    bright: Range
    fall: Range

    def _make(self, s: Scene) -> Samples:
        out, base = np.zeros(s.n), s.pitch(self.pitch) * 2 ** (s.rng.integers(-2, 3) / 12)
        for start, ratio in zip(range(0, s.n, 320), self.chord, strict=False):
            brightness = s.rng.uniform(*self.bright) * (0.7 + 0.3 * s.force)
            fall = s.rng.uniform(*self.fall)
            out[start:] += dsp.pluck(s.rng, s.n - start, base * ratio, brightness, fall)
        return out
