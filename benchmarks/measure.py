"""What the benchmarks share: works timed in turn, and ratios reported as lines of JSON.

Every ``python benchmarks/NAME.py`` prints what it finds for a reader, and with ``--json FILE``
writes the ratios among it to FILE; ``benchmarks/run_all.py`` makes one table of all. A ratio
compares one quantity of ours with a peer's, measured in the same run.
"""

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SHARED = Path(__file__).resolve().parents[2] / "shared"
YAMNET = "SEMDNN_BENCH_YAMNET"  # in the environment: where the weights are
CLIPS = "SEMDNN_BENCH_CLIPS"  # … and a folder of sounds

QUANTITIES = {  # what is divided by the peer's, and whether a higher or a lower ratio is better
    "speed": "higher",
    "speed in processor time": "higher",
    "time": "lower",
    "processor time": "lower",
    "peak memory": "lower",
    "multiply-adds": "lower",
    "correlation": "higher",
    "share found": "higher",
}


class Timed(NamedTuple):
    """A call's value, and its seconds by the clock and of the processor, of all threads."""

    value: Any
    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Timed:
    """Call `work` once."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    return Timed(value, time.perf_counter() - wall, time.process_time() - cpu)


def in_turn(
    works: Mapping[str, Callable[[], object]],
    n_rounds: int,
    *,
    clock: Callable[[], float] = time.process_time,
    n_warm_up: int = 0,
) -> dict[str, list[float]]:
    """Return the seconds of each work in each round; the works take turns within a round.

    Whatever else the machine does then disturbs all of them alike. The first `n_warm_up` rounds
    come on top and are not counted.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(n_warm_up + n_rounds):
        for name, work in works.items():
            started = clock()
            work()
            if number >= n_warm_up:
                taken[name].append(clock() - started)
    return taken


def best(taken: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the shortest time of each work."""
    return {name: min(times) for name, times in taken.items()}


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over rounds of ours / theirs."""
    return statistics.median(own / other for own, other in zip(ours, theirs, strict=True))


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that describes a program by its first line and knows ``--json``."""
    made = argparse.ArgumentParser(description=(doc or "").split("\n", 1)[0])
    made.add_argument("--json", type=Path, help="write the ratios to this file")
    return made


def path_of(variable: str, in_shared: str) -> Path:
    """Return what `variable` of the environment says, or else a path in ../shared."""
    return Path(os.environ.get(variable) or SHARED / in_shared)


def add_yamnet(made: argparse.ArgumentParser) -> None:
    """Let `made` know ``--yamnet``."""
    where = path_of(YAMNET, "weights/yamnet/yamnet_float.onnx")
    made.add_argument("--yamnet", type=Path, default=where, help="YAMNet's weights, ONNX")


class Report:
    """The ratios that a benchmark found, and what it could not run."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Take the settings and the place of the JSON from the program's `options`."""
        self._path: Path | None = options.json
        self._settings = {
            name: value.name if isinstance(value, Path) else value
            for name, value in vars(options).items()
            if name != "json"
        }
        self._rows: list[dict[str, str | float]] = []
        self._not_run: list[dict[str, str]] = []

    def add(self, what: str, quantity: str, ratio: float, peer: str) -> None:
        """Note that `quantity` (one of `QUANTITIES`) of `what` is `ratio` times the peer's."""
        if not (math.isfinite(ratio) and ratio > 0):
            raise ValueError(f"{what}: the ratio to {peer} is {ratio}: it measures nothing")
        row = {"what": what, "quantity": quantity, "ratio": float(f"{ratio:.4g}"), "peer": peer}
        self._rows.append(row | {"better": QUANTITIES[quantity]})

    def not_run(self, what: str, reason: str) -> None:
        """Note, and print, that `what` could not be measured."""
        print(f"{what}: not run, {reason}")
        self._not_run.append({"what": what, "reason": reason})

    def write(self) -> None:
        """Write the JSON if it was asked for."""
        if self._path is not None:
            found = {"settings": self._settings, "rows": self._rows, "not_run": self._not_run}
            self._path.write_text(json.dumps(found, indent=1, default=str) + "\n", "utf-8")
