"""A catalogue's lists on disk: made by the writer, checked by every reader, never in the way.

They lie in a safetensors file beside the database, which holds the file's name, what it was made of
and its SHA-256. A file that is missing, damaged or of another generation of vectors is not used:
searches are then exact.
"""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save_file

from semdnn.catalogue.database import CatalogueError, read_meta, transaction, write_meta
from semdnn.catalogue.lists import Lists, build_lists
from semdnn.catalogue.nearest import Floats
from semdnn.catalogue.query import meaning_of
from semdnn.catalogue.vectors import next_row, open_vectors, vectors_path
from semdnn.files import replacing
from semdnn.semantics.word_space import open_word_space

N_QUESTIONS = 100
STALE = 0.1
"""Share of rows that are in no list from which on lists are made anew."""


def refresh_lists(database: Path, connection: sqlite3.Connection, *, wanted: bool) -> str:
    """Make lists where they are `wanted` or there already and stale; say what was made.

    Raises
    ------
    CatalogueError
        If they are wanted and the catalogue has no sound.
    """
    known, n_rows = _facts(connection), next_row(connection)
    is_fresh = _belongs(known, connection) and n_rows * (1 - STALE) <= known["n_rows"]
    if is_fresh or not (wanted or known):
        return ""
    if n_rows == 0:
        if wanted:
            raise CatalogueError(f"{database}: no sound to make lists of")
        return ""
    generation = int(read_meta(connection, "generation"))
    n_dims = int(read_meta(connection, "n_dims"))
    vectors = open_vectors(vectors_path(database, generation), n_rows, n_dims)
    lists = build_lists(vectors, _questions(connection, vectors), np.random.default_rng(0))
    name = f"{database.name}-lists-{generation}-{n_rows}"
    path = database.with_name(name)
    with replacing(path) as temporary:
        arrays: dict[str, NDArray[Any]] = {
            "centres": lists.centres,
            "rows": lists.rows,
            "starts": lists.starts,
        }
        save_file(arrays, temporary)
        checksum = hashlib.sha256(temporary.read_bytes()).hexdigest()
    facts = {"file": name, "generation": generation, "n_rows": n_rows, "sha256": checksum}
    facts |= {"n_probes": lists.n_probes, "recall": lists.recall}
    with transaction(connection):
        write_meta(connection, "lists", json.dumps(facts))
    if known and known["file"] != name:
        database.with_name(Path(known["file"]).name).unlink(missing_ok=True)
    return (
        f"approximate search: reads {lists.n_probes:,} of {len(lists.centres):,} lists, which hold "
        f"{100 * lists.recall:.0f} % of the exact answers to words heard here"
    )


def has_lists(connection: sqlite3.Connection) -> bool:
    """Return whether lists were ever made for this catalogue."""
    return bool(_facts(connection))


def read_lists(database: Path, connection: sqlite3.Connection) -> Lists | None:
    """Return the lists of the connection's snapshot; None where they cannot be used."""
    facts = _facts(connection)
    if not _belongs(facts, connection):
        return None
    try:
        content = database.with_name(Path(facts["file"]).name).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        return None
    return Lists(**load(content), n_probes=int(facts["n_probes"]), recall=float(facts["recall"]))


def _facts(connection: sqlite3.Connection) -> dict[str, Any]:
    written = read_meta(connection, "lists")
    facts: dict[str, Any] = json.loads(written) if written else {}
    return facts


def _belongs(facts: dict[str, Any], connection: sqlite3.Connection) -> bool:
    """Return whether lists are of the vectors that the snapshot names."""
    return bool(facts) and str(facts["generation"]) == read_meta(connection, "generation")


def _questions(connection: sqlite3.Connection, vectors: Floats) -> Floats:
    """Return what words that were heard mean; some of the sounds where none is known."""
    found = connection.execute(
        "SELECT word FROM words GROUP BY word ORDER BY count(*) DESC, word LIMIT ?", (N_QUESTIONS,)
    )
    space = open_word_space(read_meta(connection, "word_space"))
    points = [meaning_of(word, space).vector for (word,) in found]
    known = [point for point in points if point is not None]
    return np.array(known) if known else vectors[:N_QUESTIONS]
