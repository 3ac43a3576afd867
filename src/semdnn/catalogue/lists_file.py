"""A catalogue's lists on disk: made by the writer, checked by every reader, never in the way.

Two files lie beside the database. Centres, and how long each list is, are in a safetensors file;
the database holds its name, what it was made of and its SHA-256. The lists themselves
(`semdnn.catalogue.inverted_file`) are mapped, not read, and told by their length alone, as the
vectors are: a damaged number there can hide a sound from an approximate search, but changes no
score. Where a file is missing, damaged or of another generation of vectors, or faiss is not
installed, searches are exact.
"""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from semdnn.catalogue.database import CatalogueError, read_meta, transaction, write_meta
from semdnn.catalogue.inverted_file import InvertedFile, write_inverted_file
from semdnn.catalogue.lists import EXTRA, Lists, build_lists, has_faiss
from semdnn.catalogue.nearest import Floats
from semdnn.catalogue.query import meaning_of
from semdnn.catalogue.vectors import next_row, open_vectors, vectors_path
from semdnn.files import replacing
from semdnn.semantics.word_space import open_word_space

_FORMAT = 2
N_QUESTIONS = 100
STALE = 0.1
"""Share of rows that are in no list from which on lists are made anew."""


def check_lists_can_be_made() -> None:
    """Refuse to promise lists where faiss is missing.

    Raises
    ------
    CatalogueError
        If it is.
    """
    if not has_faiss():
        raise CatalogueError(f"approximate search needs faiss, which is not installed: {EXTRA}")


def refresh_lists(database: Path, connection: sqlite3.Connection, *, wanted: bool) -> str:
    """Make lists where they are `wanted` or there already and stale; say what was made.

    Raises
    ------
    CatalogueError
        If they are wanted and the catalogue has no sound, or faiss is not installed.
    """
    if wanted:
        check_lists_can_be_made()
    known, n_rows = _facts(connection), next_row(connection)
    is_fresh = _belongs(known, connection) and n_rows * (1 - STALE) <= known["n_rows"]
    if is_fresh or not (wanted or known):
        return ""
    if n_rows == 0:
        if wanted:
            raise CatalogueError(f"{database}: no sound to make lists of")
        return ""
    if not has_faiss():
        return f"approximate search: its lists are out of date, and faiss is not installed: {EXTRA}"
    generation = int(read_meta(connection, "generation"))
    n_dims = int(read_meta(connection, "n_dims"))
    vectors = open_vectors(vectors_path(database, generation), n_rows, n_dims)
    lists = build_lists(vectors, _questions(connection, vectors), np.random.default_rng(0))
    name = f"{database.name}-lists-{generation}-{n_rows}"
    checksum = _write(database.with_name(name), vectors, lists)
    facts = {"format": _FORMAT, "file": name, "generation": generation, "n_rows": n_rows}
    facts |= {"sha256": checksum, "n_probes": lists.n_probes, "recall": lists.recall}
    with transaction(connection):
        write_meta(connection, "lists", json.dumps(facts))
    if known and known["file"] != name:
        former = database.with_name(Path(known["file"]).name)
        for path in (former, _inverted_path(former)):
            path.unlink(missing_ok=True)
    return (
        f"approximate search: reads {lists.n_probes:,} of {len(lists.centres):,} lists, which hold "
        f"{100 * lists.recall:.0f} % of the exact answers to words heard here"
    )


def has_lists(connection: sqlite3.Connection) -> bool:
    """Return whether lists were ever made for this catalogue."""
    return bool(_facts(connection))


def read_lists(database: Path, connection: sqlite3.Connection) -> InvertedFile | None:
    """Return the lists of the connection's snapshot; None where they cannot be used."""
    facts = _facts(connection)
    if not _belongs(facts, connection) or not has_faiss():
        return None
    try:
        path = database.with_name(Path(facts["file"]).name)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != facts["sha256"]:
            return None
        found = load(content)
        n_probes, n_dims = int(facts["n_probes"]), int(read_meta(connection, "n_dims"))
        lists = InvertedFile(_inverted_path(path), found["centres"], found["sizes"], n_probes)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError):
        return None
    is_of_these = lists.n_rows == facts["n_rows"] and found["centres"].shape[1] == n_dims
    return lists if is_of_these else None


def _write(path: Path, vectors: Floats, lists: Lists) -> str:
    """Write both files and return the first one's SHA-256."""
    with replacing(_inverted_path(path)) as temporary:
        write_inverted_file(temporary, vectors, lists)
    with replacing(path) as temporary:
        save_file({"centres": lists.centres, "sizes": np.diff(lists.starts)}, temporary)
        return hashlib.sha256(temporary.read_bytes()).hexdigest()


def _inverted_path(path: Path) -> Path:
    return path.with_name(f"{path.name}-vectors")


def _facts(connection: sqlite3.Connection) -> dict[str, Any]:
    written = read_meta(connection, "lists")
    facts: dict[str, Any] = json.loads(written) if written else {}
    return facts


def _belongs(facts: dict[str, Any], connection: sqlite3.Connection) -> bool:
    """Return whether lists are of the vectors that the snapshot names."""
    is_known = facts.get("format") == _FORMAT
    return is_known and str(facts["generation"]) == read_meta(connection, "generation")


def _questions(connection: sqlite3.Connection, vectors: Floats) -> Floats:
    """Return what words that were heard mean; some of the sounds where none is known."""
    found = connection.execute(
        "SELECT word FROM words GROUP BY word ORDER BY count(*) DESC, word LIMIT ?", (N_QUESTIONS,)
    )
    space = open_word_space(read_meta(connection, "word_space"))
    points = [meaning_of(word, space).vector for (word,) in found]
    known = [point for point in points if point is not None]
    return np.array(known) if known else vectors[:N_QUESTIONS]
