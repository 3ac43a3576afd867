"""Published sets with one class a sound, read in their official layout or from a manifest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from semdnn.datasets.class_names import class_description
from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.library import LibrarySettings, find_table, read_library
from semdnn.datasets.published import Archive
from semdnn.datasets.table import Rejected, Sound, Table
from semdnn.errors import SemdnnError


class LabelledSetError(SemdnnError):
    """A folder that does not hold the published set it is said to hold."""


@dataclass(frozen=True)
class LabelledSet:
    """Facts about one published set.

    Attributes
    ----------
    name, title : str
        Key in commands, and the name that its authors gave it.
    licence, citation, url : str
        As its authors state them.
    n_sounds, n_classes : int
        Size of the complete set.
    table : str
        Path of the official table within the set.
    columns : ColumnMapping
        Columns of the official table.
    freesound_id : str
        Pattern on a file name without ending, whose group is the Freesound id of the recording
        that the sound was cut from.
    archives : tuple of Archive
        What to fetch; of archives with a `part`, those of the first part by default.
    listing : str
        Where the archives are listed, for a set of which none is written down here.
    macro_classes : mapping of str to str
        Class -> the larger group of classes it belongs to; empty where the set has no such.
    """

    name: str
    title: str
    licence: str
    citation: str
    url: str
    n_sounds: int
    n_classes: int
    table: str
    columns: ColumnMapping
    freesound_id: str
    archives: tuple[Archive, ...] = ()
    listing: str = ""
    macro_classes: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts that can be fetched one by one, the default one first."""
        return tuple(dict.fromkeys(a.part for a in self.archives if a.part))

    def macro_class(self, class_name: str) -> str:
        """Return the group that the class called `class_name` belongs to.

        Raises
        ------
        LabelledSetError
            If the set has no such class, or no groups.
        """
        if class_name not in self.macro_classes:
            known = ", ".join(sorted(self.macro_classes)) or "none"
            raise LabelledSetError(
                f"{self.title}: no macro class of {class_name!r} (classes that have one: {known})"
            )
        return self.macro_classes[class_name]


def read_labelled(labelled: LabelledSet, folder: Path) -> Table:
    """Return the sounds of `labelled` in `folder`: category the class, description its words.

    The official layout goes before a manifest. ``split`` is ``fold1``, ``fold2`` …; ``recording``
    is ``freesound:ID``, which is one key for all sets made from Freesound.

    Raises
    ------
    LabelledSetError
        If `folder` has neither the official table nor a manifest.
    """
    if (folder / labelled.table).is_file():
        settings = LibrarySettings(
            table=labelled.table,
            columns=labelled.columns.model_copy(
                update={"description": (labelled.columns.category,)}
            ),
        )
    elif folder.is_dir() and find_table(folder) is not None:
        settings = LibrarySettings()
    else:
        raise LabelledSetError(
            f"{folder}: no {labelled.title} here: neither {labelled.table} nor a manifest.csv"
        )
    table = read_library(folder, settings)
    sounds, rejected = [], list(table.rejected)
    for sound in table.sounds:
        if sound.category:
            sounds.append(_with_class(labelled, sound))
        else:
            rejected.append(Rejected(sound.name, "no class in the table"))
    return Table(tuple(sounds), tuple(rejected), table.notes)


def _with_class(labelled: LabelledSet, sound: Sound) -> Sound:
    origin = re.search(labelled.freesound_id, sound.path.stem)
    return replace(
        sound,
        description=class_description(labelled.name, sound.category),
        source=labelled.name,
        licence=sound.licence or labelled.licence,
        recording=f"freesound:{origin.group(1)}" if origin else sound.recording,
        split=f"fold{sound.split}" if sound.split.isdigit() else sound.split,
    )
