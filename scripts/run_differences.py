"""The files in which two runs differ, times left out."""

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


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
