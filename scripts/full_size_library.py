"""The paper's library as metadata, at full size, driven through `prepare`: time and memory a stage.

    python scripts/full_size_library.py --sounds 388211

Generated are: a table with a row a sound (path, description, pack, licence, duration, recording;
durations of 2,584 h in all), 5 % more rows whose licence is refused, an empty file for every row,
and a finished log-mel store with every index file, whose patches are sparse files. `prepare` itself
runs on them, with the settings of ``recipes/library.toml`` and the paper's share of 70.6 % kept.
One thing is put in its place: near-duplicates are looked for among generated fingerprints (normal,
with the mean and covariance of synthesised sounds; 1 % of them copies), as no patches are there.

One process, one core. Prints JSON: processor time of each stage, and the peak of what was resident
in it (reset before each; what earlier stages hold is in it, and the table of words is in all).
"""

import argparse
import csv
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from memory import PATCH_BYTES, status

PAPER_SOUNDS, PAPER_HOURS, PAPER_SHARE = 388_211, 2_584.0, 0.706
REFUSED_SHARE = 0.05  # rows beyond the sounds, whose licence is left out
MIN_COUNT = 5
FILES_PER_FOLDER = 1000
N_SAMPLE = 250  # synthesised sounds that tell how fingerprints spread
STAGES = {
    "read_library": "table of the library, licences",
    "featurise": "finished log-mel store: files looked at, checksums",
    "_words": "descriptions to words",
    "build_dictionary": "dictionary: counts, vectors, clusters",
    "near_duplicate_groups": "near-duplicates: pairs of fingerprints",
    "_split": "groups, split, balance",
    "_write_lists": "sounds.csv, dictionary.csv",
}
Row = tuple[str, str, str, str, float, str]


