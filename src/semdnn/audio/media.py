"""Sound out of m4a files and videos, through PyAV (extra ``media``)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.faults import AudioError, Header, not_audio

_TOLERANCE_S = 0.5  # priming, padding and container rounding
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,aac,ac3,eac3,asf,matroska,webm,avi,mpeg,mpegts,mpegvideo,amr,amrnb,"
    "amrwb,ape,wv,tta,mpc,mpc8,ogg,dsf,mp3,flac,wav,w64,aiff,caf,au,voc,dts,flv"
)
_ALONE = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
"""What FFmpeg may take a file for, and that it opens no other: play lists and session descriptions
name files and addresses, which a file from a stranger must not choose."""


@contextmanager
def opened(path: Path, sndfile_reason: str) -> Iterator["MediaDecoder"]:
    """Open the first sound track of `path`.

    Raises
    ------
    AudioError
        If PyAV does not know the file, or it has no sound track.
    """
    # Opened by number, so without a name: PyAV would take a suffix such as .gsm for proof.
    descriptor = os.open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file, _container(path, file, sndfile_reason) as container:
        if not container.streams.audio or not _is_sound(container):
            raise not_audio(path, "it has no sound track")
        yield MediaDecoder(path, container)


def _container(path: Path, file: BinaryIO, sndfile_reason: str) -> Any:
    import av  # noqa: PLC0415 - an extra

    try:
        return av.open(file, metadata_errors="replace", options=_ALONE)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise not_audio(path, sndfile_reason) from error


class MediaDecoder:
    """PyAV's reader of one sound track."""

    def __init__(self, path: Path, container: Any) -> None:
        self._path = path
        self._container = container
        self._track = container.streams.audio[0]
        rate = int(self._track.rate)
        length = self._track.duration
        n_frames = round(length * self._track.time_base * rate) if length else None
        if n_frames is None and container.duration:
            n_frames = round(container.duration / 1e6 * rate)
        self._exact = bool(length)
        name = f"{container.format.name} {self._track.codec_context.name}"
        self.header = Header(rate, int(self._track.channels), n_frames, name)

    def blocks(self, block_s: float) -> Iterator[NDArray[np.float32]]:
        """Yield consecutive samples [n, n_channels] of about `block_s` seconds."""
        size = int(block_s * self.header.sample_rate)
        pending: list[NDArray[np.float32]] = []
        n_pending = n_read = 0
        for frame in self._frames():
            pending.append(frame)
            n_pending += len(frame)
            if n_pending >= size:
                n_read += n_pending
                yield np.concatenate(pending)
                pending, n_pending = [], 0
        if pending:
            n_read += n_pending
            yield np.concatenate(pending)
        self._require_whole(n_read)

    def _frames(self) -> Iterator[NDArray[np.float32]]:
        # Planar float at the track's own rate and layout: only the sample type is converted.
        import av  # noqa: PLC0415 - an extra

        converter = av.AudioResampler(format="fltp")
        try:
            for frame in self._container.decode(self._track):
                for converted in converter.resample(frame):
                    yield np.ascontiguousarray(converted.to_ndarray().T, np.float32)
            for converted in converter.resample(None):
                yield np.ascontiguousarray(converted.to_ndarray().T, np.float32)
        except (av.error.FFmpegError, ValueError) as error:
            raise AudioError(
                self._path, "corrupt", f"damaged inside ({error}): replace it with a good copy"
            ) from error

    def _require_whole(self, n_read: int) -> None:
        promised, rate = self.header.n_frames, self.header.sample_rate
        if self._exact and promised is not None and promised - n_read > _TOLERANCE_S * rate:
            raise AudioError(
                self._path,
                "truncated",
                f"cut short, {(promised - n_read) / rate:.2f} s missing at its end:"
                " copy or record it again",
            )


def _is_sound(container: Any) -> bool:
    """Return whether a track was recognised for good: text can pass for raw MPEG frames."""
    track = container.streams.audio[0]
    return bool(track.rate) and bool(track.channels)
