"""The catalogue's SQLite file: its tables, and connections that read or write it.

One file holds everything but the sounds' vectors, which lie beside it (`semdnn.catalogue.vectors`).
The journal is a write-ahead log: readers never wait for the writer and see one consistent state,
and a writer that dies leaves the last whole transaction behind.

A *content* is what is in a file, known by the SHA-256 of its bytes; several files may have it. It
is what was heard, and its number is what the rest of the package calls the id of a sound.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from semdnn.catalogue.lock import locked, remove
from semdnn.errors import SemdnnError

APPLICATION_ID = 0x53454D44  # "SEMD"
SCHEMA_VERSION = 1
DEFAULT_PLACE = Path(".semdnn") / "catalogue.db"

_WAIT_S = 60.0
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE libraries (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE,
    table_state TEXT NOT NULL DEFAULT ''
);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    row INTEGER NOT NULL UNIQUE,
    duration_s REAL NOT NULL,
    samples BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    n_files INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE words (
    content_id INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    word TEXT NOT NULL,
    weight REAL NOT NULL,
    PRIMARY KEY (content_id, rank)
) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    library_id INTEGER NOT NULL REFERENCES libraries,
    name TEXT NOT NULL,
    content_id INTEGER NOT NULL REFERENCES contents,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    description TEXT NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    licence TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (library_id, name)
);
CREATE INDEX files_by_content ON files (content_id);
CREATE TRIGGER file_added AFTER INSERT ON files BEGIN
    UPDATE contents SET n_files = n_files + 1 WHERE id = new.content_id;
END;
CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
    UPDATE contents SET n_files = n_files - 1 WHERE id = old.content_id;
END;
CREATE TRIGGER file_changed AFTER UPDATE OF content_id ON files BEGIN
    UPDATE contents SET n_files = n_files - 1 WHERE id = old.content_id;
    UPDATE contents SET n_files = n_files + 1 WHERE id = new.content_id;
END;
"""
_FULL_TEXT = """
CREATE VIRTUAL TABLE texts USING fts5(text, tokenize = 'porter unicode61');
CREATE TRIGGER text_added AFTER INSERT ON files BEGIN
    INSERT INTO texts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER text_removed AFTER DELETE ON files BEGIN
    DELETE FROM texts WHERE rowid = old.id;
END;
CREATE TRIGGER text_changed AFTER UPDATE OF text ON files BEGIN
    UPDATE texts SET text = new.text WHERE rowid = new.id;
END;
"""


class CatalogueError(SemdnnError):
    """A catalogue that is missing, damaged, of another version, or cannot be written."""


def database_path(place: Path) -> Path:
    """Return the catalogue's file: `place` itself, or that of a library or its ``.semdnn``."""
    if place.is_dir() and place.absolute().name == DEFAULT_PLACE.parent.name:
        return place / DEFAULT_PLACE.name
    return place / DEFAULT_PLACE if place.is_dir() else place


def find_database(start: Path) -> Path:
    """Return the catalogue of `start` or of the nearest folder above it.

    Raises
    ------
    CatalogueError
        If there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / DEFAULT_PLACE).is_file():
            return folder / DEFAULT_PLACE
    raise CatalogueError(
        f"{start}: no catalogue in this folder or above it; make one with `semdnn index LIBRARY`, "
        "or name one with --db FILE"
    )


def has_full_text(connection: sqlite3.Connection) -> bool:
    """Return whether this SQLite can search full text (FTS5)."""
    return bool(connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0])


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the catalogue at `path` read-only.

    Raises
    ------
    CatalogueError
        If there is no catalogue, or it is damaged or of another version.
    """
    if not path.is_file():
        raise CatalogueError(f"{path}: no catalogue here; make one with `semdnn index LIBRARY`")
    try:
        connection = _connected(path, "ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:  # a medium without room for the log's index
            if os.access(path.parent, os.W_OK):
                raise
            connection = _connected(path, "ro&immutable=1")
        _check(path, connection)
    except sqlite3.DatabaseError as error:
        raise CatalogueError(
            f"{path}: cannot be read as a catalogue ({error}); name another, or delete it and "
            "index again"
        ) from error
    return connection


@contextmanager
def open_for_writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the one connection that may write the catalogue at `path`, making it if need be.

    One that it made and that has no sound at the end is taken away again.

    Raises
    ------
    CatalogueError
        If the place cannot be written, another process is writing, or the file is of another
        version or no catalogue.
    """
    with _only_writer(path):
        connection = _prepared(path)
        try:
            yield connection
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.DatabaseError as error:
            raise CatalogueError(
                f"{path}: cannot be written further ({error}); free some space if the disk is full "
                "and index again: what was heard is kept"
            ) from error
        finally:
            connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block does as one step that readers see whole, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # of a full disk SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def lasting_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit as `transaction`, so that a power cut after it does not undo it.

    Others may be undone by one, which loses time and nothing else unless files are deleted that
    only the former state names.
    """
    connection.execute("PRAGMA synchronous = FULL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Let the block read one state, whatever is written meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def read_meta(connection: sqlite3.Connection, key: str) -> str:
    """Return a remark about the whole catalogue, "" where there is none."""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return "" if found is None else str(found[0])


def write_meta(connection: sqlite3.Connection, key: str, value: str | int) -> None:
    """Set a remark about the whole catalogue."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    place = f"file:{quote(str(path.resolve()))}?mode={mode}"
    connection = sqlite3.connect(place, uri=True, timeout=_WAIT_S, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _prepared(path: Path) -> sqlite3.Connection:
    try:
        connection = _connected(path, "rwc")
        try:
            _prepare(path, connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise CatalogueError(
            f"{path}: cannot be written as a catalogue ({error}); keep it elsewhere with --db FILE"
        ) from error
    return connection


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        _check(path, connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        full_text = _FULL_TEXT if has_full_text(connection) else ""
        counters = "INSERT INTO meta VALUES ('changes', 0), ('generation', 0), ('n_rows', 0);"
        marks = f"PRAGMA application_id={APPLICATION_ID};PRAGMA user_version={SCHEMA_VERSION};"
        connection.executescript(f"BEGIN;{marks}{_SCHEMA}{full_text}{counters}COMMIT;")


def _check(path: Path, connection: sqlite3.Connection) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise CatalogueError(f"{path}: a database, but no catalogue of sounds; name another file")
    if version != SCHEMA_VERSION:
        raise CatalogueError(
            f"{path}: a catalogue of version {version}, this program makes {SCHEMA_VERSION}; "
            "delete it and index again"
        )


@contextmanager
def _only_writer(path: Path) -> Iterator[None]:
    missing = [folder for folder in path.parents if not folder.exists()]
    with ExitStack() as held:
        try:
            held.enter_context(locked(path.with_name(f"{path.name}-lock")))
        except BlockingIOError as error:
            raise CatalogueError(
                f"{path}: another process is indexing here; wait for it"
            ) from error
        except OSError as error:
            raise CatalogueError(
                f"{path}: no catalogue can be written here ({error.strerror}); keep it elsewhere "
                "with --db FILE"
            ) from error
        is_new = not path.exists()
        try:
            yield
        finally:
            if is_new and _is_without_sounds(path):
                ends = ("-vectors-0", "-wal", "-shm", "", "-lock")
                remove((path.with_name(path.name + end) for end in ends), missing)


def _is_without_sounds(path: Path) -> bool:
    try:
        with closing(_connected(path, "ro")) as connection:
            return connection.execute("SELECT 1 FROM contents").fetchone() is None
    except sqlite3.Error as error:
        return not path.exists() or "no such table" in str(error)
