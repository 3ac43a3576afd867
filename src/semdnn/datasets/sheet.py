"""CSV, TSV and Parquet files as rows of text, however a spreadsheet program left them."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from semdnn.errors import SemdnnError

SHEET_SUFFIXES = (".csv", ".tsv", ".parquet")
_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class SheetError(SemdnnError):
    """A CSV, TSV or Parquet file that cannot be read as a whole."""


class Row(NamedTuple):
    """One row: its number as a spreadsheet shows it (the header is 1), and its cells."""

    number: int
    cells: dict[str, str]


class BadRow(NamedTuple):
    """One row that does not fit the header, and why."""

    number: int
    reason: str


class Sheet(NamedTuple):
    """Column names, the rows that fit them, the rows that do not, remarks, and what parts cells.

    `delimiter` is empty where nothing written parts them (Parquet).
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    bad_rows: tuple[BadRow, ...]
    notes: tuple[str, ...]
    delimiter: str = ""


def read_sheet(path: Path) -> Sheet:
    """Return the table in `path`: Parquet by its suffix, else delimited text.

    Text is UTF-8 or UTF-16 with a byte-order mark, UTF-8, or, with a note, Latin-1. The
    delimiter is the one of comma, semicolon, tab and bar that the header holds most.

    Raises
    ------
    SheetError
        If the file cannot be read, is empty, or names a column twice.
    """
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SheetError(f"{path}: cannot be read ({error.strerror})") from error
    text, notes = _decode(path, content)
    delimiter = _delimiter_of(text)
    records = _records(text, delimiter)
    header = next(records, None)
    if not isinstance(header, list) or not any(cell.strip() for cell in header):
        raise SheetError(f"{path}: no header in the first row: name the columns there")
    columns = tuple(cell.strip() for cell in header)
    _refuse_repeated(path, columns)
    rows: list[Row] = []
    bad_rows: list[BadRow] = []
    short: list[int] = []
    n_named = max(at for at, column in enumerate(columns, start=1) if column)
    for number, record in enumerate(records, start=2):
        if isinstance(record, str):
            bad_rows.append(BadRow(number, record))
        elif len(record) > len(columns) and any(record[len(columns) :]):
            reason = f"{len(record)} cells, but the header has {len(columns)}: quote the text"
            bad_rows.append(BadRow(number, reason))
        elif any(cell.strip() for cell in record):
            padded = record + [""] * (len(columns) - len(record))
            cells = {column: cell.strip() for column, cell in zip(columns, padded, strict=False)}
            rows.append(Row(number, cells))
            if len(record) < n_named:
                short.append(number)
    if short:
        notes = (*notes, _short_rows(path, short))
    return Sheet(columns, tuple(rows), tuple(bad_rows), notes, delimiter)


def _decode(path: Path, content: bytes) -> tuple[str, tuple[str, ...]]:
    marks = (encoding for mark, encoding in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
    encoding = next(marks, "utf-8")
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError:
        note = f"{path.name}: not {encoding.upper()}, read as Latin-1: check accented letters"
        return content.decode("latin-1"), (note,)


def _short_rows(path: Path, numbers: list[int]) -> str:
    have = "1 row has" if len(numbers) == 1 else f"{len(numbers):,} rows have"
    return (
        f"{path.name}: {have} fewer cells than the header, the first is row {numbers[0]}: "
        "the missing cells are taken as empty"
    )


def _delimiter_of(text: str) -> str:
    first_line = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=lambda mark: _count_unquoted(first_line, mark))


def _records(text: str, delimiter: str) -> Iterator[list[str] | str]:
    """Yield each record's cells, or the reason why the record cannot be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield str(error)


def _count_unquoted(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _refuse_repeated(path: Path, columns: tuple[str, ...]) -> None:
    repeated = [name for name, n in Counter(columns).items() if n > 1 and name]
    if repeated:
        raise SheetError(f"{path}: column {repeated[0]!r} appears twice: rename one of them")


def _read_parquet(path: Path) -> Sheet:
    try:
        import pyarrow  # noqa: PLC0415 - an extra that most libraries do without
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        install = "pip install 'semdnn[parquet]'"
        raise SheetError(f"{path}: reading Parquet needs pyarrow: {install}") from error
    try:
        content = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise SheetError(f"{path}: cannot be read as Parquet ({reason})") from error
    columns = tuple(str(name) for name in content.column_names)
    _refuse_repeated(path, columns)
    records = zip(*(content.column(i).to_pylist() for i in range(len(columns))), strict=True)
    rows = tuple(
        Row(number, {c: _text(value) for c, value in zip(columns, record, strict=True)})
        for number, record in enumerate(records, start=2)
    )
    return Sheet(columns, rows, (), ())


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return str(value).strip()
