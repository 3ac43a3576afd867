"""The published sets that models are evaluated on; a new one is a module and a row here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from semdnn.datasets import esc50, fsd50k, msos, urbansound8k
from semdnn.datasets.labelled import LabelledSet
from semdnn.datasets.library import LibraryError, find_table, read_library
from semdnn.datasets.table import Table


class ExternalSet(NamedTuple):
    """One published set: its facts, and the function that reads it from a folder.

    `variants` are other ways to read it, called by the set's name, a hyphen and their own.
    """

    facts: LabelledSet
    read: Callable[[Path], Table]
    variants: Mapping[str, Callable[[Path], Table]] = MappingProxyType({})


EXTERNAL_SETS: Mapping[str, ExternalSet] = MappingProxyType(
    {
        "esc50": ExternalSet(esc50.ESC50, esc50.read),
        "urbansound8k": ExternalSet(urbansound8k.URBANSOUND8K, urbansound8k.read),
        "fsd50k": ExternalSet(
            fsd50k.FSD50K,
            fsd50k.read,
            {
                "specific": partial(fsd50k.read, labels="specific"),
                "dev": partial(fsd50k.read, part="dev"),
                "dev-specific": partial(fsd50k.read, part="dev", labels="specific"),
            },
        ),
        "msos": ExternalSet(msos.MSOS, msos.read),
    }
)
"""Published sets by name."""


def list_names() -> tuple[str, ...]:
    """Return every name that `read_external` knows, variants after their set."""
    return tuple(
        name
        for key, row in EXTERNAL_SETS.items()
        for name in (key, *(f"{key}-{variant}" for variant in row.variants))
    )


def read_external(name: str, folder: Path) -> Table:
    """Return the evaluation set called `name` from `folder`.

    A set that `list_names` does not have is read as a library whose categories are the classes,
    and whose descriptions stand in for missing categories.

    Raises
    ------
    LibraryError
        If the set is unknown and the folder has no table.
    LabelledSetError
        If the set is known and the folder does not hold it.
    """
    if name in list_names():
        key, _, variant = name.partition("-")
        row = EXTERNAL_SETS[key]
        return (row.variants[variant] if variant else row.read)(folder)
    if not folder.is_dir() or find_table(folder) is None:
        known = ", ".join(list_names())
        raise LibraryError(
            f"{folder}: {name!r} is no known set ({known}), and there is no manifest.csv to read"
        )
    table = read_library(folder)
    classed = (replace(s, category=s.category or s.description) for s in table.sounds)
    return replace(table, sounds=tuple(classed))
