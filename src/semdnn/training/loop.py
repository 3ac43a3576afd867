"""The training loop: yields one record an epoch, and leaves all else to its caller.

Randomness: an epoch's order, its augmentation and its dropout depend on the seed and the epoch's
number alone. Whoever restores a `TrainingState` therefore continues exactly as if it had never
been interrupted (to the bit on a CPU).
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from semdnn.network.sound_network import SoundNetwork
from semdnn.training.augment import augment
from semdnn.training.batches import (
    Batch,
    LabelledPatches,
    TrainingError,
    epoch_order,
    read_batches,
    share_of_epoch,
)
from semdnn.training.objective import LOSSES, Loss, validation_score
from semdnn.training.settings import TrainingSettings, learning_rate_at
from semdnn.training.state import TrainingState
from semdnn.training.team import ALONE, Team

Watch = Callable[[Iterator[Batch], int, int], Iterable[Batch]]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch came to.

    Attributes
    ----------
    epoch : int
        Its number, from 1.
    train_loss : float
        Mean over the epoch's steps, with dropout and augmentation.
    valid_loss : float
        Mean over the validation patches.
    valid_score : float
        See `semdnn.training.objective.validation_score`; larger is better.
    learning_rate : float
        At the epoch's last step.
    seconds : float
        Time of training and validation, s.
    patches_per_second : float
        Patches trained a second, validation not counted.
    """

    epoch: int
    train_loss: float
    valid_loss: float
    valid_score: float
    learning_rate: float
    seconds: float
    patches_per_second: float


class Validation(NamedTuple):
    """Loss (mean over patches) and score (over sounds) of a network on a validation set."""

    loss: float
    score: float


def train(
    state: TrainingState,
    training: LabelledPatches,
    validation: LabelledPatches,
    settings: TrainingSettings,
    *,
    loss: Loss | None = None,
    watch: Watch | None = None,
) -> Iterator[Epoch]:
    """Train epoch by epoch, from where `state` is to ``settings.max_epochs``.

    Stopping early, saving and showing are the caller's; `state` is consistent whenever a record
    has been yielded.

    Parameters
    ----------
    state : TrainingState
        From `start`, or restored; changed in place.
    training, validation : LabelledPatches
        Of sounds that share no recording.
    settings : TrainingSettings
        How; `max_minutes` and `patience` are for the caller.
    loss : callable, optional
        What is minimised; by default the loss of the network's kind (`LOSSES`).
    watch : callable, optional
        Wraps an epoch's batches, given the epoch and the number of batches: a progress bar.

    Yields
    ------
    Epoch

    Raises
    ------
    TrainingError
        Too few patches, or a loss that is no longer finite.
    """
    if len(training) < 2 or not len(validation):
        raise TrainingError(
            f"{len(training)} training and {len(validation)} validation patches: "
            "at least 2 and 1 are needed"
        )
    minimised = loss or LOSSES[state.network.kind]
    while state.epoch < settings.max_epochs:
        started = time.perf_counter()
        with _seeded(settings.seed, state.epoch + 1, state.network, state.team.rank):
            mean, rate, n_seen = _train_epoch(state, training, settings, minimised, watch)
        trained = time.perf_counter()
        result = validate(
            state.kept,
            validation,
            loss=minimised,
            batch_size=settings.batch_size,
            team=state.team,
        )
        if not math.isfinite(result.loss):
            raise TrainingError(
                f"the validation loss of epoch {state.epoch + 1} is {result.loss}; "
                "lower learning_rate, or set clip_norm"
            )
        state.epoch += 1
        record = Epoch(
            epoch=state.epoch,
            train_loss=mean,
            valid_loss=result.loss,
            valid_score=result.score,
            learning_rate=rate,
            seconds=time.perf_counter() - started,
            patches_per_second=n_seen * state.team.n_processes / (trained - started),
        )
        yield state.team.of_first(record)  # all stop for the same reason


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
    total, n_done = 0.0, 0
    for batch in read_batches(patches, order, batch_size):
        inputs, targets = batch.patches.to(device), batch.targets.to(device)
        outputs = network(inputs)
        wanted = inputs if network.kind == "cae" else targets
        total += len(inputs) * float(minimised(outputs, wanted))
        if network.kind != "cae":
            shown = torch.sigmoid(outputs) if network.kind == "catdnn" else outputs
            pooled.index_add_(0, sounds[n_done : n_done + len(inputs)], shown)
        n_done += len(inputs)
    if team.n_processes > 1:
        total = float(team.sum(torch.tensor(total, dtype=torch.float64, device=device)))
        pooled = team.sum(pooled)
    mean = total / len(patches)
    if network.kind == "cae":
        return Validation(mean, -mean)
    heard = np.unique(patches.sound_of_patch)
    score = validation_score(
        network.kind, pooled.cpu()[torch.from_numpy(heard).long()], patches.target_rows(heard)
    )
    return Validation(mean, score)


