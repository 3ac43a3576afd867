"""The training step with loading from a log-mel store, over the step on one cached batch.

Both run `semdnn.training.loop.train` on the same network, without augmentation unless
``--augment`` is given: once with patches from all over a store on disk, in random order, and once
with a source that hands out one array again and again and copies nothing. Rounds alternate, the
best counts. Processor time of all threads is counted, so that reading is not hidden behind the
step: on a machine with a core to spare the ratio is smaller still.

    python benchmarks/loader.py --network small
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from measure import Report, best, in_turn, parser
from semdnn.features.shards import PATCH_SHAPE, FeatureSettings, ShardIndex
from semdnn.features.spool import HeardSound, SoundRecord, spool_sounds
from semdnn.features.store import LogMelStore
from semdnn.files import write_json
from semdnn.network.inference import PatchSource
from semdnn.network.registry import NETWORKS, build_network
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import LabelledPatches
from semdnn.training.loop import train
from semdnn.training.settings import TrainingSettings
from semdnn.training.state import start

N_DIMS, PER_SOUND, PER_SHARD = 300, 10, 64


class Cached:
    """A source whose every batch is the same array."""

    def __init__(self, patches: NDArray[np.float32]) -> None:
        self.patches = patches

    def read(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the first patches of the array, whatever is asked for."""
        return self.patches[: len(indices)]


def noise_store(folder: Path, n_shards: int) -> LogMelStore:
    """Write a store of noise."""
    rng = np.random.default_rng(0)
    stems = [f"shard-{number:05d}" for number in range(n_shards)]
    for stem in stems:
        part = folder / f"{stem}.npy"
        part.touch()
        starts = tuple(range(0, 96 * PER_SOUND, 96))

        def hear(name: str, _path: Path, starts: tuple[int, ...] = starts) -> HeardSound:
            patches = rng.normal(-2, 2, size=(PER_SOUND, *PATCH_SHAPE)).astype(np.float16)
            return HeardSound(SoundRecord(name=name, start_frames=starts), patches)

        names = [f"{stem}/{i}" for i in range(PER_SHARD)]
        spool_sounds(part, "", [(name, part) for name in names], hear, PATCH_SHAPE)
        index = ShardIndex(
            key="",
            names=tuple(names),
            start_frames=(starts,) * PER_SHARD,
            content=("",) * PER_SHARD,
            failures=(),
            n_bytes=part.stat().st_size,
            sha256="",
        )
        (folder / f"{stem}.json").write_text(index.model_dump_json())
    settings = FeatureSettings().model_dump()
    write_json(folder / "store.json", {"format": 1, "settings": settings, "shards": stems})
    return LogMelStore(folder)


def epochs_of(
    source: PatchSource, store: LogMelStore, chosen: argparse.Namespace
) -> Callable[[], object]:
    """Return what trains one epoch of ``chosen.steps`` steps on patches of `source`."""
    settings = TrainingSettings(
        max_epochs=10_000,
        batch_size=chosen.batch,
        epoch_patches=chosen.batch * chosen.steps,
        device="cpu",
        augmentation=AugmentationSettings() if chosen.augment else AugmentationSettings.off(),
        standardise_input=False,
    )
    targets = np.random.default_rng(1).normal(size=(len(store), N_DIMS)).astype(np.float32)
    every = np.arange(store.n_patches)
    data = LabelledPatches(source, every, store.sound_of_patch, targets)
    one = LabelledPatches(source, every[:1], store.sound_of_patch[:1], targets)
    built = build_network(chosen.network, "semdnn", N_DIMS, torch.Generator().manual_seed(0))
    epochs = train(start(built, settings), data, one, settings)
    return lambda: next(epochs)


def main() -> None:
    """Print the ratio."""
    made = parser(__doc__)
    made.add_argument("--network", default="small", choices=list(NETWORKS))
    made.add_argument("--batch", type=int, default=128)
    made.add_argument("--steps", type=int, default=3, help="steps a round")
    made.add_argument("--rounds", type=int, default=4)
    made.add_argument("--shards", type=int, default=16)
    made.add_argument("--augment", action="store_true", help="vary patches as recipes do")
    chosen = made.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        store = noise_store(Path(name), chosen.shards)
        cached = Cached(store.read(np.arange(chosen.batch)))
        sources: dict[str, PatchSource] = {"loading": store, "cached batch": cached}
        epochs = {label: epochs_of(source, store, chosen) for label, source in sources.items()}
        taken = best(in_turn(epochs, chosen.rounds))
    ratio = taken["loading"] / taken["cached batch"]
    size = chosen.shards * PER_SHARD * PER_SOUND * 12_288 / 1e6
    varied = "varied " if chosen.augment else ""
    what = f"training step, {chosen.network}, batch {chosen.batch}, {varied}patches of a store"
    print(f"{what} of {size:.0f} MB: {ratio:.3f} of the time with one cached batch")
    report = Report(chosen)
    report.add(what, "processor time", ratio, "one cached batch")
    report.write()


if __name__ == "__main__":
    main()
