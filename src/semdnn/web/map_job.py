"""The map of a catalogue's present state, made once in a thread, while visitors watch it grow."""

import threading
import time
from typing import NamedTuple

from semdnn.web.library import Library, Shown
from semdnn.web.sound_map import clustered, laid_out, sampled


class MapPoint(NamedTuple):
    """A sound on the map: its place in the unit square and the number of its cluster."""

    x: float
    y: float
    cluster: int
    sound: Shown


class SoundMap(NamedTuple):
    """A finished map; `n_sounds` are in the catalogue, of which `points` are shown."""

    points: tuple[MapPoint, ...]
    clusters: tuple[str, ...]
    n_sounds: int


class MapProgress(NamedTuple):
    """A map in the making: what is done now, step `step` of 3, since how many seconds."""

    doing: str
    step: int
    elapsed_s: float
    n_sounds: int


class MapJob:
    """Gives the map of the state that a catalogue is in, or how far it is.

    Parameters
    ----------
    library : Library
        What is mapped.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._state: tuple[str, str] | None = None
        self._made: SoundMap | None = None
        self._fault: Exception | None = None
        self._progress = MapProgress("starting", 1, 0.0, 0)
        self._began = 0.0

    def look(self) -> SoundMap | MapProgress:
        """Return the map, or, after starting work on it if need be, how far it is.

        Raises
        ------
        Exception
            What went wrong, once; the next look starts anew.
        """
        state = self._library.catalogue.state
        with self._lock:
            if self._fault is not None:
                fault, self._fault = self._fault, None
                raise fault
            if self._made is not None and self._state == state:
                return self._made
            if self._thread is None:
                self._began = time.monotonic()
                self._progress = MapProgress("reading what was heard", 1, 0.0, 0)
                self._thread = threading.Thread(target=self._work, args=(state,), daemon=True)
                self._thread.start()
            return self._progress._replace(elapsed_s=time.monotonic() - self._began)

    def _work(self, state: tuple[str, str]) -> None:
        made: SoundMap | None = None
        fault: Exception | None = None
        try:
            made = self._map()
        except Exception as error:  # told to whoever looks next
            fault = error
        with self._lock:
            self._made, self._state, self._fault, self._thread = made, state, fault, None

    def _map(self) -> SoundMap:
        ids, vectors = self._library.catalogue.vectors()
        chosen = sampled(len(ids))
        chosen = chosen[vectors[chosen].any(axis=1)]  # silence has no place
        vectors = vectors[chosen]
        self._progress = MapProgress("reading what was heard", 1, 0.0, len(chosen))
        sounds = self._library.shown_all([int(number) for number in ids[chosen]])
        self._progress = MapProgress("finding clusters", 2, 0.0, len(chosen))
        words = [[word for word, _ in sound.words[:4]] for sound in sounds]
        clusters = clustered(vectors, words)
        self._progress = MapProgress("laying out the map", 3, 0.0, len(chosen))
        points = tuple(
            MapPoint(round(float(x), 4), round(float(y), 4), int(cluster), sound)
            for (x, y), cluster, sound in zip(
                laid_out(vectors), clusters.of_sound, sounds, strict=True
            )
        )
        return SoundMap(points, clusters.names, len(ids))
