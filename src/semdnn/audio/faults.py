"""What a file says of itself, and what can be wrong with it."""

from pathlib import Path
from typing import Literal, NamedTuple

from semdnn.audio import headers
from semdnn.errors import SemdnnError

Kind = Literal[
    "missing",
    "directory",
    "unreadable",
    "empty",
    "not audio",
    "needs media",
    "corrupt",
    "truncated",
    "not finite",
    "too short",
    "silent",
]


class AudioError(SemdnnError):
    """A file that cannot be heard; `kind` says in a word why, `path` says which."""

    def __init__(self, path: Path, kind: Kind, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.kind: Kind = kind
        self.reason = reason

    def __reduce__(self) -> tuple[type["AudioError"], tuple[Path, Kind, str]]:
        # An exception crosses to another process by its constructor's arguments.
        return type(self), (self.path, self.kind, self.reason)


class Header(NamedTuple):
    """What a file says of itself; `n_frames` is None where it does not say how long it is."""

    sample_rate: int
    n_channels: int
    n_frames: int | None
    format: str


def not_audio(path: Path, detail: str) -> AudioError:
    """Return the error for a file that no decoder knows, naming what its suffix promised."""
    what = headers.content_name(path)
    return AudioError(
        path, "not audio", f"is not audio that can be read ({what or detail}): remove or convert it"
    )