def _train_epoch(
    state: TrainingState,
    training: LabelledPatches,
    settings: TrainingSettings,
    minimised: Loss,
    watch: Watch | None,
) -> tuple[float, float, int]:
    """Return the mean loss, the last learning rate and the number of patches shown."""
    state.network.train()
    team, accumulate = state.team, settings.accumulate
    device, epoch = state.network.input_mean.device, state.epoch + 1
    order = epoch_order(training, settings.seed, epoch, settings.epoch_patches)
    order, n_steps = share_of_epoch(
        order,
        settings.batch_size,
        accumulate=accumulate,
        rank=team.rank,
        n_processes=team.n_processes,
    )
    batches = read_batches(training, order, settings.batch_size, whole_only=True)
    watched = batches if watch is None else watch(batches, epoch, n_steps * accumulate)
    generator = torch.Generator().manual_seed(_seed(settings.seed, epoch, stream=2 * team.rank + 1))
    losses, rate, n_seen = [], 0.0, 0
    for number, batch in enumerate(watched, state.epoch * n_steps * accumulate):
        step, part = divmod(number, accumulate)
        inputs, targets = augment(
            batch.patches.to(device, non_blocking=True),
            batch.targets.to(device, non_blocking=True),
            settings.augmentation,
            generator,
            log_offset=training.log_offset,
        )
        if part == 0:
            state.optimiser.zero_grad(set_to_none=True)
        is_last = part == accumulate - 1
        with team.holding_back(state.joined, enabled=not is_last):
            losses.append(_add_gradient(state, inputs, targets, minimised, 1 / accumulate))
        if is_last:
            rate = learning_rate_at(step, n_steps, settings)
            _step(state, rate, step, settings)
        n_seen += len(inputs)
    for network in (state.network, state.average):
        if network is not None:
            team.average_statistics(network)
    loss = float(team.mean(torch.stack(losses).mean()))
    if not math.isfinite(loss):
        raise TrainingError(
            f"the training loss of epoch {epoch} is {loss}; lower learning_rate, or set clip_norm"
        )
    return loss, rate, n_seen


def _add_gradient(
    state: TrainingState, inputs: Tensor, targets: Tensor, minimised: Loss, share: float
) -> Tensor:
    """Add `share` of a batch's gradient to the others of the step; return the batch's loss."""
    with torch.autocast("cuda", torch.bfloat16, enabled=inputs.is_cuda):
        outputs = state.joined(inputs)
    wanted = inputs if state.network.kind == "cae" else targets
    loss = minimised(outputs.float(), wanted)
    (loss * share).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def _step(state: TrainingState, rate: float, step: int, settings: TrainingSettings) -> None:
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    if settings.clip_norm:
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), settings.clip_norm)
    state.optimiser.step()
    if state.average is not None:
        _update_average(state.average, state.network, settings.average_decay, step)


@torch.no_grad()
def _update_average(average: SoundNetwork, network: SoundNetwork, decay: float, step: int) -> None:
    """Move the average towards the network; faster at first, so that it forgets the start."""
    weight = 1.0 - min(decay, (1 + step) / (10 + step))
    for mean, value in zip(
        average.state_dict().values(), network.state_dict().values(), strict=True
    ):
        if mean.is_floating_point():
            mean.lerp_(value, weight)
        else:
            mean.copy_(value)


@contextmanager
def _seeded(seed: int, epoch: int, network: SoundNetwork, rank: int) -> Iterator[None]:
    """Seed dropout for one epoch; the caller's generators are put back afterwards."""
    device = network.input_mean.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(_seed(seed, epoch, stream=2 * rank))
        yield


def _seed(seed: int, epoch: int, *, stream: int) -> int:
    """Return a seed for one of the epoch's random streams, two a process."""
    words = np.random.SeedSequence([seed, epoch, stream]).generate_state(2)
    return int(words[0]) << 31 ^ int(words[1])
