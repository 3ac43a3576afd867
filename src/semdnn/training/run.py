"""A training run's folder: begun, killed at any moment, continued by the same call.

====================  ============================================================
``run.json``          what the run is: network, settings, features, digest of the data
``metrics.jsonl``     one `Epoch` a line
``state.safetensors`` all that resuming needs; the one file that counts as the truth
``best.safetensors``  checkpoint of the best epoch, by default of the lowest validation loss
``lessons/``          what a teacher said, where there is one (`semdnn.training.distillation`)
====================  ============================================================

Each file is replaced in one step, the state first; the other two follow from it and are written
again on resuming.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch

from semdnn.files import digest, write_text
from semdnn.network.checkpoint import (
    Checkpoint,
    load_checkpoint,
    read_tensors,
    save_checkpoint,
    write_tensors,
)
from semdnn.progress import track
from semdnn.training.batches import Batch, TrainingError
from semdnn.training.distillation import Lessons, taught_loss, without_heads
from semdnn.training.job import TrainingJob, claim, initial_network
from semdnn.training.loop import Epoch, Objective, train
from semdnn.training.objective import loss_of
from semdnn.training.settings import TrainingSettings
from semdnn.training.state import TrainingState, restore, start, state_tensors
from semdnn.training.team import ALONE, Team

_WHAT_IS_SHOWN = ("seed", "batch_size", "epoch_patches", "augmentation")
"""Settings that decide which patches a teacher hears; those of the data come in their digest."""


class RunResult(NamedTuple):
    """How a run ended.

    Attributes
    ----------
    checkpoint : Path
        The best epoch's checkpoint.
    epochs : tuple of Epoch
        All epochs, resumed parts together.
    best_epoch : int
        Number of the best epoch; 0 is the untrained network.
    stopped : str
        "max_epochs", "patience" or "max_minutes".
    """

    checkpoint: Path
    epochs: tuple[Epoch, ...]
    best_epoch: int
    stopped: str


def train_run(
    folder: Path,
    job: TrainingJob,
    *,
    report: Callable[[Epoch], None] | None = None,
    team: Team = ALONE,
) -> RunResult:
    """Train `job` in `folder`, going on from where an earlier call was interrupted.

    On a CPU with the same number of threads, an interrupted and continued run ends with the same
    weights, to the bit, as one that ran through. A finished run returns at once.

    Parameters
    ----------
    folder : Path
        The run's own folder; made if missing.
    job : TrainingJob
        What is trained.
    report : callable, optional
        Called with every new record, by the team's first process.
    team : Team
        The processes that train; all make this call, and the first alone writes.

    Raises
    ------
    TrainingError
        The folder holds a run with other settings or data; unusable data.
    CheckpointError
        The folder's saved state is damaged.
    """
    is_first = team.rank == 0
    if is_first:
        claim(folder, job, team.n_processes)
    team.of_first(None)
    state = start(initial_network(job), job.settings, team)
    history = _resume(folder, state)
    if len(history) != team.of_first(len(history)):
        raise TrainingError(f"{folder}: is not the same folder for every process: share it")
    if is_first:
        _settle(folder, job, state, history)
    stopped = stop_reason(history, job.settings)
    if stopped is None:
        objective = _objective(folder, job, state)
        epochs = train(
            state,
            job.training,
            job.validation,
            job.settings,
            objective=objective,
            watch=_bar(job) if is_first else None,
        )
        for epoch in epochs:
            history.append(epoch)
            if is_first:
                _save(folder, state, history)
                _settle(folder, job, state, history)
                if report is not None:
                    report(epoch)
            stopped = stop_reason(history, job.settings)
            if stopped is not None:
                break
    team.of_first(None)  # the checkpoint is there for all
    best = best_epoch(history, job.settings)
    return RunResult(folder / "best.safetensors", tuple(history), best, stopped or "max_epochs")


def stop_reason(history: list[Epoch], settings: TrainingSettings) -> str | None:
    """Return why training ends after these epochs, or None while it goes on."""
    n_epochs = len(history)
    if n_epochs >= settings.max_epochs:
        return "max_epochs"
    if n_epochs - best_epoch(history, settings) >= settings.patience:
        return "patience"
    minutes = sum(epoch.seconds for epoch in history) / 60
    if settings.max_minutes is not None and minutes >= settings.max_minutes:
        return "max_minutes"
    return None


def best_epoch(history: list[Epoch], settings: TrainingSettings) -> int:
    """Return the number of the best epoch by ``settings.keep``, the first of equals; 0 of none."""
    if not history:
        return 0
    if settings.keep == "last":
        return history[-1].epoch
    if settings.keep == "score":
        return min(history, key=lambda epoch: (-epoch.valid_score, epoch.epoch)).epoch
    return min(history, key=lambda epoch: (epoch.valid_loss, epoch.epoch)).epoch


def _objective(folder: Path, job: TrainingJob, state: TrainingState) -> Objective:
    """Return what is minimised, with the teacher's lessons if there are any."""
    loss = loss_of(job.kind, job.settings, job.dictionary.vectors)
    chosen = job.settings.distillation
    if job.teaching is None or chosen is None:
        return Objective(loss)
    heard = {
        "teacher": job.teaching.teacher.checksum,
        "training_data": job.training.digest(),
        "settings": job.settings.model_dump(include=set(_WHAT_IS_SHOWN)),
    }
    team, device = state.team, state.network.input_mean.device
    if device.type == "cuda":  # which varies patches by random numbers of its own
        heard["device"] = torch.cuda.get_device_name(device)
    place = folder / "lessons" / digest(heard)[:16]
    if team.n_processes > 1:  # each hears its own share of the patches
        place = place / f"process-{team.rank}-of-{team.n_processes}"
    widths = (job.training.targets.shape[1], *job.teaching.teacher.sizes)
    lessons = Lessons(job.teaching, place, chosen, job.training.log_offset)
    return Objective(taught_loss(loss, widths, chosen), lessons)


