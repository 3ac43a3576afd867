"""What a command may write: never over what it reads, never over a sound."""

import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from semdnn.audio.waveform import is_audio_path
from semdnn.catalogue.sound_paths import mirrored, would_find_any
from semdnn.errors import SemdnnError

Identity = tuple[int, int]


class OverwriteError(SemdnnError):
    """An output that is an input of the same command, or a sound file."""


def spare_inputs(
    outputs: Iterable[Path],
    inputs: Iterable[Path],
    *,
    what: str = "files that are read",
    option: str = "-o",
) -> None:
    """Refuse outputs that are among the inputs, or that are there and have a sound's suffix.

    Links are followed, so another name of an input is the input. Devices and pipes are no concern.

    Parameters
    ----------
    outputs, inputs : iterable of Path
        Files and folders; those that are missing are passed over.
    what : str
        What the inputs are, in the plural.
    option : str
        Which option names the output.

    Raises
    ------
    OverwriteError
        If there is such an output.
    """
    there = {path: found for path in outputs if (found := _identity(path)) is not None}
    if not there:  # the common case, which costs no look at every sound
        return
    read = {_identity(path) for path in inputs}
    for path, identity in there.items():
        noun = "folder" if path.is_dir() else "file"
        if identity in read:
            raise OverwriteError(f"{path} is one of the {what}: give another {noun} with {option}")
        if noun == "file" and is_audio_path(path):
            raise OverwriteError(
                f"{path} is there already and has a sound's name: give another file with {option}"
            )


def require_apart(folder: Path, given: Iterable[Path], sounds: Sequence[Path]) -> None:
    """Refuse a folder for copies of `sounds` where the same command would find them next time.

    Parameters
    ----------
    folder : Path
        Where the copies go, placed as by `mirrored`.
    given : iterable of Path
        The files, folders and patterns in which `sounds` were found.
    sounds : sequence of Path
        What is copied.

    Raises
    ------
    OverwriteError
        If there is such a copy.
    """
    places = mirrored(sounds)
    for path in given:
        if would_find_any(path, folder, places):
            raise OverwriteError(
                f"{folder} lies in {path}, where copies would be labelled too: give them a folder "
                "elsewhere"
            )


def model_files(name_or_path: str) -> tuple[Path, ...]:
    """Return where a network may be read from: nowhere but in the package if its name is known."""
    from semdnn.model import FOLDER_FILE, MODELS  # noqa: PLC0415 - it imports torch

    path = Path(name_or_path)
    return () if name_or_path in MODELS else (path, path / FOLDER_FILE)


def _identity(path: Path) -> Identity | None:
    """Return what tells a file or folder from every other; None of anything else."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    is_kept = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return (found.st_dev, found.st_ino) if is_kept else None
