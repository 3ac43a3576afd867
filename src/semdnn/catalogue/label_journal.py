"""What a labelling run has finished, kept so that the same command goes on after any end.

The journal lies beside the output as ``OUTPUT.unfinished``: a line that says which model, options
and sounds it belongs to, then one JSON line a sound, in order and to the last digit. It only grows.
A line without its end, cut off when the process died, does not count. When all sounds are there
the output is written from it, in one step, and the journal goes.
"""

import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from semdnn.catalogue.labelling import Labelled
from semdnn.catalogue.timeline import Segment
from semdnn.errors import SemdnnError
from semdnn.files import digest, short_name
from semdnn.model import SemanticModel, Word

SUFFIX = ".unfinished"
_KIND = "semdnn label journal 1"


class JournalError(SemdnnError):
    """Labels begun with another model or other options, or by a command that still runs."""


class Journal:
    """An open journal, held by this process alone.

    Attributes
    ----------
    path : Path
        Where it lies.
    n_done : int
        Sounds in it.
    """

    def __init__(self, path: Path, file: io.FileIO, sounds: Sequence[Path], begin: int) -> None:
        self.path = path
        self.n_done = 0
        self._file = file
        self._sounds = sounds
        self._begin = begin

    def add(self, item: Labelled) -> None:
        """Append one sound, the next in order."""
        _write(self._file, _line_of(item))
        self.n_done += 1

    def records(self) -> Iterator[Labelled]:
        """Yield all sounds in it, in order."""
        for line, path in zip(self._lines(), self._sounds, strict=False):
            yield _item_of(line, path)

    def rewind(self, multiple: int) -> None:
        """Forget what was cut off, and sounds at the end so that a multiple of `multiple` stays."""
        n_lines = sum(1 for _ in self._lines())
        n_kept = n_lines if n_lines == len(self._sounds) else n_lines // multiple * multiple
        size = self._begin
        for n, line in enumerate(self._lines()):
            if n >= n_kept:
                break
            size += len(line)
        self._file.truncate(size)
        self._file.seek(size)
        self.n_done = n_kept

    def remove(self) -> None:
        """Delete it: the output is written."""
        self.path.unlink()

    def _lines(self) -> Iterator[bytes]:
        """Yield the complete lines after the heading."""
        with self.path.open("rb") as file:
            file.seek(self._begin)
            for line in file:
                if not (line.endswith(b"\n") and _is_record(line)):
                    return
                yield line


@contextmanager
def journal_beside(
    output: Path, fingerprint: Mapping[str, str], sounds: Sequence[Path], *, multiple: int
) -> Iterator[Journal]:
    """Open the journal of `output`, new or where it stopped, for the time of the block.

    Parameters
    ----------
    output : Path
        The file or folder that the labels are for.
    fingerprint : mapping
        What the labels depend on, by name: `fingerprint_of`.
    sounds : sequence of Path
        All sounds, in order.
    multiple : int
        Sounds whose words are decoded together: it goes on from a multiple of them.

    Raises
    ------
    JournalError
        If it was begun with another fingerprint, or is in use.
    """
    path = output.with_name(short_name(output.name) + SUFFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab+", buffering=0) as file:  # noqa: PTH123 - Path.open hides the raw type
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalError(f"{path}: another command is writing these labels now") from error
        begin = _checked_heading(path, file, fingerprint)
        journal = Journal(path, file, sounds, begin)
        journal.rewind(multiple)
        yield journal


def fingerprint_of(
    model: SemanticModel, sounds: Sequence[Path], options: Mapping[str, object]
) -> dict[str, str]:
    """Return what labels depend on: the model's weights, its words, the sounds' names, options."""
    weights = hashlib.sha256()
    for name, value in sorted(model.checkpoint.state.items()):
        weights.update(name.encode())
        weights.update(value.detach().cpu().contiguous().numpy().tobytes())
    words = hashlib.sha256(model.dictionary.vectors.tobytes())
    words.update("\n".join(model.dictionary.words).encode())
    names = hashlib.sha256(b"\0".join(os.fsencode(path) for path in sounds))
    shown = {f"option {name}": json.dumps(value) for name, value in options.items()}
    return {
        "model": weights.hexdigest(),
        "front end": digest(model.checkpoint.features.model_dump(mode="json")),
        "words": words.hexdigest(),
        **shown,
        "list of sounds": names.hexdigest(),
    }


def _checked_heading(path: Path, file: io.FileIO, fingerprint: Mapping[str, str]) -> int:
    """Write or compare the first line; return where the records begin."""
    heading = _json({"kind": _KIND, **fingerprint})
    with path.open("rb") as written:
        first = written.readline()
    if not first.endswith(b"\n") and heading.startswith(first):
        file.truncate(0)
        _write(file, heading)
    elif first != heading:
        raise JournalError(
            f"{path}: labels begun with another {_difference(first, fingerprint)};"
            " repeat that command to finish them, or remove this file to begin anew"
        )
    return len(heading)


def _difference(first: bytes, fingerprint: Mapping[str, str]) -> str:
    try:
        former = json.loads(first)
        changed = [name for name, value in fingerprint.items() if former.get(name) != value]
    except (ValueError, AttributeError):
        changed = []
    return " and ".join(changed) or "version of this program"


def _write(file: io.FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _line_of(item: Labelled) -> bytes:
    return _json([item.duration_s, item.words, item.error, item.segments])


def _is_record(line: bytes) -> bool:
    try:
        return len(json.loads(line)) == 4
    except (ValueError, TypeError):
        return False


def _item_of(line: bytes, path: Path) -> Labelled:
    duration_s, words, error, segments = json.loads(line)
    return Labelled(
        path,
        duration_s,
        tuple(Word(*word) for word in words),
        error,
        tuple(Segment(*segment) for segment in segments),
    )
