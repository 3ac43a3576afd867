"""What networks with published weights have in common as comparison models."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from semdnn.comparison.interface import Card, Layers, Stimulus
from semdnn.comparison.recordings import averaged_layers
from semdnn.comparison.weights import PublishedNetwork, read_weights

Floats = NDArray[np.float32]


class PublishedModel(ABC):
    """A network in PyTorch whose weights come from a file.

    Parameters
    ----------
    path : Path
        Weights: what `convert_weights` wrote, or any file that it takes.

    Attributes
    ----------
    network : PublishedNetwork
        Tensors it needs, and where they come from.
    shapes : dict of str to tuple of int
        Shape of each layer's activations for one input, from the input to the output.
    batch_size : int
        Inputs that pass at a time.

    Raises
    ------
    ComparisonError
        If the weights cannot be read or are of another network.
    """

    name: str
    card: Card
    network: ClassVar[PublishedNetwork]
    shapes: ClassVar[Mapping[str, tuple[int, ...]]]
    batch_size: ClassVar[int]

    def __init__(self, path: Path | str) -> None:
        weights = read_weights(self.network, Path(path))
        self._weights = {name: torch.from_numpy(values) for name, values in weights.items()}

    @classmethod
    def untrained(cls, generator: torch.Generator) -> Self:
        """Return the network with random weights (He et al. 2015): a control, or for tests."""
        model = cls.__new__(cls)
        model.name = f"{cls.network.name}-untrained"
        model.card = Card("random weights", "none needed", cls.network.card.reference)
        model._weights = random_weights(cls.network.shapes, generator)
        return model

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the layers of `shapes`, a row a stimulus; see `ComparisonModel`."""
        return averaged_layers(stimuli, self.shapes, self._respond)

    @staticmethod
    @abstractmethod
    def inputs(samples: Floats, /) -> Iterable[Floats]:
        """Return what the network sees of a sound, one input after the other."""

    @staticmethod
    @abstractmethod
    def activations(weights: Mapping[str, Tensor], inputs: Tensor, /) -> dict[str, Tensor]:
        """Return the activations of all layers for a batch of inputs."""

    def _respond(self, samples: Floats) -> Iterator[Mapping[str, Floats]]:
        seen = iter(self.inputs(samples))
        while batch := list(islice(seen, self.batch_size)):
            with torch.inference_mode():
                found = self.activations(self._weights, torch.from_numpy(np.stack(batch)))
            yield {name: values.numpy() for name, values in found.items()}


def random_weights(
    shapes: Mapping[str, tuple[int, ...]], generator: torch.Generator
) -> dict[str, Tensor]:
    """Return normal weights of variance 2 / n_in and biases of 0 for the tensors of `shapes`."""
    return {
        name: torch.empty(shape).normal_(
            0, math.sqrt(2 / math.prod(shape[1:])), generator=generator
        )
        if name.endswith(".weight")
        else torch.zeros(shape)
        for name, shape in shapes.items()
    }


def linear(weights: Mapping[str, Tensor], name: str, values: Tensor) -> Tensor:
    """Return the layer `name`, fully connected, without its ReLU."""
    return functional.linear(values, weights[f"{name}.weight"], weights[f"{name}.bias"])
