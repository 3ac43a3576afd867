"""A training step of ours against a plain PyTorch loop of the same network, in one run.

The peer is what one would write first: the same layers, weights and loss (arccos of a clamped
cosine), default memory layout, `torch.optim.Adam` with its defaults, patches gathered from a
float32 array. Neither side augments unless ``--augment`` is given, which adds ours as a third
row. Times are interleaved, and the best of several rounds counts, so that other work on the
machine disturbs both alike. On one thread CPU seconds are counted, otherwise wall-clock seconds.

    python benchmarks/training.py --network small --threads 1
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from measure import Report, best, in_turn, parser
from semdnn.network.inference import PatchArray
from semdnn.network.registry import NETWORKS, build_network
from semdnn.network.sound_network import SoundNetwork
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import LabelledPatches
from semdnn.training.loop import train
from semdnn.training.settings import TrainingSettings
from semdnn.training.state import start

N_DIMS = 300


def plain_network(network: SoundNetwork) -> nn.Sequential:
    """Return the same layers in the textbook's order: convolution, ReLU, pool, dropout, norm."""
    layers: list[nn.Module] = []
    for block in network.encoder.blocks:
        for convolution in block.convolutions:
            layers += [convolution, nn.ReLU()]
        layers += [nn.MaxPool2d(2), block.dropout, block.norm]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    for dense in network.encoder.dense:
        layers += [dense.linear, nn.ReLU(), dense.dropout, dense.norm]
    plain = nn.Sequential(*layers, network.output)
    return plain.to(memory_format=torch.contiguous_format)


def plain_epoch(
    network: nn.Module, patches: NDArray[np.float32], targets: NDArray[np.float32], batch: int
) -> Callable[[], None]:
    """Return an epoch of the loop that one would write first."""
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)

    def epoch() -> None:
        network.train()
        order = np.random.default_rng(0).permutation(len(patches))
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            outputs = network(torch.from_numpy(patches[chosen])[:, None])
            wanted = torch.from_numpy(targets[chosen])
            cosine = nn.functional.cosine_similarity(outputs, wanted).clamp(-1 + 1e-6, 1 - 1e-6)
            loss = (torch.arccos(cosine) / torch.pi).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return epoch


def our_epoch(
    name: str, data: LabelledPatches, batch: int, augmentation: AugmentationSettings
) -> Callable[[], None]:
    """Return an epoch of `semdnn.training.loop.train`; its validation is one patch."""
    settings = TrainingSettings(
        max_epochs=10_000, batch_size=batch, device="cpu", augmentation=augmentation
    )
    network = build_network(name, "semdnn", N_DIMS, torch.Generator().manual_seed(0))
    one = LabelledPatches(data.source, data.indices[:1], data.sound_of_patch[:1], data.targets)
    epochs = train(start(network, settings), data, one, settings)
    return lambda: next(epochs, None) and None


def patches_per_second(
    epochs: dict[str, Callable[[], None]], n_patches: int, n_rounds: int, n_threads: int
) -> dict[str, float]:
    """Time each epoch in turn, `n_rounds` times after one to warm up; the best round counts."""
    clock = time.process_time if n_threads == 1 else time.perf_counter
    taken = best(in_turn(epochs, n_rounds, clock=clock, n_warm_up=1))
    return {name: n_patches / seconds for name, seconds in taken.items()}


def main() -> None:
    """Print patches a second and the ratio."""
    made = parser(__doc__)
    made.add_argument("--network", default="small", choices=list(NETWORKS))
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--batch", type=int, default=128)
    made.add_argument("--steps", type=int, default=2, help="steps a round")
    made.add_argument("--rounds", type=int, default=4)
    made.add_argument("--augment", action="store_true", help="time ours with augmentation, too")
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    n_patches = chosen.batch * chosen.steps
    rng = np.random.default_rng(0)
    patches = rng.normal(-2, 2, size=(n_patches, 96, 64)).astype(np.float32)
    targets = rng.normal(size=(n_patches, N_DIMS)).astype(np.float32)
    indices = np.arange(n_patches)
    data = LabelledPatches(PatchArray(patches), indices, indices, targets)
    network = build_network(chosen.network, "semdnn", N_DIMS, torch.Generator().manual_seed(0))
    epochs = {
        "plain PyTorch loop": plain_epoch(plain_network(network), patches, targets, chosen.batch),
        "semdnn": our_epoch(chosen.network, data, chosen.batch, AugmentationSettings.off()),
    }
    if chosen.augment:
        epochs["semdnn, augmenting"] = our_epoch(
            chosen.network, data, chosen.batch, AugmentationSettings()
        )
    speeds = patches_per_second(epochs, n_patches, chosen.rounds, chosen.threads)
    report = Report(chosen)
    theirs = speeds.pop("plain PyTorch loop")
    print(f"{chosen.network}: a plain PyTorch loop trains {theirs:.1f} patches a second")
    for name, speed in speeds.items():
        print(f"{name}: {speed:.1f} patches a second, ratio {speed / theirs:.3f}")
        rest = f"{chosen.network}, batch {chosen.batch}, threads {chosen.threads}"
        what = f"training step{name.removeprefix('semdnn')}, {rest}"
        quantity = "speed in processor time" if chosen.threads == 1 else "speed"
        report.add(what, quantity, speed / theirs, "plain PyTorch loop")
    report.write()


if __name__ == "__main__":
    main()
