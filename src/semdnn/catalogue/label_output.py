"""A labelling job from its sounds to what it leaves behind: text, label tracks, tags."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from semdnn import __version__
from semdnn.catalogue.label_journal import fingerprint_of, journal_beside
from semdnn.catalogue.label_tags import keywords_of, tag_copy, tag_in_place
from semdnn.catalogue.labelling import GROUP_SOUNDS, Labelled, label_sounds, time_sounds
from semdnn.catalogue.labels import (
    AUDACITY,
    FORMATS,
    HEADERS,
    TIMELINE_FORMATS,
    TIMELINE_HEADERS,
    readable,
)
from semdnn.catalogue.segments import SegmentRule
from semdnn.catalogue.sound_paths import label_names, mirrored
from semdnn.errors import SemdnnError
from semdnn.files import replacing, write_text
from semdnn.model import SemanticModel

Put = Callable[[Labelled], object]


@dataclass(frozen=True)
class LabelJob:
    """Which sounds are labelled, with what, and how.

    Attributes
    ----------
    model : SemanticModel
        The network with its dictionary.
    sounds : tuple of Path
        Files, in the order of the output.
    top : int
        Words a sound, or words that reach the threshold at one step of a timeline.
    threshold : float
        Smallest weight of a word of a sound; for a timeline that of `rule` counts.
    rule : SegmentRule or None
        Makes it a timeline.
    n_workers : int or None
        Files worked on at the same time; by default the usable cores.
    """

    model: SemanticModel
    sounds: tuple[Path, ...]
    top: int = 5
    threshold: float = 0.0
    rule: SegmentRule | None = None
    n_workers: int | None = None

    def records(self, skip: int = 0) -> Iterator[Labelled]:
        """Yield the labels of the sounds in order, but for the first `skip`."""
        rest = islice(self.sounds, skip, None)
        if self.rule is not None:
            return time_sounds(self.model, rest, rule=self.rule, n_workers=self.n_workers)
        return label_sounds(
            self.model, rest, top=self.top, threshold=self.threshold, n_workers=self.n_workers
        )

    @property
    def options(self) -> dict[str, object]:
        """What the labels depend on besides model and sounds."""
        if self.rule is None:
            return {"top": self.top, "threshold": self.threshold, "timeline": False}
        rule = self.rule
        return {
            "top": rule.top,
            "threshold": rule.threshold,
            "timeline": True,
            "hop": rule.hop_frames,
        }


Watched = Callable[[Iterable[Labelled], int], Iterable[Labelled]]
"""Passes labels on while they are made, showing progress; told how many were there before."""


@contextmanager
def finished(job: LabelJob, output: Path, watched: Watched) -> Iterator[Iterator[Labelled]]:
    """Label all sounds, going on where an earlier run for `output` stopped; yield all labels.

    The journal is removed when the block ends well: the output is then written.

    Raises
    ------
    JournalError
        If the earlier run had another model, other options or other sounds.
    """
    fingerprint = {
        **fingerprint_of(job.model, job.sounds, job.options),
        "version of this program": __version__,
    }
    multiple = GROUP_SOUNDS if job.rule is None else 1
    with journal_beside(output, fingerprint, job.sounds, multiple=multiple) as journal:
        for item in watched(job.records(journal.n_done), journal.n_done):
            journal.add(item)
        yield journal.records()
        journal.remove()


@contextmanager
def text_output(style: str, output: Path | None, *, is_timeline: bool) -> Iterator[Put]:
    """Yield what writes text: to standard output, or a file that appears when complete."""
    form = (TIMELINE_FORMATS if is_timeline else FORMATS)[style]
    header = (TIMELINE_HEADERS if is_timeline else HEADERS).get(style, "")
    with _opened(output) as stream:
        stream.write(header)
        yield lambda item: stream.write(form(item))


class TrackOutput:
    """Writes one Audacity label track a sound, placed in a folder as the sounds lie.

    Parameters
    ----------
    folder : Path
        Where; made if missing.
    sounds : tuple of Path
        All that will come.
    is_timeline : bool
        Whether records are time-stamped.

    Attributes
    ----------
    failed : list of str
        One line for each track that could not be written.
    """

    def __init__(self, folder: Path, sounds: tuple[Path, ...], *, is_timeline: bool) -> None:
        self.failed: list[str] = []
        self._folder = folder
        self._form = (TIMELINE_FORMATS if is_timeline else FORMATS)[AUDACITY]
        self._names = dict(zip(sounds, label_names(sounds), strict=True))

    def put(self, item: Labelled) -> None:
        """Write the track of one sound; one that the file system refuses is noted."""
        if item.error:
            return
        place = self._folder / self._names[item.path]
        try:
            write_text(place, self._form(item))
        except OSError as error:
            self.failed.append(f"{readable(place)}: cannot be written ({error.strerror})")


class TagOutput:
    """Writes words into the keywords of sounds, and keeps what went wrong.

    Parameters
    ----------
    job : LabelJob
        What is labelled.
    folder : Path or None
        Where copies go, placed as the sounds lie; None changes the sounds themselves.

    Attributes
    ----------
    failed : list of str
        One line for each file into which no words went.
    """

    def __init__(self, job: LabelJob, folder: Path | None) -> None:
        self.failed: list[str] = []
        self._folder = folder
        self._places = dict(zip(job.sounds, mirrored(job.sounds), strict=True))
        self._top = job.top if job.rule is None else job.rule.top

    def put(self, item: Labelled) -> None:
        """Write the words of one sound; a file into which they cannot go is noted."""
        if item.error:
            return
        words = keywords_of(item, top=self._top)
        try:
            if self._folder is None:
                tag_in_place(item.path, words)
            else:
                tag_copy(item.path, self._folder / self._places[item.path], words)
        except (SemdnnError, OSError) as error:
            self.failed.append(str(error))


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Yield where text goes: a file that appears when complete, a device, or standard output."""
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
    elif output.exists() and not output.is_file():
        with _utf8(output) as stream:
            yield stream
    else:
        with replacing(output) as part, _utf8(part) as stream:
            yield stream


def _utf8(path: Path) -> TextIO:
    """Open a file to write; what is no character, in a message about an odd name, is escaped."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
