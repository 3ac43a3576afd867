"""A command in a child that is killed as planned, followed by what it says."""

import os
import re
import select
import signal
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

STAGES = ("featurising", "training", "evaluation")
MARKERS = ("reading and describing", "training semdnn", "evaluating")
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Plan:
    """When a child is to die: `seconds` into a stage, or at its `step`-th file there."""

    stage: int
    seconds: float
    step: int = 0
    after: bool = False


@dataclass(frozen=True)
class Kill:
    """A kill that happened: in which stage, and at what moment."""

    stage: str
    moment: str


@dataclass(frozen=True)
class Job:
    """A run's recipe and folder, where its errors go, and the cores that it may use."""

    recipe: Path
    folder: Path
    log: Path
    cores: set[int]


def command(recipe: Path, folder: Path) -> list[str]:
    """Return the arguments of the command that is killed and repeated."""
    return ["reproduce", str(recipe), "-o", str(folder)]


class Child:
    """The command in a process group of its own, forked from this process, which has all imports.

    Nothing has been computed before the fork, so that the child is as good as a fresh process.
    """

    def __init__(self, job: Job, plan: Plan | None) -> None:
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.setpgid(0, 0)
            os.close(read)
            os.dup2(write, 1)
            os.dup2(os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
            os.sched_setaffinity(0, job.cores)
            _live(command(job.recipe, job.folder), plan)
        os.close(write)
        self.output = os.fdopen(read, "rb", buffering=0)
        self.text = ""
        self.stage = -1
        self.since = [time.monotonic()]

    def follow(self, timeout: float) -> bool:
        """Read what the child says for `timeout` seconds at most; return whether it goes on."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.output], [], [], left)[0]:
                break
            said = self.output.read(65_536)
            if not said:
                return False
            self.text += said.decode()
            while self.stage + 1 < len(MARKERS) and MARKERS[self.stage + 1] in self.text:
                self.stage += 1
                self.since.append(time.monotonic())
            if timeout == PATIENCE_S:
                return True
        return True

    def wait_for(self, stage: int) -> bool:
        """Wait until the child is in `stage` or a later one; return whether it goes on."""
        while self.stage < stage:
            if not self.follow(PATIENCE_S):
                return False
        return True

    def kill(self) -> None:
        """Kill the whole group."""
        os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> int:
        """Wait for the end; return the exit status."""
        while self.follow(PATIENCE_S):
            pass
        self.output.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _live(arguments: list[str], plan: Plan | None) -> NoReturn:
    """Run the command in the child, with the planned death at a file."""
    status = 99
    try:
        sys.stdout = os.fdopen(1, "w", buffering=1)
        if plan is not None and plan.step:
            _die_at(plan)
        import torch  # noqa: PLC0415 - loaded before the fork

        torch.set_num_threads(1)
        status = import_module("semdnn.cli.main").main(arguments)
    finally:
        sys.stdout.flush()
        os._exit(status)


def _die_at(plan: Plan) -> None:
    """Let this process die around the `step`-th file that moves into place."""
    move, n_moved = Path.replace, 0

    def counted(self: Path, target: Path) -> Path:
        nonlocal n_moved
        n_moved += 1
        if n_moved == plan.step and not plan.after:
            _die(f"before {Path(target).name} moved into place")
        moved = move(self, target)
        if n_moved == plan.step:
            _die(f"after {Path(target).name} moved into place")
        return moved

    Path.replace = counted  # type: ignore[method-assign]


def _die(moment: str) -> None:
    print(f"DEATH {moment}", flush=True)
    os.killpg(0, signal.SIGKILL)


def killed_once(job: Job, plan: Plan) -> Kill | None:
    """Run the command and kill it as planned; None if it ended before that."""
    child = Child(job, plan)
    if plan.step:
        status = child.end()
        moment = re.search("DEATH (.*)", child.text)
        if moment is None:
            return None if status == 0 else _broken(child, status, job.log)
        return Kill(STAGES[max(child.stage, 0)], moment[1])
    goes_on = child.wait_for(plan.stage) and child.follow(plan.seconds)
    if not goes_on:
        status = child.end()
        return None if status == 0 else _broken(child, status, job.log)
    child.kill()
    moment = f"{time.monotonic() - child.since[-1]:.3f} s into it"
    child.end()
    return Kill(STAGES[max(child.stage, 0)], moment)


def _broken(child: Child, status: int, log: Path) -> NoReturn:
    raise SystemExit(f"the command failed by itself ({status}):\n{child.text}\n{log.read_text()}")
