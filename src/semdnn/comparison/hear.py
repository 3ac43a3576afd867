"""Any model behind a module that follows the HEAR 2021 interface.

The module has ``load_model(path)``, whose answer has ``sample_rate``, and
``get_scene_embeddings(audio, model)``; ``get_timestamp_embeddings(audio, model)`` adds a layer.
Importing a module runs its code, with all the rights of this program: name only one that you trust.
Only PyTorch modules are served (audio is handed over as a torch tensor).

References
----------
Turian et al. (2022), HEAR: Holistic evaluation of audio representations, PMLR 176:125,
arXiv:2203.03022.
"""

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from semdnn.audio.decoding import opened
from semdnn.audio.faults import AudioError
from semdnn.audio.waveform import SAMPLE_RATE, read
from semdnn.comparison.interface import Card, ComparisonError, Layers, Stimulus
from semdnn.comparison.stimuli import Activations, hear

REFERENCE = "interface: Turian et al. (2022), HEAR, PMLR 176:125, arXiv:2203.03022"
_ARGUMENT = re.compile(r"(?P<module>[^:]+)(:(?P<weights>.+))?")


class HearModel:
    """A HEAR module with its loaded model.

    Layers: ``timestamps``, the mean over time stamps, where the module has them, then ``scene``.
    Each sound is handed over alone, whole, at the model's sample rate.

    Parameters
    ----------
    name : str
        Short name.
    module : ModuleType
        With the functions named above.
    weights : str
        What ``load_model`` is given; with an empty one it is called without argument.

    Raises
    ------
    ComparisonError
        If a function or the sample rate is missing, or the model cannot be loaded.
    """

    def __init__(self, name: str, module: ModuleType, weights: str = "") -> None:
        self.name = name
        self._module = module
        for function in ("load_model", "get_scene_embeddings"):
            if not callable(getattr(module, function, None)):
                raise ComparisonError(
                    f"module {module.__name__} has no function {function}: not a HEAR module"
                )
        arguments = (weights,) if weights else ()
        self._model: Any = self._called(module.load_model, *arguments)
        rate = getattr(self._model, "sample_rate", None)
        if not isinstance(rate, int | float) or not rate > 0:
            raise ComparisonError(f"the model of {module.__name__} has no positive sample_rate")
        self.sample_rate = int(rate)
        source = f"HEAR module {module.__name__}" + f", weights {Path(weights).name}" * bool(
            weights
        )
        self.card = Card(source, "as its publisher states", REFERENCE)

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return ``timestamps`` (where there are any) and ``scene``.

        Raises
        ------
        ComparisonError
            If the module fails or answers with wrong shapes; and as `ComparisonModel.layers`.
        """
        return hear(stimuli, self._activations)

    def _activations(self, path: Path) -> Activations:
        samples = read_at(path, self.sample_rate)
        audio = torch.from_numpy(samples)[None]
        found: dict[str, NDArray[np.floating]] = {}
        if callable(getattr(self._module, "get_timestamp_embeddings", None)):
            answer = self._called(self._module.get_timestamp_embeddings, audio, self._model)
            series = self._array(answer[0], "get_timestamp_embeddings", n_dims=3)
            found["timestamps"] = series[0].mean(axis=0, dtype=np.float64)
        answer = self._called(self._module.get_scene_embeddings, audio, self._model)
        found["scene"] = self._array(answer, "get_scene_embeddings", n_dims=2)[0]
        return found

    def _called(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            with torch.no_grad():
                return function(*arguments)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ComparisonError(
                f"{self._module.__name__}.{function.__name__} failed: "
                f"{type(error).__name__}: {reason}"
            ) from error

    def _array(self, answer: Any, function: str, *, n_dims: int) -> NDArray[np.floating]:
        values = answer.detach().cpu().numpy() if isinstance(answer, torch.Tensor) else answer
        array = np.asarray(values)
        if array.ndim != n_dims or array.shape[0] != 1 or array.size == 0:
            raise ComparisonError(
                f"{self._module.__name__}.{function} returned shape {array.shape} for one sound: "
                f"{'[1, n_stamps, n_units]' if n_dims == 3 else '[1, n_units]'} is expected"
            )
        return array


def open_hear(argument: str) -> HearModel:
    """Import a HEAR module and load its model.

    Parameters
    ----------
    argument : str
        ``MODULE`` or ``MODULE:WEIGHTS``: an importable name, or a file that ends in ``.py``, and
        the file that its ``load_model`` takes. The module's code is run.

    Raises
    ------
    ComparisonError
        If it cannot be imported or loaded.
    """
    parts = _ARGUMENT.fullmatch(argument)
    if parts is None:
        raise ComparisonError(f"hear:{argument}: give MODULE or MODULE:WEIGHTS")
    module = _imported(parts["module"])
    return HearModel(module.__name__.rpartition(".")[2], module, parts["weights"] or "")


def read_at(path: Path, sample_rate: int) -> NDArray[np.float32]:
    """Return a sound's samples at any rate, mono [shape=(n,)]; from the file's rate by soxr (HQ).

    Raises
    ------
    AudioError
        As `semdnn.audio.waveform.read`.
    """
    at_16_khz = read(path)  # refuses what is damaged, silent or too short
    if sample_rate == SAMPLE_RATE:
        return at_16_khz
    with opened(path) as decoder:
        rate = decoder.header.sample_rate
        mono = np.concatenate([block.mean(axis=1) for block in decoder.blocks(30.0)])
    resampled = mono if rate == sample_rate else soxr.resample(mono, rate, sample_rate, "HQ")
    samples: NDArray[np.float32] = np.asarray(resampled, dtype=np.float32)
    if not samples.size:
        raise AudioError(path, "too short", f"no sample is left at {sample_rate} Hz: leave it out")
    return samples


def _imported(name: str) -> ModuleType:
    try:
        return _run_file(Path(name)) if name.endswith(".py") else import_module(name)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ComparisonError(
            f"hear:{name}: cannot be imported ({type(error).__name__}: {reason}); "
            "install it, or give the path of a .py file"
        ) from error


def _run_file(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
