"""Kill the whole chain at random moments, again and again, and compare with a run left in peace.

The chain (``semdnn reproduce`` on a small synthesised library) runs once undisturbed in a process
of its own. Then several jobs run the same command in folders of their own; each is killed
outright (SIGKILL to its process group) some times while it featurises, trains and evaluates:
at a random time, or just before or after a file moves into place. At last the command runs to
its end, and every file has to equal the undisturbed run's, to the bit; times are left out.

    python scripts/kill_suite.py --folder /tmp/kills --kills 54

Prints a line a kill and a summary as JSON; exit status 1 if any job differs.
"""

import argparse
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

STAGES = ("featurising", "training", "evaluation")
MARKERS = ("reading and describing", "training semdnn", "evaluating")
JOBS = 3
PATIENCE_S = 300.0
RECIPE = """
name = "killed"
network = "tiny"
[procedural]
n_sounds = 48
[dictionary]
min_count = 2
n_clusters = 4
[split]
validation = 0.15
test = 0.2
[training]
max_epochs = 3
batch_size = 16
learning_rate = 1e-3
average_decay = 0.9
device = "cpu"
[evaluation]
n_bootstrap = 5
n_permutations = 5
"""
PRELOADED = (
    "semdnn.cli.reproduce",
    "semdnn.experiment.reproduce",
    "semdnn.training.run",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "sklearn.cluster",
    "sklearn.manifold",
    "scipy.stats",
    "torch._dynamo",  # which making an optimiser imports
)


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


def plans(rng: np.random.Generator, n: int, seconds: list[float]) -> list[Plan]:
    """Return when a job is to be killed: early stages first, every third time at a file."""
    made = []
    for stage in range(len(STAGES)):
        for k in range(n):
            longest = seconds[stage] if stage == 2 else 2.5 * seconds[stage] / n
            step = int(rng.integers(*((1, 60), (12, 24), (6, 30))[stage])) if k % 3 == 2 else 0
            made.append(Plan(stage, float(rng.uniform(0, longest)), step, bool(rng.integers(2))))
    return made


def differences(folder: Path, reference: Path) -> list[str]:
    """Return the files in which two runs differ, times left out, and leftovers."""
    names = sorted({str(p.relative_to(top)) for top in (folder, reference) for p in top.rglob("*")})
    return [name for name in names if _content(folder / name) != _content(reference / name)]


def _content(path: Path) -> Any:
    if not path.is_file():
        return path.exists()
    readers: dict[str, Callable[[Path], Any]] = {
        "report.json": _report,
        "report.html": lambda p: re.sub(r"<td>\d+\.\d</td></tr>", "", p.read_text()),  # minutes
        "metrics.jsonl": lambda p: [_timeless(json.loads(x)) for x in p.read_text().splitlines()],
        "state.safetensors": _state,
    }
    is_index = path.match("features/shard-*.json")
    return (_index if is_index else readers.get(path.name, Path.read_bytes))(path)


def _report(path: Path) -> Any:
    report = json.loads(path.read_text())
    for row in report["training"].values():
        row.pop("minutes")
    return report


def _index(path: Path) -> Any:
    index = json.loads(path.read_text())
    index.pop("key")  # the recordings' times of writing are in it
    return index


def _state(path: Path) -> Any:
    tensors, described = import_module("semdnn.network.checkpoint").read_tensors(path)
    plain = {name: value.numpy().tobytes() for name, value in tensors.items()}
    return plain, [_timeless(record) for record in described["history"]]


def _timeless(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k not in ("seconds", "patches_per_second")}


def undisturbed(recipe: Path, folder: Path) -> None:
    """Run the command in a fresh interpreter."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, "-m", "semdnn", *command(recipe, folder)]
    subprocess.run(arguments, env=environment, check=True, stdout=subprocess.DEVNULL)


def durations(job: Job) -> list[float]:
    """Return how long each stage takes, s."""
    child = Child(job, None)
    if child.end() != 0:
        raise SystemExit(job.log.read_text())
    ends = [*child.since[2:], time.monotonic()]
    return [end - begin for begin, end in zip(child.since[1:], ends, strict=True)]


def run_job(job: Job, planned: list[Plan], late: Callable[[], Plan]) -> list[Kill]:
    """Kill one job as planned, let it end, and return the kills that hit.

    Where a plan comes too late because the command has ended, `late` gives one for its
    repetition.
    """
    kills: list[Kill] = []
    waiting = list(planned)
    while waiting:
        kill = killed_once(job, waiting.pop(0))
        if kill is None:
            waiting.append(late())
            continue
        kills.append(kill)
        print(f"{job.folder.name} kill {len(kills)}: {kill.stage}, {kill.moment}", flush=True)
    child = Child(job, None)
    if child.end() != 0:
        raise SystemExit(job.log.read_text())
    return kills


def main() -> int:
    """Run the suite."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="made anew")
    parser.add_argument("--kills", type=int, default=54)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    shutil.rmtree(chosen.folder, ignore_errors=True)
    chosen.folder.mkdir(parents=True)
    recipe, whole = chosen.folder / "killed.toml", chosen.folder / "whole"
    recipe.write_text(RECIPE)
    for name in PRELOADED:
        import_module(name)
    started, cores = time.monotonic(), os.sched_getaffinity(0)
    undisturbed(recipe, whole)
    timed = Job(recipe, chosen.folder / "timed", chosen.folder / "stderr.txt", {min(cores)})
    seconds = durations(timed)
    rng = np.random.default_rng(chosen.seed)
    kills: list[Kill] = []
    differing = differences(timed.folder, whole)
    for number in range(JOBS):
        used = cores if number == JOBS - 1 else timed.cores  # the last one featurises in a pool
        job = replace(timed, folder=chosen.folder / f"job-{number}", cores=used)
        planned = plans(rng, -(-chosen.kills // (JOBS * len(STAGES))), seconds)
        kills += run_job(job, planned, lambda: Plan(2, float(rng.uniform(0, 0.5 * seconds[2]))))
        differing += [f"{job.folder.name}/{name}" for name in differences(job.folder, whole)]
    summary = {
        "kills": len(kills),
        "stages": dict(Counter(kill.stage for kill in kills)),
        "differing_files": differing,
        "stage_seconds": [round(value, 2) for value in seconds],
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(summary))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
