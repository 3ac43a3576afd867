"""Bringing a catalogue up to date with libraries: only what is new or changed is heard.

Files are told by name, size and time of change: an unchanged one costs no more than a look at its
folder entry. One with a new name is known again by its content. What is heard is committed in
groups, so that a run that is killed has lost little, and the next goes on from there; what is gone
is taken out last, so that a sound that moved is still there to be recognised.
"""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from semdnn.catalogue.database import transaction, write_meta
from semdnn.catalogue.hearing import Heard, hear, points_of, words_where_sounding
from semdnn.catalogue.library_files import FileState, facts_of, hash_of
from semdnn.catalogue.plan import Plan
from semdnn.catalogue.text_match import searchable
from semdnn.catalogue.vectors import append, next_row
from semdnn.datasets.columns import RowFacts
from semdnn.datasets.table import Rejected
from semdnn.model import SemanticModel, Word
from semdnn.progress import track

GROUP_SOUNDS = 32
N_WORDS = 10
"""Words that are kept of a sound, at most."""


class Examined(NamedTuple):
    """A file after a look inside: what it is and says, or why it cannot be taken."""

    plan: Plan
    file: FileState
    content: bytes = b""
    heard: Heard | None = None
    facts: RowFacts = RowFacts("")
    error: str = ""


