"""The published sets that models are evaluated on; a new one is a module and a row here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from semdnn.datasets import esc50, urbansound8k
from semdnn.datasets.labelled import LabelledSet
from semdnn.datasets.library import LibraryError, find_table, read_library
from semdnn.datasets.table import Table


class ExternalSet(NamedTuple):
    """One published set: its facts, and the function that reads it from a folder."""

    facts: LabelledSet
    read: Callable[[Path], Table]


EXTERNAL_SETS: Mapping[str, ExternalSet] = MappingProxyType(
    {
        "esc50": ExternalSet(esc50.ESC50, esc50.read),
        "urbansound8k": ExternalSet(urbansound8k.URBANSOUND8K, urbansound8k.read),
    }
)
"""Published sets by name."""


def read_external(name: str, folder: Path) -> Table:
    """Return the evaluation set called `name` from `folder`.

    A set that `EXTERNAL_SETS` does not know is read as a library whose categories are the
    classes, and whose descriptions stand in for missing categories.

    Raises
    ------
    LibraryError
        If the set is unknown and the folder has no table.
    LabelledSetError
        If the set is known and the folder does not hold it.
    """
    if name in EXTERNAL_SETS:
        return EXTERNAL_SETS[name].read(folder)
    if not folder.is_dir() or find_table(folder) is None:
        known = ", ".join(EXTERNAL_SETS)
        raise LibraryError(
            f"{folder}: {name!r} is no known set ({known}), and there is no manifest.csv to read"
        )
    table = read_library(folder)
    classed = (replace(s, category=s.category or s.description) for s in table.sounds)
    return replace(table, sounds=tuple(classed))
