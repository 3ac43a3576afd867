"""Listeners' dissimilarities of stimuli, read from whatever file they come in.

Everything becomes one array, listeners x pairs in `pdist` order, NaN where a judgement is
missing: matrices, tables of pairs, similarity ratings, confusion counts and the trees of
hierarchical sorting, from CSV, NPZ and MATLAB files, or from a folder with ``rdm.csv`` (matrix of
the group's mean under stimulus names), ``subjects.npz`` (`condensed` [shape=(L, n_pairs)] and
`names`), ``meta.json`` and ``audio/`` (a file a stimulus).
"""

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from semdnn.evaluation.behaviour_arrays import Chosen, Kind, Variables, choose, to_listeners
from semdnn.evaluation.behaviour_data import (
    Behaviour,
    leave_out_incomplete,
    select_listeners,
    select_stimuli,
)
from semdnn.evaluation.behaviour_matlab import read_matlab
from semdnn.evaluation.behaviour_notes import listener_labels, negative_note, scale_notes
from semdnn.evaluation.behaviour_tables import TableValues, read_table
from semdnn.evaluation.judgements import Asymmetric, BehaviourError

__all__ = [
    "Behaviour",
    "BehaviourError",
    "leave_out_incomplete",
    "read_behaviour",
    "select_listeners",
    "select_stimuli",
]

SUFFIXES = (".csv", ".tsv", ".txt", ".npz", ".mat")

Made = TypeVar("Made")

_SAME_ORDER = 0.5  # least correlation of the group's matrix with the mean of its listeners


