"""Log-mel spectra as a comparison model: what the networks are given, before they do anything.

Frames that the sound fills count, never the zeros that pad a short one; so neither the mean nor
the deviation says how long a sound is. There is no layer that keeps time: sounds differ in length,
and a row that depends on the other stimuli would be no property of its sound.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.waveform import stream
from semdnn.comparison.interface import Card, Layers, Stimulus
from semdnn.comparison.stimuli import Activations, hear
from semdnn.features.logmel import HOP_SAMPLES, WINDOW_SAMPLES, log_mel_stream

CARD = Card(
    "computed from the recording: 64 mel bands, 125–7500 Hz, every 10 ms",
    "none needed",
    "Hershey et al. (2017), CNN architectures for large-scale audio classification, ICASSP, "
    "doi 10.1109/ICASSP.2017.7952132",
)


class LogMel:
    """Mean and standard deviation over time of every log-mel band.

    Layers ``deviation`` [64] and ``mean`` [64], in natural-logarithm units. Cosine distances of
    the mean depend on a sound's level; correlation distances do not.
    """

    name = "log-mel"
    card = CARD

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return ``deviation`` and ``mean``, as `ComparisonModel.layers`."""
        return hear(stimuli, _moments)


def filled_frames(path: Path) -> Iterator[NDArray[np.float32]]:
    """Yield the log-mel frames whose window lies within the sound [shape=(any, 64)].

    Their number is 1 + (n − 400) // 160 for n samples, and at least 1.

    Raises
    ------
    AudioError
        As `semdnn.audio.waveform.stream`.
    """
    n_samples = n_given = 0

    def counted() -> Iterator[NDArray[np.float32]]:
        nonlocal n_samples
        for block in stream(path):
            n_samples += block.size
            yield block

    for frames in log_mel_stream(counted()):
        # Only a sound's last frames can be padded, and then all its samples are counted by now.
        n_filled = 1 + (n_samples - WINDOW_SAMPLES) // HOP_SAMPLES - n_given
        kept = frames[:n_filled]
        n_given += len(kept)
        if len(kept):
            yield kept


def _moments(path: Path) -> Activations:
    n_frames, sums, squares = 0, np.zeros(64), np.zeros(64)
    origin: NDArray[np.float64] | None = None
    for frames in filled_frames(path):
        values = frames.astype(np.float64)
        origin = values[0].copy() if origin is None else origin
        values -= origin  # sums of squares about a value near the mean lose no digits
        n_frames += len(values)
        sums += values.sum(axis=0)
        squares += np.square(values).sum(axis=0)
    mean = sums / n_frames
    variance = np.maximum(squares / n_frames - mean**2, 0)
    return {"deviation": np.sqrt(variance), "mean": mean + (0 if origin is None else origin)}
