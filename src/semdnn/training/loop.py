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
    count_batches,
    epoch_order,
    read_batches,
)
from semdnn.training.distillation import Lessons
from semdnn.training.objective import LOSSES, Loss, validation_score
from semdnn.training.settings import TrainingSettings, learning_rate_at
from semdnn.training.state import TrainingState

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


class Objective(NamedTuple):
    """What is minimised.

    Attributes
    ----------
    loss : callable
        Of a batch's outputs and targets.
    lessons : Lessons, optional
        Where a teacher's part of the targets comes from; the network is then a `Pupil`.
    """

    loss: Loss
    lessons: Lessons | None = None


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
    objective: Objective | None = None,
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
    objective : Objective, optional
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
    objective = objective or Objective(LOSSES[state.network.kind])
    while state.epoch < settings.max_epochs:
        started = time.perf_counter()
        with _seeded(settings.seed, state.epoch + 1, state.network):
            mean, rate, n_seen = _train_epoch(state, training, settings, objective, watch)
        trained = time.perf_counter()
        result = validate(
            state.kept, validation, loss=objective.loss, batch_size=settings.batch_size
        )
        if not math.isfinite(result.loss):
            raise TrainingError(
                f"the validation loss of epoch {state.epoch + 1} is {result.loss}; "
                "lower learning_rate, or set clip_norm"
            )
        state.epoch += 1
        yield Epoch(
            epoch=state.epoch,
            train_loss=mean,
            valid_loss=result.loss,
            valid_score=result.score,
            learning_rate=rate,
            seconds=time.perf_counter() - started,
            patches_per_second=n_seen / (trained - started),
        )


@torch.no_grad()
def validate(
    network: SoundNetwork,
    patches: LabelledPatches,
    *,
    loss: Loss | None = None,
    batch_size: int = 128,
) -> Validation:
    """Return loss and score of `network`, without dropout or augmentation."""
    minimised = loss or LOSSES[network.kind]
    network.eval()
    device = network.input_mean.device
    order = np.argsort(patches.sound_of_patch, kind="stable")
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
    objective: Objective,
    watch: Watch | None,
) -> tuple[float, float, int]:
    """Return the mean loss, the last learning rate and the number of patches shown."""
    state.network.train()
    epoch = state.epoch + 1
    loss, lessons = objective
    view = epoch if lessons is None else lessons.view(epoch)
    order = epoch_order(training, settings.seed, view, settings.epoch_patches)
    n_steps = count_batches(len(order), settings.batch_size, whole_only=True)
    batches = read_batches(training, order, settings.batch_size, whole_only=True)
    watched = batches if watch is None else watch(batches, epoch, n_steps)
    varied = _varied(watched, training.log_offset, settings, view, state.network.input_mean.device)
    losses, rate, n_seen = [], 0.0, 0
    for number, (inputs, targets) in enumerate(varied):
        step = state.epoch * n_steps + number
        rate = learning_rate_at(step, n_steps, settings)
        _set_rate(state, rate)
        wanted = targets if lessons is None else lessons.teach(view, number, inputs, targets)
        losses.append(_step(state, inputs, wanted, loss, settings.clip_norm))
        if state.average is not None:
            _update_average(state.average, state.network, settings.average_decay, step)
        n_seen += len(inputs)
    mean = float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise TrainingError(
            f"the training loss of epoch {epoch} is {mean}; lower learning_rate, or set clip_norm"
        )
    return mean, rate, n_seen


def _varied(
    batches: Iterable[Batch],
    log_offset: float,
    settings: TrainingSettings,
    view: int,
    device: torch.device,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of a view on `device`, augmented; seed and view alone decide how."""
    generator = torch.Generator().manual_seed(_seed(settings.seed, view, stream=1))
    for batch in batches:
        yield augment(
            batch.patches.to(device, non_blocking=True),
            batch.targets.to(device, non_blocking=True),
            settings.augmentation,
            generator,
            log_offset=log_offset,
        )


def _set_rate(state: TrainingState, rate: float) -> None:
    for group in state.optimiser.param_groups:
        group["lr"] = rate


def _step(
    state: TrainingState, inputs: Tensor, targets: Tensor, minimised: Loss, clip_norm: float
) -> Tensor:
    state.optimiser.zero_grad(set_to_none=True)
    with torch.autocast("cuda", torch.bfloat16, enabled=inputs.is_cuda):
        outputs = state.network(inputs)
    wanted = inputs if state.network.kind == "cae" else targets
    loss = minimised(outputs.float(), wanted)
    loss.backward()  # type: ignore[no-untyped-call]
    if clip_norm:
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), clip_norm)
    state.optimiser.step()
    return loss.detach()


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
def _seeded(seed: int, epoch: int, network: SoundNetwork) -> Iterator[None]:
    """Seed dropout for one epoch; the caller's generators are put back afterwards."""
    device = network.input_mean.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(_seed(seed, epoch, stream=0))
        yield


def _seed(seed: int, epoch: int, *, stream: int) -> int:
    """Return a seed for one of the epoch's random streams."""
    words = np.random.SeedSequence([seed, epoch, stream]).generate_state(2)
    return int(words[0]) << 31 ^ int(words[1])