def durations(n_sounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return seconds: quantiles of an exponential distribution with the paper's mean, shuffled."""
    lengths = -np.log1p(-(np.arange(n_sounds) + 0.5) / n_sounds)
    return rng.permutation(lengths * 3600 * PAPER_HOURS / PAPER_SOUNDS / lengths.mean())


def rows_of(n_sounds: int) -> list[Row]:
    """Return a row for every sound, and for those that are refused, in a random order."""
    sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
    from text import descriptions  # noqa: PLC0415

    rng = np.random.default_rng(0)
    n_rows = n_sounds + round(REFUSED_SHARE * n_sounds)
    licences = np.where(rng.random(n_rows) < 0.7, "CC0 1.0", "CC BY 4.0").astype(object)
    licences[n_sounds:] = "CC BY-NC 3.0"
    seconds = durations(n_rows, rng)
    texts = descriptions(n_rows, rng)
    takes = rng.integers(0, n_rows * 4 // 5, n_rows)  # some recordings were cut into several sounds
    made = []
    for number, i in enumerate(rng.permutation(n_rows).tolist()):
        pack = number // FILES_PER_FOLDER
        path = f"pack_{pack:04d}/sound_{number:06d}.wav"
        licence, length, take = licences[i], round(float(seconds[i]), 3), f"take_{takes[i]:06d}"
        made.append((path, texts[i], f"pack {pack}", licence, length, take))
    return made


def write_library(folder: Path, rows: list[Row]) -> None:
    """Write the table, and an empty file for every row."""
    for row in rows:
        path = folder / row[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as out:
        header = ("path", "description", "source", "licence", "duration_s", "recording")
        csv.writer(out).writerows([header, *rows])


def write_store(folder: Path, library: Path, rows: list[Row]) -> None:
    """Write a finished store of the sounds that are not refused; its patches are sparse files."""
    from semdnn.features import shards, store  # noqa: PLC0415
    from semdnn.features.spool import _header  # noqa: PLC0415
    from semdnn.files import write_json  # noqa: PLC0415

    folder.mkdir(parents=True)
    settings = shards.FeatureSettings()
    kept = sorted((path, length) for path, _, _, licence, length, _ in rows if "NC" not in licence)
    stems = []
    for first in range(0, len(kept), store.SOUNDS_PER_SHARD):
        own = kept[first : first + store.SOUNDS_PER_SHARD]
        stem = f"shard-{len(stems):05d}"
        named = tuple((name, (library / name).absolute()) for name, _ in own)
        starts = [tuple(range(0, 96 * _n_patches(s, settings), 96)) for _, s in own]
        header = _header(sum(map(len, starts)), (96, 64))
        n_bytes = len(header) + sum(map(len, starts)) * PATCH_BYTES
        with (folder / f"{stem}.npy").open("wb") as out:
            out.write(header)
            out.truncate(n_bytes)
        index = shards.ShardIndex(
            key=shards._key(shards.ShardJob(stem, named, folder, settings)),
            names=tuple(name for name, _ in own),
            start_frames=tuple(starts),
            content=tuple(hashlib.sha256(name.encode()).hexdigest() for name, _ in own),
            failures=(),
            n_bytes=n_bytes,
            sha256=_sha256_of_none(header, n_bytes),
        )
        (folder / f"{stem}.json").write_text(index.model_dump_json())
        stems.append(stem)
    facts = {"format": shards.FORMAT_VERSION, "settings": settings.model_dump(), "shards": stems}
    write_json(folder / store.MANIFEST, facts)


@cache
def _sha256_of_none(header: bytes, n_bytes: int) -> str:
    """Return the checksum of a sparse file."""
    return hashlib.sha256(header + bytes(n_bytes - len(header))).hexdigest()


def _n_patches(length_s: float, settings: Any) -> int:
    return int(np.clip((length_s - 0.015) // settings.hop_s, 1, settings.max_patches_per_sound))


def fingerprints(n_sounds: int, folder: Path) -> NDArray[np.float32]:
    """Return fingerprints [shape=(n_sounds, 128)] that spread like those of synthesised sounds."""
    from semdnn.datasets.procedural.library import write_library as synthesise  # noqa: PLC0415
    from semdnn.features.duplicates import fingerprint, unit_level  # noqa: PLC0415
    from semdnn.features.store import FeatureSettings, featurise  # noqa: PLC0415

    paths = sorted(synthesise(folder / "few", n_sounds=N_SAMPLE, seed=0).rglob("*.wav"))
    few = featurise([(path.name, path) for path in paths], folder / "patches", FeatureSettings())
    known = []
    for sound in range(len(few)):
        frames = few.read(np.flatnonzero(few.sound_of_patch == sound)).reshape(-1, 64)
        known.append(fingerprint(unit_level(frames, few.settings.log_offset)))
    rng = np.random.default_rng(1)
    deviations = (np.array(known) - np.mean(known, axis=0)) / np.sqrt(len(known) - 1)
    made = np.mean(known, axis=0) + np.vstack(
        [rng.standard_normal((rows.size, len(known))) @ deviations
         for rows in np.array_split(np.arange(n_sounds), max(n_sounds // 10_000, 1))]
    )  # fmt: skip
    made[: n_sounds // 100] = made[-(n_sounds // 100) :] + 0.05 * rng.standard_normal((1, 128))
    return made.astype(np.float32)


def groups_of(prints: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return groups of near fingerprints: what is left of `near_duplicate_groups`."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    from semdnn.features.near_pairs import near_pairs  # noqa: PLC0415

    pairs = np.array(list(near_pairs(prints)), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), (len(prints), len(prints)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


class Meter:
    """Processor time and peak memory of every stage."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float]] = {}

    def measured(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return `work`, which notes its time and its peak under `name`."""

        def wrapped(*arguments: Any, **options: Any) -> Any:
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            started = time.process_time()
            result = work(*arguments, **options)
            taken = time.process_time() - started
            self.stages[name] = {"cpu_s": round(taken, 1), "peak_mib": round(status("VmHWM"))}
            return result

        return wrapped


def _metered(meter: Meter, prints: NDArray[np.float32]) -> Iterator[Any]:
    """Yield patches that measure the stages of `prepare`."""
    from semdnn.experiment import prepare as module  # noqa: PLC0415

    for name, label in STAGES.items():
        work = getattr(module, name)
        if name == "near_duplicate_groups":
            work = lambda _store: groups_of(prints)  # noqa: E731
        yield patch.object(module, name, meter.measured(label, work))


def drive(n_sounds: int, folder: Path) -> dict[str, Any]:
    """Generate the library, prepare it, and make the targets of its training part."""
    from semdnn.experiment.prepare import prepare  # noqa: PLC0415
    from semdnn.recipe import load_recipe  # noqa: PLC0415
    from semdnn.semantics.targets import embedding_targets, multi_hot  # noqa: PLC0415

    rows = rows_of(n_sounds)
    write_library(folder / "library", rows)
    write_store(folder / "run" / "features", folder / "library", rows)
    hours = sum(row[4] for row in rows if "NC" not in row[3]) / 3600
    del rows
    prints = fingerprints(n_sounds, folder)
    recipe = load_recipe("library")
    balance = recipe.balance.model_copy(update={"share": PAPER_SHARE})
    dictionary = recipe.dictionary.model_copy(update={"min_count": MIN_COUNT})
    recipe = recipe.model_copy(update={"balance": balance, "dictionary": dictionary})
    meter = Meter()
    before = round(status("VmRSS"))
    started = time.process_time()
    with ExitStack() as stack:
        for part in _metered(meter, prints):
            stack.enter_context(part)
        prepared = prepare(recipe, folder / "library", folder / "run")
    taken = time.process_time() - started
    ids = [prepared.word_ids[i] for i in prepared.training]
    meter.measured("targets of semDNN", embedding_targets)(ids, prepared.dictionary)
    meter.measured("targets of catDNN", multi_hot)(ids, len(prepared.dictionary))
    return {
        "n_sounds": len(prepared.sounds),
        "n_rejected": len(prepared.rejected),
        "n_training": len(prepared.training),
        "n_words": len(prepared.dictionary),
        "n_patches": prepared.store.n_patches,
        "hours": round(hours),
        "before_mib": before,
        "stages": meter.stages,
        "prepare": {
            "cpu_s": round(taken, 1),
            "peak_mib": max(int(meter.stages[name]["peak_mib"]) for name in STAGES.values()),
        },
    }


def main() -> None:
    """Print the measured stages as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sounds", type=int, default=PAPER_SOUNDS)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[-1:])  # one process, one core
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(drive(chosen.sounds, Path(name)), indent=1))


if __name__ == "__main__":
    main()
