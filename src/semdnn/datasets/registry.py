"""The published sets that models are evaluated on; a new one is a module and a row here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from semdnn.datasets import esc50, fsd50k, msos, urbansound8k
from semdnn.datasets.class_names import class_description
from semdnn.datasets.labelled import LabelledSet
from semdnn.datasets.library import LibraryError, find_table, read_library
from semdnn.datasets.table import Table


class SoundClasses(NamedTuple):
    """What one sound is to be recognised as.

    Attributes
    ----------
    classes : tuple of str
        Class names in plain words, the most specific ones first; several in a multi-label set.
    macro_class : str
        The larger group that it belongs to; empty where the set has none.
    n_specific : int
        How many of `classes` stand above no other of them.
    """

    classes: tuple[str, ...]
    macro_class: str = ""
    n_specific: int = 1


class ExternalSet(NamedTuple):
    """One published set: its facts, and the functions that read it from a folder.

    `classes` says what each sound of a table is. `variants` are other ways to read the set,
    called by its name, a hyphen and their own.
    """

    facts: LabelledSet
    read: Callable[[Path], Table]
    classes: Callable[[Path, Table], tuple[SoundClasses, ...]]
    variants: Mapping[str, Callable[[Path], Table]] = MappingProxyType({})


def _single(facts: LabelledSet, _folder: Path, table: Table) -> tuple[SoundClasses, ...]:
    """Return the one class of each sound, and the group that the set puts it in."""
    return tuple(
        SoundClasses((s.description,), facts.macro_classes.get(s.category, ""))
        for s in table.sounds
    )


def _several(folder: Path, table: Table) -> tuple[SoundClasses, ...]:
    """Return all labels of each FSD50K clip, those of its category (the specific ones) first."""
    every = fsd50k.all_labels(folder)
    result = []
    for sound in table.sounds:
        specific = sound.category.split(",")
        labels = dict.fromkeys((*specific, *every.get(sound.recording, ())))
        texts = dict.fromkeys(class_description("fsd50k", label) for label in labels)
        result.append(SoundClasses(tuple(texts), "", len(specific)))
    return tuple(result)


EXTERNAL_SETS: Mapping[str, ExternalSet] = MappingProxyType(
    {
        "esc50": ExternalSet(esc50.ESC50, esc50.read, partial(_single, esc50.ESC50)),
        "urbansound8k": ExternalSet(
            urbansound8k.URBANSOUND8K,
            urbansound8k.read,
            partial(_single, urbansound8k.URBANSOUND8K),
        ),
        "fsd50k": ExternalSet(
            fsd50k.FSD50K,
            fsd50k.read,
            _several,
            {
                "specific": partial(fsd50k.read, labels="specific"),
                "dev": partial(fsd50k.read, part="dev"),
                "dev-specific": partial(fsd50k.read, part="dev", labels="specific"),
            },
        ),
        "msos": ExternalSet(msos.MSOS, msos.read, partial(_single, msos.MSOS)),
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


def classes_of(name: str, folder: Path, table: Table) -> tuple[SoundClasses, ...]:
    """Return what each sound of `table` is, as `read_external` read it from `folder` [shape=(S,)].

    Of a published set, its classes in plain words: one a sound with its macro class (ESC-50's
    major groups, MSOS's five classes beside the finer types), or all labels of an FSD50K clip. Of
    any other folder, the categories.
    """
    key = name.partition("-")[0]
    if name in list_names():
        return EXTERNAL_SETS[key].classes(folder, table)
    return tuple(SoundClasses((sound.category or sound.description,)) for sound in table.sounds)
