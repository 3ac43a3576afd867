"""Dissimilarities of every layer of a comparison model, kept in a run's folder."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import semdnn
from semdnn.comparison.interface import Card, ComparisonModel, Layers, Stimulus
from semdnn.comparison.scales import comparable
from semdnn.errors import SemdnnError
from semdnn.evaluation.dissimilarity import DissimilarityError, Metric, rdm
from semdnn.files import digest, replacing

Array = NDArray[np.float64]


class ListenersError(SemdnnError):
    """A comparison with listeners that cannot be made: why, and what to do."""


class Candidate(NamedTuple):
    """A model to be compared, opened only when its dissimilarities are not at hand.

    Attributes
    ----------
    spec : str
        How it was asked for, such as ``semdnn-small`` or ``words:minilm``.
    open : callable
        Returns the model.
    """

    spec: str
    open: Callable[[], ComparisonModel]


@dataclass(frozen=True, eq=False)
class ModelRdms:
    """A model reduced to dissimilarities.

    Attributes
    ----------
    name : str
        The model's own.
    card : Card
        Source, licence and reference.
    layers : tuple of str
        From input to output.
    values : array [shape=(n_layers, n_pairs)]
        Condensed, sets of stimuli one after the other.
    left_out : tuple of str
        Layers of which no dissimilarity can be taken, each with the reason.
    """

    name: str
    card: Card
    layers: tuple[str, ...]
    values: Array
    left_out: tuple[str, ...]


def candidates(
    specs: Sequence[str], open_model: Callable[[str], ComparisonModel]
) -> tuple[Candidate, ...]:
    """Return a candidate a spec, in order; a spec given twice counts once."""
    return tuple(
        Candidate(spec, lambda spec=spec: open_model(spec))  # type: ignore[misc]
        for spec in dict.fromkeys(specs)
    )


class Source(NamedTuple):
    """What dissimilarities are taken of, and where they are kept.

    Attributes
    ----------
    stimuli : tuple of Stimulus
        All of them, sets one after the other.
    set_sizes : tuple of int
        Number of stimuli of every set.
    metric : {"cosine", "correlation"}
        Distance of two stimuli in a layer.
    folder : Path
        Where files are kept.
    identity : str
        Digest of names, descriptions and recordings.
    """

    stimuli: tuple[Stimulus, ...]
    set_sizes: tuple[int, ...]
    metric: Metric
    folder: Path
    identity: str


def source_of(
    stimuli: Sequence[Stimulus], set_sizes: Sequence[int], metric: Metric, folder: Path
) -> Source:
    """Return the source of all models' dissimilarities; recordings are read for their digest."""
    contents = [
        [item.name, item.description, _file_digest(item.path) if item.path else ""]
        for item in stimuli
    ]
    return Source(tuple(stimuli), tuple(set_sizes), metric, folder, digest(contents))


def model_rdms(candidate: Candidate, source: Source) -> ModelRdms:
    """Return a model's dissimilarities, from the run's folder if they are there.

    A file's name holds a digest of the spec, of a weights file that the spec names, of the
    stimuli with their recordings, and of the package's version: it is never out of date.

    Raises
    ------
    ListenersError
        If no layer gives dissimilarities.
    SemdnnError
        If the model cannot be opened, or cannot take the stimuli.
    """
    path = _cache_path(candidate, source)
    if path.is_file():
        return _load(path)
    model = candidate.open()
    layers = comparable(model, model.layers(source.stimuli))
    found = _rdms(layers, source)
    if not found.values:
        raise ListenersError(
            f"{candidate.spec}: no layer has dissimilarities ({'; '.join(found.left_out)})"
        )
    result = ModelRdms(
        model.name,
        model.card,
        tuple(found.values),
        np.array(list(found.values.values())),
        found.left_out,
    )
    _save(path, result)
    return result


class _Rdms(NamedTuple):
    values: Mapping[str, Array]
    left_out: tuple[str, ...]


def _rdms(layers: Layers, source: Source) -> _Rdms:
    n_stimuli = len(source.stimuli)
    ends = np.cumsum(source.set_sizes)
    values: dict[str, Array] = {}
    left_out: list[str] = []
    for layer, activations in layers.items():
        if len(activations) != n_stimuli:
            raise ListenersError(
                f"layer {layer} has {len(activations)} rows for {n_stimuli} stimuli: "
                "one a stimulus is needed"
            )
        try:
            parts = [
                rdm(
                    np.asarray(activations[end - size : end], dtype=np.float64),
                    metric=source.metric,
                )
                for size, end in zip(source.set_sizes, ends, strict=True)
            ]
        except DissimilarityError as error:
            left_out.append(f"{layer}: {error}")
            continue
        values[layer] = np.concatenate(parts).astype(np.float64)
    return _Rdms(values, tuple(left_out))


def _cache_path(candidate: Candidate, source: Source) -> Path:
    key = {
        "version": semdnn.__version__,
        "spec": candidate.spec,
        "weights": [_file_digest(path) for path in _files_in(candidate.spec)],
        "stimuli": source.identity,
        "sets": list(source.set_sizes),
        "metric": source.metric,
    }
    slug = re.sub(r"\W+", "-", Path(candidate.spec).stem).strip("-")[:40]
    return source.folder / f"{slug}-{digest(key)[:16]}.npz"


def _files_in(spec: str) -> list[Path]:
    """Return the files that a spec names: whole, after its label, after its model's name."""
    target = spec.partition("=")[2]
    texts = {spec, target, spec.partition(":")[2], target.partition(":")[2]}
    texts |= {text.rpartition(":")[0] for text in texts}
    return [Path(text) for text in sorted(texts) if text and Path(text).is_file()]


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _save(path: Path, model: ModelRdms) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            name=np.array(model.name),
            card=np.array(list(asdict(model.card).values())),
            layers=np.array(model.layers),
            values=model.values,
            left_out=np.array(model.left_out, dtype=np.str_),
        )


def _load(path: Path) -> ModelRdms:
    with np.load(path, allow_pickle=False) as file:
        return ModelRdms(
            str(file["name"]),
            Card(*map(str, file["card"])),
            tuple(map(str, file["layers"])),
            file["values"],
            tuple(map(str, file["left_out"])),
        )
