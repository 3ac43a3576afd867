"""The log-mel store against one plain ``.npy`` file a sound, and against copying memory.

Writing: the patches of 64 sounds are at hand; ours journals, checksums and writes them so
that a kill loses one sound at most, the peer calls `np.save` for each. Reading: batches
of patches in random order as float32; the peer maps the sound's file for each patch.
The bound is the same gathering out of an array in memory. Rounds alternate, the best counts,
in processor seconds; all files are in the page cache.

    python benchmarks/store.py
"""

import argparse
import hashlib
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from semdnn.features import shards
from semdnn.features.shards import FeatureSettings, ShardJob, featurise_shard
from semdnn.features.store import LogMelStore
from semdnn.files import write_json

PER_SOUND, PER_SHARD = 10, 64


def best_of(rounds: int, works: dict[str, Callable[[int], object]]) -> dict[str, float]:
    """Return the shortest processor time of each work over alternating rounds, s."""
    best = dict.fromkeys(works, float("inf"))
    for number in range(rounds):
        for name, work in works.items():
            started = time.process_time()
            work(number)
            best[name] = min(best[name], time.process_time() - started)
    return best


def main() -> None:
    """Print ratios as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    data = rng.normal(-2, 2, size=(PER_SHARD, PER_SOUND, 96, 64)).astype(np.float16)
    flat = data.reshape(-1, 96, 64)
    starts = np.arange(0, 96 * PER_SOUND, 96)
    shards.patches_of = lambda path, _how: (starts, data[int(path.name)])  # no decoding
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sounds = tuple((str(i), Path(str(i))) for i in range(PER_SHARD))

        def ours(number: int) -> None:
            (folder / f"store-{number}").mkdir()
            job = ShardJob("shard-00000", sounds, folder / f"store-{number}", FeatureSettings())
            featurise_shard(job)

        def plain(number: int) -> None:
            (folder / f"plain-{number}").mkdir()
            for i in range(PER_SHARD):
                np.save(folder / f"plain-{number}" / f"{i}.npy", data[i])

        def digested(_number: int) -> None:
            for sound in data:
                hashlib.sha256(sound.data).digest()

        writing = best_of(chosen.rounds, {"ours": ours, "plain": plain, "sha256": digested})
        manifest = {"format": 1, "settings": FeatureSettings().model_dump()}
        write_json(folder / "store-0/store.json", manifest | {"shards": ["shard-00000"]})
        store = LogMelStore(folder / "store-0")

        def peer(_number: int) -> None:
            for i in wanted:
                path = folder / "plain-0" / f"{i // PER_SOUND}.npy"
                np.load(path, mmap_mode="r")[i % PER_SOUND].astype(np.float32)

        wanted = rng.permutation(len(flat))[: chosen.batch]
        reading = best_of(
            4 * chosen.rounds,
            {
                "ours": lambda _: store.read(wanted),
                "plain": peer,
                "memory": lambda _: flat[wanted].astype(np.float32),
            },
        )
        np.testing.assert_array_equal(store.read(wanted), flat[wanted].astype(np.float32))
    report = {
        "machine": platform.processor() or platform.machine(),
        "numpy": np.__version__,
        "writing_time_over_plain_npy": round(writing["ours"] / writing["plain"], 2),
        "writing_share_of_checksums": round(2 * writing["sha256"] / writing["ours"], 2),
        "writing_mb_per_s": round(data.nbytes / writing["ours"] / 1e6),
        "reading_speed_over_plain_npy": round(reading["plain"] / reading["ours"], 2),
        "reading_time_over_memory": round(reading["ours"] / reading["memory"], 2),
        "reading_mb_per_s": round(chosen.batch * 12_288 / reading["ours"] / 1e6),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
