"""Layers of one sound of any length, in bounded memory: blocks of samples in, activations out."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import FRAME_S, cut_stream
from semdnn.audio.silence import Mask, SoundMean, is_sounding
from semdnn.audio.waveform import SAMPLE_RATE, stream
from semdnn.features.logmel import log_mel_stream
from semdnn.network.inference import Floats, embed
from semdnn.network.sound_network import NetworkError, SoundNetwork

FRAMES_PER_S = round(1 / FRAME_S)


class PatchActivations(NamedTuple):
    """Layers of some consecutive patches.

    Attributes
    ----------
    start_s : float64 [shape=(P,)]
        Seconds from the start of the sound to the start of each patch; a patch lasts 0.96 s.
    values : mapping of str to float32 [shape=(P, *layer shape)]
        Activations by layer, in the order that was asked for.
    sounding : bool [shape=(P,)]
        Patches that are not silent (`semdnn.audio.silence`).
    """

    start_s: NDArray[np.float64]
    values: Mapping[str, Floats]
    sounding: Mask


class Activations(NamedTuple):
    """Layers of one sound: the mean over its patches that are not silent; over all if all are.

    Attributes
    ----------
    values : mapping of str to float32 [shape=layer shape]
        Activations by layer, in the order that was asked for.
    duration_s : float
        Length of the sound in seconds.
    n_patches : int
        Patches of the sound.
    n_sounding : int
        Those of them that are not silent (`semdnn.audio.silence`).
    """

    values: Mapping[str, Floats]
    duration_s: float
    n_patches: int
    n_sounding: int


class ActivationStream:
    """The layers of a sound's patches, computed while they are iterated over, once.

    Parameters
    ----------
    network : SoundNetwork
        In evaluation mode.
    blocks : iterable of float array [shape=(n_block,)]
        Consecutive samples at 16 kHz.
    layers : sequence of str
        Names out of ``network.layer_shapes()``.
    log_offset : float
        Of the log-mel front end.
    hop_frames : int
        10 ms frames from one patch to the next, ≥ 1.

    Raises
    ------
    NetworkError
        If the network lacks one of the layers; the ones that it has are listed.
    """

    def __init__(
        self,
        network: SoundNetwork,
        blocks: Iterable[NDArray[np.floating]],
        layers: Sequence[str],
        *,
        log_offset: float,
        hop_frames: int,
    ) -> None:
        known = network.layer_shapes()
        for name in layers:
            if name not in known:
                raise NetworkError(f"unknown layer {name!r}; this network has {', '.join(known)}")
        self._network = network
        self._blocks = blocks
        self._layers = tuple(layers)
        self._log_offset = log_offset
        self._hop_frames = hop_frames
        self._n_samples = 0

    @property
    def duration_s(self) -> float:
        """Seconds of sound read so far; its whole length after the last patch."""
        return self._n_samples / SAMPLE_RATE

    def __iter__(self) -> Iterator[PatchActivations]:
        frames = log_mel_stream(self._counted(), log_offset=self._log_offset)
        n_before = 0
        for patches in cut_stream(frames, hop_frames=self._hop_frames):
            first = np.arange(n_before, n_before + len(patches)) * self._hop_frames
            values = embed(self._network, patches, self._layers)
            sounding = is_sounding(patches, self._log_offset)
            yield PatchActivations(first / FRAMES_PER_S, values, sounding)
            n_before += len(patches)

    def mean(self) -> Activations:
        """Return the mean over the patches that are not silent, or over all if all are."""
        means = {name: SoundMean() for name in self._layers}
        n_patches = n_sounding = 0
        for part in self:
            n_patches += len(part.start_s)
            n_sounding += int(np.count_nonzero(part.sounding))
            for name, values in part.values.items():
                means[name].add(values, part.sounding)
        found = {name: mean.value() for name, mean in means.items()}
        return Activations(found, self.duration_s, n_patches, n_sounding)

    def _counted(self) -> Iterator[NDArray[np.floating]]:
        for block in self._blocks:
            self._n_samples += len(block)
            yield block


def blocks_of(sound: Path | str | NDArray[np.floating]) -> Iterable[NDArray[np.floating]]:
    """Return the samples at 16 kHz of a file, read as they are needed, or of an array."""
    return stream(Path(sound)) if isinstance(sound, Path | str) else (np.asarray(sound),)


def hop_frames_of(hop_s: float) -> int:
    """Return how many 10 ms frames a hop has.

    Raises
    ------
    NetworkError
        If `hop_s` is not a positive multiple of 0.01.

    Examples
    --------
    >>> hop_frames_of(0.48)
    48
    """
    frames = hop_s / FRAME_S
    if not (math.isfinite(frames) and frames > 0.5 and abs(frames - round(frames)) < 1e-4):
        raise NetworkError(f"a hop of {hop_s:g} s: give a positive multiple of 0.01 s")
    return round(frames)
