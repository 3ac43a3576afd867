"""What a server holds while it runs: network, catalogue, limits, and what was heard lately."""

import threading
from collections import OrderedDict
from pathlib import Path

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import CatalogueError, find_database
from semdnn.catalogue.hearing import identity_of, points_of
from semdnn.model import DEFAULT_MODEL, SemanticModel
from semdnn.semantics.vocabulary import vocabulary_of
from semdnn.web.hearing import Floats, mean_output
from semdnn.web.library import Library
from semdnn.web.limits import OWN_WORDS, Limits, RefusedError
from semdnn.web.map_job import MapJob
from semdnn.web.playing import Converted
from semdnn.web.words_over_time import Hearings
from semdnn.web.work import Desk

N_VOCABULARIES = 8


class Site:
    """A server's network, catalogue and limits.

    Parameters
    ----------
    model : SemanticModel
        The network that hears uploads.
    model_name : str
        As it is shown.
    catalogue : Catalogue, optional
        The library that is searched.
    limits : Limits, optional
        What a visitor may ask for.
    """

    def __init__(
        self,
        model: SemanticModel,
        model_name: str = DEFAULT_MODEL,
        catalogue: Catalogue | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.model = model
        self.model_name = model_name
        self.limits = limits or Limits()
        self.desk = Desk(self.limits)
        self.hearings = Hearings()
        self.converted = Converted(self.limits)
        self._library = None if catalogue is None else Library(catalogue)
        self._map = None if self._library is None else MapJob(self._library)
        self._vocabularies: OrderedDict[tuple[str, ...], SemanticModel] = OrderedDict()
        self._lock = threading.Lock()
        self._compares = catalogue is not None and _is_of(model, catalogue)

    @property
    def has_library(self) -> bool:
        """Whether there is a catalogue."""
        return self._library is not None

    @property
    def compares(self) -> bool:
        """Whether what `model` hears can be compared with the catalogue."""
        return self._compares

    @property
    def library(self) -> Library:
        """The catalogue.

        Raises
        ------
        RefusedError
            If there is none.
        """
        if self._library is None:
            raise RefusedError(404, "no_catalogue", "there is no catalogue: `semdnn index LIBRARY`")
        return self._library

    @property
    def map(self) -> MapJob:
        """The map of the catalogue; errors of `library`."""
        if self._map is None:
            raise RefusedError(404, "no_catalogue", "there is no catalogue: `semdnn index LIBRARY`")
        return self._map

    def vector(self, hearing: str) -> Floats:
        """Return the unit vector [shape=(D,)] of a sound that was heard lately.

        Raises
        ------
        RefusedError
            If it is forgotten, silent, or was heard by another network than the catalogue's sounds.
        """
        outputs = self.hearings.get(hearing)
        if not self._compares:
            raise RefusedError(
                409,
                "other_network",
                "the catalogue was made with another network: start the server without --model",
            )
        mean = mean_output(self.model, outputs)
        if mean is None:
            raise RefusedError(400, "silent", "this sound is silent throughout: open another")
        vector: Floats = points_of(self.model, mean[None])[0]
        return vector

    def with_words(self, text: str) -> SemanticModel:
        """Return the model with a vocabulary of one word or phrase a line; blank: its own.

        Raises
        ------
        RefusedError
            If there are too many.
        SemdnnError
            If a word cannot be used: which, and why.
        """
        if not text.strip():
            return self.model
        words = vocabulary_of(text, "own words")
        if len(words) > OWN_WORDS:
            raise RefusedError(400, "too_many_words", f"own words: give at most {OWN_WORDS:,}")
        with self._lock:
            known = self._vocabularies.get(words)
        model = self.model.with_words(words) if known is None else known
        with self._lock:
            self._vocabularies[words] = model
            self._vocabularies.move_to_end(words)
            while len(self._vocabularies) > N_VOCABULARIES:
                self._vocabularies.popitem(last=False)
        return model

    def close(self) -> None:
        """End work that runs and remove temporary files."""
        self.desk.close()
        self.converted.close()


def open_site(database: Path | None, model_name: str | None, limits: Limits) -> Site:
    """Open a catalogue and a network.

    Parameters
    ----------
    database : Path, optional
        A catalogue's file or its library; by default that of the current folder or one above it,
        if there is one.
    model_name : str, optional
        A shipped network or a file; by default the catalogue's, without one `DEFAULT_MODEL`.
    limits : Limits
        What a visitor may ask for.

    Raises
    ------
    CatalogueError
        If `database` holds no catalogue.
    ModelError
        If there is no such network.
    """
    place = database or _catalogue_here()
    catalogue = None if place is None else Catalogue.open(place)
    if model_name is None and catalogue is not None:
        return Site(catalogue.load_model(), Path(catalogue.model_name).name, catalogue, limits)
    name = model_name or DEFAULT_MODEL
    return Site(SemanticModel.load(name), Path(name).name, catalogue, limits)


def _catalogue_here() -> Path | None:
    try:
        return find_database(Path.cwd())
    except CatalogueError:
        return None


def _is_of(model: SemanticModel, catalogue: Catalogue) -> bool:
    try:
        return identity_of(catalogue.load_model()) == identity_of(model)
    except Exception:
        return False  # its own network is not here: then nothing can be compared
