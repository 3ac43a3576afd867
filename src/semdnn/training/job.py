"""What a training run is, and whose its folder is."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semdnn.features.store import FeatureSettings
from semdnn.files import write_json
from semdnn.network.registry import network_spec
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.batches import LabelledPatches, TrainingError
from semdnn.training.settings import TrainingSettings


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


def claim(folder: Path, job: TrainingJob, n_processes: int = 1) -> None:
    """Write what the run is into `folder`, or check that the folder's run is this one.

    Raises
    ------
    TrainingError
        The folder holds a run with other settings, data or number of processes; unusable data.
    """
    _check(job)
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
    for key in sorted(_flat(mine).items() ^ _flat(theirs).items()):
        raise TrainingError(
            f"{folder} holds a run with another {key[0]}; take another folder, or the same settings"
        )


def _check(job: TrainingJob) -> None:
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


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    if not isinstance(value, dict):
        return {prefix: json.dumps(value)}
    flat: dict[str, str] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{prefix}.{key}" if prefix else key)
    return flat
