"""Hold the paper's claims against runs: python scripts/claims.py family=RUN library=RUN.

Prints a Markdown table a claim: for every run and set, semDNN less catDNN, as a mean over the
seeds that the run has, with the number of seeds in which semDNN is ahead. Reads nothing but the
runs' ``report.json``.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Report = Mapping[str, Any]
TOP_N = range(5, 16)


def main(arguments: list[str]) -> int:
    """Print all tables; 2 if a run has no report."""
    runs = dict(argument.partition("=")[::2] for argument in arguments)
    if not runs or not all(runs.values()):
        print(__doc__, file=sys.stderr)
        return 2
    reports: dict[str, Report] = {}
    for name, folder in runs.items():
        path = Path(folder) / "report.json"
        if not path.is_file():
            print(f"{path}: no report there; finish the run first", file=sys.stderr)
            return 2
        reports[name] = json.loads(path.read_text(encoding="utf-8"))
    for rule in ("dual", "average", "optimistic", "pessimistic", "cosine"):
        _table(
            f"Ranking score, {rule}: semDNN above catDNN?",
            reports,
            lambda scores, rule=rule: scores["ranking"][rule],
        )
    for n in (5, 10, 15):
        _table(f"AMCSS {n}: above?", reports, lambda scores, n=n: scores["amcss"][str(n)])
    _table(
        "AMCSS: the smallest difference over N = 5 … 15 (above 0: ahead for all N)",
        reports,
        lambda scores: np.array([scores["amcss"][str(n)] for n in TOP_N]),
        np.min,
    )
    _table(
        "AMCSS: growth of the difference from N = 5 to 15 (above 0: the gap grows)",
        reports,
        lambda scores: np.array([scores["amcss"][str(n)] for n in TOP_N]),
        lambda difference: difference[-1] - difference[0],
    )
    _table("Zero-shot accuracy: above?", reports, lambda scores: scores["zero_shot_accuracy"])
    _class_table(reports)
    return 0


def _table(
    title: str,
    reports: Mapping[str, Report],
    value: Callable[[Mapping[str, Any]], Any],
    reduce: Callable[[Any], float] = float,
) -> None:
    print(f"\n**{title}**\n")
    print("| run | set | semDNN | catDNN | difference by seed | mean | seeds ahead |")
    print("|---|---|---:|---:|---|---:|---:|")
    for run, report in reports.items():
        for name in report["scores"]["semdnn"]:
            ours, theirs, differences = [], [], []
            for left, right in _seeds(report):
                a = value(report["scores"][left][name])
                b = value(report["scores"][right][name])
                ours.append(np.mean(a))
                theirs.append(np.mean(b))
                differences.append(float(reduce(np.subtract(a, b))))
            _row(run, name, ours, theirs, differences)


def _class_table(reports: Mapping[str, Report]) -> None:
    print("\n**Correlation of the last common layer with the class model: above?**\n")
    print("| run | set | semDNN | catDNN | difference by seed | mean | seeds ahead |")
    print("|---|---|---:|---:|---|---:|---:|")
    for run, report in reports.items():
        for name, found in report["classes"].items():
            pairs = [(found[a]["pearson"], found[b]["pearson"]) for a, b in _seeds(report)]
            ours, theirs = zip(*pairs, strict=True)
            _row(run, name, ours, theirs, [a - b for a, b in pairs])


def _row(run: str, name: str, ours: Any, theirs: Any, differences: list[float]) -> None:
    listed = ", ".join(f"{d:+.3f}" for d in differences)
    ahead = sum(d > 0 for d in differences)
    print(
        f"| {run} | {name} | {np.mean(ours):.3f} | {np.mean(theirs):.3f} | {listed} | "
        f"{np.mean(differences):+.3f} | {ahead} of {len(differences)} |"
    )


def _seeds(report: Report) -> Iterator[tuple[str, str]]:
    for name in report["scores"]:
        other = "catdnn" + name.removeprefix("semdnn")
        repeats = name == "semdnn" or name.startswith("semdnn-seed")
        if repeats and other in report["scores"]:
            yield name, other


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
