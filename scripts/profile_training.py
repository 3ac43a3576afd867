"""Where a training step's time goes, and the least that this device needs for it.

    python scripts/profile_training.py --network paper --batch 64

Three tables: the operations that take most time (`torch.profiler`), the layers with their work and
traffic, and the step against its bound. A layer's bound is the larger of its operations over the
speed of a large matrix product and its bytes over the speed of a large copy, both measured here,
in the step's own precision (bfloat16 on a GPU, float32 on a CPU). Traffic counts what a layer has
to read and write once, forwards and backwards, as if all that follows a convolution (ReLU,
pooling, dropout, normalisation) cost no traffic at all; so no step of unfused convolutions can be
faster than the bound. Augmentation is left out unless ``--augment`` is given; no bound counts it.

References
----------
Williams, Waterman & Patterson (2009), "Roofline", doi:10.1145/1498765.1498785.
"""

import argparse
import platform
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from semdnn.network.inference import PatchArray
from semdnn.network.registry import NETWORKS, build_network
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import LabelledPatches
from semdnn.training.loop import train
from semdnn.training.settings import TrainingSettings
from semdnn.training.state import start

N_DIMS, N_TOP = 300, 12
PEAKS = {"H200": 989.0, "H100 PCIe": 756.0, "H100": 989.0, "A100": 312.0}
"""TFLOP/s of dense bfloat16 as the maker states them, by part of the name; the first that fits."""


class Device(NamedTuple):
    """What a device can do at most: operations and bytes a second, in the step's precision."""

    name: str
    dtype: torch.dtype
    flops: float
    bandwidth: float


class Layer(NamedTuple):
    """Operations and bytes of one layer in a training step, forwards and backwards."""

    name: str
    flops: float
    n_bytes: float

    def bound(self, device: Device) -> float:
        """Return the least time in seconds."""
        return max(self.flops / device.flops, self.n_bytes / device.bandwidth)


def best_time(device: torch.device, work: Callable[[], object], n: int = 7) -> float:
    """Return the shortest of `n` times in seconds, after one that does not count."""
    times = []
    for _ in range(n + 1):
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - started)
    return min(times[1:])


def measure(device: torch.device) -> Device:
    """Return what the device reaches with a large product and a large copy."""
    on_gpu = device.type == "cuda"
    dtype, side = (torch.bfloat16, 8192) if on_gpu else (torch.float32, 2048)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    flops = 2 * side**3 / best_time(device, lambda: a @ b)
    source = torch.zeros(1 << (28 if on_gpu else 26), dtype=dtype, device=device)
    target = torch.empty_like(source)
    moved = 2 * source.numel() * dtype.itemsize
    bandwidth = moved / best_time(device, lambda: target.copy_(source))
    name = torch.cuda.get_device_name(device) if on_gpu else platform.processor() or "CPU"
    return Device(name, dtype, flops, bandwidth)


