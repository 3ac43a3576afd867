"""What the server lets a visitor ask of it, and the one error that says no."""

from dataclasses import dataclass

from semdnn.errors import SemdnnError

OWN_WORDS = 1000
"""Words and phrases of an own vocabulary, at most."""
OWN_WORDS_BYTES = 64_000
"""Length of an own vocabulary as text, at most."""
QUERY_LETTERS = 500
"""Length of a question's text, at most."""
RETRY_AFTER_S = 5


@dataclass(frozen=True)
class Limits:
    """Limits of one server.

    Attributes
    ----------
    max_upload_mb : float
        Megabytes (10⁶ bytes) of an uploaded file.
    max_minutes : float
        Minutes of a sound that is heard or turned into another format.
    max_at_once : int
        Sounds that are received, heard or converted at the same time.
    timeout_s : float
        Seconds that one of them may take, its upload included.
    """

    max_upload_mb: float = 200.0
    max_minutes: float = 30.0
    max_at_once: int = 2
    timeout_s: float = 120.0

    @property
    def max_upload_bytes(self) -> int:
        """Bytes of an uploaded file, at most."""
        return round(self.max_upload_mb * 1e6)

    @property
    def max_duration_s(self) -> float:
        """Seconds of a sound, at most."""
        return self.max_minutes * 60


class RefusedError(SemdnnError):
    """A request that is not served: HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def too_large(limits: Limits) -> RefusedError:
    """Return the error for an upload beyond the limit."""
    return RefusedError(
        413,
        "too_large",
        f"the file is larger than {limits.max_upload_mb:g} MB: cut it, or label it with `semdnn "
        "label`, which has no such limit",
    )


def too_long(limits: Limits) -> RefusedError:
    """Return the error for a sound beyond the limit."""
    return RefusedError(
        413,
        "too_long",
        f"the sound is longer than {limits.max_minutes:g} minutes: cut it, or label it with "
        "`semdnn label`, which has no such limit",
    )


def too_slow(limits: Limits) -> RefusedError:
    """Return the error for work that takes too long."""
    return RefusedError(
        504,
        "too_slow",
        f"this took longer than {limits.timeout_s:g} s and was stopped: try a shorter sound",
    )


def busy() -> RefusedError:
    """Return the error for more sounds at once than are let in."""
    return RefusedError(
        503, "busy", "the server is busy with other sounds: try again in a few seconds"
    )
