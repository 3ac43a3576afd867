"""One pass through a sound: what the network says of every step, and its pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import PATCH_FRAMES, cut_stream
from semdnn.audio.silence import Mask, SoundMean, is_sounding
from semdnn.audio.waveform import SAMPLE_RATE, probe, stream
from semdnn.catalogue.timeline import HOP_S, rule_of
from semdnn.features.logmel import HOP_SAMPLES, log_mel_stream
from semdnn.model import SemanticModel
from semdnn.network.inference import predict
from semdnn.web.limits import Limits, too_long

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Number = TypeVar("Number", bound=np.generic)

MAX_COLUMNS = 4096
"""Columns of a picture, at most."""
_BLOCK_S = 5.0
_WAVE_SAMPLES = 16
_LOUDEST = 7.0
"""Upper end of the log-mel scale in memory: a band of a full-scale tone has about ln 400."""


class Outputs(NamedTuple):
    """The network's output for every step of a sound.

    Attributes
    ----------
    values : float32 [shape=(P, D) or (P, W)]
        One row a step.
    sounding : bool [shape=(P,)]
        Steps that are not silent (`semdnn.audio.silence`).
    hop_frames : int
        Frames of 10 ms from one step to the next.
    duration_s : float
        Length of the sound.
    """

    values: Floats
    sounding: Mask
    hop_frames: int
    duration_s: float


class Pictures(NamedTuple):
    """What a sound looks like; both cover all of it, and have `MAX_COLUMNS` columns at most.

    Attributes
    ----------
    lowest, highest : float32 [shape=(n,)]
        Smallest and largest sample in each of `n` equal parts, −1 … 1.
    log_mel : uint8 [shape=(m, 64)]
        0 quiet, 255 loud, low bands first; stretched between the 5th and 99.8th percentile.
    """

    lowest: Floats
    highest: Floats
    log_mel: Bytes


class Heard(NamedTuple):
    """A sound's outputs and pictures."""

    outputs: Outputs
    pictures: Pictures


def hear(model: SemanticModel, path: Path, limits: Limits, check: Callable[[], None]) -> Heard:
    """Hear a sound, step by step.

    Parameters
    ----------
    model : SemanticModel
        The network.
    path : Path
        A file of any format.
    limits : Limits
        How long the sound may be: by its header, and while it is decoded.
    check : callable
        Called often; what it raises ends the work.

    Raises
    ------
    RefusedError
        If the sound is too long.
    AudioError
        If it cannot be heard.
    """
    if probe(path).duration_s > limits.max_duration_s:
        raise too_long(limits)
    features = model.checkpoint.features
    taken = _Taken(limits, check, features.log_offset)
    hop_frames = steps_of(model)
    frames = taken.frames(log_mel_stream(taken.blocks(path), log_offset=features.log_offset))
    outputs, sounding = list[Floats](), list[Mask]()
    for patches in cut_stream(frames, hop_frames=hop_frames):
        check()
        outputs.append(predict(model.network, patches))
        sounding.append(is_sounding(patches, features.log_offset))
    duration_s = taken.n_samples / SAMPLE_RATE
    values, mask = np.concatenate(outputs), np.concatenate(sounding)
    return Heard(Outputs(values, mask, hop_frames, duration_s), taken.pictures())


def steps_of(model: SemanticModel) -> int:
    """Return the frames of a step: a timeline's, if the model's own hop is made of such."""
    step, own = rule_of(hop_s=HOP_S).hop_frames, model.checkpoint.features.hop_frames
    return step if own % step == 0 else min(own, PATCH_FRAMES)


def mean_output(model: SemanticModel, outputs: Outputs) -> Floats | None:
    """Return the mean [shape=(D,) or (W,)] over the patches that `semdnn label` hears.

    None where they all are silent.
    """
    every = max(1, model.checkpoint.features.hop_frames // outputs.hop_frames)
    mean = SoundMean()
    mean.add(outputs.values[::every], outputs.sounding[::every])
    return mean.value() if mean.n_sounding else None


class _Taken:
    """What is taken down while a sound passes: eight bytes each ms, and 64 of log-mel each 10."""

    def __init__(self, limits: Limits, check: Callable[[], None], log_offset: float) -> None:
        self._limits = limits
        self._check = check
        self._floor = float(np.log(log_offset))
        self._lowest: list[Floats] = []
        self._highest: list[Floats] = []
        self._mel: list[Bytes] = []
        self._left = np.empty(0, np.float32)
        self.n_samples = 0

    def blocks(self, path: Path) -> Iterator[Floats]:
        """Yield a sound's samples, counted and looked at."""
        for block in stream(path, block_s=_BLOCK_S):
            self._check()
            self.n_samples += len(block)
            if self.n_samples > self._limits.max_duration_s * SAMPLE_RATE:
                raise too_long(self._limits)
            joined = np.concatenate([self._left, block])
            n_whole = len(joined) // _WAVE_SAMPLES * _WAVE_SAMPLES
            self._note(joined[:n_whole].reshape(-1, _WAVE_SAMPLES))
            self._left = joined[n_whole:]
            yield block

    def frames(self, blocks: Iterator[Floats]) -> Iterator[Floats]:
        """Yield log-mel frames, and keep them at a byte a number."""
        for frames in blocks:
            scaled = (frames - self._floor) * (255 / (_LOUDEST - self._floor))
            self._mel.append(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))
            yield frames

    def pictures(self) -> Pictures:
        """Return the pictures of what has passed."""
        if len(self._left):
            self._note(self._left[np.newaxis])
        lowest = coarser(np.concatenate(self._lowest), np.minimum)
        highest = coarser(np.concatenate(self._highest), np.maximum)
        n_real = -(-self.n_samples // HOP_SAMPLES)  # not the silence that fills up a first patch
        mel = np.concatenate(self._mel)[:n_real]
        return Pictures(lowest, highest, stretched(coarser(mel, np.maximum)))

    def _note(self, parts: Floats) -> None:
        if parts.size:
            self._lowest.append(parts.min(axis=1))
            self._highest.append(parts.max(axis=1))


def coarser(values: NDArray[Number], join: np.ufunc) -> NDArray[Number]:
    """Return at most `MAX_COLUMNS` rows, each `join` of as many neighbours as it takes.

    Examples
    --------
    >>> coarser(np.arange(8193), np.maximum).shape, coarser(np.arange(3), np.maximum)
    ((2731,), array([0, 1, 2]))
    """
    size = -(-len(values) // MAX_COLUMNS)
    joined: NDArray[Number] = join.reduceat(values, np.arange(0, len(values), size), axis=0)
    return joined


def stretched(mel: Bytes) -> Bytes:
    """Return a picture that uses its whole scale: its 5th percentile is 0, its 99.8th 255.

    Examples
    --------
    >>> stretched(np.array([[10, 20], [30, 40]], np.uint8)).tolist()
    [[0, 76], [166, 255]]
    """
    low, high = np.percentile(mel.astype(np.float32), (5, 99.8))
    scaled = (mel.astype(np.float32) - low) * (255 / max(float(high - low), 1.0))
    picture: Bytes = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return picture
