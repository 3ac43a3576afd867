"""Decoders: a file of any kind becomes blocks of samples at its own rate, or one clear error.

libsndfile reads by content, whatever the suffix says; what it does not know (m4a, video) goes to
PyAV where that is installed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from semdnn.audio import headers
from semdnn.audio.faults import AudioError, Header, not_audio

_SNDFILE = (
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .aif .aiff .aifc .w64 .rf64 .bwf .caf .au .snd"
    " .voc .nist .sph .ircam .sf .paf .svx .8svx .iff .xi .avr .pvf .wve .sds .htk .mpc2k"
)
_MEDIA = (
    ".m4a .m4b .mp4 .m4v .aac .ac3 .eac3 .wma .asf .mka .mkv .webm .mov .avi .3gp .mpg .mpeg"
    " .ts .amr .ape .wv .tta .mpc .spx .dsf"
)
SNDFILE_SUFFIXES = frozenset(_SNDFILE.split())
MEDIA_SUFFIXES = frozenset(_MEDIA.split())

_SNDFILE_MALFORMED = 3


class Decoder(Protocol):
    """An open file."""

    header: Header

    def blocks(self, block_s: float) -> Iterator[NDArray[np.float32]]:
        """Yield consecutive samples [n, n_channels] of about `block_s` seconds."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[Decoder]:
    """Open `path` with the decoder that knows its content.

    Raises
    ------
    AudioError
        If the file is missing, a directory, unreadable, empty, or no decoder knows it.
    """
    _require_file(path)
    try:
        sound = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: .raw has no header
        if getattr(error, "code", None) == _SNDFILE_MALFORMED:
            raise AudioError(
                path, "corrupt", f"damaged or cut short ({_plain(error)}): replace it"
            ) from error
        with _opened_media(path, error) as decoder:
            yield decoder
        return
    with sound:
        if sound.format == "RAW":  # chosen by a suffix such as .gsm: any bytes would do
            raise not_audio(path, "it has no header")
        yield _SndfileDecoder(path, sound)


class _SndfileDecoder:
    """libsndfile's reader."""

    LARGEST_BLOCK = (
        1 << 22
    )  # numbers in a block, so that many channels do not cost many times as much

    def __init__(self, path: Path, sound: Any) -> None:
        self._path = path
        self._sound = sound
        promised = sound.frames if 0 <= sound.frames < 1 << 62 else None
        self.header = Header(
            sound.samplerate, sound.channels, promised, f"{sound.format} {sound.subtype}"
        )

    def blocks(self, block_s: float) -> Iterator[NDArray[np.float32]]:
        header = self.header
        size = min(int(block_s * header.sample_rate), self.LARGEST_BLOCK // header.n_channels)
        n_read = 0
        while True:
            block = self._read(max(size, 1))
            if not len(block):
                break
            n_read += len(block)
            yield block
        self._require_whole(n_read)

    def _read(self, n: int) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._sound.read(n, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise AudioError(
                self._path,
                "corrupt",
                f"damaged inside ({_plain(error)}): replace it with a good copy",
            ) from error
        return block

    def _require_whole(self, n_read: int) -> None:
        header = self.header
        missing = headers.missing_end(self._path, self._sound.format, header.n_frames, n_read)
        if missing is not None and missing.is_much(header.sample_rate, n_read):
            raise AudioError(
                self._path,
                "truncated",
                f"cut short, {missing.tell(header.sample_rate)} missing at its end:"
                " copy or record it again",
            )


@contextmanager
def _opened_media(path: Path, sndfile_error: Exception) -> Iterator[Decoder]:
    """Open `path` with PyAV, which libsndfile refused; without PyAV say what to do."""
    try:
        import av  # noqa: F401, PLC0415 - PyAV is an extra

        from semdnn.audio import media  # noqa: PLC0415 - it needs PyAV
    except ImportError as error:
        if path.suffix.lower() in MEDIA_SUFFIXES:
            raise AudioError(
                path, "needs media", 'to read this format: pip install "semdnn[media]"'
            ) from error
        raise not_audio(path, _plain(sndfile_error)) from sndfile_error
    with media.opened(path, _plain(sndfile_error)) as decoder:
        yield decoder


def _plain(error: Exception) -> str:
    """Return libsndfile's message without the path, one line."""
    return str(error).rsplit(": ", 1)[-1].strip().rstrip(".").lower()


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise AudioError(path, "directory", "is a folder: give the files inside it")
    if not path.exists():
        raise AudioError(path, "missing", "no such file: check the path")
    if not path.is_file():
        raise AudioError(path, "unreadable", "is not a regular file: give a sound file")
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise AudioError(
            path, "unreadable", f"cannot be opened ({error.strerror}): check its permissions"
        ) from error
    if not first:
        raise AudioError(path, "empty", "is empty (0 bytes): copy or record it again")
