"""Any sound file as 16 kHz mono float32 samples, whole or block by block.

Channels are averaged, then resampled by soxr (HQ); a file at 16 kHz is not resampled. `n` samples
at rate `r` become floor(16000 n / r + 1/2). `read` is `stream` joined: the two agree to the bit,
whatever the block length.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from semdnn.audio.decoding import MEDIA_SUFFIXES, SNDFILE_SUFFIXES, Decoder, opened
from semdnn.audio.faults import AudioError

__all__ = [
    "MIN_SAMPLES",
    "SAMPLE_RATE",
    "AudioError",
    "AudioInfo",
    "is_audio_path",
    "probe",
    "read",
    "stream",
]

SAMPLE_RATE = 16_000
MIN_SAMPLES = 400
SILENCE_RANGE = 1e-6


class AudioInfo(NamedTuple):
    """What a file says of itself; `duration_s` is 0 where it does not say how long it is."""

    duration_s: float
    sample_rate: int
    n_channels: int
    format: str


def is_audio_path(path: Path) -> bool:
    """Return whether the suffix of `path`, in any case, is one that sound files have.

    Examples
    --------
    >>> is_audio_path(Path("Door.WAV")), is_audio_path(Path("notes.txt"))
    (True, False)
    """
    return path.suffix.lower() in SNDFILE_SUFFIXES | MEDIA_SUFFIXES


def probe(path: Path) -> AudioInfo:
    """Return a file's length, rate, channels and format from its header, without decoding it.

    Raises
    ------
    AudioError
        If the file is missing, a folder, empty, or not audio.
    """
    with opened(path) as decoder:
        header = decoder.header
        duration_s = (header.n_frames or 0) / header.sample_rate
        return AudioInfo(duration_s, header.sample_rate, header.n_channels, header.format)


def stream(path: Path, *, block_s: float = 30.0) -> Iterator[NDArray[np.float32]]:
    """Yield a sound's samples at 16 kHz, mono, in blocks; memory does not grow with its length.

    Parameters
    ----------
    path : Path
        The file; its content decides how it is read, not its suffix.
    block_s : float
        Seconds read at a time, > 0.

    Yields
    ------
    array of float32 [shape=(n,)]
        Consecutive samples, within ±1 for whole-number formats.

    Raises
    ------
    AudioError
        Before the first block if the file is missing, a folder, empty or not audio; with the block
        concerned if it is damaged or holds NaN or infinity; after the last block if it was cut
        short, is shorter than one analysis window (400 samples), or is silent: its channels'
        mean never moves by more than 1e-6 (−120 dB, below the smallest step of 16 bits), so
        that there is nothing to hear or to label.
    """
    if not block_s > 0:
        raise ValueError(f"block_s is {block_s}: give a positive number of seconds")
    with opened(path) as decoder:
        yield from _resampled(path, decoder, block_s, max_duration_s=None)


def read(path: Path, *, max_duration_s: float | None = None) -> NDArray[np.float32]:
    """Return a sound's samples at 16 kHz, mono.

    Parameters
    ----------
    path : Path
        The file.
    max_duration_s : float, optional
        Read only this many seconds from the start, > 0; errors further on are then not seen.

    Returns
    -------
    array of float32 [shape=(n,)]
        The blocks of `stream`, joined.

    Raises
    ------
    AudioError
        As for `stream`.
    """
    if max_duration_s is not None and not max_duration_s > 0:
        raise ValueError(f"max_duration_s is {max_duration_s}: give a positive number of seconds")
    with opened(path) as decoder:
        blocks = list(_resampled(path, decoder, 30.0, max_duration_s))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _resampled(
    path: Path, decoder: Decoder, block_s: float, max_duration_s: float | None
) -> Iterator[NDArray[np.float32]]:
    rate = decoder.header.sample_rate
    resampler = None
    if rate != SAMPLE_RATE:
        resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
    n_out = 0
    for block in _heard(path, decoder, block_s, max_duration_s):
        out = block if resampler is None else resampler.resample_chunk(block)
        n_out += out.size
        if out.size:
            yield out
    if resampler is not None:
        out = resampler.resample_chunk(np.empty(0, np.float32), last=True)
        n_out += out.size
        if out.size:
            yield out
    if n_out < MIN_SAMPLES:
        raise AudioError(
            path,
            "too short",
            f"only {n_out / SAMPLE_RATE * 1000:.1f} ms long, 25 ms are needed: leave it out",
        )


def _heard(
    path: Path, decoder: Decoder, block_s: float, max_duration_s: float | None
) -> Iterator[NDArray[np.float32]]:
    """Yield mono blocks at the file's own rate, checked for NaN, and at the end for silence."""
    left = None if max_duration_s is None else round(max_duration_s * decoder.header.sample_rate)
    if max_duration_s is not None:
        block_s = min(block_s, max_duration_s)
    n_in = 0
    lowest, highest = np.inf, -np.inf
    for samples in decoder.blocks(block_s):
        block = _mono(samples if left is None else samples[: left - n_in])
        low, high = float(block.min()), float(block.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise AudioError(
                path, "not finite", "holds NaN or infinite samples: export it again or leave it out"
            )
        lowest, highest = min(lowest, low), max(highest, high)
        n_in += block.size
        yield block
        if left is not None and n_in >= left:
            break
    if n_in == 0:
        raise AudioError(path, "empty", "has a header but no samples: record or export it again")
    if highest - lowest <= SILENCE_RANGE and n_in * SAMPLE_RATE >= MIN_SAMPLES * (
        decoder.header.sample_rate
    ):
        raise AudioError(path, "silent", "is silent from start to end: leave it out")


def _mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if samples.shape[1] == 1:
        return samples[:, 0]
    with np.errstate(over="ignore"):  # infinity, which is refused as such
        mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    return mean
