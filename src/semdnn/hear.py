"""The embedding interface of HEAR 2021, so that its tasks and tools can take a network as it is.

Scene embeddings are the mean over patches (silent ones aside) of the network's last common layer
(the last fully connected one, which semDNN and catDNN share); timestamp embeddings are that layer
every 50 ms, each patch centred on its time, with zeros around the sound.

References
----------
Turian et al. (2022), HEAR: Holistic Evaluation of Audio Representations, Proceedings of Machine
Learning Research 176, 125–145, https://proceedings.mlr.press/v176/turian22a.html.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from semdnn.audio.patches import PATCH_SAMPLES, cut
from semdnn.audio.silence import SoundMean, is_sounding
from semdnn.audio.waveform import SAMPLE_RATE
from semdnn.errors import SemdnnError
from semdnn.features.logmel import log_mel
from semdnn.model import DEFAULT_MODEL, SemanticModel
from semdnn.network.inference import embed

TIMESTAMP_HOP_FRAMES = 5
MS_PER_FRAME = 10


class HearError(SemdnnError):
    """Audio of the wrong shape."""


class TimestampEmbeddings(NamedTuple):
    """Embeddings [shape=(n, T, D)] and their times in ms [shape=(n, T)]."""

    embeddings: Tensor
    timestamps: Tensor


class HearModel(nn.Module):
    """A network with the attributes that HEAR asks for.

    Parameters
    ----------
    model : SemanticModel
        A trained network.

    Attributes
    ----------
    sample_rate : int
        Of the audio, 16,000 Hz.
    scene_embedding_size, timestamp_embedding_size : int
        Units D of the embedding.
    """

    sample_rate: int = SAMPLE_RATE

    def __init__(self, model: SemanticModel) -> None:
        super().__init__()
        self.network = model.network
        self.features = model.checkpoint.features
        *_, (self.layer, shape), _ = model.network.layer_shapes().items()
        self.scene_embedding_size = self.timestamp_embedding_size = math.prod(shape)

    def patches(self, samples: NDArray[np.float32], hop_frames: int) -> NDArray[np.float32]:
        """Return the embedding of each patch [shape=(P, D)] of one sound [shape=(n,)]."""
        patches = self._cut(samples, hop_frames)
        return embed(self.network, patches, [self.layer])[self.layer]

    def mean(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean embedding [shape=(D,)] of one sound's patches, silent ones aside."""
        patches = self._cut(samples, self.features.hop_frames)
        mean = SoundMean()
        mean.add(
            embed(self.network, patches, [self.layer])[self.layer],
            is_sounding(patches, self.features.log_offset),
        )
        return mean.value()

    def _cut(self, samples: NDArray[np.float32], hop_frames: int) -> NDArray[np.float32]:
        return cut(log_mel(samples, log_offset=self.features.log_offset), hop_frames=hop_frames)


def load_model(model_file_path: str | None = None) -> HearModel:
    """Return a network; the default one without a path.

    Parameters
    ----------
    model_file_path : str, optional
        A checkpoint, a model folder, or a shipped network's name.
    """
    return HearModel(SemanticModel.load(model_file_path or DEFAULT_MODEL))


def get_scene_embeddings(audio: Tensor, model: HearModel) -> Tensor:
    """Return one embedding a sound.

    Parameters
    ----------
    audio : float Tensor [shape=(n, n_samples)]
        Mono sounds of equal length at 16 kHz, within ±1.
    model : HearModel
        From `load_model`.

    Returns
    -------
    float32 Tensor [shape=(n, D)]
        On the device of `audio`. A sound's embedding does not depend on the others.

    Raises
    ------
    HearError
        If `audio` has another shape, or no sample.

    Examples
    --------
    >>> model = load_model()
    >>> get_scene_embeddings(torch.zeros(2, 16_000), model).shape
    torch.Size([2, 256])
    """
    rows = [model.mean(_at_least_a_patch(samples)) for samples in _samples(audio)]
    return torch.from_numpy(np.stack(rows)).to(audio.device)


def get_timestamp_embeddings(audio: Tensor, model: HearModel) -> TimestampEmbeddings:
    """Return an embedding every 50 ms, from 0 to the end of the sound; parameters as above.

    Returns
    -------
    TimestampEmbeddings
        float32 embeddings [shape=(n, T, D)] and the centres of their patches in ms
        [shape=(n, T)], T = 1 + n_samples // 800.

    Examples
    --------
    >>> found = get_timestamp_embeddings(torch.zeros(1, 1_600), load_model())
    >>> found.embeddings.shape, found.timestamps.tolist()
    (torch.Size([1, 3, 256]), [[0.0, 50.0, 100.0]])
    """
    half = PATCH_SAMPLES // 2
    rows = [
        model.patches(np.pad(samples, half), TIMESTAMP_HOP_FRAMES) for samples in _samples(audio)
    ]
    embeddings = torch.from_numpy(np.stack(rows))
    times = torch.arange(embeddings.shape[1]) * float(TIMESTAMP_HOP_FRAMES * MS_PER_FRAME)
    timestamps = times.repeat(len(rows), 1)
    return TimestampEmbeddings(embeddings.to(audio.device), timestamps.to(audio.device))


def _samples(audio: Tensor) -> NDArray[np.float32]:
    if audio.ndim != 2 or audio.numel() == 0:
        raise HearError(f"audio has shape {[*audio.shape]}: give [n_sounds, n_samples] at 16 kHz")
    samples: NDArray[np.float32] = audio.detach().float().cpu().numpy()
    return samples


def _at_least_a_patch(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.pad(samples, (0, max(0, PATCH_SAMPLES - samples.size)))
