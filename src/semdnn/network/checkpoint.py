"""One self-describing safetensors file: weights, network, features, dictionary, provenance.

Tensors are named ``network.*`` (the network's state) and ``dictionary.vectors``,
``dictionary.counts``, ``dictionary.clusters``. All else is one canonical JSON text under the
metadata key ``semdnn``: a single key, so that equal checkpoints are equal files.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from semdnn.errors import SemdnnError
from semdnn.features.store import FeatureSettings
from semdnn.files import canonical_json, replacing
from semdnn.network.encoder import NetworkSpec
from semdnn.network.registry import channels_last, empty_network, network_spec
from semdnn.network.sound_network import KINDS, SoundNetwork
from semdnn.semantics.dictionary import Dictionary

FORMAT_VERSION = 1
_KEY = "semdnn"
_Share = Annotated[float, Field(ge=0.0, lt=1.0)]
_Width = Annotated[int, Field(ge=1, le=8192)]
_Depth = Annotated[int, Field(ge=1, le=8)]
_TEXT = TypeAdapter(str, config=ConfigDict(strict=True))
_TEXTS = TypeAdapter(list[str], config=ConfigDict(strict=True))
_RECORD = TypeAdapter(dict[str, Any], config=ConfigDict(strict=True))


class _Spec(BaseModel):
    """What a file may say of its network: no more than a machine can hold."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    widths: Annotated[list[_Width], Field(min_length=1, max_length=6)]
    fully_connected: Annotated[list[_Width], Field(min_length=1, max_length=8)]
    convolutions: Annotated[list[_Depth], Field(min_length=1, max_length=6)]
    dropout: _Share
    map_dropout: _Share
    levelled: bool = False

    def spec(self) -> NetworkSpec:
        """Return the network's sizes."""
        if len(self.widths) != len(self.convolutions):
            raise ValueError(
                f"{len(self.widths)} widths, but {len(self.convolutions)} convolutions"
            )
        return NetworkSpec(
            tuple(self.widths),
            tuple(self.fully_connected),
            tuple(self.convolutions),
            self.dropout,
            self.map_dropout,
            self.levelled,
        )


class CheckpointError(SemdnnError):
    """A file that is not a checkpoint, or not one that this version can use."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained network with all that is needed to use it.

    Attributes
    ----------
    network : str
        Name of its row in `NETWORKS`.
    kind : str
        "semdnn", "catdnn" or "cae".
    state : dict of str to Tensor
        The network's `state_dict()`, on the CPU.
    features : FeatureSettings
        How its log-mel patches are made.
    dictionary : Dictionary
        The words that it was trained with, and their vectors.
    provenance : dict
        Plain JSON values: what it was trained on, how, by which version.
    licence : str
        Licence of the weights.
    spec : NetworkSpec, optional
        The row's content as it was in training; by default the row's of today.
    """

    network: str
    kind: str
    state: dict[str, Tensor]
    features: FeatureSettings
    dictionary: Dictionary
    provenance: dict[str, Any]
    licence: str
    spec: NetworkSpec | None = None

    @property
    def row(self) -> NetworkSpec:
        """The sizes of the network."""
        return network_spec(self.network) if self.spec is None else self.spec

    @property
    def n_outputs(self) -> int:
        """Embedding dimensions (semDNN) or words (catDNN)."""
        n_words, n_dims = self.dictionary.vectors.shape
        return int(n_words if self.kind == "catdnn" else n_dims)


