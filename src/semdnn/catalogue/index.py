"""Indexing: libraries in, an up-to-date catalogue out."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from semdnn.catalogue.database import (
    CatalogueError,
    open_for_writing,
    read_meta,
)
from semdnn.catalogue.hearing import identity_of
from semdnn.catalogue.library_files import distinct_folders
from semdnn.catalogue.lists_file import check_lists_can_be_made, refresh_lists
from semdnn.catalogue.plan import plan_of
from semdnn.catalogue.update import Updater, note_model
from semdnn.catalogue.vectors import compact, remove_old, vectors_path
from semdnn.datasets.table import Rejected
from semdnn.model import DEFAULT_MODEL, SemanticModel


class Updated(NamedTuple):
    """What an update did, in files.

    Attributes
    ----------
    added, changed, moved, removed, unchanged : int
        Files: new; with other content than before; known by content under a new name; no longer
        there; as they were.
    failed : tuple of Rejected
        Files that could not be read, and why.
    notes : tuple of str
        What a person should know about a library's table, or about lists that were made.
    """

    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    failed: tuple[Rejected, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        counts = (f"{name} {getattr(self, name):,}" for name in self._fields[:5])
        return ", ".join((*counts, f"failed {len(self.failed):,}"))


def update_catalogue(
    database: Path,
    folders: Sequence[Path],
    *,
    model_name: str = "",
    n_workers: int | None = None,
    approximate: bool = False,
) -> Updated:
    """Bring the catalogue at `database` up to date with the libraries `folders`.

    It may be read meanwhile, and may be interrupted at any time: the same call goes on from there.

    Parameters
    ----------
    database : Path
        The catalogue's file; made if it is not there, and not kept if it got no sound.
    folders : sequence of Path
        Libraries; one that is given twice is taken once. Others of the catalogue are left as they
        are.
    model_name : str
        A shipped network or a checkpoint file; by default the catalogue's own.
    n_workers : int, optional
        Files read and heard at the same time; by default the processor's usable cores.
    approximate : bool
        Make lists for approximate searches (extra `approximate`: faiss); once made, later updates
        keep them.

    Raises
    ------
    CatalogueError
        If the catalogue cannot be written or was made with another network, a library is missing
        or empty, or lists are wanted and faiss is not installed.
    ModelError
        If there is no such network.
    """
    if approximate:
        check_lists_can_be_made()  # before hours of hearing
    torch.set_num_threads(1)  # files are worked on side by side, each on one core
    with open_for_writing(database) as connection:
        known_as = read_meta(connection, "model")
        name = model_name or known_as or DEFAULT_MODEL
        model = SemanticModel.load(name)
        if not known_as:
            note_model(connection, model, name, identity_of(model))
        check_model(database, read_meta(connection, "identity"), known_as or name, model)
        remove_old(database, connection)
        base = database.resolve().parent
        plans = [plan_of(connection, folder, base) for folder in distinct_folders(folders)]
        vectors = vectors_path(database, int(read_meta(connection, "generation")))
        updater = Updater(connection, vectors, model)
        updater.hear_all(plans, n_workers)
        updater.finish(plans)
        compact(database, connection, int(read_meta(connection, "n_dims")))
        made = refresh_lists(database, connection, wanted=approximate)
    notes = [*(note for plan in plans for note in plan.notes), *([made] if made else [])]
    if not database.exists():
        notes.append(f"{database}: no sound could be taken, so there is no catalogue")
    return Updated(**updater.counts, failed=tuple(updater.failed), notes=tuple(notes))


def check_model(database: Path, identity: str, name: str, model: SemanticModel) -> None:
    """Refuse a network whose vectors cannot be compared with the catalogue's.

    Raises
    ------
    CatalogueError
        If it is another one.
    """
    if identity_of(model) != identity:
        raise CatalogueError(
            f"{database}: made with another network ({name}) than this one; use that, keep another "
            "catalogue with --db FILE, or delete this one and index again"
        )
