"""Sounds as browsers play them: as they lie, or as FLAC made on demand."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import soundfile

from semdnn.audio.decoding import opened
from semdnn.audio.waveform import probe
from semdnn.web.limits import Limits, too_long

MEDIA_TYPES = {
    "WAV": "audio/wav",
    "WAVEX": "audio/wav",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "MP3": "audio/mpeg",
    "MPEG": "audio/mpeg",
}
"""Content types by libsndfile's name of the container."""
_PLAYED_CODINGS = frozenset(
    ["PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "VORBIS", "OPUS", "MPEG_LAYER_III"]
)
_MEDIA_TYPES = {("mov,mp4,m4a,3gp,3g2,mj2", "aac"): "audio/mp4"}
"""Content types by PyAV's names of container and coding."""
_FLAC_CHANNELS = 8
_BLOCK_S = 5.0


class Playable(NamedTuple):
    """A file and its content type."""

    path: Path
    media_type: str


def media_type(format_name: str) -> str:
    """Return the content type of a format that browsers play, "" for another one.

    Parameters
    ----------
    format_name : str
        As `semdnn.audio.waveform.probe` names it: container and coding.

    Examples
    --------
    >>> media_type("WAV PCM_16"), media_type("AIFF PCM_16"), media_type("WAV GSM610")
    ('audio/wav', '', '')
    """
    container, _, coding = format_name.partition(" ")
    if coding in _PLAYED_CODINGS:
        return MEDIA_TYPES.get(container, "")
    return _MEDIA_TYPES.get((container, coding), "")


class Converted:
    """FLAC files of sounds that browsers do not play, in a folder that goes with the server.

    Parameters
    ----------
    limits : Limits
        How long a sound may be.
    max_bytes : int
        Room on disk; what was not asked for longest goes first.
    """

    def __init__(self, limits: Limits, max_bytes: int = 1_000_000_000) -> None:
        self._limits = limits
        self._max_bytes = max_bytes
        self._folder = TemporaryDirectory(prefix="semdnn-played-")
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[Path, int], Path] = OrderedDict()
        self._n_made = 0

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def find(self, path: Path) -> Playable | None:
        """Return a sound as browsers play it, None if it has to be made.

        Raises
        ------
        AudioError
            If there is no sound at `path` now.
        """
        kind = media_type(probe(path).format)
        if kind:
            return Playable(path, kind)
        key = (path, path.stat().st_mtime_ns)
        with self._lock:
            if key not in self._made:
                return None
            self._made.move_to_end(key)
            return Playable(self._made[key], "audio/flac")

    def make(self, path: Path, check: Callable[[], None]) -> Playable:
        """Return a sound as FLAC of 16 bits, at its own rate, made now.

        Raises
        ------
        RefusedError
            If it is too long, or `check` says so.
        AudioError
            If it cannot be read.
        """
        key = (path, path.stat().st_mtime_ns)
        target = self.make_once(path, check).path
        with self._lock:
            if key in self._made:  # another request made it meanwhile
                target.unlink(missing_ok=True)
                return Playable(self._made[key], "audio/flac")
            self._made[key] = target
            while len(self._made) > 1 and self._n_bytes() > self._max_bytes:
                self._made.popitem(last=False)[1].unlink(missing_ok=True)
        return Playable(target, "audio/flac")

    def make_once(self, path: Path, check: Callable[[], None]) -> Playable:
        """Return a sound as `make` does, in a file that is the caller's to delete."""
        with self._lock:
            self._n_made += 1
            target = Path(self._folder.name) / f"{self._n_made}.flac"
        try:
            self._write(path, target, check)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return Playable(target, "audio/flac")

    def _write(self, path: Path, target: Path, check: Callable[[], None]) -> None:
        with opened(path) as decoder:
            header = decoder.header
            n_channels = header.n_channels if header.n_channels <= _FLAC_CHANNELS else 1
            most = self._limits.max_duration_s * header.sample_rate
            if (header.n_frames or 0) > most:
                raise too_long(self._limits)
            n_written = 0
            with soundfile.SoundFile(
                target, "w", header.sample_rate, n_channels, "PCM_16", format="FLAC"
            ) as file:
                for block in decoder.blocks(_BLOCK_S):
                    check()
                    n_written += len(block)
                    if n_written > most:
                        raise too_long(self._limits)
                    kept = block if n_channels > 1 else block.mean(axis=1)
                    file.write(np.clip(kept, -1.0, 1.0))

    def _n_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._made.values())
