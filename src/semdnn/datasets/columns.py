"""Which columns of a table say what."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from semdnn.datasets.sheet import Sheet
from semdnn.datasets.table import join_texts
from semdnn.errors import SemdnnError
from semdnn.settings import Settings


class ColumnError(SemdnnError):
    """A table without a column that is needed."""


class ColumnMapping(Settings):
    """Names of a table's columns; an empty one is found by the names that are common for it.

    Attributes
    ----------
    path : str
        The file, relative to the library or by its name alone, with or without ending.
    description : tuple of str
        Texts that are joined into the description, in this order.
    category, source, licence, recording, split : str
        As in `semdnn.datasets.table.Sound`.
    """

    path: str = ""
    description: Annotated[tuple[str, ...], Field(strict=False)] = ()
    category: str = ""
    source: str = ""
    licence: str = ""
    recording: str = ""
    split: str = ""


class RowFacts(NamedTuple):
    """What one row says; all but `path` in the order of the fields of `Sound`."""

    path: str
    description: str = ""
    category: str = ""
    source: str = ""
    licence: str = ""
    recording: str = ""
    split: str = ""


COMMON_NAMES: dict[str, tuple[str, ...]] = {
    "path": (
        "path",
        "filepath",
        "filename",
        "fname",
        "file",
        "audio",
        "audiofile",
        "slicefilename",
    ),
    "description": (
        "title",
        "description",
        "caption",
        "captions",
        "text",
        "keywords",
        "tags",
        "comment",
    ),
    "category": ("category", "class", "classname", "label", "labels"),
    "source": ("source", "library", "collection", "creator", "author", "uploader"),
    "licence": ("licence", "license", "rights"),
    "recording": ("recording", "recordingid", "session", "freesoundid", "fsid"),
    "split": ("split", "splithint", "fold", "subset"),
}
"""Column names known for each field, most telling first, in lower case without separators."""

_SEPARATORS = re.compile(r"[\s_\-.]+")


def read_facts(
    sheet: Sheet, mapping: ColumnMapping, path: Path
) -> tuple[list[tuple[int, RowFacts]], bool]:
    """Return number and facts of every row of `sheet`, and whether it has text columns.

    Where no text column is named or known, the category stands in.

    Parameters
    ----------
    sheet : Sheet
        The table.
    mapping : ColumnMapping
        Its columns.
    path : Path
        Where the table lies, for messages.

    Raises
    ------
    ColumnError
        If a column that `mapping` names is missing, or none names the files.
    """
    chosen = {
        field: _choose(getattr(mapping, field), COMMON_NAMES[field], sheet.columns, path)
        for field in COMMON_NAMES
        if field != "description"
    }
    if not chosen["path"]:
        present = ", ".join(sheet.columns)
        raise ColumnError(
            f"{path}: no column names the files: set `columns.path` ({present}) or call one `path`"
        )
    texts = [_choose(name, (), sheet.columns, path) for name in mapping.description]
    texts = texts or _known(COMMON_NAMES["description"], sheet.columns)
    texts = texts or [chosen["category"]] * bool(chosen["category"])
    facts = []
    for number, cells in sheet.rows:
        values = {field: cells.get(column, "") for field, column in chosen.items()}
        description = join_texts(cells[column] for column in texts)
        facts.append((number, RowFacts(description=description, **values)))
    return facts, bool(texts)


def path_column(columns: tuple[str, ...], mapping: ColumnMapping) -> str:
    """Return the column that names the files, "" if there is none.

    Examples
    --------
    >>> path_column(("Title", "File Name"), ColumnMapping())
    'File Name'
    """
    return mapping.path or next(iter(_known(COMMON_NAMES["path"], columns)), "")


def _choose(wanted: str, common: Sequence[str], columns: tuple[str, ...], path: Path) -> str:
    """Return the column called `wanted`, or else the first known one, or nothing."""
    if wanted and wanted not in columns:
        raise ColumnError(f"{path}: no column {wanted!r}: it has {', '.join(columns)}")
    return wanted or next(iter(_known(common, columns)), "")


def _known(common: Sequence[str], columns: tuple[str, ...]) -> list[str]:
    """Return those of `columns` that have one of the `common` names, in the order of these."""
    by_key = {_SEPARATORS.sub("", column).lower(): column for column in reversed(columns)}
    return [by_key[key] for key in common if key in by_key]