def read_behaviour(
    path: Path | str,
    *,
    kind: Kind | None = None,
    variable: str | None = None,
    stimuli: Sequence[str] = (),
    asymmetric: Asymmetric = "refuse",
) -> Behaviour:
    """Return listeners' dissimilarities from a file or folder.

    Parameters
    ----------
    path : Path or str
        CSV (layouts: `behaviour_tables.read_table`; a listener's merges, a row each, or
        partitions, a row a step under the stimuli's names), NPZ or MATLAB (layouts:
        `behaviour_arrays.to_listeners`), or a folder as described above.
    kind : {"dissimilarity", "similarity", "confusion", "merges", "partitions"}, optional
        What the values are; else told by the variable's name, dissimilarities in the end.
    variable : str, optional
        Which variable of an NPZ or MATLAB file has the listeners.
    stimuli : sequence of str
        Names, for files without; they also settle which axis is the pairs.
    asymmetric : {"refuse", "mean"}
        What to do with matrices that are not symmetric.

    Raises
    ------
    BehaviourError
        If the file cannot be read, or its content is contradictory, naming the file.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise BehaviourError(f"{path}: no such file or folder")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BehaviourError(f"{path}: listeners' data come as {', '.join(SUFFIXES)}, or a folder")
    table = TableValues(np.empty(0))
    if suffix in (".npz", ".mat"):
        variables = _read_npz(path) if suffix == ".npz" else read_matlab(path)
        chosen = _about(path, lambda: choose(variables, variable, kind))
    else:
        table = read_table(path)
        names = table.stimuli
        if kind in ("merges", "partitions"):  # one listener's tree: no row or column is a listener
            names, table = names or table.listener_names, TableValues(table.values)
        chosen = Chosen(table.values, kind or "dissimilarity", () if kind == "merges" else names)
    if stimuli:
        chosen = chosen._replace(names=_given_names(path, chosen.names, stimuli))
    return _about(path, lambda: _assembled(path.stem, chosen, table, asymmetric))


def _about(path: Path, make: Callable[[], Made]) -> Made:
    """Return what `make` returns; its errors name the file."""
    try:
        return make()
    except BehaviourError as error:
        raise BehaviourError(f"{path}: {error}") from error


def _given_names(path: Path, found: tuple[str, ...], given: Sequence[str]) -> tuple[str, ...]:
    if found and set(found) != set(given):
        raise BehaviourError(f"{path}: its stimuli are not those given ({found[0]!r}, …)")
    return found or tuple(given)


def _assembled(name: str, chosen: Chosen, table: TableValues, asymmetric: Asymmetric) -> Behaviour:
    listeners, set_sizes = to_listeners(chosen.values, chosen.kind, chosen.names, asymmetric)
    names = table.listener_names if len(table.listener_names) == len(listeners) else ()
    silent = np.flatnonzero(np.isnan(listeners).all(axis=1))
    if silent.size:
        advice = "leave it out of the file" if silent.size < len(listeners) else "nor has any other"
        who = listener_labels(len(listeners), names)[silent[0]]
        raise BehaviourError(f"listener {who} has no judgement at all: {advice}")
    stimuli = chosen.names or _numbered(set_sizes)
    if len(stimuli) != sum(set_sizes) or len(set(stimuli)) < len(stimuli):
        raise BehaviourError(
            f"{len(set(stimuli))} different stimulus names do not fit {sum(set_sizes)} stimuli"
        )
    notes = scale_notes(listeners, names, table.order)
    if chosen.kind == "dissimilarity":
        notes += negative_note(listeners, names)
    return Behaviour(name, stimuli, listeners, set_sizes, names, notes=notes)


def _numbered(set_sizes: tuple[int, ...]) -> tuple[str, ...]:
    if len(set_sizes) == 1:
        return tuple(str(number + 1) for number in range(set_sizes[0]))
    return tuple(f"{k + 1}.{n + 1}" for k, size in enumerate(set_sizes) for n in range(size))


def _read_npz(path: Path) -> Variables:
    try:
        with np.load(path, allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BehaviourError(f"{path}: not an NPZ file of plain arrays ({error})") from error
    return Variables(
        arrays={k: v for k, v in content.items() if v.dtype.kind in "biuf" and v.size > 1},
        texts={k: tuple(map(str, v.flat)) for k, v in content.items() if v.dtype.kind == "U"},
    )


def _read_folder(folder: Path) -> Behaviour:
    matrix, separate = folder / "rdm.csv", folder / "subjects.npz"
    found = [path for path in (separate, matrix) if path.is_file()]
    if not found:
        raise BehaviourError(
            f"{folder}: neither rdm.csv (matrix under stimulus names) nor subjects.npz "
            "(condensed, names) is in this folder"
        )
    behaviour = read_behaviour(found[0])
    if len(found) == 2:
        behaviour = _in_order_of(read_behaviour(matrix), behaviour, folder)
    return replace(
        behaviour,
        name=folder.name,
        audio=_audio_of(folder / "audio", behaviour.stimuli),
        meta=_meta_of(folder / "meta.json"),
        is_group_mean=found == [matrix],
    )


def _in_order_of(group: Behaviour, separate: Behaviour, folder: Path) -> Behaviour:
    if set(group.stimuli) != set(separate.stimuli):
        raise BehaviourError(f"{folder}: rdm.csv and subjects.npz name different stimuli")
    ordered = select_stimuli(separate, group.stimuli)
    both = np.isfinite(ordered.mean) & np.isfinite(group.listeners[0])
    a, b = ordered.mean[both], group.listeners[0, both]
    if np.ptp(a) > 0 and np.ptp(b) > 0 and np.corrcoef(a, b)[0, 1] < _SAME_ORDER:
        raise BehaviourError(
            f"{folder}: rdm.csv and the mean of subjects.npz correlate by "
            f"{np.corrcoef(a, b)[0, 1]:.2f}: their stimuli or pairs are in different orders"
        )
    return ordered


def _audio_of(folder: Path, stimuli: tuple[str, ...]) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            files.setdefault(path.stem, []).append(path)
    for name in stimuli:
        if len(files.get(name, [])) != 1:
            raise BehaviourError(
                f"{folder}: {len(files.get(name, []))} files for stimulus {name!r}: one is needed"
            )
    return tuple(files[name][0] for name in stimuli)


def _meta_of(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BehaviourError(f"{path}: not JSON in UTF-8 ({error})") from error
    if not isinstance(content, dict):
        raise BehaviourError(f"{path}: not a JSON object")
    return content
