"""What the paper's library costs, stage by stage: measured on a sample, extrapolated by counting.

    python scripts/full_size_library.py > library.json
    python scripts/full_size.py --sounds 12 --batches 2 --library library.json

Sounds with the paper's durations are generated (48 kHz, stereo, 16 bits; durations by the quantiles
of an exponential distribution with the mean of 2,584 h over 388,211 recordings) and featurised; the
`paper` row takes training steps and hears patches; predictions are scored against 9,960 words. All
in one process on one core, in processor seconds. Everything that is done with metadata alone was
done at full size by ``full_size_library.py``, whose result is `--library`. Prints Markdown: the
measured cost of each stage, then libraries and machines by multiplication. Columns with GPUs
multiply assumptions, not measurements.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

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

    decode_hour: float  # an hour of sound to samples at 16 kHz
    front_end_hour: float  # those samples to log-mels
    featurise_hour: float  # an hour of sound to patches in a store: both, and writing
    print_sound: float  # a sound's fingerprint, for near-duplicates
    train_patch: float  # a patch in training, `paper` row
    flops_patch: float  # floating-point operations of the same
    hear_patch: float  # a patch through the network, for scoring
    score_sound: float  # a prediction decoded, ranked and matched
    metadata_sound: float  # a sound's share of all that needs metadata alone


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


def _featurised(n_sounds: int) -> tuple[float, float, float, float]:
    """Return the seconds that an hour of sound takes, and that a sound's fingerprint takes.

    Decoding, the front end, and all of featurising, the share of small files included.
    """
    import soundfile  # noqa: PLC0415

    from semdnn.audio.waveform import read  # noqa: PLC0415
    from semdnn.features.duplicates import fingerprint, unit_level  # noqa: PLC0415
    from semdnn.features.logmel import log_mel  # noqa: PLC0415
    from semdnn.features.shards import FeatureSettings  # noqa: PLC0415
    from semdnn.features.store import LogMelStore, featurise  # noqa: PLC0415

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
        samples: list[np.ndarray] = []
        decoding = seconds(lambda: samples.extend(read(path) for _, path in sounds))
        front_end = seconds(lambda: [log_mel(own) for own in samples])
        whole = seconds(lambda: featurise(sounds, folder / "store", settings, n_workers=1))
        store = LogMelStore(folder / "store")

        def describe() -> None:
            for sound in range(len(store)):
                frames = store.read(np.flatnonzero(store.sound_of_patch == sound)).reshape(-1, 64)
                fingerprint(unit_level(frames, settings.log_offset))

        describe()  # the first call loads what it needs
        printing = seconds(describe) / n_sounds
    an_hour = 3600 / float(durations.sum())
    return decoding * an_hour, front_end * an_hour, whole * an_hour, printing


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


def _scored(n_sounds: int, n_words: int = 9_960, n_dims: int = 300) -> float:
    """Return the seconds that a prediction takes to be decoded, ranked and matched."""
    from scipy.sparse import csr_array  # noqa: PLC0415

    from semdnn.experiment.word_scores import score_words  # noqa: PLC0415
    from semdnn.semantics.dictionary import Dictionary  # noqa: PLC0415

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(n_words, n_dims)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = tuple(f"word {i}" for i in range(n_words))
    none = np.zeros(n_words, np.int64)
    dictionary = Dictionary(words, vectors, none, none.astype(np.int32), "made up", 1.0)
    true = rng.integers(n_words, size=(n_sounds, 3))
    heard = vectors[true].mean(axis=1) + rng.normal(size=(n_sounds, n_dims)) / n_dims
    cells = (np.ones(true.size, bool), (np.repeat(np.arange(n_sounds), 3), true.ravel()))
    truth = csr_array(cells, shape=(n_sounds, n_words))
    predictions = heard.astype(np.float32)
    return seconds(lambda: score_words(predictions, None, dictionary, truth)) / n_sounds


def stages(costs: Costs, library: Library, machine: Machine) -> list[tuple[str, float]]:
    """Return the hours of each stage."""
    n_trained = TRAINED_SHARE * library.n_sounds * PATCHES_A_SOUND * EPOCHS
    n_heard = 0.05 * library.n_sounds * PATCHES_A_SOUND
    if machine.n_gpus:
        group = machine.n_gpus * (SCALING if machine.n_gpus > 1 else 1.0)
        training = n_trained * costs.flops_patch / (GPU_PEAK * GPU_SHARE * group)
    else:
        training = n_trained * costs.train_patch / machine.n_cores
    n_sounds = library.n_sounds
    return [
        ("log-mel store", library.hours * costs.featurise_hour / machine.n_cores / 3600),
        ("fingerprints (one core)", n_sounds * costs.print_sound / 3600),
        ("metadata to targets (one core)", n_sounds * costs.metadata_sound / 3600),
        (f"semDNN, {EPOCHS} passes", training / 3600),
        ("hearing the test part", n_heard * costs.hear_patch / machine.n_cores / 3600),
        ("scoring it", 0.05 * n_sounds * costs.score_sound / machine.n_cores / 3600),
    ]


def _plain(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.2g}"


def _print_measured(costs: Costs, chosen: argparse.Namespace, found: dict[str, Any]) -> None:
    cpu = platform.processor() or platform.machine()
    counts = f"{chosen.sounds} sounds, {chosen.batches} batches, {chosen.predictions} predictions"
    print(f"Measured on one core ({cpu}; {counts}):\n")
    print("| unit | processor time | peak |\n|---|---|---|")
    print(f"| an hour of sound decoded | {costs.decode_hour:.1f} s | |")
    print(f"| its log-mels | {costs.front_end_hour:.1f} s | |")
    print(f"| both, and written to the store | {costs.featurise_hour:.1f} s | |")
    print(f"| 1,000 sounds' fingerprints | {1000 * costs.print_sound:.1f} s | |")
    print(f"| 1,000 patches in training, `paper` | {1000 * costs.train_patch:.0f} s | |")
    print(f"| 1,000 patches heard, `paper` | {1000 * costs.hear_patch:.0f} s | |")
    print(f"| 1,000 predictions scored | {1000 * costs.score_sound:.1f} s | |")
    for name, stage in found["stages"].items():
        print(f"| {found['n_sounds']:,}: {name} | {stage['cpu_s']} s | {stage['peak_mib']:,} MiB |")
    print(f"\n{costs.flops_patch / 1e9:.2f} GFLOP a patch in training.\n\nExtrapolated hours:\n")


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sounds", type=int, default=12)
    parser.add_argument("--batches", type=int, default=2)
    parser.add_argument("--predictions", type=int, default=128)
    parser.add_argument("--library", type=Path, required=True)
    chosen = parser.parse_args()
    found = json.loads(chosen.library.read_text())
    taken = sum(stage["cpu_s"] for stage in found["stages"].values()) / found["n_sounds"]
    heard, trained = _featurised(chosen.sounds), _trained(chosen.batches)
    costs = Costs(*heard, *trained, _scored(chosen.predictions), taken)
    _print_measured(costs, chosen, found)
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
