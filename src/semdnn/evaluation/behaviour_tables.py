"""Listeners' data in CSV files: square matrices, and tables of pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.behaviour_cells import Table, is_numeric, numbers, read_cells
from semdnn.evaluation.judgements import Array, BehaviourError

FIRST = ("stimulus_1", "stimulus1", "sound_1", "first")
SECOND = ("stimulus_2", "stimulus2", "sound_2", "second")
LISTENER = ("listener", "participant", "subject")


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
    order : array of int64, optional
        Which pair each row of the file is, where that is not the order of `values`.
    """

    values: Array
    stimuli: tuple[str, ...] = ()
    listener_names: tuple[str, ...] = ()
    order: NDArray[np.int64] | None = None


def read_table(path: Path) -> TableValues:
    """Return the content of a CSV file, whichever of four layouts it has.

    1. A square matrix under a row of stimulus names, with or without a first column of the same
       names; rows in another order are put into that of the columns.
    2. Columns `stimulus_1`, `stimulus_2` and one column a listener, pairs in any order.
    3. Columns `listener`, `stimulus_1`, `stimulus_2` and one of values.
    4. Numbers only, or under a row of listeners' names: a square matrix or pairs x listeners.

    Commas, semicolons or tabs, with decimal commas between the latter two
    (`behaviour_cells.read_cells`); empty cells, NA and NaN are missing values.

    Raises
    ------
    BehaviourError
        If a cell is no number (naming row and column), rows differ in length, names do not fit,
        or a pair occurs twice.
    """
    table = read_cells(path)
    rows = table.rows
    header = [cell.lower() for cell in rows[0]]
    first, second = (_column(header, aliases) for aliases in (FIRST, SECOND))
    if first is not None and second is not None:
        return _pairs(table, (first, second), _column(header, LISTENER))
    n_rows, n_columns = len(rows), len(rows[0])
    first_column = [row[0] for row in rows[1:]]
    has_row_names = not is_numeric(table, first_column)
    if n_columns == n_rows and (set(first_column) == set(rows[0][1:]) or has_row_names):
        return _named_square(table)
    if has_row_names and set(first_column) & set(rows[0][1:]):
        raise BehaviourError(
            f"{path}: {n_columns - 1} names, {n_rows - 1} rows: a matrix has a row for every name "
            "in its first row"
        )
    if n_columns == n_rows - 1 and _is_header(table):
        return TableValues(numbers(table, 1), _names(path, rows[0]))
    if is_numeric(table, rows[0]):
        return TableValues(numbers(table))
    return TableValues(numbers(table, 1), (), tuple(rows[0]))


def _is_header(table: Table) -> bool:
    """Tell names over a square matrix; numbers are names if what is below is symmetric."""
    rows = table.rows
    if not is_numeric(table, rows[0]):
        return True
    if not all(is_numeric(table, row) for row in rows[1:]) or len(set(rows[0])) < len(rows[0]):
        return False
    square = numbers(table, 1)
    return bool(np.allclose(square, square.T, equal_nan=True))


def _named_square(table: Table) -> TableValues:
    path, rows = table.path, table.rows
    columns, names = _names(path, rows[0][1:]), _names(path, [row[0] for row in rows[1:]])
    if set(columns) != set(names):
        stranger = sorted(set(columns) ^ set(names))[0]
        raise BehaviourError(f"{path}: {stranger!r} names a row or a column, but not both")
    square = numbers(table, 1, range(1, len(rows[0])))
    return TableValues(square[[names.index(name) for name in columns]], columns)


def _pairs(table: Table, sides: tuple[int, int], listener: int | None) -> TableValues:
    path, rows = table.path, table.rows
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
    seen: dict[tuple[str, int], None] = {}  # in the file's order
    for line, row, cells in zip(table.lines[1:], rows[1:], numbers(table, 1, others), strict=True):
        one, other = (row[side] for side in sides)
        who = "" if listener is None else row[listener]
        pair = place(one, other) if one != other else -1
        if pair < 0 or (who, pair) in seen:
            problem = "a stimulus with itself" if pair < 0 else "a pair for the second time"
            raise BehaviourError(f"{path}: row {line} has {problem}: {one!r}, {other!r}")
        seen[who, pair] = None
        rows_of = slice(None) if listener is None else [listeners.index(who)]
        values[rows_of, pair] = cells
    order = None if listener is not None else np.array([pair for _, pair in seen], dtype=np.int64)
    return TableValues(values, tuple(names), listeners, order)


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


def _column(header: list[str], aliases: tuple[str, ...]) -> int | None:
    return next((header.index(alias) for alias in aliases if alias in header), None)
