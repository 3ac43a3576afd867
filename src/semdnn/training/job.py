"""What a training run is, the network that it begins with, and whose its folder is."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from semdnn.features.store import FeatureSettings
from semdnn.files import write_json
from semdnn.network.checkpoint import Checkpoint
from semdnn.network.registry import build_network, network_spec
from semdnn.network.sound_network import SoundNetwork
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.batches import LabelledPatches, TrainingError
from semdnn.training.distillation import Pupil, Teaching
from semdnn.training.objective import log_odds
from semdnn.training.settings import TrainingSettings

_CHANGES_NOTHING = ("settings.resident",)
_WHY = {
    "settings.compiled": "a compiled network rounds in another way",
    "settings.device": "a GPU rounds in another way and draws other random numbers",
}


@dataclass(frozen=True)
class TrainingJob:
    """What is trained, on what, and what its checkpoint says about it.

    Attributes
    ----------
    network : str
        Row of `NETWORKS`.
    kind : str
        "semdnn", "catdnn" or "cae".
    training, validation : LabelledPatches
        Of sounds that share no recording.
    settings : TrainingSettings
        How.
    features : FeatureSettings
        How the log-mels were made.
    dictionary : Dictionary
        Behind the targets.
    provenance : mapping
        Plain JSON values for the checkpoint; nothing that differs between equal runs, such as a
        time, if equal runs are to write equal files.
    licence : str
        Licence of the weights.
    teaching : Teaching, optional
        Whom a semDNN learns from beside the descriptions; asked for by ``settings.distillation``.
    warm_start : Checkpoint, optional
        Whose encoder the run begins with; asked for by ``settings.warm_start``.
    """

    network: str
    kind: str
    training: LabelledPatches
    validation: LabelledPatches
    settings: TrainingSettings
    features: FeatureSettings
    dictionary: Dictionary
    provenance: Mapping[str, Any]
    licence: str
    teaching: Teaching | None = None
    warm_start: Checkpoint | None = None


def claim(folder: Path, job: TrainingJob, n_processes: int = 1) -> None:
    """Write what the run is into `folder`, or check that the folder's run is this one.

    Raises
    ------
    TrainingError
        The folder holds a run with other settings, data or number of processes; unusable data.
    """
    check_job(job)
    mine: dict[str, Any] = {
        "network": job.network,
        "spec": dataclasses.asdict(network_spec(job.network)),
        "kind": job.kind,
        "settings": job.settings.model_dump(),
        "features": job.features.model_dump(),
        "training_data": job.training.digest(),
        "validation_data": job.validation.digest(),
    }
    if n_processes > 1:  # which shares patches out in another way
        mine["n_processes"] = n_processes
    if job.teaching is not None:
        mine["teacher"] = job.teaching.teacher.checksum
    mine = json.loads(json.dumps(mine))
    path = folder / "run.json"
    if not path.exists():
        if (folder / "state.safetensors").exists():
            raise TrainingError(f"{folder}: a run without its run.json; take another folder")
        write_json(path, mine)
        return
    try:
        theirs = json.loads(path.read_text(encoding="utf-8"))
        begun = TrainingSettings.model_validate_json(json.dumps(theirs["settings"]))
        theirs["settings"] = json.loads(begun.model_dump_json())  # newer settings: their defaults
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: not a run's description ({error})") from error
    for key, _ in sorted(_flat(mine).items() ^ _flat(theirs).items()):
        if key in _CHANGES_NOTHING:
            continue
        reason = f" ({_WHY[key]})" if key in _WHY else ""
        raise TrainingError(
            f"{folder} holds a run with another {key}{reason}; "
            "take another folder, or the same settings"
        )


def initial_network(job: TrainingJob) -> SoundNetwork:
    """Return the network that training begins with, a `Pupil` where there is a teacher."""
    generator = torch.Generator().manual_seed(job.settings.seed)
    n_outputs = job.training.targets.shape[1]
    network = build_network(job.network, job.kind, n_outputs, generator)
    if job.settings.standardise_input:
        patches = job.training.sample(2048).astype(np.float64)
        network.input_mean.fill_(float(patches.mean()))
        network.input_scale.fill_(max(float(patches.std()), 1e-3))
    if job.kind == "catdnn" and job.settings.bias_from_frequencies:
        with torch.no_grad():
            bias = network.get_parameter("output.bias")
            bias.copy_(log_odds(job.training.target_frequencies()))
    if job.warm_start is not None:
        network.load_state_dict(_encoder_state(job.warm_start), strict=False)
    if job.teaching is not None:
        return Pupil(network, job.teaching.teacher.sizes, generator)
    return network


def _encoder_state(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """Return all of a checkpoint but its output layer."""
    state = checkpoint.state.items()
    return {name: value for name, value in state if not name.startswith("output.")}


def check_job(job: TrainingJob) -> None:
    """Refuse a job whose parts do not fit each other.

    Raises
    ------
    TrainingError
        Patches, targets, dictionary, teacher or warm start that do not fit.
    """
    n_words, n_dims = job.dictionary.vectors.shape
    expected = {"semdnn": n_dims, "catdnn": n_words}.get(job.kind)
    for name, patches in (("training", job.training), ("validation", job.validation)):
        n_outputs = patches.targets.shape[1]
        if len(patches) == 0:
            raise TrainingError(f"there are no {name} patches")
        if patches.log_offset != job.features.log_offset:
            raise TrainingError(
                f"the {name} patches say log_offset {patches.log_offset}, "
                f"the features {job.features.log_offset}"
            )
        if expected is not None and n_outputs != expected:
            raise TrainingError(
                f"the {name} targets of a {job.kind} have {n_outputs} columns; "
                f"the dictionary asks for {expected}"
            )
    _check_beginning(job)


def _check_beginning(job: TrainingJob) -> None:
    settings = job.settings
    if (job.teaching is None) != (settings.distillation is None):
        raise TrainingError(
            "the settings ask for a teacher (distillation), but none is given"
            if job.teaching is None
            else "a teacher is given, but the settings do not ask for one (distillation)"
        )
    if job.teaching is not None and job.kind != "semdnn":
        raise TrainingError(f"only a semDNN learns from a teacher, not a {job.kind}")
    if (job.warm_start is None) == bool(settings.warm_start):
        raise TrainingError("warm_start names a checkpoint; give it, or leave both out")
    if job.warm_start is not None and job.warm_start.row != network_spec(job.network):
        raise TrainingError(
            f"warm_start = '{settings.warm_start}' is a network of the row "
            f"{job.warm_start.network}, not {job.network}: start from one of the same row"
        )


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    if not isinstance(value, dict):
        return {prefix: json.dumps(value)}
    flat: dict[str, str] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{prefix}.{key}" if prefix else key)
    return flat
