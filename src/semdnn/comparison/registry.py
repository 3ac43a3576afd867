"""Every comparison model by its name, and the one place that turns a text into a model.

A model is written ``[LABEL=]TARGET``, and a target is

- the name of a row of `MODELS` that needs nothing more (``log-mel``);
- ``NAME:ARGUMENT``, a row and what it needs (``yamnet:yamnet_float.onnx``, ``words:minilm``);
- a file: a checkpoint (``.safetensors``) or activations (``.npz``, ``.h5``, ``.hdf5``).

A text that is an existing file as it stands is that file, whatever signs its name holds. A label
replaces the model's own name in results; it has no ``:``, ``/`` or ``=``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from semdnn.comparison.interface import Card, ComparisonError, ComparisonModel, Layers, Stimulus

_SPEC = re.compile(r"(?P<label>[^=:/]+)=(?P<target>.+)", re.DOTALL)


@dataclass(frozen=True)
class ModelRow:
    """How a comparison model is opened; its module is imported only then.

    Attributes
    ----------
    module, opener : str
        A module, and the function or class in it that returns the model.
    summary : str
        What the model is, in a line.
    argument : str
        What follows the colon, as a help text writes it; empty where nothing does.
    given : str
        What `opener` is called with where nothing follows the name.
    is_file : bool
        Whether the argument is a file that must be there; `opener` then takes a `Path`.
    """

    module: str
    opener: str
    summary: str
    argument: str = ""
    given: str = ""
    is_file: bool = False


class KnownModel(NamedTuple):
    """What may be written, and what it opens."""

    spec: str
    summary: str


_HERE = "semdnn.comparison"

MODELS: Mapping[str, ModelRow] = MappingProxyType(
    {
        "semdnn-small": ModelRow(
            f"{_HERE}.family", "open_network", "the shipped semDNN", given="semdnn-small"
        ),
        "catdnn-small": ModelRow(
            f"{_HERE}.family", "open_network", "the shipped catDNN", given="catdnn-small"
        ),
        "labeller-small": ModelRow(
            f"{_HERE}.family", "open_network", "the shipped labeller", given="labeller-small"
        ),
        "notrain": ModelRow(
            f"{_HERE}.family",
            "open_untrained",
            "a checkpoint's architecture with random weights (seed 0 by default)",
            "CHECKPOINT[:SEED]",
        ),
        "yamnet": ModelRow(
            f"{_HERE}.yamnet", "Yamnet", "YAMNet, 14 layers and more", "ONNX_FILE", is_file=True
        ),
        "vggish": ModelRow(
            f"{_HERE}.vggish", "Vggish", "VGGish, 7 layers", "SAFETENSORS_FILE", is_file=True
        ),
        "kell": ModelRow(
            f"{_HERE}.kell", "Kell", "Kell et al. 2018", "SAFETENSORS_FILE", is_file=True
        ),
        "words": ModelRow(
            f"{_HERE}.word_models",
            "open_words",
            "mean vector of a description's words: minilm, glove-50, or a vector file",
            "WORD_SPACE",
        ),
        "phrase": ModelRow(
            f"{_HERE}.word_models",
            "open_phrases",
            "the whole description embedded: minilm",
            "WORD_SPACE",
        ),
        "log-mel": ModelRow(
            f"{_HERE}.log_mel", "LogMel", "mean and deviation over time of 64 log-mel bands"
        ),
        "spectral": ModelRow(
            f"{_HERE}.acoustics",
            "SpectralStatistics",
            "twelve statistics: centroid, flatness, attack, level, harmonicity …",
        ),
        "modulation": ModelRow(
            f"{_HERE}.modulation", "Modulation", "spectral and temporal modulations of the log-mel"
        ),
        "hear": ModelRow(
            f"{_HERE}.hear",
            "open_hear",
            "any module with the HEAR 2021 interface; its code is run",
            "MODULE[:WEIGHTS]",
        ),
    }
)

FILES: Mapping[str, ModelRow] = MappingProxyType(
    {
        ".safetensors": ModelRow(
            f"{_HERE}.family", "open_network", "a semDNN, catDNN or autoencoder checkpoint"
        ),
        **dict.fromkeys(
            (".npz", ".h5", ".hdf5"),
            ModelRow(f"{_HERE}.activations", "ActivationsFile", "activations computed elsewhere"),
        ),
    }
)


@dataclass(frozen=True, eq=False)
class Labelled:
    """A model under another name."""

    name: str
    model: ComparisonModel

    @property
    def card(self) -> Card:
        """The model's card."""
        return self.model.card

    @property
    def mixes_units(self) -> bool:
        """Whether `scales.comparable` has something to do."""
        return bool(getattr(self.model, "mixes_units", False))

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the model's layers."""
        return self.model.layers(stimuli)


