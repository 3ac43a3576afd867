"""Fit a taught network's output layer once more, to unvaried patches; the encoder stays.

    python scripts/refit_output.py RUN labeller --recipe labeller --library DIR --yamnet FILE

The last step of a labeller: training varies every patch, use does not. Targets, loss and
temperature are the run's own; the training patches are shown five times as they are, by weight
of their sounds. Replaces RUN/models/NAME/best.safetensors; `semdnn reproduce` then scores it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from semdnn.experiment.prepare import prepare
from semdnn.experiment.teaching import TeacherFile
from semdnn.experiment.training import training_job
from semdnn.network.checkpoint import Checkpoint, load_checkpoint, network_of, save_checkpoint
from semdnn.network.inference import embed
from semdnn.progress import track
from semdnn.recipe import load_recipe
from semdnn.training.batches import epoch_order
from semdnn.training.job import TrainingJob
from semdnn.training.objective import loss_of

N_EPOCHS, BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 5, 64, 2e-3, 0.02


def targets_of(job: TrainingJob) -> Tensor:
    """Return what each training patch is fitted to [shape=(P, D)]: teacher and description."""
    teaching, chosen = job.teaching, job.settings.distillation
    if teaching is None or chosen is None:
        raise SystemExit("the recipe's row has no teacher: there is nothing to fit again")
    directions = []
    starts = range(0, len(job.training), BATCH_SIZE)
    for start in track(starts, label="teacher", total=len(starts)):
        patches = job.training.source.read(job.training.indices[start : start + BATCH_SIZE])
        heard = teaching.teacher.hear(patches, job.training.log_offset)
        directions.append(teaching.directions(heard[0]))
    own = job.training.target_rows(job.training.sound_of_patch)
    share = chosen.teacher_share
    said = torch.from_numpy(np.concatenate(directions))
    return functional.normalize(share * said + (1 - share) * own, dim=1)


def refit(checkpoint: Checkpoint, job: TrainingJob) -> dict[str, Tensor]:
    """Return the output layer's weight and bias, fitted again from where they are."""
    network = network_of(checkpoint)
    layer = list(network.layer_shapes())[-2]
    values = embed(network, job.training.source, [layer], job.training.indices)[layer]
    inputs, wanted = torch.from_numpy(values), targets_of(job)
    output = network.output.train()
    if not isinstance(output, nn.Linear):
        raise SystemExit("an autoencoder has no output layer to fit")
    loss = loss_of(job.kind, job.settings, job.dictionary.vectors)
    n_steps = len(job.training) // BATCH_SIZE
    optimiser = torch.optim.AdamW(output.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, N_EPOCHS * n_steps)
    torch.manual_seed(job.settings.seed)
    for epoch in range(1, N_EPOCHS + 1):
        order = epoch_order(job.training, job.settings.seed, epoch)
        for step in range(n_steps):
            part = torch.from_numpy(order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE])
            heard = functional.dropout(inputs[part], checkpoint.row.dropout)
            optimiser.zero_grad()
            loss(output(heard), wanted[part]).backward()
            optimiser.step()
            schedule.step()
    return {f"output.{name}": value.detach() for name, value in output.state_dict().items()}


def main() -> None:
    """Refit one network of a run in place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--recipe", default="labeller")
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--yamnet", type=Path, required=True)
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    row = {row.name: row for row in recipe.rows()}[options.name]
    prepared = prepare(recipe, options.library, options.run)
    job = training_job(recipe, row, prepared, TeacherFile("yamnet", options.yamnet))
    path = options.run / "models" / options.name / "best.safetensors"
    checkpoint = load_checkpoint(path)
    if "refit" in checkpoint.provenance:
        raise SystemExit(f"{path}: its output layer has been fitted again already")
    provenance = checkpoint.provenance | {"refit": f"output layer, {N_EPOCHS} epochs"}
    state = checkpoint.state | refit(checkpoint, job)
    save_checkpoint(path, replace(checkpoint, state=state, provenance=provenance))
    print(f"{path}: output layer fitted to {len(job.training)} unvaried patches")


if __name__ == "__main__":
    main()
