"""How much memory a job of a given size takes; nothing large has to be there for it.

    python scripts/memory.py label --hours 10 --model semdnn-small   # one long recording
    python scripts/memory.py train --gigabytes 20                    # a store of that size
    python scripts/memory.py featurise --sounds 8                    # ten-minute sounds, one shard

The recording and the store are sparse files: they have their full size, and take next to no room on
a disk. The recording is silence with a second of noise a minute, the patches are zeros; neither
changes what is held. Prints JSON: the peak of this process's own memory (`peak_mib`: what is not a
page of a file, which the system takes back at will) and of all that was resident.
"""

import argparse
import hashlib
import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

PATCHES_PER_SOUND, SOUNDS_PER_SHARD, PATCH_BYTES = 10, 64, 2 * 96 * 64
RATE = 16_000


def status(key: str) -> float:
    """Return a line of this process's status in MiB.

    Not getrusage, whose peak is inherited from the parent.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    found = dict(line.split(":", 1) for line in lines)
    return int(found[key].split()[0]) / 1024


def measured(work: Callable[[], object]) -> dict[str, float]:
    """Run `work` and return its peaks and its time."""
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, status("RssAnon"))

    watcher = threading.Thread(target=watch)
    started = time.process_time()
    watcher.start()
    work()
    done.set()
    watcher.join()
    return {
        "peak_mib": round(peak),
        "peak_resident_mib": round(status("VmHWM")),
        "cpu_s": round(time.process_time() - started, 1),
    }


def long_recording(path: Path, hours: float) -> None:
    """Write a sparse 16 kHz WAV (RF64, so that its size does not matter)."""
    import soundfile  # noqa: PLC0415

    rng = np.random.default_rng(0)
    n_samples = round(hours * 3600 * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="RF64") as file:
        file.write(np.zeros(1, np.int16))
    header = path.read_bytes()[:-2]
    chunks = bytearray(header)
    at = chunks.index(b"data")
    ds64 = chunks.index(b"ds64") if b"ds64" in chunks else None
    size = len(header) - 8 + 2 * n_samples
    if ds64 is None:  # the library wrote a plain header: lengths of 32 bits
        chunks[4:8] = size.to_bytes(4, "little")
        chunks[at + 4 : at + 8] = (2 * n_samples).to_bytes(4, "little")
    else:
        chunks[ds64 + 8 : ds64 + 16] = size.to_bytes(8, "little")
        chunks[ds64 + 16 : ds64 + 24] = (2 * n_samples).to_bytes(8, "little")
        chunks[ds64 + 24 : ds64 + 32] = n_samples.to_bytes(8, "little")
    with path.open("wb") as out:
        out.write(chunks)
        out.truncate(len(header) + 2 * n_samples)
        for minute in range(int(hours * 60)):
            out.seek(len(header) + 2 * 60 * RATE * minute)
            out.write((1000 * rng.standard_normal(RATE)).astype("<i2").tobytes())


def label(folder: Path, hours: float, model: str) -> dict[str, float]:
    """Label one recording of `hours`, with time stamps."""
    import torch  # noqa: PLC0415

    from semdnn.catalogue.timeline import timeline  # noqa: PLC0415
    from semdnn.model import SemanticModel  # noqa: PLC0415

    torch.set_num_threads(1)
    path = folder / "long.wav"
    long_recording(path, hours)
    found = []
    peaks = measured(lambda: found.append(timeline(SemanticModel.load(model), path)))
    return {"hours": found[0].duration_s / 3600, **peaks}


def sparse_store(folder: Path, gigabytes: float) -> int:
    """Write a log-mel store of zeros; return its number of sounds."""
    from semdnn.features.shards import FORMAT_VERSION, FeatureSettings, ShardIndex  # noqa: PLC0415
    from semdnn.features.spool import _header  # noqa: PLC0415
    from semdnn.files import write_json  # noqa: PLC0415

    folder.mkdir()
    n_patches = PATCHES_PER_SOUND * SOUNDS_PER_SHARD
    header = _header(n_patches, (96, 64))
    n_bytes = len(header) + n_patches * PATCH_BYTES
    n_shards = max(round(gigabytes * 1e9 / n_bytes), 1)
    stems = [f"shard-{number:05d}" for number in range(n_shards)]
    content = hashlib.sha256(b"").hexdigest()
    for stem in stems:
        with (folder / f"{stem}.npy").open("wb") as out:
            out.write(header)
            out.truncate(n_bytes)
        index = ShardIndex(
            key="",
            names=tuple(f"{stem}/sound-{i:02d}.wav" for i in range(SOUNDS_PER_SHARD)),
            start_frames=(tuple(range(0, 960, 96)),) * SOUNDS_PER_SHARD,
            content=(content,) * SOUNDS_PER_SHARD,
            failures=(),
            n_bytes=n_bytes,
            sha256="",
        )
        (folder / f"{stem}.json").write_text(index.model_dump_json())
    settings = FeatureSettings(max_patches_per_sound=PATCHES_PER_SOUND).model_dump()
    write_json(
        folder / "store.json", {"format": FORMAT_VERSION, "settings": settings, "shards": stems}
    )
    return n_shards * SOUNDS_PER_SHARD


def train(folder: Path, gigabytes: float, n_steps: int) -> dict[str, float]:
    """Train the tiny network on patches from all over a store, with the paper's 300 dimensions."""
    import torch  # noqa: PLC0415

    from semdnn.features.store import LogMelStore  # noqa: PLC0415
    from semdnn.network.registry import build_network  # noqa: PLC0415
    from semdnn.training import loop, state  # noqa: PLC0415
    from semdnn.training.batches import LabelledPatches  # noqa: PLC0415
    from semdnn.training.settings import TrainingSettings  # noqa: PLC0415

    torch.set_num_threads(1)
    n_sounds = sparse_store(folder / "store", gigabytes)
    settings = TrainingSettings(max_epochs=1, epoch_patches=128 * n_steps, device="cpu")

    def work() -> None:
        store = LogMelStore(folder / "store")
        targets = np.ones((n_sounds, 300), np.float32)
        every = np.arange(store.n_patches)
        data = LabelledPatches(store, every, store.sound_of_patch, targets)
        few = LabelledPatches(store, every[:128], store.sound_of_patch[:128], targets)
        network = build_network("tiny", "semdnn", 300, torch.Generator().manual_seed(0))
        list(loop.train(state.start(network, settings), data, few, settings))

    return {"n_sounds": n_sounds, "n_patches": PATCHES_PER_SOUND * n_sounds, **measured(work)}


def featurise(folder: Path, n_sounds: int) -> dict[str, float]:
    """Make one shard of ten-minute sounds of which every patch is kept."""
    from semdnn.features.shards import FeatureSettings  # noqa: PLC0415
    from semdnn.features.store import featurise as make  # noqa: PLC0415

    path = folder / "ten-minutes.wav"
    long_recording(path, 1 / 6)
    sounds = [(f"{i}.wav", path) for i in range(n_sounds)]
    settings = FeatureSettings(max_patches_per_sound=10_000)
    peaks = measured(lambda: make(sounds, folder / "store", settings, n_workers=1))
    return {"n_sounds": n_sounds, **peaks}


def main() -> None:
    """Run one of the jobs in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("job", choices=["label", "train", "featurise"])
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--model", default="semdnn-small")
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--sounds", type=int, default=8)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.job == "label":
            found = label(folder, chosen.hours, chosen.model)
        elif chosen.job == "train":
            found = train(folder, chosen.gigabytes, chosen.steps)
        else:
            found = featurise(folder, chosen.sounds)
    print(json.dumps({"job": chosen.job, **found}))


if __name__ == "__main__":
    main()
