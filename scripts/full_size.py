"""What the paper's library costs, stage by stage: measured on a sample, extrapolated by counting.

    python scripts/full_size.py --sounds 12 --batches 2

Sounds with the paper's durations are generated (48 kHz, stereo, 16 bits; durations by the quantiles
of an exponential distribution with the mean of 2,584 h over 388,211 recordings) and featurised; the
`paper` row takes training steps and hears patches. All in one process on one core, in
processor seconds. Prints Markdown: the measured cost of a unit, then libraries and machines by
multiplication. Columns with GPUs multiply assumptions, not measurements. Words and dictionary are
not here: ``benchmarks/text.py`` and ``balancing.py`` do them at full size.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

PAPER_SOUNDS, PAPER_HOURS = 388_211, 2_584.0
PATCHES_A_SOUND = 1_366_848 / 246_546  # the paper's training patches over its training sounds
TRAINED_SHARE = 246_546 / PAPER_SOUNDS
EPOCHS = 30  # assumed: the paper does not say
GPU_PEAK = 989e12  # dense bf16 of one H100 SXM, by its maker's data sheet
GPU_SHARE = 0.2  # assumed: nothing here was measured on a GPU
SCALING = 0.9  # assumed: what a device is worth in a group of eight


class Library(NamedTuple):
    """A library's size."""

    name: str
    n_sounds: int
    hours: float


class Machine(NamedTuple):
    """Cores, and GPUs (0: training on the cores)."""

    name: str
    n_cores: int
    n_gpus: int
    flags: str


class Costs(NamedTuple):
    """Measured costs in processor seconds."""

    featurise_hour: float  # an hour of sound to patches
    train_patch: float  # a patch in training, `paper` row
    flops_patch: float  # floating-point operations of the same
    hear_patch: float  # a patch through the network, for scoring


LIBRARIES = (
    Library("the paper's", PAPER_SOUNDS, PAPER_HOURS),
    Library("AudioSet-sized", 2_084_320, 5_790.0),
    Library("Freesound-sized", 600_000, 10_000.0),
)
MACHINES = (
    Machine("2 cores", 2, 0, ""),
    Machine("16 cores, 1 GPU *", 16, 1, ""),
    Machine("64 cores, 8 GPUs *", 64, 8, " --devices 8"),
)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of `work`."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _featurised(n_sounds: int) -> float:
    """Return the seconds that an hour of sound takes, its share of small files included."""
    import soundfile  # noqa: PLC0415

    from semdnn.features.shards import FeatureSettings  # noqa: PLC0415
    from semdnn.features.store import featurise  # noqa: PLC0415

    rng = np.random.default_rng(0)
    mean_s = 3600 * PAPER_HOURS / PAPER_SOUNDS
    shares = (np.arange(n_sounds) + 0.5) / n_sounds
    lengths = -np.log1p(-shares)  # quantiles of the exponential distribution
    durations = np.maximum(lengths * mean_s / lengths.mean(), 0.1)
    with tempfile.TemporaryDirectory() as name:
        folder, sounds = Path(name), []
        for i, duration in enumerate(durations):
            noise = 0.1 * rng.standard_normal((round(48_000 * duration), 2))
            soundfile.write(folder / f"{i}.wav", noise, 48_000, subtype="PCM_16")
            sounds.append((f"{i}.wav", folder / f"{i}.wav"))
        settings = FeatureSettings()
        taken = seconds(lambda: featurise(sounds, folder / "store", settings, n_workers=1))
    return float(taken / durations.sum() * 3600)


def _trained(n_batches: int) -> tuple[float, float, float]:
    """Return seconds and operations a training patch, and seconds a patch that is only heard."""
    import torch  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    from semdnn.network.inference import PatchArray, predict  # noqa: PLC0415
    from semdnn.network.registry import build_network  # noqa: PLC0415
    from semdnn.training import loop, state  # noqa: PLC0415
    from semdnn.training.batches import LabelledPatches  # noqa: PLC0415
    from semdnn.training.settings import TrainingSettings  # noqa: PLC0415

    torch.set_num_threads(1)
    batch = 16
    patches = np.random.default_rng(0).normal(size=(batch, 96, 64)).astype(np.float32)
    every = np.arange(batch)
    data = LabelledPatches(PatchArray(patches), every, every, np.eye(batch, 300, dtype=np.float32))
    one = LabelledPatches(data.source, every[:1], every[:1], data.targets)
    settings = TrainingSettings(max_epochs=n_batches + 1, batch_size=batch, device="cpu")
    network = build_network("paper", "semdnn", 300, torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter:
        network(torch.from_numpy(patches)).sum().backward()
    epochs = loop.train(state.start(network, settings), data, one, settings)
    next(epochs)
    taken = seconds(lambda: list(epochs)) / (n_batches * batch)
    heard = seconds(lambda: predict(network, patches)) / batch
    return taken, counter.get_total_flops() / batch, heard


def stages(costs: Costs, library: Library, machine: Machine) -> list[tuple[str, float]]:
    """Return the hours of each stage."""
    n_trained = TRAINED_SHARE * library.n_sounds * PATCHES_A_SOUND * EPOCHS
    n_heard = 0.05 * library.n_sounds * PATCHES_A_SOUND
    if machine.n_gpus:
        group = machine.n_gpus * (SCALING if machine.n_gpus > 1 else 1.0)
        training = n_trained * costs.flops_patch / (GPU_PEAK * GPU_SHARE * group)
    else:
        training = n_trained * costs.train_patch / machine.n_cores
    return [
        ("log-mel store", library.hours * costs.featurise_hour / machine.n_cores / 3600),
        (f"semDNN, {EPOCHS} passes", training / 3600),
        ("hearing the test part", n_heard * costs.hear_patch / machine.n_cores / 3600),
    ]


def _plain(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.2g}"


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sounds", type=int, default=12)
    parser.add_argument("--batches", type=int, default=2)
    chosen = parser.parse_args()
    costs = Costs(_featurised(chosen.sounds), *_trained(chosen.batches))
    cpu = platform.processor() or platform.machine()
    print(f"Measured on one core ({cpu}; {chosen.sounds} sounds, {chosen.batches} batches):\n")
    print("| unit | processor time |\n|---|---|")
    print(f"| an hour of sound to patches | {costs.featurise_hour:.1f} s |")
    print(f"| 1,000 patches in training, `paper` | {1000 * costs.train_patch:.0f} s |")
    print(f"| 1,000 patches heard, `paper` | {1000 * costs.hear_patch:.0f} s |")
    print(f"\n{costs.flops_patch / 1e9:.2f} GFLOP a patch in training.\n\nExtrapolated hours:\n")
    print("| library | stage | " + " | ".join(machine.name for machine in MACHINES) + " |")
    print("|---|---|" + "---|" * len(MACHINES))
    for library in LIBRARIES:
        columns = [stages(costs, library, machine) for machine in MACHINES]
        for rows in zip(*columns, strict=True):
            cells = " | ".join(f"{_plain(hours)}" for _, hours in rows)
            print(f"| {library.name} | {rows[0][0]} | {cells} |")
    for machine in MACHINES:
        print(f"\n{machine.name}: `semdnn reproduce RECIPE --library DIR -o RUN{machine.flags}`")


if __name__ == "__main__":
    main()
