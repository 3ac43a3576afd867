"""The log-mel store against one plain ``.npy`` file a sound, and against copying memory.

Writing: the patches of 64 sounds are at hand; ours journals, checksums and writes them so
that a kill loses one sound at most, the peer calls `np.save` for each. Reading: batches
of patches in random order as float32; the peer maps the sound's file for each patch.
The bound is the same gathering out of an array in memory. Rounds alternate, the best counts,
in processor seconds; all files are in the page cache.

    python benchmarks/store.py
"""

import hashlib
import tempfile
from argparse import Namespace
from itertools import count
from pathlib import Path

import numpy as np

from measure import Report, best, in_turn, parser
from semdnn.features import shards
from semdnn.features.shards import FeatureSettings, ShardJob, featurise_shard
from semdnn.features.store import LogMelStore
from semdnn.files import write_json

PER_SOUND, PER_SHARD = 10, 64


def main() -> None:
    """Print ratios."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--batch", type=int, default=128)
    chosen = made.parse_args()
    rng = np.random.default_rng(0)
    data = rng.normal(-2, 2, size=(PER_SHARD, PER_SOUND, 96, 64)).astype(np.float16)
    flat = data.reshape(-1, 96, 64)
    starts = np.arange(0, 96 * PER_SOUND, 96)
    shards.patches_of = lambda path, _how: (starts, data[int(path.name)])  # no decoding
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sounds = tuple((str(i), Path(str(i))) for i in range(PER_SHARD))
        stores, plains = count(), count()

        def ours() -> None:
            place = folder / f"store-{next(stores)}"
            place.mkdir()
            featurise_shard(ShardJob("shard-00000", sounds, place, FeatureSettings()))

        def plain() -> None:
            place = folder / f"plain-{next(plains)}"
            place.mkdir()
            for i in range(PER_SHARD):
                np.save(place / f"{i}.npy", data[i])

        def digested() -> None:
            for sound in data:
                hashlib.sha256(sound.data).digest()

        writing = best(in_turn({"ours": ours, "plain": plain, "sha256": digested}, chosen.rounds))
        manifest = {"format": 1, "settings": FeatureSettings().model_dump()}
        write_json(folder / "store-0/store.json", manifest | {"shards": ["shard-00000"]})
        store = LogMelStore(folder / "store-0")

        def peer() -> None:
            for i in wanted:
                path = folder / "plain-0" / f"{i // PER_SOUND}.npy"
                np.load(path, mmap_mode="r")[i % PER_SOUND].astype(np.float32)

        wanted = rng.permutation(len(flat))[: chosen.batch]
        works = {
            "ours": lambda: store.read(wanted),
            "plain": peer,
            "memory": lambda: flat[wanted].astype(np.float32),
        }
        reading = best(in_turn(works, 4 * chosen.rounds))
        np.testing.assert_array_equal(store.read(wanted), flat[wanted].astype(np.float32))
    tell(chosen, data.nbytes, writing, reading)


def tell(
    chosen: Namespace, n_bytes: int, writing: dict[str, float], reading: dict[str, float]
) -> None:
    """Print and report the ratios of the best times."""
    read = f"reading {chosen.batch} random patches"
    time, speed = "processor time", "speed in processor time"
    rows = (
        (f"writing {PER_SHARD * PER_SOUND} patches", time, writing, "plain", "np.save a sound"),
        (read, speed, reading, "plain", "a mapped .npy file a sound"),
        (read, time, reading, "memory", "gathering from an array in memory"),
    )
    report = Report(chosen)
    for what, quantity, taken, peer, peer_name in rows:
        ratio = taken["ours"] / taken[peer]
        ratio = 1 / ratio if quantity == speed else ratio
        print(f"{what}, {quantity} over {peer_name}: {ratio:.2f}")
        report.add(what, quantity, ratio, peer_name)
    print(f"share of checksums in writing: {2 * writing['sha256'] / writing['ours']:.2f}")
    written, gathered = n_bytes / writing["ours"], chosen.batch * 12_288 / reading["ours"]
    print(f"writing {written / 1e6:.0f} MB/s, reading {gathered / 1e6:.0f} MB/s")
    report.write()


if __name__ == "__main__":
    main()
