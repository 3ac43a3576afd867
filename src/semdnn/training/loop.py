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
    moved,
    read_batches,
    share_of_epoch,
)
from semdnn.training.distillation import Lessons
from semdnn.training.objective import LOSSES, Loss
from semdnn.training.resident import hold
from semdnn.training.settings import TrainingSettings, learning_rate_at
from semdnn.training.state import TrainingState
from semdnn.training.validation import validate

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
    device = state.network.input_mean.device
    training, validation = (
        hold(part, device, settings.resident, shown=state.team.rank == 0)
        for part in (training, validation)
    )
    while state.epoch < settings.max_epochs:
        started = time.perf_counter()
        with _seeded(settings.seed, state.epoch + 1, state.network, state.team.rank):
            mean, rate, n_seen = _train_epoch(state, training, settings, objective, watch)
        trained = time.perf_counter()
        result = validate(
            state.kept,
            validation,
            loss=objective.loss,
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


def _train_epoch(
    state: TrainingState,
    training: LabelledPatches,
    settings: TrainingSettings,
    objective: Objective,
    watch: Watch | None,
) -> tuple[float, float, int]:
    """Return the mean loss, the last learning rate and the number of patches shown."""
    state.network.train()
    team, accumulate, epoch = state.team, settings.accumulate, state.epoch + 1
    loss, lessons = objective
    view = epoch if lessons is None else lessons.view(epoch)
    order, n_steps = share_of_epoch(
        epoch_order(training, settings.seed, view, settings.epoch_patches),
        settings.batch_size,
        accumulate=accumulate,
        rank=team.rank,
        n_processes=team.n_processes,
    )
    device = state.network.input_mean.device
    batches = read_batches(training, order, settings.batch_size, whole_only=True, device=device)
    watched = batches if watch is None else watch(batches, epoch, n_steps * accumulate)
    losses, rate, n_seen = [], 0.0, 0
    for number, (inputs, targets) in enumerate(_varied(watched, training, settings, view, state)):
        step, part = divmod(number + state.epoch * n_steps * accumulate, accumulate)
        if part == 0:
            state.optimiser.zero_grad(set_to_none=True)
        wanted = targets if lessons is None else lessons.teach(view, number, inputs, targets)
        is_last = part == accumulate - 1
        with team.holding_back(state.joined, enabled=not is_last):
            losses.append(_add_gradient(state, inputs, wanted, loss, 1 / accumulate))
        if is_last:
            rate = learning_rate_at(step, n_steps, settings)
            _step(state, rate, step, settings)
        n_seen += len(inputs)
    for network in (state.network, state.average):
        if network is not None:
            team.average_statistics(network)
    mean = float(team.mean(torch.stack(losses).mean()))
    if not math.isfinite(mean):
        raise TrainingError(
            f"the training loss of epoch {epoch} is {mean}; lower learning_rate, or set clip_norm"
        )
    return mean, rate, n_seen


def _varied(
    batches: Iterable[Batch],
    training: LabelledPatches,
    settings: TrainingSettings,
    view: int,
    state: TrainingState,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a view's batches on the device, augmented; seed, view and process decide how."""
    device, stream = state.network.input_mean.device, 2 * state.team.rank + 1
    generator = torch.Generator(device).manual_seed(_seed(settings.seed, view, stream=stream))
    for batch in batches:
        yield augment(
            moved(batch.patches, device),
            moved(batch.targets, device),
            settings.augmentation,
            generator,
            log_offset=training.log_offset,
            multi_hot=training.is_multi_hot,
        )


def _add_gradient(
    state: TrainingState, inputs: Tensor, targets: Tensor, minimised: Loss, share: float
) -> Tensor:
    """Add `share` of a batch's gradient to the others of the step; return the batch's loss."""
    with torch.autocast("cuda", torch.bfloat16, enabled=state.in_bfloat16):
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
        _update_average(state, settings.average_decay, step)


@torch.no_grad()
def _update_average(state: TrainingState, decay: float, step: int) -> None:
    """Move the average towards the network; faster at first, so that it forgets the start."""
    weight = 1.0 - min(decay, (1 + step) / (10 + step))
    means, values, counts, new_counts = state.averaged
    torch._foreach_lerp_(means, values, weight)  # few kernels on a GPU, one by one on a CPU
    for count, new_count in zip(counts, new_counts, strict=True):
        count.copy_(new_count)


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