def layers_of(network: nn.Module, batch: int, itemsize: int) -> list[Layer]:
    """Return the work of each convolution and matrix product of a step with `batch` patches."""
    found, handles = [], []

    def count(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            weight = layer.get_parameter("weight")
            n_in, n_out, n_w = inputs[0].numel(), output.numel(), weight.numel()
            # The first layer's input asks for no gradient.
            n_passes = 3 if found else 2
            values = n_passes * (n_in + n_out + n_w)
            found.append(Layer(name, n_passes * 2 * n_out * weight[0].numel(), values * itemsize))

        return hook

    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            handles.append(layer.register_forward_hook(count(name)))
    with torch.no_grad():
        network(torch.zeros(batch, 96, 64, device=network.get_buffer("input_mean").device))
    for handle in handles:
        handle.remove()
    return found


def our_step(
    network: str, batch: int, device: torch.device, n_steps: int, *, augmented: bool
) -> Callable[[], object]:
    """Return an epoch of `n_steps` steps of `semdnn.training.loop.train`."""
    rng = np.random.default_rng(0)
    n_patches = batch * n_steps
    patches = rng.normal(-2, 2, size=(n_patches, 96, 64)).astype(np.float32)
    targets = rng.normal(size=(n_patches, N_DIMS)).astype(np.float32)
    indices = np.arange(n_patches)
    data = LabelledPatches(PatchArray(patches), indices, indices, targets)
    one = LabelledPatches(data.source, indices[:1], indices[:1], targets[:1])
    settings = TrainingSettings(
        max_epochs=10_000,
        batch_size=batch,
        device=device.type,
        augmentation=AugmentationSettings() if augmented else AugmentationSettings.off(),
    )
    state = start(
        build_network(network, "semdnn", N_DIMS, torch.Generator().manual_seed(0)), settings
    )
    epochs = train(state, data, one, settings)
    return lambda: next(epochs)


def show_operations(step: Callable[[], object], device: torch.device) -> None:
    """Print the operations that take most of an epoch's time."""
    kinds = [ProfilerActivity.CPU]
    if device.type == "cuda":
        kinds.append(ProfilerActivity.CUDA)
    with profile(activities=kinds) as profiled:
        step()
    field = "self_device_time_total" if device.type == "cuda" else "self_cpu_time_total"
    rows = counted_once(profiled.key_averages(), device)
    rows.sort(key=lambda row: -getattr(row, field))
    total = sum(getattr(row, field) for row in rows)
    print("\n| operation | share of time | calls |\n|---|---:|---:|")
    for row in rows[:N_TOP]:
        print(f"| `{row.key[:60]}` | {getattr(row, field) / total:.1%} | {row.count} |")


def counted_once(rows: Iterable[Any], device: torch.device) -> list[Any]:
    """Return the rows of a profile that add up to its time: of a GPU its kernels alone.

    A kernel's time stands in its own row, in that of the operator that started it, and in those of
    the passages that somebody named.
    """
    kind = DeviceType.CUDA if device.type == "cuda" else DeviceType.CPU
    return [
        row
        for row in rows
        if row.device_type == kind
        and not (
            kind == DeviceType.CUDA
            and (getattr(row, "is_user_annotation", False) or "#" in row.key)
        )
    ]


def stated_peak(name: str) -> float | None:
    """Return the TFLOP/s that a device's maker states, None of one that is not in the table."""
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="paper", choices=list(NETWORKS))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument(
        "--steps", type=int, help="steps that are timed together; by default 100, on a CPU 2"
    )
    parser.add_argument("--augment", action="store_true", help="vary patches as recipes do")
    parser.add_argument(
        "--peak", type=float, metavar="TFLOPS", help="the device's stated dense peak"
    )
    parser.add_argument("--threads", type=int, default=1, help="of a CPU")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    on_gpu = options.device != "cpu" and torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    n_steps = options.steps or (100 if on_gpu else 2)
    can = measure(device)
    network = build_network(options.network, "semdnn", N_DIMS, torch.Generator())
    layers = layers_of(network.to(device).eval(), options.batch, can.dtype.itemsize)
    step = our_step(options.network, options.batch, device, n_steps, augmented=options.augment)
    taken = best_time(device, step, n=3) / n_steps
    print(
        f"{can.name}, torch {torch.__version__}, {can.dtype}: {can.flops / 1e9:,.0f} GFLOP/s in a "
        f"matrix product, {can.bandwidth / 1e9:.0f} GB/s in a copy"
    )
    print(
        "\n| layer | GFLOP | MB | FLOP/byte | bound by | least ms |\n|---|---:|---:|---:|---|---:|"
    )
    for layer in layers:
        by = "operations" if layer.bound(can) == layer.flops / can.flops else "memory"
        print(
            f"| {layer.name} | {layer.flops / 1e9:.2f} | {layer.n_bytes / 1e6:.1f} | "
            f"{layer.flops / layer.n_bytes:.0f} | {by} | {1e3 * layer.bound(can):.2f} |"
        )
    show_operations(step, device)
    bound = sum(layer.bound(can) for layer in layers)
    flops = sum(layer.flops for layer in layers)
    print(
        f"\n{options.network}, {options.batch} patches: a step takes {1e3 * taken:.1f} ms "
        f"({options.batch / taken:,.0f} patches a second, {flops / taken / 1e9:,.0f} GFLOP/s: "
        f"{flops / taken / can.flops:.2f} of the product's speed), at least {1e3 * bound:.1f} ms "
        f"by the table: {bound / taken:.2f} of what it could be"
    )
    peak = options.peak or stated_peak(can.name)
    if peak:
        print(f"{flops / taken / peak / 1e12:.3g} of the stated peak of {peak:,g} TFLOP/s")


if __name__ == "__main__":
    main()
