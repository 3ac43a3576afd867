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
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from killed_child import STAGES, Child, Job, Kill, Plan, command, killed_once
from run_differences import differences

JOBS = 3
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


def plans(rng: np.random.Generator, n: int, seconds: list[float]) -> list[Plan]:
    """Return when a job is to be killed: early stages first, every third time at a file."""
    made = []
    for stage in range(len(STAGES)):
        for k in range(n):
            longest = seconds[stage] if stage == 2 else 2.5 * seconds[stage] / n
            step = int(rng.integers(*((1, 60), (12, 24), (6, 30))[stage])) if k % 3 == 2 else 0
            made.append(Plan(stage, float(rng.uniform(0, longest)), step, bool(rng.integers(2))))
    return made


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
