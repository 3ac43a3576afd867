"""Listeners' data in CSV files: square matrices, and tables of pairs."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semdnn.evaluation.judgements import Array, BehaviourError

FIRST = ("stimulus_1", "stimulus1", "sound_1", "first")
SECOND = ("stimulus_2", "stimulus2", "sound_2", "second")
LISTENER = ("listener", "participant", "subject")
MISSING = ("", "na", "nan", "n/a")


class TableValues(NamedTuple):
    """What a table of listeners' data says.

    Attributes
    ----------
    values : array
        A square matrix, pairs x listeners, or listeners x pairs where pairs have names.
    stimuli : tuple of str
        Names, where the table has them.
    listener_names : tuple of str
        Likewise.
    """

    values: Array
    stimuli: tuple[str, ...] = ()
    listener_names: tuple[str, ...] = ()


def read_table(path: Path) -> TableValues:
    """Return the content of a CSV file, whichever of four layouts it has.

    1. A square matrix under a row of stimulus names, with or without a first column of the same
       names; rows in another order are put into that of the columns.
    2. Columns `stimulus_1`, `stimulus_2` and one column a listener, pairs in any order.
    3. Columns `listener`, `stimulus_1`, `stimulus_2` and one of values.
    4. Numbers only, or under a row of listeners' names: a square matrix or pairs x listeners.

    Commas, semicolons or tabs; empty cells, NA and NaN are missing values.

    Raises
    ------
    BehaviourError
        If a cell is no number (naming row and column), rows differ in length, names do not fit,
        or a pair occurs twice.
    """
    rows = _rows(path)
    header = [cell.lower() for cell in rows[0]]
    first, second = (_column(header, aliases) for aliases in (FIRST, SECOND))
    if first is not None and second is not None:
        return _pairs(path, rows, (first, second), _column(header, LISTENER))
    n_rows, n_columns = len(rows), len(rows[0])
    first_column = [row[0] for row in rows[1:]]
    if n_columns == n_rows and (
        set(first_column) == set(rows[0][1:]) or not _is_numeric(first_column)
    ):
        return _named_square(path, rows)
    if n_columns == n_rows - 1 and _is_header(path, rows):
        return TableValues(_numbers(path, rows[1:], 2), _names(path, rows[0]))
    if _is_numeric(rows[0]):
        return TableValues(_numbers(path, rows, 1))
    return TableValues(_numbers(path, rows[1:], 2), (), tuple(rows[0]))


def _rows(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BehaviourError(f"{path}: not UTF-8 text: save it as CSV in UTF-8") from error
    lines = [line for line in text.splitlines() if line.strip()]
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    if len(rows) < 2:
        raise BehaviourError(f"{path}: an empty table, or one with a single row")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise BehaviourError(
                f"{path}: row {number} has {len(row)} cells and the first has {len(rows[0])}"
            )
    return rows


def _is_header(path: Path, rows: list[list[str]]) -> bool:
    """Tell names over a square matrix; numbers are names if what is below is symmetric."""
    if not _is_numeric(rows[0]):
        return True
    body = [row for row in rows[1:] if _is_numeric(row)]
    if len(body) < len(rows) - 1 or len(set(rows[0])) < len(rows[0]):
        return False
    square = _numbers(path, body, 2)
    return bool(np.allclose(square, square.T, equal_nan=True))


def _named_square(path: Path, rows: list[list[str]]) -> TableValues:
    columns, names = _names(path, rows[0][1:]), _names(path, [row[0] for row in rows[1:]])
    if set(columns) != set(names):
        stranger = sorted(set(columns) ^ set(names))[0]
        raise BehaviourError(f"{path}: {stranger!r} names a row or a column, but not both")
    square = _numbers(path, [row[1:] for row in rows[1:]], 2)
    return TableValues(square[[names.index(name) for name in columns]], columns)


def _pairs(
    path: Path, rows: list[list[str]], sides: tuple[int, int], listener: int | None
) -> TableValues:
    others = [n for n in range(len(rows[0])) if n not in (*sides, listener)]
    if not others or (listener is not None and len(others) > 1):
        raise BehaviourError(
            f"{path}: {len(others)} columns of values: give one a listener, "
            "or a column 'listener' and a single one"
        )
    names = list(dict.fromkeys(row[side] for row in rows[1:] for side in sides))
    place = _pair_places(names)
    if listener is None:
        listeners = tuple(rows[0][n] for n in others)
    else:
        listeners = tuple(dict.fromkeys(row[listener] for row in rows[1:]))
    values = np.full((len(listeners), len(names) * (len(names) - 1) // 2), np.nan)
    seen: set[tuple[str, int]] = set()
    numbers = _numbers(path, [[row[n] for n in others] for row in rows[1:]], 2)
    for number, (row, cells) in enumerate(zip(rows[1:], numbers, strict=True), start=2):
        one, other = (row[side] for side in sides)
        who = "" if listener is None else row[listener]
        pair = place(one, other) if one != other else -1
        if pair < 0 or (who, pair) in seen:
            problem = "a stimulus with itself" if pair < 0 else "a pair for the second time"
            raise BehaviourError(f"{path}: row {number} has {problem}: {one!r}, {other!r}")
        seen.add((who, pair))
        rows_of = slice(None) if listener is None else [listeners.index(who)]
        values[rows_of, pair] = cells
    return TableValues(values, tuple(names), listeners)


def _pair_places(names: list[str]) -> Callable[[str, str], int]:
    index = {name: number for number, name in enumerate(names)}
    n_names = len(names)

    def place(one: str, other: str) -> int:
        low, high = sorted((index[one], index[other]))
        return low * n_names - low * (low + 1) // 2 + high - low - 1

    return place


def _names(path: Path, cells: list[str]) -> tuple[str, ...]:
    repeated = [name for name in cells if cells.count(name) > 1 or not name]
    if repeated:
        raise BehaviourError(f"{path}: the stimulus name {repeated[0]!r} is empty or occurs twice")
    return tuple(cells)


def _numbers(path: Path, rows: list[list[str]], first_row: int) -> Array:
    values = np.empty((len(rows), len(rows[0])))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            try:
                values[number, column] = np.nan if cell.lower() in MISSING else float(cell)
            except ValueError as error:
                raise BehaviourError(
                    f"{path}: row {number + first_row}, column {column + 1}: "
                    f"{cell!r} is not a number"
                ) from error
    return values


def _is_numeric(cells: Iterable[str]) -> bool:
    for cell in cells:
        try:
            float(cell if cell.lower() not in MISSING else "nan")
        except ValueError:
            return False
    return True


def _column(header: list[str], aliases: tuple[str, ...]) -> int | None:
    return next((header.index(alias) for alias in aliases if alias in header), None)
