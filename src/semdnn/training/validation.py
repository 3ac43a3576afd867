"""Loss and score of a network on sounds that it does not learn from."""

from typing import NamedTuple

import numpy as np
import torch

from semdnn.network.sound_network import SoundNetwork
from semdnn.training.batches import LabelledPatches, moved, read_batches
from semdnn.training.objective import LOSSES, Loss, validation_score
from semdnn.training.team import ALONE, Team


class Validation(NamedTuple):
    """Loss (mean over patches) and score (over sounds) of a network on a validation set."""

    loss: float
    score: float


@torch.no_grad()
def validate(
    network: SoundNetwork,
    patches: LabelledPatches,
    *,
    loss: Loss | None = None,
    batch_size: int = 128,
    team: Team = ALONE,
) -> Validation:
    """Return loss and score of `network`, without dropout or augmentation.

    Each process of `team` takes its share of the patches.
    """
    minimised = loss or LOSSES[network.kind]
    network.eval()
    device = network.input_mean.device
    order = np.argsort(patches.sound_of_patch, kind="stable")
    order = np.array_split(order, team.n_processes)[team.rank]
    sounds = torch.from_numpy(patches.sound_of_patch[order].astype(np.int64)).to(device)
    n_sounds, n_outputs = patches.targets.shape
    pooled = torch.zeros((n_sounds, n_outputs), device=device)
    sums, n_done = [torch.zeros((), dtype=torch.float64, device=device)], 0
    for batch in read_batches(patches, order, batch_size, device=device):
        inputs, targets = moved(batch.patches, device), moved(batch.targets, device)
        outputs = network(inputs)
        wanted = inputs if network.kind == "cae" else targets
        sums.append(len(inputs) * minimised(outputs, wanted).double())  # no wait for the device
        if network.kind != "cae":
            shown = torch.sigmoid(outputs) if network.kind == "catdnn" else outputs
            pooled.index_add_(0, sounds[n_done : n_done + len(inputs)], shown)
        n_done += len(inputs)
    total = torch.stack(sums).sum()
    if team.n_processes > 1:
        total, pooled = team.sum(total), team.sum(pooled)
    mean = float(total) / len(patches)
    if network.kind == "cae":
        return Validation(mean, -mean)
    heard = np.unique(patches.sound_of_patch)
    score = validation_score(
        network.kind, pooled.cpu()[torch.from_numpy(heard).long()], patches.target_rows(heard)
    )
    return Validation(mean, score)
