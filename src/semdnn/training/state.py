"""What changes in training, who trains it, and all of it as tensors that a file can hold."""

import copy
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from semdnn.network.registry import channels_last
from semdnn.network.sound_network import SoundNetwork
from semdnn.training.batches import TrainingError
from semdnn.training.settings import TrainingSettings
from semdnn.training.team import ALONE, Team


class Averaged(NamedTuple):
    """Tensors of the average, and those of the network that they follow, of the same order."""

    means: list[Tensor]
    values: list[Tensor]
    counts: list[Tensor]
    new_counts: list[Tensor]


@dataclass
class TrainingState:
    """All that changes in training; what a resumed run has to restore.

    Attributes
    ----------
    network : SoundNetwork
        The network in training.
    optimiser : torch.optim.Optimizer
        With its moments.
    average : SoundNetwork or None
        The moving average of the network, if one is kept.
    epoch : int
        Epochs completed.
    team : Team
        The processes that train.
    joined : nn.Module
        What is called in training: the network, or what shares its gradients with the team.
    """

    network: SoundNetwork
    optimiser: torch.optim.Optimizer
    average: SoundNetwork | None
    team: Team
    joined: nn.Module
    epoch: int = 0

    @cached_property
    def in_bfloat16(self) -> bool:
        """Whether the network computes in bfloat16: on a GPU that does so by itself."""
        return has_bfloat16(self.network.input_mean.device)

    @cached_property
    def averaged(self) -> Averaged:
        """What the moving average follows: weights and statistics, and counts, which are copied."""
        found = Averaged([], [], [], [])
        average = {} if self.average is None else self.average.state_dict()
        for name, value in self.network.state_dict().items() if average else ():
            mean = average[name]
            floating = mean.is_floating_point()
            (found.means if floating else found.counts).append(mean)
            (found.values if floating else found.new_counts).append(value)
        return found

    @property
    def kept(self) -> SoundNetwork:
        """The network that is validated and kept: the average if there is one."""
        return self.network if self.average is None else self.average


def start(network: SoundNetwork, settings: TrainingSettings, team: Team = ALONE) -> TrainingState:
    """Return the state before the first epoch, on the device that `settings` choose."""
    network = channels_last(network.to(team.device(settings.device)))
    optimiser = _optimiser(network, settings)
    average = copy.deepcopy(network).requires_grad_(False) if settings.average_decay else None
    called: nn.Module = network
    if _is_compiled(network, settings):
        called = cast("nn.Module", torch.compile(network))
    return TrainingState(network, optimiser, average, team=team, joined=team.join(called))


def _is_compiled(network: SoundNetwork, settings: TrainingSettings) -> bool:
    if settings.compiled != "auto":
        return settings.compiled == "on"
    return can_compile(network.input_mean.device)


def can_compile(device: torch.device) -> bool:
    """Return whether Triton works there: compute capability 7.0, a C compiler, the package."""
    if device.type != "cuda" or find_spec("triton") is None:
        return False
    given = os.environ.get("CC")  # as Triton looks for it
    compilers = (given,) if given else ("gcc", "clang")
    has_compiler = any(shutil.which(compiler) for compiler in compilers)
    return has_compiler and torch.cuda.get_device_capability(device) >= (7, 0)


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device computes in bfloat16 itself, which PyTorch emulates on others."""
    if device.type != "cuda":
        return False
    return torch.version.hip is not None or torch.cuda.get_device_capability(device) >= (8, 0)


def state_tensors(state: TrainingState) -> dict[str, Tensor]:
    """Return weights, average and optimiser moments as one flat dictionary."""
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    if state.average is not None:
        averages = state.average.state_dict().items()
        tensors |= {f"average.{name}": value for name, value in averages}
    for index, moments in state.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in moments.items()}
    return tensors


def restore(state: TrainingState, tensors: dict[str, Tensor], epoch: int) -> None:
    """Put `state_tensors` back into a freshly started state, to the bit.

    Raises
    ------
    TrainingError
        Tensors that belong to another network.
    """
    groups: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimiser": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in groups["optimiser"].items():
        index, _, moment = name.partition(".")
        moments.setdefault(int(index), {})[moment] = value
    try:
        state.network.load_state_dict(groups["network"])
        if state.average is not None:
            state.average.load_state_dict(groups["average"])
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"the saved training state does not fit: {reason}") from error
    kept = state.optimiser.state_dict()
    state.optimiser.load_state_dict({"state": moments, "param_groups": kept["param_groups"]})
    for parameter, own in state.optimiser.state.items():
        for name, moment in own.items():  # the fused step asks for the parameter's memory layout
            if moment.shape == parameter.shape:
                own[name] = torch.empty_like(parameter).copy_(moment).detach()
    state.epoch = epoch


def _optimiser(network: SoundNetwork, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Return Adam, or AdamW that leaves biases and normalisation alone."""
    parameters = list(network.parameters())
    if not settings.weight_decay:
        return torch.optim.Adam(parameters, lr=settings.learning_rate, eps=1e-8, fused=True)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, eps=1e-8, fused=True)
