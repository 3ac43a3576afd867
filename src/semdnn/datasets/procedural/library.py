"""Write a synthesised sound library: described recordings out of nothing but a seed.

It is a way to run and test everything anywhere, not data about the world: a network trained on
it knows these formulas, not dogs and bells. Sound i depends on (seed, i) alone, so a smaller
library is the beginning of a larger one with the same seed.
"""

import csv
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile

from semdnn.datasets.procedural.kinds import KINDS, Kind
from semdnn.datasets.procedural.sources import Scene, Source
from semdnn.datasets.procedural.synthesis import RATE, Rng, Samples, far, reverberate, swell
from semdnn.errors import SemdnnError
from semdnn.files import replacing, write_json, write_text
from semdnn.progress import track

VERSION: Final = 2  # raise it whenever any sound or description changes
COLUMNS: Final = ("path", "source", "title", "category", "licence", "duration_s", "recording")
STYLES: Final = ("{0}",) * 8 + ("SFX {0}", "{0} {1:02d}", "FX{1:03d} {0}", "{0}, take {1}")


class ProceduralError(SemdnnError):
    """A synthesised library cannot be written here or as asked."""


class Traits(NamedTuple):
    """What the adjectives follow, each from 0 to 1."""

    size: float
    rate: float
    force: float
    distance: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that is decided about a sound before it is synthesised; `traits` are 0…1."""

    name: str
    kind: Kind
    title: str
    source: Source
    traits: Traits
    n_samples: int
    randomness: np.random.SeedSequence


def sketch(seed: int, i: int) -> Sketch:
    """Return what sound `i` of the library of `seed` will be.

    Kinds are dealt like cards: every run of ``len(KINDS)`` sounds holds each kind once.
    """
    deal, place = divmod(i, len(KINDS))
    order = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, deal)))
    kind = KINDS[order.permutation(len(KINDS))[place]]
    drawing, randomness = np.random.SeedSequence(seed, spawn_key=(0, i)).spawn(2)
    rng = np.random.default_rng(drawing)
    traits = Traits(*(float(trait) for trait in rng.random(4)))
    titles = kind.titles.split("|")
    title = titles[rng.integers(len(titles))]
    variant = list(kind.variants)[rng.integers(len(kind.variants))]
    changes = kind.variants[variant] if "{variant}" in title else {}  # as the title says, no less
    return Sketch(
        name=f"{kind.name}_{i:06d}",
        kind=kind,
        title=_describe(kind, title.replace("{variant}", variant), traits, rng),
        source=replace(kind.source, **changes),
        traits=traits,
        n_samples=round(rng.uniform(*kind.seconds) * RATE),
        randomness=randomness,
    )


def synthesise(plan: Sketch) -> Samples:
    """Return the sound of `plan` at 16 kHz [shape=(n,)], within ±0.95."""
    rng = np.random.default_rng(plan.randomness)
    size, rate, force, distance = plan.traits
    sound = _perform(plan, Scene(rng, plan.n_samples, size, rate, force))
    sound = sound / (np.abs(sound).max() + 1e-12)
    if distance > 0.2:
        sound = far(sound, 8_000 * (1 / 6) ** distance)
        sound = reverberate(rng, sound, rng.uniform(0.03, 0.4), 0.5 * distance)
    sound = sound * swell(len(sound), 0.003, 0.02)
    level = 10 ** ((-31 + 14 * force - 6 * distance) / 20)
    gain = min(level / np.sqrt(np.mean(sound**2)), 0.95 / np.abs(sound).max())
    return np.asarray(gain * sound)


def write_library(folder: Path, *, n_sounds: int, seed: int) -> Path:
    """Write a library of `n_sounds` synthesised sounds into `folder`, and return `folder`.

    Sounds are ``audio/<kind>/<kind>_<i>.wav`` (16 kHz, mono, 16 bit, 0.5 s to 4 s), described in
    ``manifest.csv``. The same arguments give the same bytes. An interrupted or smaller library of
    the same seed is completed; a finished one is left as it is.

    Parameters
    ----------
    folder : Path
        Made if missing; otherwise empty or begun by this function.
    n_sounds : int
        At least 1.
    seed : int
        At least 0.

    Raises
    ------
    ProceduralError
        `n_sounds` or `seed` is out of range, or `folder` holds something else.

    Examples
    --------
    >>> import tempfile
    >>> folder = write_library(Path(tempfile.mkdtemp()), n_sounds=2, seed=0)
    >>> len((folder / "manifest.csv").read_text().splitlines())
    3
    """
    if n_sounds < 1 or seed < 0:
        raise ProceduralError(f"n_sounds {n_sounds}, seed {seed}: give at least 1 and at least 0")
    n_done = _count_done(folder, seed, n_sounds)
    if n_done == n_sounds:
        return folder
    marker = {"seed": seed, "version": VERSION}
    write_json(folder / "procedural.json", {**marker, "n_sounds": n_done})
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    for i in track(range(n_sounds), label="synthesising sounds"):
        plan = sketch(seed, i)
        place = f"audio/{plan.kind.name}/{plan.name}.wav"
        if not (folder / place).exists():
            with replacing(folder / place) as temporary:
                pcm = np.round(32_767 * synthesise(plan)).astype(np.int16)
                soundfile.write(temporary, pcm, RATE, subtype="PCM_16", format="WAV")
        duration = f"{plan.n_samples / RATE:.3f}"
        category = plan.kind.category
        rows.writerow((place, "procedural", plan.title, category, "CC0 1.0", duration, plan.name))
    write_text(folder / "manifest.csv", table.getvalue())
    write_json(folder / "procedural.json", {**marker, "n_sounds": n_sounds})
    return folder


def _count_done(folder: Path, seed: int, n_sounds: int) -> int:
    """Return how many sounds of this seed `folder` holds, finished and listed."""
    marker = folder / "procedural.json"
    if not marker.exists():
        if folder.exists() and any(folder.iterdir()):
            raise ProceduralError(f"{folder}: not empty and not a library of ours: name another")
        return 0
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))
        same = (found["seed"], found["version"]) == (seed, VERSION)
        n_done = int(found["n_sounds"])
    except (ValueError, KeyError, TypeError):
        raise ProceduralError(f"{marker}: unreadable: remove the folder, begin again") from None
    if not same or n_done > n_sounds:
        raise ProceduralError(
            f"{folder}: holds {n_done} sounds of seed {found['seed']}, version {found['version']}, "
            f"not the {n_sounds} of seed {seed}, version {VERSION} asked for: name another folder"
        )
    return n_done if (folder / "manifest.csv").exists() else 0


def _perform(plan: Sketch, scene: Scene) -> Samples:
    """Return the events of the kind in time, or its one event."""
    kind, rng = plan.kind, scene.rng
    if kind.repeats is None:
        return plan.source.make(scene)
    out = np.zeros(scene.n)
    period = RATE / scene.tempo(kind.repeats)
    shortest, longest = kind.event_s or (period / RATE, period / RATE)
    beat = 0.01 * RATE
    while beat < scene.n:
        for offset in kind.pattern:
            start = int(beat + offset * period)
            length = min(int(RATE * rng.uniform(shortest, longest)) + 1, scene.n - start)
            if length > 0.02 * RATE:
                event = plan.source.make(replace(scene, n=length))
                out[start : start + length] += rng.uniform(0.7, 1.0) * event
        beat += period * max(0.3, rng.normal(1, kind.jitter))
    return out


def _describe(kind: Kind, title: str, traits: Traits, rng: Rng) -> str:
    """Return `title` as sound libraries write it, its adjectives true to `traits`."""
    title = title.format(
        size=_adjective(kind.size, traits.size, rng),
        rate=_adjective(kind.rate, traits.rate, rng),
        force=_adjective(kind.force, traits.force, rng),
    )
    title = " ".join(title.split()).strip(",")
    if traits.distance > 0.75:
        title = f"distant {title}" if rng.random() < 0.5 else f"{title}, distant"
    elif traits.distance < 0.15:
        title = f"{title}, close up"
    cased = (title, title, title.capitalize(), title.upper())[rng.integers(4)]
    return STYLES[rng.integers(len(STYLES))].format(cased, int(rng.integers(1, 60)))


def _adjective(choice: str, trait: float, rng: Rng) -> str:
    """Return a word for a `trait` in its lowest or highest third, nothing between."""
    low, high = (words.split(",") for words in choice.split("/"))
    if 1 / 3 <= trait <= 2 / 3:
        return ""
    words = low if trait < 1 / 3 else high
    return str(words[rng.integers(len(words))])