def _bar(job: TrainingJob) -> Callable[[Iterator[Batch], int, int], Iterable[Batch]]:
    def watch(batches: Iterator[Batch], epoch: int, n_batches: int) -> Iterable[Batch]:
        label = f"{job.kind} epoch {epoch}/{job.settings.max_epochs}"
        return track(batches, label=label, total=n_batches)

    return watch


def _resume(folder: Path, state: TrainingState) -> list[Epoch]:
    """Restore the saved state, if there is one, and return the epochs so far."""
    path = folder / "state.safetensors"
    if not path.exists():
        return []
    tensors, described = read_tensors(path)
    try:
        history = [Epoch(**record) for record in described["history"]]
        restore(state, tensors, len(history))
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{path}: damaged training state ({error}); start anew") from error
    return history


def _save(folder: Path, state: TrainingState, history: list[Epoch]) -> None:
    records = [dataclasses.asdict(epoch) for epoch in history]
    write_tensors(folder / "state.safetensors", state_tensors(state), {"history": records})


def _settle(folder: Path, job: TrainingJob, state: TrainingState, history: list[Epoch]) -> None:
    """Make the files that follow from the state agree with it."""
    lines = [json.dumps(dataclasses.asdict(epoch), allow_nan=False) for epoch in history]
    write_text(folder / "metrics.jsonl", "".join(f"{line}\n" for line in lines))
    path, best = folder / "best.safetensors", best_epoch(history, job.settings)
    if best == state.epoch and not _holds_epoch(path, best):
        save_checkpoint(path, _checkpoint(job, state, history))
    elif not path.exists():
        raise TrainingError(f"{path}: the checkpoint of epoch {best} is gone; start anew")


def _holds_epoch(path: Path, epoch: int) -> bool:
    if not path.exists():
        return False
    return bool(load_checkpoint(path).provenance.get("epoch") == epoch)


def _checkpoint(job: TrainingJob, state: TrainingState, history: list[Epoch]) -> Checkpoint:
    result: dict[str, Any] = {"epoch": state.epoch}
    if history:
        last = history[-1]
        result |= {"valid_loss": last.valid_loss, "valid_score": last.valid_score}
    return Checkpoint(
        network=job.network,
        kind=job.kind,
        state=without_heads({n: value.cpu() for n, value in state.kept.state_dict().items()}),
        features=job.features,
        dictionary=job.dictionary,
        provenance={
            **job.provenance,
            **_teacher(job),
            **result,
            "training": job.settings.model_dump(),
        },
        licence=job.licence,
    )


def _teacher(job: TrainingJob) -> dict[str, Any]:
    """Return whom the weights learned from, beside the recordings."""
    if job.teaching is None:
        return {}
    teacher = job.teaching.teacher
    return {"teacher": {"name": teacher.name, "sha256": teacher.checksum}}
