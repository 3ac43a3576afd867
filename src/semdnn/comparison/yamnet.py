"""YAMNet, Google's network for AudioSet's classes, from an ONNX or a TFLite file.

Log-mel patches of 0.96 s, one every 0.48 s, pass a convolution and thirteen depthwise separable
ones (MobileNet v1), are averaged (embedding) and classified (scores, 0–1, of 521 classes). The file
has to give the layers in between; `semdnn.comparison.yamnet_files` says how.

References
----------
Plakal & Ellis, YAMNet, github.com/tensorflow/models/tree/master/research/audioset/yamnet.
Howard et al. (2017), MobileNets, arXiv:1704.04861.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import PATCH_SAMPLES, cut
from semdnn.comparison.interface import Card, Layers, Stimulus
from semdnn.comparison.recordings import averaged_layers
from semdnn.comparison.yamnet_files import open_yamnet
from semdnn.features.logmel import HOP_SAMPLES, log_mel

LAYER_SHAPES: Mapping[str, tuple[int, ...]] = {
    "layer1": (48, 32, 32),
    "layer2": (48, 32, 64),
    "layer3": (24, 16, 128),
    "layer4": (24, 16, 128),
    "layer5": (12, 8, 256),
    "layer6": (12, 8, 256),
    **{f"layer{number}": (6, 4, 512) for number in range(7, 13)},
    "layer13": (3, 2, 1024),
    "layer14": (3, 2, 1024),
    "embedding": (1024,),
    "scores": (521,),
}
"""Published shape of each layer for one patch: frames, bands, maps; or units."""

PAPER_LAYERS = tuple(name for name in LAYER_SHAPES if name.startswith("layer"))
"""The fourteen layers that the published analyses count."""

HOP_FRAMES = 48
_BATCH_PATCHES = 32


class Yamnet:
    """YAMNet as a comparison model: 14 layers, embedding and scores, averaged over patches.

    Parameters
    ----------
    path : Path
        An ONNX file (needs ``pip install "semdnn[yamnet]"``) or Google's TFLite file
        (``pip install "semdnn[tflite]"``).

    Raises
    ------
    ComparisonError
        If the file cannot be read, lacks a layer, or gives one of another shape.
    """

    name: str = "yamnet"
    card: Card = Card(
        source="Google: github.com/tensorflow/models, research/audioset/yamnet, or a conversion of"
        " these weights; given by path",
        licence="Apache-2.0",
        reference="https://github.com/tensorflow/models/tree/master/research/audioset/yamnet",
    )

    def __init__(self, path: Path | str) -> None:
        self._run = open_yamnet(Path(path), LAYER_SHAPES)

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the sixteen layers of `LAYER_SHAPES`, a row a stimulus; see `ComparisonModel`."""
        return averaged_layers(stimuli, LAYER_SHAPES, self._respond)

    def _respond(self, samples: NDArray[np.float32]) -> Iterator[Mapping[str, NDArray[np.float32]]]:
        patches = yamnet_patches(samples)
        for start in range(0, len(patches), _BATCH_PATCHES):
            yield self._run(patches[start : start + _BATCH_PATCHES])


def yamnet_patches(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what YAMNet sees of a sound: patches of ln(mel + 0.001), one every 0.48 s.

    Parameters
    ----------
    samples : array of float32 [shape=(n,)]
        Mono, 16 kHz, n ≥ 400.

    Returns
    -------
    array of float32 [shape=(P, 96, 64)]
        As YAMNet does, the end is padded with zeros to a whole number of hops, so that nothing of
        the sound is left out: P = 1 + ceil(max(0, n − 15600) / 7680).

    Examples
    --------
    >>> import numpy as np
    >>> yamnet_patches(np.zeros(16_000, np.float32)).shape
    (2, 96, 64)
    """
    hop = HOP_FRAMES * HOP_SAMPLES
    n_hops = math.ceil(max(0, samples.size - PATCH_SAMPLES) / hop)
    padded = np.pad(samples, (0, PATCH_SAMPLES + n_hops * hop - samples.size))
    return cut(log_mel(padded, log_offset=0.001), hop_frames=HOP_FRAMES)