class Updater:
    """Writes what is found into a catalogue; counts what happened.

    Parameters
    ----------
    connection : sqlite3.Connection
        Open for writing.
    vectors : Path
        File of the catalogue's vectors.
    model : SemanticModel
        Hears new sounds.
    """

    def __init__(self, connection: sqlite3.Connection, vectors: Path, model: SemanticModel) -> None:
        self.connection = connection
        self.vectors = vectors
        self.model = model
        self.counts = {"added": 0, "changed": 0, "moved": 0, "removed": 0, "unchanged": 0}
        self.failed: list[Rejected] = []
        self._plans: list[Plan] = []
        self._lock = Lock()
        self._known = {content for (content,) in connection.execute("SELECT hash FROM contents")}

    def hear_all(self, plans: list[Plan], n_workers: int | None) -> None:
        """Look into every new or changed file of `plans`, reading ahead in threads."""
        self._plans = plans
        total = sum(len(plan.fresh) for plan in plans)
        queue = ((plan, file) for plan in plans for file in plan.fresh)
        pool = ThreadPoolExecutor(n_workers or len(os.sched_getaffinity(0)))
        try:
            examined = self._examined(pool, queue)
            group: list[Examined] = []
            for item in track(examined, label="indexing", total=total):
                group.append(item)
                if len(group) == GROUP_SOUNDS:
                    self._commit(group)
                    group = []
            self._commit(group)
        finally:
            pool.shutdown(cancel_futures=True)

    def finish(self, plans: list[Plan]) -> None:
        """Take out what is gone, and write anew what a changed table says."""
        for plan in plans:
            self._describe_again(plan)
            self.counts["unchanged"] += plan.n_unchanged
            folder = plan.state.folder
            self.failed += [
                Rejected(f"{folder}/{bad.name}", bad.reason) for bad in plan.state.rejected
            ]
            gone = list(plan.gone.values())
            self.counts["removed"] += len(gone)
            for start in range(0, len(gone), 1000):
                with transaction(self.connection):
                    self._remove(gone[start : start + 1000])
        if self.connection.execute("SELECT 1 FROM contents WHERE n_files = 0").fetchone():
            with transaction(self.connection):
                self.connection.execute("DELETE FROM contents WHERE n_files = 0")

    def _examined(
        self, pool: ThreadPoolExecutor, queue: Iterator[tuple[Plan, FileState]]
    ) -> Iterator[Examined]:
        """Yield files in order, with a few more of them always in work."""
        waiting: list[Future[Examined]] = []
        while True:
            missing = 2 * GROUP_SOUNDS - len(waiting)
            waiting += [pool.submit(self._examine, *job) for job in islice(queue, missing)]
            if not waiting:
                return
            yield waiting.pop(0).result()

    def _examine(self, plan: Plan, file: FileState) -> Examined:
        try:
            content = hash_of(file.path)
            with self._lock:
                is_known = content in self._known
            heard = None if is_known else hear(self.model, file.path)
            facts = facts_of(file, plan.facts.rows.get(file.name))
        except Exception as error:  # one bad file never stops a library
            return Examined(plan, file, error=str(error) or type(error).__name__)
        return Examined(plan, file, content, heard, facts)

    def _commit(self, group: list[Examined]) -> None:
        """Write a group in one transaction: its vectors first, then the rows that name them."""
        new = {item.content: item.heard for item in group if item.heard is not None}
        with self._lock:
            new = {content: heard for content, heard in new.items() if content not in self._known}
        first = next_row(self.connection)
        words = list[tuple[Word, ...]]()
        if new:
            predictions = np.array([heard.prediction for heard in new.values()])
            sounding = np.array([not heard.is_silent for heard in new.values()])
            points = points_of(self.model, predictions)
            append(self.vectors, first, np.where(sounding[:, None], points, np.float32(0)))
            words = words_where_sounding(self.model, predictions, sounding, top=N_WORDS)
        with transaction(self.connection):
            for row, (content, heard), said in zip(
                range(len(new)), new.items(), words, strict=True
            ):
                self._add_content(first + row, content, heard, said)
            write_meta(self.connection, "n_rows", first + len(new))
            for item in group:
                self._place(item)
        with self._lock:
            self._known.update(new)

    def _add_content(self, row: int, content: bytes, heard: Heard, words: tuple[Word, ...]) -> None:
        insert = (
            "INSERT INTO contents (hash, row, duration_s, samples, fingerprint)"
            " VALUES (?, ?, ?, ?, ?)"
        )
        values = (content, row, heard.duration_s, heard.samples, heard.fingerprint.tobytes())
        number = self.connection.execute(insert, values).lastrowid
        self.connection.executemany(
            "INSERT INTO words VALUES (?, ?, ?, ?)",
            [(number, rank, *word) for rank, word in enumerate(words, start=1)],
        )

    def _place(self, item: Examined) -> None:
        """Write where a content lies: a new file, a changed one, or one that moved."""
        plan, file = item.plan, item.file
        known = plan.known.get(file.name)
        if item.error:
            self.failed.append(Rejected(str(file.path), item.error))
            if known is not None:
                self._remove([known.id])
            return
        found = self.connection.execute("SELECT id FROM contents WHERE hash = ?", (item.content,))
        content = int(found.fetchone()[0])
        if known is not None:
            self.counts["unchanged" if known.content_id == content else "changed"] += 1
            self._write(known.id, content, item)
            return
        places = (other.take_gone(content) for other in (plan, *self._plans))
        former = next((place for place in places if place is not None), None)
        self.counts["added" if former is None else "moved"] += 1
        self._write(former, content, item)

    def _write(self, number: int | None, content: int, item: Examined) -> None:
        file, facts = item.file, item.facts
        values = (
            *(item.plan.library_id, file.name, content, file.size, file.mtime_ns),
            *(facts.description, facts.category, facts.source, facts.licence),
            searchable(file.name, facts.description, facts.category, facts.source),
        )
        columns = (
            "library_id, name, content_id, size, mtime_ns, description, category, source, licence,"
            " text"
        )
        marks = ", ".join("?" * len(values))
        if number is None:
            self.connection.execute(f"INSERT INTO files ({columns}) VALUES ({marks})", values)  # noqa: S608
        else:
            self.connection.execute(
                f"UPDATE files SET ({columns}) = ({marks}) WHERE id = ?",  # noqa: S608 - constants
                (*values, number),
            )

    def _describe_again(self, plan: Plan) -> None:
        if plan.state.table_state == plan.table_state:
            return
        fresh = {file.name for file in plan.fresh}
        with transaction(self.connection):
            for name, known in plan.known.items():
                file = plan.state.files.get(name)
                if file is not None and name not in fresh:
                    facts = facts_of(file, plan.facts.rows.get(name))
                    item = Examined(plan, file, facts=facts)
                    self._write(known.id, known.content_id, item)
            self.connection.execute(
                "UPDATE libraries SET table_state = ? WHERE id = ?",
                (plan.state.table_state, plan.library_id),
            )

    def _remove(self, files: list[int]) -> None:
        self.connection.executemany("DELETE FROM files WHERE id = ?", [(file,) for file in files])


def note_model(
    connection: sqlite3.Connection, model: SemanticModel, name: str, identity: str
) -> None:
    """Write down what hears the catalogue's sounds."""
    dictionary = model.checkpoint.dictionary
    with transaction(connection):
        write_meta(connection, "model", name)
        write_meta(connection, "identity", identity)
        write_meta(connection, "word_space", dictionary.word_space)
        write_meta(connection, "n_dims", int(dictionary.vectors.shape[1]))
        write_meta(connection, "log_offset", str(model.checkpoint.features.log_offset))
