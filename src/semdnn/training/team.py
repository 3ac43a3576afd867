"""The processes that train one network together: alone, or one a device through Lightning Fabric.

Every process holds the whole network and sees its own share of each step's patches; gradients are
averaged before the step, so that all networks stay equal. Process 0 alone writes files.

Batch normalisation is not synchronised: in training a process normalises by the statistics of its
own batch, as one process with small batches does. The running statistics are averaged over the
processes before every validation.

References
----------
Goyal et al. (2017), "Accurate, large minibatch SGD", arXiv:1706.02677 (the learning rate grows
with the batch; statistics per worker).
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from semdnn.processes import end_with
from semdnn.semantics.nnls import usable_cores
from semdnn.training.batches import TrainingError

LONGEST_WAIT = timedelta(days=2)  # the others wait while process 0 featurises
LAUNCHER = "SEMDNN_LAUNCHER"  # in the environment of the processes that one of ours starts
Value = TypeVar("Value")


def choose_device(name: str) -> torch.device:
    """Return the device that "auto", "cpu" or "cuda" stands for.

    Raises
    ------
    TrainingError
        "cuda" where there is no usable GPU.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise TrainingError('device = "cuda", but PyTorch finds no CUDA device; use "auto"')
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")


def limit_threads() -> None:
    """Let PyTorch start no more threads than there are cores that this process may use.

    It counts the machine's cores, also where a container has been given fewer. Fewer threads that
    a caller has chosen stay, and ``OMP_NUM_THREADS`` is left alone. Sums depend on the number of
    threads: a run goes on to the bit where that number is the same.
    """
    if "OMP_NUM_THREADS" not in os.environ and torch.get_num_threads() > usable_cores():
        torch.set_num_threads(usable_cores())


class Team:
    """One process that trains alone: nothing to agree on, nobody to wait for.

    Attributes
    ----------
    rank : int
        Number of this process; 0 writes.
    n_processes : int
        How many there are.
    """

    rank = 0
    n_processes = 1

    def device(self, name: str) -> torch.device:
        """Return the device of this process that "auto", "cpu" or "cuda" stands for."""
        return choose_device(name)

    def join(self, network: nn.Module) -> nn.Module:
        """Return what to call in training in place of `network`: it averages the gradients."""
        return network

    def holding_back(self, joined: nn.Module, *, enabled: bool) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Return a context in which gradients pile up in the process, if `enabled`."""
        return nullcontext()

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean over the processes."""
        return value

    def sum(self, value: Tensor) -> Tensor:
        """Return the sum over the processes."""
        return value

    def of_first(self, value: Value) -> Value:
        """Return what process 0 has given; all wait for each other."""
        return value

    def average_statistics(self, network: nn.Module) -> None:
        """Average the running statistics of the normalisation layers."""


class FabricTeam(Team):
    """A process among others, held together by Lightning Fabric.

    Parameters
    ----------
    fabric : lightning_fabric.Fabric
        Launched.
    """

    def __init__(self, fabric: Any) -> None:
        self._fabric = fabric
        self.rank = int(fabric.global_rank)
        self.n_processes = int(fabric.world_size)

    def device(self, name: str) -> torch.device:  # noqa: ARG002 - decided at the launch
        """Return this process's device."""
        device: torch.device = self._fabric.device
        return device

    def join(self, network: nn.Module) -> nn.Module:
        """Return the network wrapped in DistributedDataParallel."""
        with warnings.catch_warnings():  # torch's new name for it does not exist in older ones
            warnings.filterwarnings("ignore", ".*broadcast_buffers.* is deprecated")
            joined: nn.Module = self._fabric.setup_module(network)
        return joined

    def holding_back(self, joined: nn.Module, *, enabled: bool) -> AbstractContextManager[Any]:
        """Return a context without communication, if `enabled`."""
        context: AbstractContextManager[Any] = self._fabric.no_backward_sync(joined, enabled)
        return context

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean over the processes."""
        return self._reduced(value, "mean")

    def sum(self, value: Tensor) -> Tensor:
        """Return the sum over the processes."""
        return self._reduced(value, "sum")

    def of_first(self, value: Value) -> Value:
        """Return what process 0 has given; all wait for each other."""
        told: Value = self._fabric.broadcast(value, src=0)
        return told

    def average_statistics(self, network: nn.Module) -> None:
        """Average the running statistics of the normalisation layers."""
        for buffer in network.buffers():
            if buffer.is_floating_point():
                buffer.copy_(self.mean(buffer.clone()))

    def _reduced(self, value: Tensor, how: str) -> Tensor:
        reduced: Tensor = self._fabric.all_reduce(value.clone(), reduce_op=how)
        return reduced


ALONE = Team()


@contextmanager
def open_team(devices: int = 1, nodes: int = 1, *, device: str = "auto") -> Iterator[Team]:
    """Start or join the processes that train together.

    Parameters
    ----------
    devices : int
        Processes on each machine: one a GPU, or as many on the CPU. Under torchrun its own
        numbers count.
    nodes : int
        Machines; each has to run the same command and see the same run folder.
    device : "auto", "cpu" or "cuda"
        What to train on.

    Yields
    ------
    Team
        Of one process where one is all.

    Raises
    ------
    TrainingError
        Lightning Fabric is missing, or the devices are not there.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    if devices * nodes == 1:
        yield ALONE
        return
    fabric = _fabric(devices, nodes, choose_device(device).type)
    _launch(fabric)
    try:
        yield FabricTeam(fabric)
    except BaseException:
        for process in getattr(getattr(fabric, "_launcher", None), "procs", []):
            process.kill()  # they would wait for this one
        raise
    fabric.barrier()
    torch.distributed.destroy_process_group()


def _fabric(devices: int, nodes: int, accelerator: str) -> Any:
    try:
        from lightning_fabric import Fabric  # noqa: PLC0415 - an extra
        from lightning_fabric.strategies import DDPStrategy  # noqa: PLC0415
    except ImportError as error:
        raise TrainingError(
            "several devices need Lightning Fabric, which is not installed: "
            'pip install "semdnn[distributed]"'
        ) from error
    strategy = DDPStrategy(broadcast_buffers=False, timeout=LONGEST_WAIT)
    try:
        return Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes, strategy=strategy)
    except Exception as error:  # each accelerator has errors of its own
        reason = " ".join(str(error).split())
        raise TrainingError(f"{devices} devices on {nodes} machines: {reason}") from error


def _launch(fabric: Any) -> None:
    """Start the other processes, or join them; those that this one starts end with it."""
    if LAUNCHER in os.environ:
        end_with(int(os.environ[LAUNCHER]))
    else:
        os.environ[LAUNCHER] = str(os.getpid())
    fabric.launch()
    os.environ.pop(LAUNCHER, None)