def save_checkpoint(path: Path, checkpoint: Checkpoint, *, half: bool = False) -> None:
    """Write `checkpoint` to `path` atomically.

    Parameters
    ----------
    path : Path
        The file, by custom ``*.safetensors``.
    checkpoint : Checkpoint
        What is written.
    half : bool
        Store weights and word vectors as float16: half the size. Biases and normalisation
        statistics stay float32.
    """
    words = checkpoint.dictionary
    tensors = {f"network.{name}": value for name, value in checkpoint.state.items()}
    tensors["dictionary.vectors"] = torch.tensor(words.vectors)
    tensors["dictionary.counts"] = torch.tensor(words.counts)
    tensors["dictionary.clusters"] = torch.tensor(words.clusters)
    if half:
        tensors = {name: _halved(value) for name, value in tensors.items()}
    description = {
        "format_version": FORMAT_VERSION,
        "network": checkpoint.network,
        "spec": dataclasses.asdict(checkpoint.row),
        "kind": checkpoint.kind,
        "features": checkpoint.features.model_dump(),
        "dictionary": {
            "words": words.words,
            "word_space": words.word_space,
            "offset": words.offset,
        },
        "provenance": checkpoint.provenance,
        "licence": checkpoint.licence,
    }
    write_tensors(path, tensors, description)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read and check a checkpoint; nothing in the file is executed.

    Raises
    ------
    CheckpointError
        No such file; not a safetensors file; not a checkpoint of semDNN; written by a newer
        version; a tensor missing, unknown or of the wrong shape.
    """
    tensors, described = read_tensors(path)
    version = described.get("format_version")
    if not isinstance(version, int):
        raise CheckpointError(f"{path}: not a semDNN checkpoint (no format version)")
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: checkpoint format {version} is newer than this version of semdnn reads "
            f"({FORMAT_VERSION}); upgrade semdnn"
        )
    try:
        checkpoint = _checkpoint(tensors, described)
    except (AttributeError, KeyError, TypeError, ValueError, SemdnnError) as error:
        reason = _plain(error)
        raise CheckpointError(f"{path}: damaged checkpoint ({reason}); fetch it again") from error
    _check_state(path, checkpoint)
    return checkpoint


def network_of(checkpoint: Checkpoint) -> SoundNetwork:
    """Return the checkpoint's network on the CPU, in evaluation mode."""
    network = empty_network(checkpoint.row, checkpoint.kind, checkpoint.n_outputs)
    network.to_empty(device="cpu").load_state_dict(checkpoint.state)
    return channels_last(network).eval()


def write_tensors(path: Path, tensors: dict[str, Tensor], described: dict[str, Any]) -> None:
    """Write tensors and a JSON description to one safetensors file, atomically."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as temporary:
        save_file(plain, temporary, metadata={_KEY: canonical_json(described)})


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Raises
    ------
    CheckpointError
        No such file, not a safetensors file, or not one of semDNN.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(
            f"{path}: not a readable safetensors file ({error}); fetch or train it again"
        ) from error
    if _KEY not in metadata:
        raise CheckpointError(f"{path}: a safetensors file, but not one written by semDNN")
    try:
        described = json.loads(metadata[_KEY])
    except (json.JSONDecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: damaged description ({error})") from error
    if not isinstance(described, dict):
        raise CheckpointError(f"{path}: damaged description (not a JSON object)")
    return tensors, described


def _halved(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() and value.ndim > 1 else value


def _checkpoint(tensors: dict[str, Tensor], described: dict[str, Any]) -> Checkpoint:
    words = described["dictionary"]
    vectors = tensors["dictionary.vectors"].double().numpy()
    if tensors["dictionary.vectors"].dtype == torch.float16:  # rounding moved them off the sphere
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    dictionary = Dictionary(
        words=tuple(_TEXTS.validate_python(words["words"])),
        vectors=vectors.astype(np.float32),
        counts=tensors["dictionary.counts"].numpy(),
        clusters=tensors["dictionary.clusters"].numpy(),
        word_space=_TEXT.validate_python(words["word_space"]),
        offset=float(words["offset"]),
    )
    state = {n.removeprefix("network."): v for n, v in tensors.items() if n.startswith("network.")}
    if described["kind"] not in KINDS:
        raise ValueError(f"unknown kind {described['kind']!r}")
    return Checkpoint(
        network=_TEXT.validate_python(described["network"]),
        kind=described["kind"],
        state={n: v.float() if v.is_floating_point() else v for n, v in state.items()},
        features=FeatureSettings.model_validate(described["features"]),
        dictionary=dictionary,
        provenance=_RECORD.validate_python(described["provenance"]),
        licence=_TEXT.validate_python(described["licence"]),
        spec=_Spec.model_validate(described["spec"]).spec(),
    )


def _plain(error: Exception) -> str:
    """Return an error's text in one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'a text'}: {first['msg']}"
    return " ".join(str(error).split())


def _check_state(path: Path, checkpoint: Checkpoint) -> None:
    network = empty_network(checkpoint.row, checkpoint.kind, checkpoint.n_outputs)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    for name, shape in expected.items():
        if name not in checkpoint.state:
            raise CheckpointError(f"{path}: tensor network.{name} is missing; fetch it again")
        found = tuple(checkpoint.state[name].shape)
        if found != shape:
            raise CheckpointError(f"{path}: tensor network.{name} is {found}, expected {shape}")
        if not torch.isfinite(checkpoint.state[name]).all():
            raise CheckpointError(f"{path}: tensor network.{name} is not finite; fetch it again")
    if not checkpoint.state["input_scale"] > 0:
        raise CheckpointError(f"{path}: tensor network.input_scale is not above 0; fetch it again")
    for name in sorted(checkpoint.state.keys() - expected):
        raise CheckpointError(f"{path}: unknown tensor network.{name}")
