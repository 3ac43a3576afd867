"""The recipe's networks, each trained in a folder of its own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.experiment.overlap import recording_keys
from semdnn.experiment.prepare import Prepared, patches_of
from semdnn.experiment.rows import prepared_for
from semdnn.experiment.teaching import TeacherFile, teaching, warm_start
from semdnn.network.checkpoint import load_checkpoint, network_of
from semdnn.recipe import ModelRow, Recipe
from semdnn.semantics.targets import embedding_targets, multi_hot
from semdnn.training.batches import LabelledPatches
from semdnn.training.job import TrainingJob
from semdnn.training.loop import Epoch
from semdnn.training.run import RunResult, train_run
from semdnn.training.team import ALONE, Team

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Trained:
    """The networks of a run.

    Attributes
    ----------
    checkpoints : {model: path of the best epoch's checkpoint}
    curves : {model: {"train_loss", "valid_loss"}, one value an epoch}
    summaries : {model: {"network", "n_parameters", "n_epochs", "best_epoch", "best_loss", …}}
    """

    checkpoints: dict[str, Path]
    curves: dict[str, dict[str, list[float]]]
    summaries: dict[str, dict[str, Any]]


def train_all(
    recipe: Recipe,
    prepared: Prepared,
    folder: Path,
    *,
    tell: Tell,
    teacher: TeacherFile | None = None,
    team: Team = ALONE,
) -> Trained:
    """Train every network of the recipe; finished ones return at once, begun ones go on.

    `teacher` is whom the rows learn from that ask for one (``training.distillation``).
    """
    trained = Trained({}, {}, {})
    for row in recipe.rows():
        job = training_job(recipe, row, prepared_for(recipe, row, prepared), teacher)
        tell(
            f"training {row.name} ({job.network}): {len(job.training)} patches, "
            f"at most {job.settings.max_epochs} epochs"
        )
        result = train_run(folder / "models" / row.name, job, report=_teller(row, tell), team=team)
        tell(_kept(row, result))
        trained.checkpoints[row.name] = result.checkpoint
        trained.curves[row.name] = {
            "train_loss": [epoch.train_loss for epoch in result.epochs],
            "valid_loss": [epoch.valid_loss for epoch in result.epochs],
        }
        trained.summaries[row.name] = _summary(job, result)
    return trained


def training_job(
    recipe: Recipe, row: ModelRow, prepared: Prepared, teacher: TeacherFile | None = None
) -> TrainingJob:
    """Return what is trained on what for one row of the recipe (see `prepared_for`)."""
    draws_sounds = recipe.balance.draw == "sounds"
    heard = np.concatenate([prepared.training, prepared.validation])
    sources = Counter((prepared.sounds[i].source, prepared.sounds[i].licence) for i in heard)
    settings = recipe.training_of(row)
    return TrainingJob(
        network=recipe.network,
        kind=row.kind,
        training=replace(
            _labelled(recipe, row, prepared, prepared.training),
            sound_weights=np.ones(len(prepared.training)) if draws_sounds else None,
        ),
        validation=_labelled(recipe, row, prepared, prepared.validation),
        settings=settings,
        features=recipe.features,
        dictionary=prepared.dictionary,
        provenance={
            "recipe": recipe.name,
            "seed": recipe.seed,
            "sources": [[*key, count] for key, count in sorted(sources.items())],
            "recordings": list(recording_keys(prepared.sounds[i] for i in heard)),
        },
        licence=recipe.licence,
        teaching=teaching(settings, teacher, prepared.dictionary),
        warm_start=warm_start(settings),
    )


def _labelled(
    recipe: Recipe, row: ModelRow, prepared: Prepared, chosen: NDArray[np.int64]
) -> LabelledPatches:
    word_ids = [prepared.word_ids[i] for i in chosen]
    targets: Any = (
        multi_hot(word_ids, len(prepared.dictionary)).astype(np.float32)
        if row.kind == "catdnn"
        else embedding_targets(word_ids, prepared.dictionary)
    )
    rows = prepared.store_rows[chosen]
    indices = patches_of(prepared.store, rows)
    position = np.full(len(prepared.store.names), -1, dtype=np.int64)
    position[rows] = np.arange(len(rows))
    return LabelledPatches(
        source=prepared.store,
        indices=indices,
        sound_of_patch=position[prepared.store.sound_of_patch[indices]],
        targets=targets,
        log_offset=recipe.features.log_offset,
    )


def _teller(row: ModelRow, tell: Tell) -> Callable[[Epoch], None]:
    def report(epoch: Epoch) -> None:
        tell(
            f"{row.name} epoch {epoch.epoch}: loss {epoch.train_loss:.4f}, "
            f"validation {epoch.valid_loss:.4f}, {epoch.patches_per_second:.0f} patches/s"
        )

    return report


def _kept(row: ModelRow, result: RunResult) -> str:
    if not result.epochs:
        return f"{row.name}: left untrained"
    best = result.epochs[result.best_epoch - 1]
    return f"{row.name}: kept epoch {best.epoch}, validation loss {best.valid_loss:.4f}"


def _summary(job: TrainingJob, result: RunResult) -> dict[str, Any]:
    losses = [epoch.valid_loss for epoch in result.epochs]
    network = network_of(load_checkpoint(result.checkpoint))
    return {
        "network": job.network,
        "n_parameters": sum(parameter.numel() for parameter in network.parameters()),
        "n_patches": len(job.training),
        "n_epochs": len(result.epochs),
        "best_epoch": result.best_epoch,
        "best_loss": losses[result.best_epoch - 1] if losses else None,
        "stopped": result.stopped,
        "minutes": sum(epoch.seconds for epoch in result.epochs) / 60,
    }
