"""The network of Kell et al. (2018) that recognises words and musical genres, in PyTorch.

A cochleagram of 2 s (`semdnn.features.cochleagram`) passes conv1 (96 maps, 9x9, step 3), response
normalisation, pooling, conv2 (256, 5x5, step 2), normalisation, pooling and conv3 (512, 3x3); then
two branches, for words (``_W``) and genres (``_G``), of conv4 (1024, 3x3), conv5 (512, 3x3), mean
pooling and fc6 (1024). Convolutions and pooling pad as TensorFlow's "SAME" does, and ReLU follows
every layer. The top layers of the branches (589 words, 43 genres) are not needed and left out.

[D] The nine layers compared are all convolutions and fully connected layers below the top ones,
after ReLU and before normalisation and pooling. The published analyses count nine and do not name
them. Front end and network are written from the authors' published code; figures agree with it to
rounding, not to the bit (see the front end's page).

References
----------
Kell, Yamins, Shook, Norman-Haignere & McDermott (2018), Neuron 98,
doi:10.1016/j.neuron.2018.03.044.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from semdnn.comparison.interface import Card
from semdnn.comparison.published_network import PublishedModel, linear
from semdnn.comparison.weights import PublishedNetwork
from semdnn.features.cochleagram import picture, windows

LAYER_SHAPES: Mapping[str, tuple[int, ...]] = {
    "conv1": (86, 86, 96),
    "conv2": (22, 22, 256),
    "conv3": (11, 11, 512),
    "conv4_W": (11, 11, 1024),
    "conv5_W": (11, 11, 512),
    "fc6_W": (1024,),
    "conv4_G": (11, 11, 1024),
    "conv5_G": (11, 11, 512),
    "fc6_G": (1024,),
}
"""Published shape of each layer for one window: frequency, time, maps; or units."""

KELL = PublishedNetwork(
    name="kell",
    shapes={
        f"{layer}.{kind}": shape if kind == "weight" else shape[:1]
        for layer, shape in {
            "conv1": (96, 1, 9, 9),
            "conv2": (256, 96, 5, 5),
            "conv3": (512, 256, 3, 3),
            "conv4_W": (1024, 512, 3, 3),
            "conv5_W": (512, 1024, 3, 3),
            "fc6_W": (1024, 6 * 6 * 512),
            "conv4_G": (1024, 512, 3, 3),
            "conv5_G": (512, 1024, 3, 3),
            "fc6_G": (1024, 6 * 6 * 512),
        }.items()
        for kind in ("weight", "bias")
    },
    card=Card(
        source="the authors: github.com/mcdermottLab/kelletal2018, network/weights; given by path",
        licence="none stated by the authors: ask them before you pass the weights on",
        reference="Kell et al. (2018), doi:10.1016/j.neuron.2018.03.044",
    ),
)

_STEPS = {"conv1": 3, "conv2": 2}


def kell_activations(weights: Mapping[str, Tensor], pictures: Tensor) -> dict[str, Tensor]:
    """Return the activations of the nine layers.

    Parameters
    ----------
    weights : dict of str to Tensor
        ``LAYER.weight`` and ``LAYER.bias``, as in `KELL`; other widths do too.
    pictures : Tensor [shape=(B, 256, 256)]
        Cochleagrams as `picture` gives them.

    Returns
    -------
    dict of str to Tensor [shape=(B, height, width, maps) or (B, n_units)]
    """
    found: dict[str, Tensor] = {}
    maps = pictures[:, None]
    for name in ("conv1", "conv2"):
        maps = _convolved(weights, name, maps, found)
        maps = _max_pooled(_normalised(maps))
    trunk = _convolved(weights, "conv3", maps, found)
    for branch in "WG":
        maps = _convolved(weights, f"conv4_{branch}", trunk, found)
        maps = _convolved(weights, f"conv5_{branch}", maps, found)
        pooled = functional.avg_pool2d(maps, 3, 2, padding=1, count_include_pad=False)
        name = f"fc6_{branch}"
        found[name] = functional.relu(linear(weights, name, pooled.permute(0, 2, 3, 1).flatten(1)))
    return found


def _convolved(
    weights: Mapping[str, Tensor], name: str, maps: Tensor, found: dict[str, Tensor]
) -> Tensor:
    """Return a convolution's maps after ReLU, and put them into `found` too.

    With these sizes "SAME" padding is symmetric: half the kernel, rounded down, on every side.
    """
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    edge, step = kernel.shape[-1], _STEPS.get(name, 1)
    maps = functional.relu(functional.conv2d(maps, kernel, bias, step, padding=edge // 2))
    found[name] = maps.permute(0, 2, 3, 1)
    return maps


def _normalised(maps: Tensor) -> Tensor:
    """Return x / (1 + 0.001 Σ x²)^0.75, the sum over five neighbouring maps.

    PyTorch divides its α by the number of maps in the sum; TensorFlow does not.
    """
    return functional.local_response_norm(maps, size=5, alpha=5 * 1e-3, beta=0.75, k=1.0)


def _max_pooled(maps: Tensor) -> Tensor:
    """Return the maxima of 3x3 in steps of 2; "SAME" pads an even size at its end only."""
    before = maps.shape[-1] % 2
    padded = functional.pad(maps, (before, 1, before, 1), value=float("-inf"))
    return functional.max_pool2d(padded, 3, 2)


class Kell(PublishedModel):
    """The network of Kell et al. as a comparison model: nine layers, averaged over 2 s windows.

    Its file may also be the folder with the authors' three NPY files.
    """

    name = KELL.name
    card = KELL.card
    network = KELL
    shapes = LAYER_SHAPES
    batch_size = 8
    activations = staticmethod(kell_activations)

    @staticmethod
    def inputs(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Return the cochleagrams of a sound's windows."""
        return map(picture, windows(samples))
