"""Several processes train like one, and are killed and resumed like one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from semdnn.cli.main import main
from semdnn.semantics import nnls
from semdnn.training.batches import TrainingError, share_of_epoch
from semdnn.training.run import read_tensors
from semdnn.training.team import ALONE, limit_threads, open_team

PROGRAM = Path(__file__).with_name("team_program.py")
SAME = 1e-4  # share of the loss, without normalisation and dropout: rounding, grown by Adam
ALIKE = 0.1  # share of the loss, of the whole network: batch statistics and dropout differ


def run(*arguments, launcher=()):
    command = [sys.executable, *launcher, PROGRAM, *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, start_new_session=True
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done


def curves(*arguments):
    return json.loads(run("curves", *arguments).stdout.splitlines()[-1])


def differences(losses, reference):
    """Share by which losses differ [shape=(epochs, 2)]: of training, of validation."""
    return np.abs(np.array(losses) / np.array(reference) - 1)


@pytest.mark.slow
def test_two_processes_and_accumulation_train_like_one_with_the_doubled_batch():
    pytest.importorskip("lightning_fabric", reason="the extra `distributed` is not installed")
    doubled = curves(1, 32, 1)
    accumulated = curves(1, 16, 2)
    two = curves(2, 16, 1)
    assert (doubled["n_processes"], two["n_processes"]) == (1, 2)
    halved = curves(1, 16, 1)  # the comparison has to tell it from the others
    for other, is_same in ((accumulated, True), (two, True), (halved, False)):
        assert (differences(other["exact"], doubled["exact"]).max() < SAME) == is_same
        of_training = differences(other["whole"], doubled["whole"])[:, 0]
        assert (of_training.max() < ALIKE) == is_same
    assert differences(two["whole"], doubled["whole"])[-1, 1] < ALIKE  # validation at the end
    # Normalisation as well, where one process normalises the halves of its batch separately; in
    # validation rounding has grown beyond that by the fourth epoch.
    of_halves = differences(two["certain"], doubled["halves"])
    assert of_halves[:, 0].max() < SAME
    assert of_halves[:2, 1].max() < SAME
    assert differences(two["certain"], doubled["certain"])[:, 0].max() > 10 * SAME


@pytest.mark.slow
def test_two_processes_killed_and_resumed_end_with_the_same_bits(tmp_path):
    pytest.importorskip("lightning_fabric", reason="the extra `distributed` is not installed")
    run("run", 2, tmp_path / "whole", 0)
    killed = run("run", 2, tmp_path / "cut", 2)
    assert killed.returncode == -signal.SIGKILL
    assert killed.stdout.splitlines() == ["epoch 1 of 2", "epoch 2 of 2"]
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    resumed = run("run", 1, tmp_path / "cut", 0, launcher=torchrun)
    assert resumed.stdout.splitlines() == ["epoch 3 of 2", "epoch 4 of 2"]
    assert json.loads((tmp_path / "cut/run.json").read_text())["n_processes"] == 2
    ours, whole = (
        read_tensors(tmp_path / name / "state.safetensors")[0] for name in ("cut", "whole")
    )
    assert ours.keys() == whole.keys()
    assert all(torch.equal(ours[name], value) for name, value in whole.items())
    best = "best.safetensors"
    assert (tmp_path / "cut" / best).read_bytes() == (tmp_path / "whole" / best).read_bytes()


RECIPE = """
name = "r"
network = "tiny"
[procedural]
n_sounds = 60
[dictionary]
min_count = 2
n_clusters = 4
[split]
validation = 0.15
test = 0.2
[training]
max_epochs = 1
batch_size = 8
device = "cpu"
"""


@pytest.mark.slow
def test_one_flag_on_the_command_line_trains_with_two(tmp_path):
    pytest.importorskip("lightning_fabric", reason="the extra `distributed` is not installed")
    recipe, folder = tmp_path / "r.toml", tmp_path / "run"
    recipe.write_text(RECIPE)
    command = [sys.executable, "-m", "semdnn", "train", recipe, "-o", folder, "--devices", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith("semdnn epoch 1: ") for line in lines) == 1  # only one speaks
    for kind in ("semdnn", "catdnn"):
        assert json.loads((folder / f"models/{kind}/run.json").read_text())["n_processes"] == 2
        assert (folder / f"models/{kind}/best.safetensors").is_file()
    assert main(["train", str(recipe), "-o", str(folder)]) == 2  # one process is another run


def test_one_process_needs_no_fabric(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with open_team() as team:
        assert team is ALONE
    with (
        pytest.raises(TrainingError, match=r"semdnn\[distributed\]"),
        open_team(2),
    ):
        pytest.fail("Fabric is hidden")


def test_devices_that_are_not_there_are_one_line():
    pytest.importorskip("lightning_fabric", reason="the extra `distributed` is not installed")
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(TrainingError, match="no CUDA device"), open_team(2, device="cuda"):
        pytest.fail("there is none")


@pytest.mark.parametrize(
    ("share", "chosen", "environment", "expected"),
    [
        ("150000 100000", 9, None, 2),
        ("max 100000", 9, None, 4),
        ("900000 100000", 9, None, 4),
        ("20000 100000", 9, None, 1),
        (None, 9, None, 4),
        ("150000 100000", 1, None, 1),
        ("150000 100000", 9, "9", 9),
    ],
)
def test_threads_are_no_more_than_the_usable_cores(
    tmp_path, monkeypatch, share, chosen, environment, expected
):
    told = tmp_path / "cpu.max"
    if share is not None:
        told.write_text(f"{share}\n")
    monkeypatch.setattr(nnls, "CONTAINER_SHARE", told)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    if environment is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", environment)
    torch.set_num_threads(chosen)
    limit_threads()
    assert torch.get_num_threads() == expected


@pytest.mark.parametrize(("accumulate", "n_processes"), [(1, 1), (2, 1), (1, 3), (2, 3)])
def test_a_step_takes_the_same_patches_however_they_are_shared(accumulate, n_processes):
    order, size = np.random.default_rng(0).permutation(53), 4
    shares = [
        share_of_epoch(order, size, accumulate=accumulate, rank=rank, n_processes=n_processes)
        for rank in range(n_processes)
    ]
    step = accumulate * size * n_processes
    for number in range(shares[0].n_steps):
        mine = accumulate * size
        taken = [share.order[number * mine : (number + 1) * mine] for share in shares]
        expected = order[number * step : (number + 1) * step]
        assert sorted(np.concatenate(taken)) == sorted(expected)
    assert {share.n_steps for share in shares} == {len(order) // step}


def test_too_few_patches_for_a_step_of_several_batches_are_told():
    with pytest.raises(TrainingError, match="7 patches, but a step takes 2 batches of 4"):
        share_of_epoch(np.arange(7), 4, accumulate=2)
