"""VGGish, Google's network for sounds of videos, in PyTorch.

Log-mel patches of 0.96 s pass 3x3 convolutions, 64 - pool - 128 - pool - 256 x 2 - pool - 512 x 2 -
pool, and fully connected layers of 4096, 4096 and 128 units. ReLU follows every layer but the last,
as in the code that Google publishes today; copies of it (and its first version) put one there too.

[D] The published analyses count seven layers and do not say which. Here: the last convolution
before each pooling (`conv1`, `conv2`, `conv3_2`, `conv4_2`; after ReLU, before pooling) and the
three fully connected layers (`fc1_1`, `fc1_2`, `fc2`).

References
----------
Hershey et al. (2017), CNN architectures for large-scale audio classification, ICASSP,
doi:10.1109/ICASSP.2017.7952132.
Giordano, Esposito, Valente & Formisano (2023), Nature Neuroscience 26,
doi:10.1038/s41593-023-01285-9.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from semdnn.audio.patches import cut
from semdnn.comparison.interface import Card
from semdnn.comparison.published_network import PublishedModel, linear
from semdnn.comparison.weights import PublishedNetwork
from semdnn.features.logmel import log_mel

LAYER_SHAPES: Mapping[str, tuple[int, ...]] = {
    "conv1": (96, 64, 64),
    "conv2": (48, 32, 128),
    "conv3_2": (24, 16, 256),
    "conv4_2": (12, 8, 512),
    "fc1_1": (4096,),
    "fc1_2": (4096,),
    "fc2": (128,),
}
"""Published shape of each layer for one patch: frames, bands, maps; or units."""

VGGISH = PublishedNetwork(
    name="vggish",
    shapes={
        f"{layer}.{kind}": shape if kind == "weight" else shape[:1]
        for layer, shape in {
            "conv1": (64, 1, 3, 3),
            "conv2": (128, 64, 3, 3),
            "conv3_1": (256, 128, 3, 3),
            "conv3_2": (256, 256, 3, 3),
            "conv4_1": (512, 256, 3, 3),
            "conv4_2": (512, 512, 3, 3),
            "fc1_1": (4096, 6 * 4 * 512),
            "fc1_2": (4096, 4096),
            "fc2": (128, 4096),
        }.items()
        for kind in ("weight", "bias")
    },
    card=Card(
        source="Google: github.com/tensorflow/models, research/audioset/vggish (vggish_model.ckpt),"
        " or a copy of these weights for Keras or PyTorch; given by path",
        licence="Apache-2.0",
        reference="Hershey et al. (2017), doi:10.1109/ICASSP.2017.7952132",
    ),
    aliases={
        "features.0": "conv1",
        "features.3": "conv2",
        "features.6": "conv3_1",
        "features.8": "conv3_2",
        "features.11": "conv4_1",
        "features.13": "conv4_2",
        "embeddings.0": "fc1_1",
        "embeddings.2": "fc1_2",
        "embeddings.4": "fc2",
    },
)

_BLOCKS = (("conv1",), ("conv2",), ("conv3_1", "conv3_2"), ("conv4_1", "conv4_2"))


def vggish_patches(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what VGGish sees of a sound: whole patches of ln(mel + 0.01), one after the other.

    Parameters
    ----------
    samples : array of float32 [shape=(n,)]
        Mono, 16 kHz, n ≥ 400. [D] Fewer than 15,600 are padded with zeros; VGGish has no patch
        for them.

    Returns
    -------
    array of float32 [shape=(P, 96, 64)]
        Frames after the last whole patch are left out, as VGGish does.

    Examples
    --------
    >>> import numpy as np
    >>> vggish_patches(np.zeros(48_000, np.float32)).shape
    (3, 96, 64)
    """
    return cut(log_mel(samples, log_offset=0.01))


def vggish_activations(weights: Mapping[str, Tensor], patches: Tensor) -> dict[str, Tensor]:
    """Return the activations of the seven layers.

    Parameters
    ----------
    weights : dict of str to Tensor
        ``LAYER.weight`` and ``LAYER.bias``, as in `VGGISH`; other widths do too.
    patches : Tensor [shape=(B, T, F)]
        Log-mel patches, T = 96 and F = 64 for the published weights.

    Returns
    -------
    dict of str to Tensor [shape=(B, T, F, maps) or (B, n_units)]
    """
    found: dict[str, Tensor] = {}
    maps = patches[:, None]
    for block in _BLOCKS:
        for name in block:
            kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
            maps = functional.relu(functional.conv2d(maps, kernel, bias, padding=1))
        found[block[-1]] = maps.permute(0, 2, 3, 1)
        maps = functional.max_pool2d(maps, 2)
    values = maps.permute(0, 2, 3, 1).flatten(1)
    for name in ("fc1_1", "fc1_2"):
        values = functional.relu(linear(weights, name, values))
        found[name] = values
    found["fc2"] = linear(weights, "fc2", values)
    return found


class Vggish(PublishedModel):
    """VGGish as a comparison model: seven layers, averaged over patches of 0.96 s."""

    name = VGGISH.name
    card = VGGISH.card
    network = VGGISH
    shapes = LAYER_SHAPES
    batch_size = 16
    inputs = staticmethod(vggish_patches)
    activations = staticmethod(vggish_activations)
