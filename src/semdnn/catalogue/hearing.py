"""What is taken down of one sound when it enters a catalogue, in one reading."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import PATCH_FRAMES, cut_stream
from semdnn.audio.silence import Mask, SoundMean, is_sounding
from semdnn.audio.waveform import SAMPLE_RATE, stream
from semdnn.catalogue.query import unit_each
from semdnn.features.duplicates import fingerprint, unit_level
from semdnn.features.logmel import log_mel_stream
from semdnn.model import SemanticModel, Word
from semdnn.network.inference import predict
from semdnn.semantics.decoding import conse

PICTURE_FRAMES = 10 * PATCH_FRAMES
"""Frames from a sound's start by which near-duplicates are told (9.6 s)."""

_MEAN_OVER = "sounding patches"

Floats = NDArray[np.float32]


class Heard(NamedTuple):
    """What was taken down.

    Attributes
    ----------
    prediction : float32 [shape=(D,) or (W,)]
        Mean of the network's output over the sound's patches that are not silent.
    is_silent : bool
        Nothing sounds in it: the prediction is about nothing (`semdnn.audio.silence`).
    duration_s : float
        Length in seconds.
    samples : bytes
        SHA-256 of the samples at 16 kHz: equal where two files sound the same to the last bit.
    fingerprint : float32 [shape=(128,)]
        See `semdnn.features.duplicates`, of the first `PICTURE_FRAMES` frames.
    """

    prediction: Floats
    is_silent: bool
    duration_s: float
    samples: bytes
    fingerprint: Floats


def hear(model: SemanticModel, path: Path) -> Heard:
    """Hear one sound in bounded memory; the prediction is `SemanticModel.listen`'s.

    Raises
    ------
    AudioError
        If the file cannot be read, or the sound is shorter than 25 ms.
    """
    features = model.checkpoint.features
    digest, start = hashlib.sha256(), list[Floats]()
    n_samples = 0

    def samples() -> Iterator[Floats]:
        nonlocal n_samples
        for block in stream(path):
            digest.update(block.tobytes())
            n_samples += len(block)
            yield block

    mean = SoundMean()
    frames = _kept(log_mel_stream(samples(), log_offset=features.log_offset), start)
    for patches in cut_stream(frames, hop_frames=features.hop_frames):
        mean.add(predict(model.network, patches), is_sounding(patches, features.log_offset))
    picture = unit_level(np.concatenate(start)[:PICTURE_FRAMES], features.log_offset)
    duration_s = n_samples / SAMPLE_RATE
    return Heard(
        mean.value(), not mean.n_sounding, duration_s, digest.digest(), fingerprint(picture)
    )


def picture_of(path: Path, log_offset: float) -> Floats:
    """Return the picture of a sound's start that its fingerprint was made of [shape=(T, 64)].

    Raises
    ------
    AudioError
        If the file cannot be read.
    """
    start = list[Floats]()
    for frames in log_mel_stream(stream(path, block_s=5.0), log_offset=log_offset):
        start.append(frames)
        if sum(map(len, start)) >= PICTURE_FRAMES:
            break
    return unit_level(np.concatenate(start)[:PICTURE_FRAMES], log_offset)


def words_where_sounding(
    model: SemanticModel, outputs: Floats, sounding: Mask, *, top: int
) -> list[tuple[Word, ...]]:
    """Return at most `top` words of each output; none where nothing sounds.

    Parameters
    ----------
    model : SemanticModel
        What heard them.
    outputs : float32 [shape=(P, D) or (P, W)]
        Its outputs, of patches or of sounds.
    sounding : bool [shape=(P,)]
        Those that are not of silence (`semdnn.audio.silence`).
    top : int
        Words of each.
    """
    if not sounding.any():
        return [()] * len(outputs)
    said = iter(model.words_of_all(outputs[sounding], top=top))
    return [next(said) if heard else () for heard in sounding]


def points_of(model: SemanticModel, predictions: Floats) -> Floats:
    """Return the unit points [shape=(S, D)] of the word space that predictions stand for."""
    if model.checkpoint.kind == "catdnn":
        return conse(predictions, model.checkpoint.dictionary.vectors)
    return unit_each(predictions)


def identity_of(model: SemanticModel) -> str:
    """Return a SHA-256 of all that a network's vectors depend on: equal ones can be compared."""
    checkpoint = model.checkpoint
    digest = hashlib.sha256()
    settings = checkpoint.features.model_dump_json(include={"hop_s", "log_offset"})
    kind, space = checkpoint.kind, checkpoint.dictionary.word_space
    digest.update(f"{kind} {space} {settings} {_MEAN_OVER}".encode())
    for name, weights in sorted(checkpoint.state.items()):
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().numpy().tobytes())
    if checkpoint.kind == "catdnn":
        digest.update(np.ascontiguousarray(checkpoint.dictionary.vectors).tobytes())
    return digest.hexdigest()


def _kept(frames: Iterable[Floats], start: list[Floats]) -> Iterator[Floats]:
    """Pass frames on, and put those of a sound's start aside."""
    n = 0
    for block in frames:
        if n < PICTURE_FRAMES:
            start.append(block)
            n += len(block)
        yield block