def open_model(spec: str) -> ComparisonModel:
    """Open a comparison model.

    Parameters
    ----------
    spec : str
        ``[LABEL=]NAME``, ``[LABEL=]NAME:ARGUMENT`` or ``[LABEL=]FILE``, see above.

    Raises
    ------
    ComparisonError
        If the name is unknown, its argument or the file is missing; lists what is known.
    SemdnnError
        If the file is there and cannot be used, as the model's own module says.

    Examples
    --------
    >>> open_model("log-mel").name, open_model("words in my list=words:minilm").name
    ('log-mel', 'words in my list')
    """
    parts = None if Path(spec).is_file() else _SPEC.fullmatch(spec)
    if parts is None:
        return _opened(spec)
    return Labelled(parts["label"].strip(), _opened(parts["target"]))


def open_models(specs: Sequence[str]) -> tuple[ComparisonModel, ...]:
    """Open several models, whose names must all differ.

    Raises
    ------
    ComparisonError
        As `open_model`, and if two models have one name.
    """
    models: dict[str, ComparisonModel] = {}
    for spec in specs:
        model = open_model(spec)
        if model.name in models:
            raise ComparisonError(
                f"{spec}: a model called {model.name!r} is there already: "
                f"give one of them a label, LABEL={spec.partition('=')[2] or spec}"
            )
        models[model.name] = model
    return tuple(models.values())


def known_models() -> tuple[KnownModel, ...]:
    """Return everything that `open_model` knows, for help texts; imports no model."""
    rows = [
        KnownModel(name + f":{row.argument}" * bool(row.argument), row.summary)
        for name, row in MODELS.items()
    ]
    files: dict[str, list[str]] = {}
    for suffix, row in FILES.items():
        files.setdefault(row.summary, []).append(f"FILE{suffix}")
    return (*rows, *(KnownModel(" or ".join(names), text) for text, names in files.items()))


def _opened(target: str) -> ComparisonModel:
    path = Path(target)
    if path.is_file():
        row = FILES.get(path.suffix.lower())
        if row is None:
            raise ComparisonError(f"{target}: a file of this kind is no model; {_known()}")
        return _called(row, path)
    name, colon, argument = target.partition(":")
    row = MODELS.get(name)
    if row is None:
        problem = "no such file" if path.suffix.lower() in FILES else "unknown model"
        raise ComparisonError(f"{target}: {problem}; {_known()}")
    if bool(row.argument) != bool(argument) or (colon and not argument):
        needed = f"{name}:{row.argument}" if row.argument else name
        raise ComparisonError(f"{target}: write {needed} ({row.summary})")
    if row.is_file and not Path(argument).is_file():
        raise ComparisonError(f"{target}: no such file {argument}; {name} needs {row.argument}")
    return _called(row, Path(argument) if row.is_file else argument or row.given)


def _called(row: ModelRow, argument: str | Path) -> ComparisonModel:
    opener = getattr(import_module(row.module), row.opener)
    model: ComparisonModel = opener(argument) if argument else opener()
    return model


def _known() -> str:
    return "known: " + ", ".join(known.spec for known in known_models())
