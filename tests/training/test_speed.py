"""What makes training fast changes nothing: patches on the device, a compiled network."""

import dataclasses
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from torch.autograd import DeviceType

from semdnn.features.store import FeatureSettings, featurise
from semdnn.network.registry import build_network
from semdnn.training import loop, resident
from semdnn.training import state as state_module
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import TrainingError
from semdnn.training.loop import train
from semdnn.training.resident import LARGEST_SHARE, hold
from semdnn.training.state import can_compile, has_bfloat16, start, state_tensors
from semdnn.training.team import Team

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
SCRIPT = Path(__file__).parents[2] / "scripts/profile_training.py"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of three sounds of three patches each."""
    folder = tmp_path_factory.mktemp("store")
    sounds = []
    for number in range(3):
        path = folder / f"{number}.wav"
        noise = np.random.default_rng(number).standard_normal(48_000)
        soundfile.write(path, 0.1 * noise, 16_000)
        sounds.append((path.name, path))
    return featurise(sounds, folder / "features", FeatureSettings(), n_workers=1)


@pytest.fixture
def of_store(toy, store):
    targets = np.eye(3, 5, dtype=np.float32)
    indices = np.array([8, 0, 3, 5, 6, 1])
    return dataclasses.replace(
        toy(), source=store, indices=indices, sound_of_patch=indices // 3, targets=targets
    )


def trained(settings, *data):
    network = build_network("tiny", "semdnn", 5, torch.Generator().manual_seed(0))
    state = start(network, settings)
    return state, list(train(state, *data, settings))


@pytest.mark.parametrize("choice", ["auto", "off"])
def test_a_cpu_reads_patches_from_their_source(toy, choice):
    patches = toy()
    assert hold(patches, CPU, choice) is patches


def test_held_patches_are_those_of_the_source_to_the_bit(toy, of_store):
    positions = np.array([3, 3, 0, 5])
    for patches, dtype in ((toy(), torch.float32), (of_store, torch.float16)):
        held = hold(patches, CPU, "on")
        assert held.held.dtype == dtype
        assert len(held.held) == len(patches)
        for own, read in zip(held.batch(positions), patches.batch(positions), strict=True):
            assert own.dtype == read.dtype == torch.float32
            assert torch.equal(own, read)
        assert held.digest() == patches.digest()


def test_auto_holds_what_leaves_the_gpu_room(toy, monkeypatch):
    patches = toy()
    n_bytes = len(patches) * 96 * 64 * 4
    asked = []

    def room(free):
        monkeypatch.setattr(
            torch.cuda, "mem_get_info", lambda device: (asked.append(device), free)[1:] * 2
        )
        monkeypatch.setattr(torch, "empty", lambda *_, **__: pytest.fail("no room for it"))
        return hold(patches, torch.device("cuda"), "auto")

    assert room(int(n_bytes / LARGEST_SHARE) - 1) is patches
    assert asked == [torch.device("cuda")]
    with pytest.raises(pytest.fail.Exception, match="no room for it"):
        room(int(n_bytes / LARGEST_SHARE))


def test_patches_that_do_not_fit_are_told(toy, monkeypatch):
    def full(*_, **__):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate …")

    monkeypatch.setattr(torch, "empty", full)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2_500_000_000, 8_000_000_000))
    many = dataclasses.replace(
        toy(), indices=np.zeros(200_000, int), sound_of_patch=np.zeros(200_000, int)
    )
    told = r'200000 patches need 4\.9 GB .* cuda:0, of which 2\.5 GB are free: set resident = "off"'
    with pytest.raises(TrainingError, match=told):
        hold(many, CUDA, "on")


@pytest.mark.parametrize("rank", [0, 1])
def test_one_process_alone_shows_a_bar(toy, toy_settings, monkeypatch, rank):
    bars = []

    def track(items, *, label, total):
        bars.append((label, total))
        return items

    monkeypatch.setattr(resident, "track", track)
    network = build_network("tiny", "semdnn", 5, torch.Generator().manual_seed(0))
    settings = toy_settings(resident="on", max_epochs=0)
    state = start(network, settings)
    state.team = type("Other", (Team,), {"rank": rank})()
    assert list(train(state, toy(), toy(seed=1), settings)) == []
    assert bars == ([] if rank else 2 * [("patches to cpu", 1)])


@pytest.mark.parametrize(
    ("capability", "compilers", "compiles", "bfloat16"),
    [
        ((6, 1), {"gcc"}, False, False),
        ((7, 0), {"gcc"}, True, False),
        ((8, 0), {"clang"}, True, True),
        ((9, 0), set(), False, True),
    ],
)
def test_what_a_gpu_can_decides(monkeypatch, capability, compilers, compiles, bfloat16):
    monkeypatch.setattr(state_module, "find_spec", lambda name: name == "triton")
    monkeypatch.setattr(state_module.shutil, "which", lambda name: name in compilers or None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.delenv("CC", raising=False)
    assert (can_compile(CUDA), has_bfloat16(CUDA)) == (compiles, bfloat16)
    assert not can_compile(CPU)
    assert not has_bfloat16(CPU)
    monkeypatch.setenv("CC", "/no/compiler")
    assert not can_compile(CUDA)
    monkeypatch.setattr(state_module, "find_spec", lambda _: None)
    monkeypatch.delenv("CC")
    assert not can_compile(CUDA)


def test_the_average_moves_as_tensor_by_tensor(toy, toy_settings, monkeypatch):
    """The literal form: a walk through both networks at every step."""

    @torch.no_grad()
    def literal(state, decay, step):
        weight = 1.0 - min(decay, (1 + step) / (10 + step))
        theirs = state.network.state_dict()
        for name, mean in state.average.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(theirs[name], weight)
            else:
                mean.copy_(theirs[name])

    settings, ends = toy_settings(average_decay=0.9), []
    for change in (False, True):
        if change:
            monkeypatch.setattr(loop, "_update_average", literal)
        state, _ = trained(settings, toy(), toy(seed=1))
        ends.append(state_tensors(state))
    assert all(torch.equal(ends[1][name], value) for name, value in ends[0].items())
    name = "network.output.weight"
    assert not torch.equal(ends[0][name], ends[0][name.replace("network", "average")])


def test_training_on_held_patches_is_the_same_training(toy, toy_settings):
    weights = []
    for choice in ("off", "on"):
        state, epochs = trained(toy_settings(resident=choice, max_epochs=2), toy(), toy(seed=1))
        weights.append(state_tensors(state))
        assert len(epochs) == 2
    assert all(torch.equal(weights[1][name], value) for name, value in weights[0].items())


def test_a_compiled_network_trains_alike(toy, toy_settings, monkeypatch):
    compile_network, compiled = torch.compile, []

    def traced(network):  # traced and taken apart as for a GPU, but run without generated code
        compiled.append(network)
        return compile_network(network, backend="aot_eager", fullgraph=True)

    monkeypatch.setattr(torch, "compile", traced)
    runs = {}
    for choice in ("off", "on"):
        settings = toy_settings(compiled=choice, max_epochs=2)
        state, epochs = trained(settings, toy(), toy(seed=1))
        runs[choice] = ([epoch.train_loss for epoch in epochs], state_tensors(state))
    assert compiled == [state.network]
    np.testing.assert_allclose(runs["on"][0], runs["off"][0], rtol=0.02)
    assert runs["on"][1].keys() == runs["off"][1].keys()  # a checkpoint does not show it


@pytest.mark.slow
def test_the_profile_bounds_a_step_from_below():
    given = ("--network", "tiny", "--batch", "8", "--steps", "1", "--device", "cpu")
    given += ("--augment", "--peak", "0.5")
    done = subprocess.run(
        [sys.executable, SCRIPT, *given], capture_output=True, text=True, check=True
    )
    least = [
        float(row.split("|")[-2])
        for row in done.stdout.splitlines()
        if " | memory |" in row or " | operations |" in row
    ]
    taken = float(re.search(r"a step takes ([\d.]+) ms", done.stdout)[1])
    assert len(least) == 8  # six convolutions, two matrix products
    assert 0 < sum(least) < taken
    assert "`aten::convolution_backward`" in done.stdout
    assert "of the stated peak of 0.5 TFLOP/s" in done.stdout


@pytest.fixture
def profiling(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    return importlib.import_module(SCRIPT.stem)


def test_a_profile_counts_a_gpus_time_once(profiling):
    operator, kernel, named, optimiser = (
        SimpleNamespace(key=key, device_type=kind, is_user_annotation=key == "named")
        for key, kind in (
            ("aten::mm", DeviceType.CPU),
            ("sm90_gemm", DeviceType.CUDA),
            ("named", DeviceType.CUDA),
            ("Optimizer.step#Adam.step", DeviceType.CUDA),
        )
    )
    rows = [operator, kernel, named, optimiser]
    assert profiling.counted_once(rows, CUDA) == [kernel]
    assert profiling.counted_once(rows, CPU) == [operator]


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA A100-SXM4-40GB", 312),
        ("Tesla V100", None),
    ],
)
def test_the_stated_peak_is_that_of_the_card(profiling, name, peak):
    assert profiling.stated_peak(name) == peak


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("compiled", ["off", "on"])
def test_a_gpu_holds_patches_and_compiles(toy, toy_settings, compiled):
    losses = []
    for choice in ("off", "on"):
        settings = toy_settings(device="cuda", resident=choice, compiled=compiled, max_epochs=3)
        _, epochs = trained(settings, toy(), toy(seed=1))
        losses.append([epoch.valid_loss for epoch in epochs])
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.05)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", ["semdnn", "catdnn", "cae"])
@pytest.mark.parametrize("choice", ["off", "on"])
def test_no_step_waits_for_the_gpu(toy, toy_settings, kind, choice):
    settings = toy_settings(
        device="cuda",
        resident=choice,
        augmentation=AugmentationSettings(),
        average_decay=0.9,
        clip_norm=1.0,
        weight_decay=0.01,
        compiled="off",
    )
    network = build_network("tiny", kind, toy(kind).targets.shape[1], torch.Generator())

    def watch(batches, epoch, _):
        torch.cuda.set_sync_debug_mode("error" if epoch > 1 else "default")  # first: it starts up
        yield from batches
        torch.cuda.set_sync_debug_mode("default")  # the epoch's mean and validation wait

    try:
        epochs = list(
            train(start(network, settings), toy(kind), toy(kind, seed=1), settings, watch=watch)
        )
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(epochs) == settings.max_epochs > 1
