"""What the tests of several processes run: a toy task and the processes that are asked for."""

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from semdnn.features.store import FeatureSettings
from semdnn.network.inference import PatchArray
from semdnn.network.registry import build_network
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import LabelledPatches
from semdnn.training.job import TrainingJob
from semdnn.training.loop import train
from semdnn.training.run import train_run
from semdnn.training.settings import TrainingSettings
from semdnn.training.state import start
from semdnn.training.team import open_team

N_CLASSES, N_PATCHES = 5, 250  # not a multiple of a step's 32


def toy(seed):
    """Patches whose loud band tells their sound's target."""
    rng = np.random.default_rng(seed)
    sounds = np.arange(N_PATCHES) // 2
    classes = sounds % N_CLASSES
    patches = rng.normal(-2, 0.5, size=(N_PATCHES, 96, 64)).astype(np.float32)
    for patch, kind in zip(patches, classes, strict=True):
        patch[:, 12 * kind : 12 * kind + 8] += 4
    targets = np.eye(N_CLASSES, dtype=np.float32)[np.arange(N_PATCHES // 2) % N_CLASSES]
    return LabelledPatches(PatchArray(patches), np.arange(N_PATCHES), sounds, targets)


def settings_of(**changes):
    parts = {"max_epochs": 4, "learning_rate": 3e-4, "device": "cpu"}
    off = {"augmentation": AugmentationSettings.off()}
    return TrainingSettings(**(parts | off | changes))


def without_normalisation(network):
    """Take out what sees a batch's size or chance: normalisation and dropout."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d | nn.Dropout):
                setattr(module, name, nn.Identity())
    return network


class HalfBatches(nn.Module):
    """Batch normalisation that normalises either half of a batch by itself, as two processes do.

    The running statistics are the mean of what each half would have made of them.
    """

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, values: Tensor) -> Tensor:
        if not self.training:
            return self.layer(values)
        own = self.layer
        parts, means, variances = [], [], []
        for half in values.chunk(2):
            mean, variance = own.running_mean.clone(), own.running_var.clone()
            parts.append(
                functional.batch_norm(
                    half, mean, variance, own.weight, own.bias, True, own.momentum, own.eps
                )
            )
            means.append(mean)
            variances.append(variance)
        own.running_mean.copy_(sum(means) / 2)
        own.running_var.copy_(sum(variances) / 2)
        return torch.cat(parts)


def without_dropout(network, *, in_halves=False):
    """Take out dropout; normalise half batches if that is wanted."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, nn.Identity())
            elif in_halves and isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
                setattr(module, name, HalfBatches(child))
    return network


CHANGES = {
    "exact": without_normalisation,
    "whole": lambda network: network,
    "certain": without_dropout,
    "halves": partial(without_dropout, in_halves=True),
}


def curves(team, settings):
    """Return the losses of the epochs, with and without what depends on a process's batch."""
    found = {}
    for name, change in CHANGES.items():
        network = build_network("tiny", "semdnn", N_CLASSES, torch.Generator().manual_seed(0))
        state = start(change(network), settings, team)
        epochs = list(train(state, toy(0), toy(1), settings))
        found[name] = [(epoch.train_loss, epoch.valid_loss) for epoch in epochs]
        weights = torch.cat([value.ravel() for value in state.network.state_dict().values()])
        assert torch.allclose(weights, team.of_first(weights), rtol=0, atol=0)
    return found


def run_folder(team, folder, kill_after):
    """Train in a folder; kill the whole group after an epoch."""

    def report(epoch):
        print(f"epoch {epoch.epoch} of {team.n_processes}", flush=True)
        if epoch.epoch == kill_after:
            os.killpg(0, signal.SIGKILL)

    vectors = np.eye(N_CLASSES, dtype=np.float32)
    ones, words = np.ones(N_CLASSES, np.int64), tuple("abcde")
    job = TrainingJob(
        network="tiny",
        kind="semdnn",
        training=toy(0),
        validation=toy(1),
        settings=settings_of(batch_size=16, average_decay=0.9, augmentation=AugmentationSettings()),
        features=FeatureSettings(),
        dictionary=Dictionary(words, vectors, ones, ones.astype(np.int32), "test", 0.0),
        provenance={},
        licence="CC0-1.0",
    )
    train_run(folder, job, report=report, team=team)


def main():
    torch.set_num_threads(1)
    what, devices, argument, number = sys.argv[1:]
    with open_team(int(devices), device="cpu") as team:
        if what == "run":
            run_folder(team, Path(argument), int(number))
            return
        settings = settings_of(batch_size=int(argument), accumulate=int(number))
        found = curves(team, settings)
        if team.rank == 0:
            print(json.dumps({"n_processes": team.n_processes, **found}))


if __name__ == "__main__":
    main()
