"""A network's weights under one set of names, whoever stored them and however.

Canonical names are ``LAYER.weight`` and ``LAYER.bias``, in PyTorch's layout: convolutions
[n_out, n_in, height, width], fully connected layers [n_out, n_in]. What TensorFlow and Keras call
``weights``, ``kernel`` or ``W`` has its axes the other way round and is turned. A fully connected
layer behind a convolution takes its inputs in the order height, width, maps.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import Card, ComparisonError
from semdnn.comparison.weight_files import read_arrays

Floats = NDArray[np.float32]

_SUFFIXES: Mapping[str, tuple[str, bool]] = {  # as stored: what it is, and whether it is turned
    "weight": ("weight", False),
    "weights": ("weight", True),
    "kernel": ("weight", True),
    "W": ("weight", True),
    "bias": ("bias", False),
    "biases": ("bias", False),
    "b": ("bias", False),
}


@dataclass(frozen=True)
class PublishedNetwork:
    """A network whose weights somebody else made.

    Attributes
    ----------
    name : str
        Short name, such as "vggish".
    shapes : dict of str to tuple of int
        Shape of every tensor that it needs, by canonical name.
    card : Card
        Where its weights come from, and under what licence.
    aliases : dict of str to str
        Other names of its layers, such as "features.0" for "conv1".
    """

    name: str
    shapes: Mapping[str, tuple[int, ...]]
    card: Card
    aliases: Mapping[str, str] = field(default_factory=dict)


def read_weights(network: PublishedNetwork, path: Path) -> dict[str, Floats]:
    """Return all the tensors that `network` needs out of a file or folder, by canonical name.

    Raises
    ------
    ComparisonError
        If the file cannot be read, or a tensor is missing, doubled, of the wrong shape or not
        finite.
    """
    return arrange(network, read_arrays(path), str(path))


def arrange(
    network: PublishedNetwork, arrays: Mapping[str, NDArray[Any]], where: str
) -> dict[str, Floats]:
    """Return `arrays` under their canonical names; arrays of other layers are left out.

    Parameters
    ----------
    network : PublishedNetwork
        What is needed.
    arrays : dict of str to array
        What there is, under any of the names that are known.
    where : str
        The file, for messages.

    Raises
    ------
    ComparisonError
        As for `read_weights`.

    Examples
    --------
    >>> import numpy as np
    >>> net = PublishedNetwork("tiny", {"fc.weight": (2, 3)}, Card("me", "CC0"))
    >>> arrange(net, {"tiny/fc/kernel:0": np.zeros((3, 2))}, "tiny.h5")["fc.weight"].shape
    (2, 3)
    """
    found: dict[str, Floats] = {}
    origins: dict[str, str] = {}
    for name, array in arrays.items():
        known = _canonical(network, name)
        if known is None:
            continue
        canonical, turned = known
        if canonical in found:
            raise ComparisonError(
                f"{where}: {origins[canonical]} and {name} are both {canonical}: keep one"
            )
        found[canonical] = _checked(network, canonical, _turned(array) if turned else array, where)
        origins[canonical] = name
    missing = [name for name in network.shapes if name not in found]
    if missing:
        raise ComparisonError(
            f"{where}: no weights of {network.name}: {missing[0]} is missing"
            + f" and {len(missing) - 1} more" * (len(missing) > 1)
            + f"; the file has {_some(list(arrays))}"
        )
    return {name: found[name] for name in network.shapes}


def _canonical(network: PublishedNetwork, name: str) -> tuple[str, bool] | None:
    """Return the canonical name of a stored array, and whether it has to be turned."""
    *layer, suffix = re.split(r"[/.]", name.partition(":")[0])
    if suffix not in _SUFFIXES or not layer:
        return None
    kind, turned = _SUFFIXES[suffix]
    for stored in (".".join(layer[-2:]), layer[-1], layer[-1].removeprefix(f"{network.name}_")):
        canonical = f"{network.aliases.get(stored, stored)}.{kind}"
        if canonical in network.shapes:
            return canonical, turned and kind == "weight"
    return None


def _turned(array: NDArray[Any]) -> NDArray[Any]:
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T


def _checked(network: PublishedNetwork, name: str, array: NDArray[Any], where: str) -> Floats:
    if array.shape != network.shapes[name]:
        raise ComparisonError(
            f"{where}: {name} of {network.name} has shape {array.shape} instead of "
            f"{network.shapes[name]}: this is another network"
        )
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ComparisonError(f"{where}: {name} holds values that are no numbers: fetch it again")
    return np.array(array, dtype=np.float32, order="C")  # a copy: files give read-only arrays


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + ", …" * (len(names) > 3) if names else "no arrays"
