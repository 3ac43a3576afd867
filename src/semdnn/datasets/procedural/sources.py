"""Families of sound source: each function makes one event of a kind from a scene's traits.

A function is the physics that kinds share (something struck, blown, rubbed, burning …); what
tells a bell from a glass is the parameters in the table of kinds. All take a `Scene` and return
samples [shape=(n,)], of any level.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semdnn.datasets.procedural.synthesis import (
    RATE,
    Samples,
    cloud,
    contour,
    decay,
    far,
    moving_noise,
    noise,
    oscillate,
    phase,
    pluck,
    pulses,
    resonate,
    swell,
    wander,
)

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """What one sound is made from: its randomness, its length and its traits.

    Attributes
    ----------
    rng : numpy.random.Generator
        Randomness of the details.
    n : int
        Length in samples.
    size, rate, force : float
        Traits 0…1: small … large, slow … fast, soft … strong.
    """

    rng: np.random.Generator
    n: int
    size: float
    rate: float
    force: float

    def pitch(self, limits: Range) -> float:
        """Return a frequency between `limits` (low, high): the larger the source, the lower."""
        low, high = limits
        return float(high * (low / high) ** self.size)

    def tempo(self, limits: Range) -> float:
        """Return a rate between `limits` (low, high): the faster, the higher."""
        low, high = limits
        return float(low * (high / low) ** self.rate)

    def scale(self, spread: float = 1.5) -> float:
        """Return a factor on resonance frequencies, from `spread` (small) to 1/`spread` (large)."""
        return float(spread ** (1 - 2 * self.size))


def struck(
    s: Scene,
    *,
    ratios: Sequence[float],
    pitch: Range,
    fall: Range,
    damping: float = 1.0,
    mallet: float = 0.001,
    skin: float = 0.0,
    fuzz: float = 0.0,
) -> Samples:
    """Return a body hit once: modes at `ratios` that die the sooner the higher they are.

    `mallet` is the contact time, `skin` the relative drop of pitch of a drum skin, `fuzz` the
    share of noise (snare wires, breaking).
    """
    n, ratio = s.n, np.asarray(ratios) * s.rng.normal(1, 0.002, len(ratios))
    frequency = s.pitch(pitch) * ratio
    falls = s.rng.uniform(*fall) / ratio**damping
    length = max(2, round(mallet * RATE))
    blow = np.zeros(n)
    blow[:length] = np.hanning(length + 2)[1:-1][:n] * s.rng.normal(1, 0.1, length)[:n]
    blow[: 4 * length] += 0.05 * s.force * s.rng.standard_normal(len(blow[: 4 * length]))
    ring = resonate(blow, frequency, falls, s.rng.uniform(0.4, 1, len(ratio)))
    if skin:
        bend = frequency[0] * (1 + skin * decay(n, 0, 0.03))
        ring += np.abs(ring).max() * 2 * oscillate(bend) * decay(n, 0, falls[0])
    rattle = noise(s.rng, n, 1_500) * decay(n, 0, falls[0] + 0.02)
    return ring / (np.abs(ring).max() + 1e-9) + fuzz * rattle


def shattered(s: Scene, *, pitch: Range, n_pieces: Range, fall: Range, spread: float) -> Samples:
    """Return many small bodies ringing soon after one another, each with its own pitch."""
    out = noise(s.rng, s.n, 2_000) * decay(s.n, 0, 0.03)
    for _ in range(round(s.rng.uniform(*n_pieces))):
        start = min(int(s.rng.exponential(spread) * RATE), s.n - 64)
        m = min(s.n - start, round(5 * fall[1] * RATE))
        bent = s.pitch(pitch) * s.rng.uniform(0.5, 2.2)
        piece = oscillate(np.full(m, bent), (1, 0, 0.5)) * decay(m, 0, s.rng.uniform(*fall))
        out[start : start + m] += s.rng.lognormal(-1, 0.6) * piece
    return out


def texture(
    s: Scene,
    *,
    band: Range,
    bed: float = 1.0,
    drift: Range = (1.0, 0.1),
    grains: Range = (0.0, 0.0),
    grain_band: Range = (1_000.0, 6_000.0),
    grain_s: float = 0.004,
    body: Sequence[float] = (),
) -> Samples:
    """Return a bed of noise that drifts in level with a cloud of grains on it.

    The stronger, the denser the grains (from `grains[0]` to `grains[1]` a second); `body` are
    resonances of what the grains fall on.
    """
    low, high = band
    out = bed * noise(s.rng, s.n, low, high) * wander(s.rng, s.n, *drift)
    if grains[1]:
        density = grains[0] * (grains[1] / grains[0]) ** s.force
        drops = 3 * cloud(s.rng, s.n, density, grain_band, grain_s)
        if body:
            modes = [f * s.scale(1.2) for f in body]
            drops += resonate(drops, modes, [0.02] * len(body), [0.5] * len(body))
        out += drops
    return out


def air(
    s: Scene,
    *,
    centre: Range,
    path: Sequence[float] = (1.0,),
    width: float = 0.5,
    drift: Range = (2.0, 0.1),
    shape: Sequence[float] = (1.0,),
    hiss: float = 0.1,
) -> Samples:
    """Return moving air: a band of noise that follows `path` (times the pitch) and `shape`."""
    middle = s.pitch(centre)
    f = middle * contour(s.n, *path) * wander(s.rng, s.n, *drift)
    gust = moving_noise(s.rng, f, width * middle) * wander(s.rng, s.n, *drift)
    return (gust + hiss * noise(s.rng, s.n, middle / 2)) * contour(s.n, *shape)


def notes(
    s: Scene,
    *,
    pitch: Range,
    path: Sequence[float] = (1.0,),
    overtones: Sequence[float] = (1.0,),
    chord: Sequence[float] = (1.0,),
    vibrato: Range = (0.0, 0.0),
    beating: Range = (0.0, 0.0),
    edges: Range = (0.01, 0.02),
    breath: float = 0.0,
) -> Samples:
    """Return one tone or chord gliding along `path`, in `vibrato` (Hz, depth of frequency) and
    `beating` (Hz, depth of amplitude), with attack and release `edges` and noisy `breath`.
    """
    n, t = s.n, np.arange(s.n) / RATE
    f = s.pitch(pitch) * contour(n, *path) * s.rng.normal(1, 0.003)
    f *= 1 + vibrato[1] * np.sin(2 * np.pi * vibrato[0] * t)
    f = np.minimum(f, 7_000)
    tone = np.sum([oscillate(f * ratio, overtones) for ratio in chord], axis=0)
    tone *= 1 - beating[1] * (0.5 + 0.5 * np.cos(2 * np.pi * beating[0] * t))
    if breath:
        tone += breath * moving_noise(s.rng, f, 0.4 * float(f.mean()))
    return tone * swell(n, *edges)


def voice(
    s: Scene,
    *,
    pitch: Range,
    path: Sequence[float],
    formants: Sequence[float],
    mouth: Sequence[float] = (1.0,),
    rough: float = 0.02,
    breath: float = 0.05,
    tremolo: Range = (0.0, 0.0),
    edges: Range = (0.03, 0.08),
) -> Samples:
    """Return a call: pulses of the vocal folds filtered by the `formants` of a throat.

    The larger the animal, the lower pitch and formants; `mouth` moves from closed (0) to open
    (1), which opens the spectrum; `rough` shakes the folds; `tremolo` is (Hz, depth).
    """
    n, t = s.n, np.arange(s.n) / RATE
    f = s.pitch(pitch) * contour(n, *path) * wander(s.rng, n, 60, rough)
    f *= 1 + 0.3 * tremolo[1] * np.sin(2 * np.pi * tremolo[0] * t)
    folds = pulses(np.clip(f, 20, 3_500))
    folds = folds / folds.std() + breath * 3 * noise(s.rng, n, 500)
    peaks = np.asarray(formants) * s.scale(1.25)
    gains = [1 / (1 + k) for k in range(len(peaks))]
    vowel = resonate(folds, peaks, [1 / (np.pi * (60 + 0.06 * peak)) for peak in peaks], gains)
    opened = contour(n, *mouth)
    vowel = opened * vowel + (1 - opened) * far(vowel, 700)
    tremble = 1 - tremolo[1] * (0.5 + 0.5 * np.sin(2 * np.pi * tremolo[0] * t))
    return vowel * tremble * swell(n, *edges)


def machine(
    s: Scene,
    *,
    cycle: Range,
    body: Sequence[float],
    path: Sequence[float] = (1.0,),
    uneven: float = 0.03,
    hiss: float = 0.2,
    hiss_band: Range = (500.0, 5_000.0),
    puff: float = 0.5,
    whine: float = 0.0,
) -> Samples:
    """Return an engine or motor that fires `cycle` times a second (the faster the higher).

    Each firing excites the `body`; `hiss` is flow noise that pulses with the cycle by `puff`,
    `whine` the level of a gear tone at 7 times the cycle.
    """
    f = s.tempo(cycle) * contour(s.n, *path) * wander(s.rng, s.n, 8, uneven)
    angle = phase(f)
    fired = pulses(f) * (1 + 0.4 * np.cos(angle / 4)) * wander(s.rng, s.n, 30, 3 * uneven)
    modes = [mode * s.scale(1.4) for mode in body]
    rumble = resonate(fired, modes, [0.008] * len(modes), [1 / (1 + k) for k in range(len(modes))])
    flow = noise(s.rng, s.n, *hiss_band) * (1 - puff + puff * np.exp(3 * (np.cos(angle) - 1)))
    gear = oscillate(np.minimum(7 * f, 7_000), (1, 0.5, 0.3))
    return rumble / rumble.std() + hiss * (1 + s.force) * flow + whine * gear


def blast(s: Scene, *, fall: Range, darkness: float, rolls: int = 1, spread: float = 0.0) -> Samples:
    """Return a burst of noise whose highs die first, once or rolling on `rolls` times.

    `darkness` 0…1 takes off the highs (a far or heavy blast); `spread` is the mean time in
    seconds between the rolls.
    """
    edges = (30.0, 120.0, 400.0, 1_400.0, 7_000.0)
    longest = s.rng.uniform(*fall) * (0.7 + 0.6 * s.size)
    starts = np.concatenate([[0], np.cumsum(s.rng.exponential(spread + 1e-9, rolls - 1))])
    level = np.zeros((4, s.n))
    falls = longest / np.array([1.0, 1.6, 3.0, 6.0])
    for start in (starts * RATE).astype(int):
        m, strength = max(0, s.n - start), s.rng.lognormal(0, 0.4)
        for k in range(4):
            level[k, start:] += strength * decay(m, 0.002 + 0.02 * (rolls > 1), falls[k])
    weights = (1 - 0.75 * darkness) ** np.arange(4)
    bands = [noise(s.rng, s.n, low, high) for low, high in zip(edges, edges[1:], strict=False)]
    return np.tanh(np.sum(weights[:, None] * level * bands, axis=0) * (0.5 + s.force))


def rubbed(
    s: Scene,
    *,
    band: Range,
    teeth: Range,
    path: Sequence[float] = (1.0,),
    body: Sequence[float] = (),
    ring: float = 0.01,
    grit: float = 0.5,
    edges: Range = (0.03, 0.05),
) -> Samples:
    """Return one stroke of friction: `teeth` catches a second along `path`, `grit` noise between.

    `body` are the resonances, ringing for `ring` seconds, of what is rubbed.
    """
    f = s.tempo(teeth) * contour(s.n, *path) * wander(s.rng, s.n, 25, 0.08)
    catches = pulses(np.clip(f, 5, 3_000))
    source = (1 - grit) * catches / catches.std() + grit * noise(s.rng, s.n, *band) * (
        1 + np.cos(phase(f))
    )
    if body:
        modes = [mode * s.scale(1.4) for mode in body]
        source = resonate(source, modes, [ring] * len(modes), [1.0] * len(modes))
    return source * swell(s.n, *edges)


def bubbles(s: Scene, *, drops: Range, pitch: Range, fall: Range, bed: float = 0.0) -> Samples:
    """Return bubbles: sine tones that rise as they die, `drops` (few … many) of them a second."""
    out = bed * noise(s.rng, s.n, 400, 3_000) * wander(s.rng, s.n, 4, 0.15)
    for _ in range(max(1, s.rng.poisson(s.tempo(drops) * s.n / RATE))):
        m = min(s.n, round(4 * s.rng.uniform(*fall) * RATE))
        start = s.rng.integers(0, s.n - m + 1)
        f = s.pitch(pitch) * s.rng.lognormal(0, 0.3) * contour(m, 1, s.rng.uniform(1.1, 1.8))
        tone = oscillate(np.minimum(f, 7_000)) * decay(m, 0.001, m / RATE / 4)
        out[start : start + m] += s.rng.lognormal(-0.5, 0.5) * tone
    return out


def stepped(s: Scene, *, ground: Range, grains: float, grain_s: float, thud: float) -> Samples:
    """Return one footstep: heel and toe on a ground of `grains` a second, with a low `thud`."""
    out = np.zeros(s.n)
    for start, strength in ((0.0, 1.0), (0.09, 0.6)):
        begin = round(start * RATE)
        m = s.n - begin
        press = decay(m, 0.01 if grains else 0.001, 0.035)
        scuff = 4 * cloud(s.rng, m, grains, ground, grain_s) if grains else noise(s.rng, m, *ground)
        heel = oscillate(np.full(m, s.pitch((70, 180))), (1, 0.4)) * decay(m, 0.002, 0.03)
        out[begin:] += strength * (press * scuff + thud * heel)
    return out


def strummed(s: Scene, *, pitch: Range, chord: Sequence[float], bright: Range, fall: Range) -> Samples:
    """Return strings plucked one after another within a few hundredths of a second."""
    out, fundamental = np.zeros(s.n), s.pitch(pitch) * 2 ** (s.rng.integers(-4, 5) / 12)
    for k, ratio in enumerate(chord):
        start = min(int(k * 0.02 * RATE), s.n - 1)
        brightness = float(s.rng.uniform(*bright) * (0.7 + 0.3 * s.force))
        string = pluck(s.rng, s.n, fundamental * ratio, brightness, s.rng.uniform(*fall))
        out[start:] += string[: s.n - start]
    return out
