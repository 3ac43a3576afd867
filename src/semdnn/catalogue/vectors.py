"""The sounds' vectors: one file of float32 rows beside the database, only ever added to.

A row is written and flushed before the database's transaction that names it, and never touched
again. So a reader may map the file while it grows, and after a crash the rows that no transaction
names are written over. When many rows belong to sounds that are gone, the living ones are copied to
a file of the next generation, the database turns to it in one transaction, and the old one goes;
a reader that has it mapped keeps it until it looks again.
"""

import os
import sqlite3
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.database import (
    CatalogueError,
    lasting_transaction,
    read_meta,
    snapshot,
    write_meta,
)

_COPIED_ROWS = 8192
_MANY = 1000


def vectors_path(database: Path, generation: int) -> Path:
    """Return where the vectors of a generation lie."""
    return database.with_name(f"{database.name}-vectors-{generation}")


def open_vectors(path: Path, n_rows: int, n_dims: int) -> NDArray[np.float32]:
    """Map `n_rows` vectors [shape=(n_rows, n_dims)] read-only.

    Raises
    ------
    CatalogueError
        If the file is missing or too short.
    """
    if n_rows == 0:
        return np.zeros((0, n_dims), np.float32)
    try:
        mapped = np.memmap(path, np.float32, "r", shape=(n_rows, n_dims))
    except (OSError, ValueError) as error:
        raise CatalogueError(
            f"{path}: the catalogue's vectors are missing or cut short; restore this file, or "
            "delete the catalogue and index again"
        ) from error
    return mapped.view(np.ndarray)


def next_row(connection: sqlite3.Connection) -> int:
    """Return the first row that no sound has or had: a row is never given twice."""
    return int(read_meta(connection, "n_rows"))


def append(path: Path, first: int, vectors: NDArray[np.float32]) -> None:
    """Write vectors [shape=(n, D)] from row `first` on, and see them to the disk."""
    rows = np.ascontiguousarray(vectors, np.float32)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    with os.fdopen(handle, "r+b") as file:
        file.seek(first * rows.shape[1] * rows.itemsize)
        file.write(rows.tobytes())
        file.flush()
        os.fsync(file.fileno())


def compact(database: Path, connection: sqlite3.Connection, n_dims: int) -> bool:
    """Copy the living rows to a new file if over a thousand and a third of all are dead."""
    rows = [row for (row,) in connection.execute("SELECT row FROM contents ORDER BY row")]
    n_rows = next_row(connection)
    n_dead = n_rows - len(rows)
    if n_dead < _MANY or 3 * n_dead < n_rows:
        return False
    old = int(read_meta(connection, "generation"))
    source, target = vectors_path(database, old), vectors_path(database, old + 1)
    vectors = open_vectors(source, n_rows, n_dims)
    target.unlink(missing_ok=True)
    for start in range(0, len(rows), _COPIED_ROWS):
        append(target, start, vectors[rows[start : start + _COPIED_ROWS]])
    with lasting_transaction(connection):
        # New numbers are never larger than old ones, so that in rising order none is taken.
        connection.executemany("UPDATE contents SET row = ? WHERE row = ?", enumerate(rows))
        write_meta(connection, "generation", old + 1)
        write_meta(connection, "n_rows", len(rows))
    remove_old(database, connection)
    return True


def remove_old(database: Path, connection: sqlite3.Connection) -> None:
    """Delete the vectors of other generations than the database's, such as a crash leaves."""
    with snapshot(connection):
        current = vectors_path(database, int(read_meta(connection, "generation")))
    for path in database.parent.glob(f"{_escaped(database.name)}-vectors-*"):
        if path != current:
            path.unlink(missing_ok=True)


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
