"""Write a synthesised sound library: described recordings out of nothing but a seed.

A network trained on it knows these formulas, not dogs and bells. Sound i depends on (seed, i)
alone, so a smaller library is the beginning of a larger one with the same seed.
"""

import csv
import io
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile

from semdnn.datasets.procedural.kinds import KINDS, Kind
from semdnn.datasets.procedural.sources import Scene, Source, Traits
from semdnn.datasets.procedural.synthesis import RATE, Rng, Samples, place, swell
from semdnn.errors import SemdnnError
from semdnn.files import is_leftover, replacing, write_text
from semdnn.progress import track

VERSION: Final = 3  # raise it whenever any sound or description changes
COLUMNS: Final = ("path", "source", "title", "category", "licence", "duration_s", "recording")
STYLES: Final = ("{0}",) * 8 + ("SFX {0}", "{0} {1:02d}", "FX{1:03d} {0}", "{0}, take {1}")


class ProceduralError(SemdnnError):
    """A synthesised library cannot be written here or as asked."""


class Sketch(NamedTuple):
    """All that is decided about a sound before it is synthesised."""

    name: str
    kind: Kind
    title: str
    source: Source
    traits: Traits
    n_samples: int
    randomness: tuple[int, ...]


def sketch(seed: int, i: int) -> Sketch:
    """Return what sound `i` will be; every run of ``len(KINDS)`` sounds holds each kind once."""
    deal, place = divmod(i, len(KINDS))
    kind = KINDS[np.random.default_rng((0, deal, seed)).permutation(len(KINDS))[place]]
    rng, randomness = np.random.default_rng((1, i, seed)), (2, i, seed)
    traits = Traits(*(float(trait) for trait in rng.random(4)))
    title = str(rng.choice(kind.titles.split("|")))
    variant = str(rng.choice(list(kind.variants)))
    changes = kind.variants[variant] if "{variant}" in title else {}  # as the title says, no less
    title = _describe(kind, title.replace("{variant}", variant), traits, rng)
    n_samples = round(rng.uniform(*kind.seconds) * RATE)
    source = replace(kind.source, **changes)
    return Sketch(f"{kind.name}_{i:06d}", kind, title, source, traits, n_samples, randomness)


def synthesise(plan: Sketch) -> Samples:
    """Return the sound of `plan` at 16 kHz [shape=(n,)], within ±0.95."""
    rng, (_, _, force, distance) = np.random.default_rng(plan.randomness), plan.traits
    sound = _perform(plan, Scene(rng, plan.n_samples, plan.traits))
    if distance > 0.2:
        sound = place(rng, sound, distance)
    sound = sound * swell(len(sound), 0.003, 0.02)
    level = 10 ** ((-31 + 14 * force - 6 * distance) / 20)
    gain = min(level / np.sqrt(np.mean(sound**2)), 0.95 / np.abs(sound).max())
    return np.asarray(gain * sound)


def write_library(folder: Path, *, n_sounds: int, seed: int) -> Path:
    """Write a library of `n_sounds` synthesised sounds into `folder`, and return `folder`.

    Sounds are ``audio/<kind>/<kind>_<i>.wav`` (16 kHz, mono, 16 bit, 0.5 s to 4 s), described in
    ``manifest.csv``. The same arguments give the same bytes. An interrupted library is completed;
    a finished one is left as it is.

    Parameters
    ----------
    folder : Path
        Made if missing; otherwise empty or begun by this function with the same arguments.
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
    _claim(folder, f"{n_sounds} sounds of seed {seed}, version {VERSION}")
    if (folder / "manifest.csv").exists():
        return folder
    rows = [COLUMNS]
    for i in track(range(n_sounds), label="synthesising sounds"):
        plan = sketch(seed, i)
        path = f"audio/{plan.kind.name}/{plan.name}.wav"
        if not (folder / path).exists():
            with replacing(folder / path) as temporary:
                pcm = np.round(32_767 * synthesise(plan)).astype(np.int16)
                soundfile.write(wav := io.BytesIO(), pcm, RATE, subtype="PCM_16", format="WAV")
                temporary.write_bytes(wav.getvalue())  # which tells a full disk by name
        facts = plan.title, plan.kind.category, "CC0 1.0", f"{plan.n_samples / RATE:.3f}", plan.name
        rows.append((path, "procedural", *facts))
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(rows)
    write_text(folder / "manifest.csv", table.getvalue())
    return folder


def _claim(folder: Path, wanted: str) -> None:
    """Mark `folder` as the library `wanted`; anything else in it is an error."""
    marker = folder / "procedural.txt"
    found = marker.read_text("utf-8", "replace").strip() if marker.exists() else ""
    if found and found != wanted:
        raise ProceduralError(f"{folder}: holds {found[:99]!r}, not {wanted}: name another folder")
    if not found and (folder.is_file() or not all(map(is_leftover, folder.glob("*")))):
        raise ProceduralError(f"{folder}: not empty and not a library of ours: name another folder")
    if not found:
        write_text(marker, wanted + "\n")


def _perform(plan: Sketch, scene: Scene) -> Samples:
    """Return the events of the kind in time, or its one event."""
    kind, rng, out = plan.kind, scene.rng, np.zeros(scene.n)
    if kind.repeats is None:
        return plan.source(scene)
    period, beat, tunes = RATE / scene.tempo(kind.repeats), 0.01 * RATE, cycle(kind.tune)
    while beat < scene.n:
        for share, tune in zip(kind.pattern, tunes, strict=False):
            start = int(beat + share * period)
            length = int(RATE * rng.uniform(*kind.event_s) if kind.event_s else period) + 1
            length = min(length, scene.n - start)
            if length > 0.02 * RATE:
                event = plan.source(replace(scene, n=length, tune=tune))
                out[start : start + length] += rng.uniform(0.7, 1.0) * event
        beat += period * max(0.3, rng.normal(1, kind.jitter))
    return out


def _describe(kind: Kind, title: str, traits: Traits, rng: Rng) -> str:
    """Return `title` as sound libraries write it, its adjectives true to `traits`."""
    words = {}
    for name in ("size", "rate", "force"):  # a word for the lowest or highest third, or nothing
        trait, (low, high) = getattr(traits, name), getattr(kind, name).split("/")
        choice = low if trait < 1 / 3 else high if trait > 2 / 3 else ""
        words[name] = str(rng.choice(choice.split(",")))
    title = " ".join(title.format(**words).split()).strip(",")
    if traits.distance > 0.75:
        title = f"distant {title}" if rng.random() < 0.5 else f"{title}, distant"
    elif traits.distance < 0.15:
        title = f"{title}, close up"
    cased = (title, title, title.capitalize(), title.upper())[rng.integers(4)]
    return STYLES[rng.integers(len(STYLES))].format(cased, int(rng.integers(1, 60)))
