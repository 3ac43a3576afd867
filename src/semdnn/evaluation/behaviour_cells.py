"""The cells of CSV files of listeners' data: separators, decimal commas, and where a cell lies."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semdnn.evaluation.judgements import Array, BehaviourError

MISSING = ("", "na", "nan", "n/a")

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


class Table(NamedTuple):
    """The cells of a file.

    Attributes
    ----------
    path : Path
        Of the file, for errors.
    rows : list of list of str
        Without blank lines, all of one length.
    lines : list of int
        Where each row begins in the file, from 1.
    decimal_comma : bool
        Whether numbers are written as 0,25.
    """

    path: Path
    rows: list[list[str]]
    lines: list[int]
    decimal_comma: bool = False


def read_cells(path: Path) -> Table:
    """Return the cells of a CSV file with commas, semicolons or tabs between them.

    Between semicolons or tabs a cell such as 0,25 makes all numbers of the file decimal-comma ones.

    Raises
    ------
    BehaviourError
        If it is not UTF-8, has fewer than two rows, or rows that differ in length.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BehaviourError(f"{path}: not UTF-8 text: save it as CSV in UTF-8") from error
    numbered = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    delimiter = _delimiter([line for _, line in numbered])
    reader = csv.reader((line for _, line in numbered), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    n_read = 0
    for row in reader:
        rows.append([cell.strip() for cell in row])
        lines.append(numbered[n_read][0])
        n_read = reader.line_num
    if len(rows) < 2:
        raise BehaviourError(f"{path}: an empty table, or one with a single row")
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise BehaviourError(
                f"{path}: row {line} has {len(row)} cells and the first has {len(rows[0])}"
            )
    comma = delimiter != "," and any(_DECIMAL_COMMA.fullmatch(cell) for row in rows for cell in row)
    return Table(path, rows, lines, comma)


def numbers(table: Table, first: int = 0, columns: Sequence[int] | None = None) -> Array:
    """Return the numbers of some columns, NaN where a cell is empty, NA or NaN.

    Parameters
    ----------
    table : Table
        The cells.
    first : int
        Row that numbers begin with; those before it are the columns' names.
    columns : sequence of int, optional
        Which; by default all.

    Raises
    ------
    BehaviourError
        If a cell is no number, naming the file's row, the column and its name.
    """
    chosen = range(len(table.rows[0])) if columns is None else columns
    body = [[row[column] for column in chosen] for row in table.rows[first:]]
    if table.decimal_comma:
        _refuse_thousands(table, body)
    values = np.empty((len(body), len(chosen)))
    for number, row in enumerate(body):
        for place, cell in enumerate(row):
            try:
                values[number, place] = _value(cell, decimal_comma=table.decimal_comma)
            except ValueError as error:
                column = chosen[place]
                name = f" ({table.rows[0][column]!r})" if first and table.rows[0][column] else ""
                raise BehaviourError(
                    f"{table.path}: row {table.lines[number + first]}, column {column + 1}{name}: "
                    f"{cell!r} {_fault(cell, table)}"
                ) from error
    return values


def is_numeric(table: Table, cells: Iterable[str]) -> bool:
    """Tell whether all of some cells of a table are numbers or missing."""
    for cell in cells:
        try:
            _value(cell, decimal_comma=table.decimal_comma)
        except ValueError:
            return False
    return True


def _delimiter(lines: list[str]) -> str:
    """Return what cuts all lines alike; semicolons and tabs before commas, which may be decimal."""
    if not lines:
        return ","
    for delimiter in "\t;":
        if delimiter in lines[0]:
            lengths = {len(row) for row in csv.reader(lines, delimiter=delimiter)}
            if len(lengths) == 1:
                return delimiter
    return max(",;\t", key=lines[0].count)


def _value(cell: str, *, decimal_comma: bool) -> float:
    if cell.lower() in MISSING:
        return float("nan")
    if not decimal_comma:
        return float(cell)
    if "." in cell:
        raise ValueError(cell)
    return float(cell.replace(",", "."))


def _fault(cell: str, table: Table) -> str:
    if table.decimal_comma and is_numeric(Table(table.path, [], []), [cell]):
        return (
            "has a decimal point, and other numbers of the file a decimal comma: "
            "write all of them in one way"
        )
    if not table.decimal_comma and _DECIMAL_COMMA.fullmatch(cell):
        return (
            "has a decimal comma, which is read where semicolons or tabs are between the cells: "
            "save the table so, or write points"
        )
    return "is not a number"


def _refuse_thousands(table: Table, body: list[list[str]]) -> None:
    """Refuse 950 beside 1,250, where the comma may be decimal or stand between thousands."""
    cells = {cell for row in body for cell in row} - {"0"}
    with_comma = {cell for cell in cells if "," in cell}
    others = [cell for cell in cells - with_comma if cell.lower() not in MISSING]
    if with_comma and others and all(_THOUSANDS.fullmatch(cell) for cell in with_comma):
        raise BehaviourError(
            f"{table.path}: {min(with_comma)!r} may have a decimal comma or a comma between "
            f"thousands, beside {min(others)!r} without: write all numbers without commas"
        )
