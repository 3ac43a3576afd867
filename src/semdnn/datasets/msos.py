"""Making Sense of Sounds: 1,500 + 500 clips of 5 s in five macro classes that listeners formed.

Layout, as public programs that read the set have it (the set itself was not at hand):

- ``Development/{Effects,Human,Music,Nature,Urban}/*.wav`` with ``Logsheet_Development.csv`` and
- ``Evaluation/*.wav`` with ``Logsheet_EvaluationMaster.csv``, published after the challenge;

both tables have the columns ``Category`` (macro class), ``Event`` (finer type) and ``File``. They
may lie within a folder of the archive's name. Assumed, not confirmed: 1,500 and 500 clips.

A file without a row is taken for a clip of the macro class whose folder it lies in; a clip without
a finer type is described by its macro class. Names say nothing about the recordings that clips
were cut from: what they share with other sets has to be found by sound.

References
----------
Kroos, C., Bones, O., Cao, Y., Harris, L., Jackson, P. J. B., Davies, W. J., Wang, W., Cox, T. J., &
Plumbley, M. D. (2019). Generalisation in Environmental Sound Classification: The 'Making Sense of
Sounds' Data Set and Challenge. ICASSP 2019, 8082-8086. doi:10.1109/ICASSP.2019.8683292

Harris, L., & Bones, O. C. (2018). Making Sense Of Sounds: Data for the machine learning challenge
2018. University of Salford. doi:10.17866/rd.salford.6901475
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from semdnn.datasets.class_names import class_description
from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.folder import list_audio
from semdnn.datasets.labelled import LabelledSet, LabelledSetError, read_labelled
from semdnn.datasets.library import find_table
from semdnn.datasets.sheet import read_sheet
from semdnn.datasets.table import Rejected, Sound, Table

MACRO_CLASSES = ("Effects", "Human", "Music", "Nature", "Urban")
"""The five classes, as folders and tables write them."""

_BY_KEY = {name.lower(): name for name in MACRO_CLASSES}
_COLUMNS = ("Category", "Event", "File")
_PARTS = ("development", "evaluation")

MSOS = LabelledSet(
    name="msos",
    title="Making Sense of Sounds",
    licence="not stated in the files: see the record's page",
    citation=(
        "Kroos, C., Bones, O., Cao, Y., Harris, L., Jackson, P. J. B., Davies, W. J., Wang, W., "
        "Cox, T. J., & Plumbley, M. D. (2019). Generalisation in Environmental Sound "
        "Classification: The 'Making Sense of Sounds' Data Set and Challenge. ICASSP 2019, "
        "8082-8086. doi:10.1109/ICASSP.2019.8683292"
    ),
    url="https://doi.org/10.17866/rd.salford.6901475",
    listing="https://api.figshare.com/v2/articles/6901475/files",
    n_sounds=2000,
    n_classes=len(MACRO_CLASSES),
    table="Logsheet_Development.csv",
    columns=ColumnMapping(path="File", category="Category"),
    freesound_id=r"(?!)",
    macro_classes=MappingProxyType({name: name for name in MACRO_CLASSES}),
)


def read(folder: Path) -> Table:
    """Return the set from its official layout or from a copy with a manifest.

    ``category`` is the macro class, the description the finer type in plain words, ``split``
    ``development`` or ``evaluation``.

    Raises
    ------
    LabelledSetError
        If `folder` has neither tables, folders of macro classes nor a manifest.
    """
    tables = _find_tables(folder)
    if not tables and (not folder.is_dir() or find_table(folder) is not None):
        return read_labelled(MSOS, folder)
    audio = list_audio(folder).audio
    sounds: dict[str, Sound] = {}
    rejected: list[Rejected] = []
    by_file: defaultdict[str, list[str]] = defaultdict(list)
    for name in audio:
        by_file[_key(name)].append(name)
    for path in tables:
        for clip in _read_table(path, folder, by_file):
            if isinstance(clip, Rejected):
                rejected.append(clip)
            elif sounds.setdefault(clip.name, clip) is not clip:
                rejected.append(Rejected(clip.name, f"{path.name}: has a second row"))
    for name in audio.keys() - sounds.keys():
        if macro_class := _macro_class_of(name):
            sounds[name] = _sound(name, audio[name], macro_class, "")
        else:
            rejected.append(Rejected(name, "not in a table, nor in a macro class's folder"))
    if not sounds:
        raise LabelledSetError(
            f"{folder}: no {MSOS.title} here: neither {MSOS.table}, folders named "
            f"{', '.join(MACRO_CLASSES)}, nor a manifest.csv"
        )
    return Table(tuple(sounds.values()), tuple(rejected))


def _find_tables(folder: Path) -> list[Path]:
    """Return the tables that have the set's columns, in `folder` and the folders within it."""
    found = sorted({*folder.glob("*.csv"), *folder.glob("*/*.csv")})
    return [p for p in found if set(_COLUMNS) <= set(read_sheet(p).columns)]


def _read_table(
    path: Path, folder: Path, by_file: Mapping[str, Sequence[str]]
) -> Iterator[Sound | Rejected]:
    sheet = read_sheet(path)
    part = next((part for part in _PARTS if part in path.stem.lower()), "")
    yield from (Rejected(f"{path.name}, row {row.number}", row.reason) for row in sheet.bad_rows)
    for number, cells in sheet.rows:
        file, where = cells["File"], f"{path.name}, row {number}"
        macro_class = _BY_KEY.get(cells["Category"].lower(), "")
        if not macro_class:
            known = ", ".join(MACRO_CLASSES)
            yield Rejected(file or where, f"{where}: {cells['Category']!r} is none of {known}")
            continue
        fitting = [n for n in by_file.get(_key(file), ()) if _split_of(n) == part or not part]
        in_class = [name for name in fitting if _macro_class_of(name) == macro_class]
        found = in_class or fitting
        if len(found) == 1:
            yield _sound(found[0], folder / found[0], macro_class, cells["Event"])
        else:
            fault = f"{len(found)} files fit" if found else "file not found"
            yield Rejected(file or where, f"{where}: {fault}")


def _sound(name: str, path: Path, macro_class: str, event: str) -> Sound:
    return Sound(
        name=name,
        path=path,
        description=class_description(MSOS.name, event or macro_class),
        category=macro_class,
        source=MSOS.name,
        licence=MSOS.licence,
        split=_split_of(name),
    )


def _key(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name.casefold()


def _parents(name: str) -> list[str]:
    """Return the folders that a file lies in, the nearest first, in lower case."""
    return [part.lower() for part in reversed(PurePosixPath(name).parts[:-1])]


def _split_of(name: str) -> str:
    """Return the part of the set whose folder is nearest to a file."""
    return next((p for parent in _parents(name) for p in _PARTS if p in parent), "")


def _macro_class_of(name: str) -> str:
    return next((_BY_KEY[parent] for parent in _parents(name) if parent in _BY_KEY), "")
