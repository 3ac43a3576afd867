"""A catalogue as the page shows it: names, folders and words, never a path that a visitor gave."""

import math
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.labels import readable
from semdnn.catalogue.query import By, Filters, Query
from semdnn.catalogue.search import WordWeight
from semdnn.web.limits import QUERY_LETTERS, RefusedError

MANY_SOUNDS = 50_000
"""Beyond this many sounds, folders are not listed for choice."""
MANY_FOLDERS = 500
_SHOWN_WORDS = 6


class Asking(BaseModel):
    """A question as it arrives.

    Attributes
    ----------
    text, without : str
        What the sound is; what it should not be, commas between several.
    like : int, optional
        Id of a sound of the catalogue.
    hearing : str
        Id of a sound that was heard lately.
    folder : str
        One of `Library.folders`.
    """

    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=QUERY_LETTERS)
    without: str = Field("", max_length=QUERY_LETTERS)
    like: int | None = Field(None, ge=0, lt=1 << 63)
    hearing: str = Field("", max_length=100)
    by: By = "both"
    top: int = Field(20, ge=1, le=200)
    min_s: float | None = Field(None, ge=0, allow_inf_nan=False)
    max_s: float | None = Field(None, ge=0, allow_inf_nan=False)
    folder: str = Field("", max_length=4000)
    licence: str = Field("", max_length=QUERY_LETTERS)


class Shown(NamedTuple):
    """A sound as it is shown; `folder` is within the library, `path` on the server's disk."""

    id: int
    name: str
    folder: str
    path: str
    duration_s: float
    words: tuple[WordWeight, ...]


class FoundSound(NamedTuple):
    """A sound that was found; `similarity` is None where only text was compared."""

    sound: Shown
    similarity: float | None
    in_text: bool
    description: str
    licence: str
    n_files: int


class Answer(NamedTuple):
    """Sounds that were found, and words of the question that are not known."""

    sounds: tuple[FoundSound, ...]
    unknown: tuple[str, ...]


class Library:
    """A catalogue for the page.

    Parameters
    ----------
    catalogue : Catalogue
        An open one.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._lock = threading.Lock()
        self._folders: dict[str, Path] = {}
        self._root = Path("/")
        self._state: tuple[str, str] | None = None

    def folders(self) -> list[str]:
        """Return the folders to choose from, within their common one; none of many sounds."""
        self._refresh()
        return list(self._folders)

    def search(self, asking: Asking, vector: NDArray[np.float32] | None) -> Answer:
        """Return what fits a question, `vector` being that of the hearing that it names.

        Raises
        ------
        RefusedError
            If it names a folder that is not listed.
        QueryError
            If nothing is left to search by.
        """
        self._refresh()
        folder = asking.folder
        if folder and folder not in self._folders:
            raise RefusedError(400, "no_folder", "no sound of this catalogue is in that folder")
        filters = Filters(
            min_duration_s=asking.min_s,
            max_duration_s=asking.max_s,
            folder=str(self._folders[folder]) if folder else "",
            licence=asking.licence,
        )
        if asking.like is not None and vector is not None:
            raise RefusedError(400, "bad_request", "like and hearing: give one of them")
        query = Query(
            text=asking.text,
            like=asking.like if vector is None else vector,
            without=asking.without,
            top=asking.top,
            by=asking.by,
            filters=filters,
        )
        unknown = self.catalogue.ask(query).meaning.unknown if query.by != "text" else ()
        found = tuple(
            FoundSound(
                self._shown(match.id, match.path, match.duration_s, match.words),
                None if math.isnan(match.similarity) else round(match.similarity, 4),
                match.in_text,
                match.description,
                match.licence,
                match.n_files,
            )
            for match in self.catalogue.search(query)
        )
        return Answer(found, unknown)

    def shown(self, number: int) -> Shown:
        """Return a sound of the catalogue.

        Raises
        ------
        CatalogueError
            If it has no such sound.
        """
        self._refresh()
        sound = self.catalogue.sound(number)
        return self._shown(number, sound.path, sound.duration_s, self.catalogue.words(number))

    def shown_all(self, numbers: Sequence[int]) -> list[Shown]:
        """Return several sounds, in order."""
        return [self.shown(number) for number in numbers]

    def _shown(
        self, number: int, path: Path, duration_s: float, words: Sequence[WordWeight]
    ) -> Shown:
        folder = path.parent
        inside = folder.relative_to(self._root) if folder.is_relative_to(self._root) else folder
        return Shown(
            number,
            readable(Path(path.name)),
            "" if inside == Path() else readable(inside),
            readable(path),
            round(duration_s, 3),
            tuple(WordWeight(word, round(weight, 4)) for word, weight in words[:_SHOWN_WORDS]),
        )

    def _refresh(self) -> None:
        """Read the folders again if the catalogue has changed."""
        state = self.catalogue.state
        with self._lock:
            if state == self._state:
                return
            folders, root = dict[str, Path](), Path("/")
            if 0 < len(self.catalogue) <= MANY_SOUNDS:
                parents = {sound.path.parent for sound in self.catalogue.sounds()}
                root = Path(os.path.commonpath(parents))
                inner = sorted(p for p in _with_parents(parents, root) if p != root)
                if len(inner) <= MANY_FOLDERS:
                    folders = {readable(path.relative_to(root)): path for path in inner}
            self._folders, self._root, self._state = folders, root, state


def _with_parents(folders: set[Path], root: Path) -> set[Path]:
    """Return folders and all folders between them and `root`."""
    return folders | {
        parent for folder in folders for parent in folder.parents if parent.is_relative_to(root)
    }
