"""The encoder that semDNN, catDNN and the autoencoder share: patch to one vector.

Layers and their activations for patches [shape=(B, 96, 64)] and widths (a, b, c, d):
``pool1`` [B, a, 48, 32], ``pool2`` [B, b, 24, 16], ``pool3`` [B, c, 12, 8], ``pool4``
[B, d, 6, 4], ``gap`` [B, d], ``fc1`` … [B, width]. A pooling layer's activation is taken after
its dropout and batch normalisation, a fully connected layer's likewise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from semdnn.network.blocks import ConvolutionBlock, DenseBlock

N_FRAMES = 96
N_BANDS = 64


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """One member of the network family.

    Attributes
    ----------
    widths : tuple of int
        Feature maps of each convolution block.
    fully_connected : tuple of int
        Units of each fully connected layer, at least one layer.
    convolutions : tuple of int
        Convolutions in each block.
    dropout : float
        Dropout probability after every fully connected layer, 0–1.
    map_dropout : float
        Dropout probability after every down-sampling, 0–1 (the paper: 0.2, as `dropout`).
    levelled : bool
        Subtract each patch's mean from its log-mels first, so that a sound's level in the
        recording says nothing (the paper and VGGish do not).
    """

    widths: tuple[int, ...]
    fully_connected: tuple[int, ...]
    convolutions: tuple[int, ...] = (1, 1, 2, 2)
    dropout: float = 0.2
    map_dropout: float = 0.2
    levelled: bool = False

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """Shape of the last feature maps: maps, frames, bands."""
        shrink = 2 ** len(self.widths)
        return self.widths[-1], N_FRAMES // shrink, N_BANDS // shrink

    def layer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return each encoder layer's name and the shape of its activation for one patch."""
        pools = {
            f"pool{i}": (width, N_FRAMES >> i, N_BANDS >> i)
            for i, width in enumerate(self.widths, 1)
        }
        dense = {f"fc{i}": (width,) for i, width in enumerate(self.fully_connected, 1)}
        return {**pools, "gap": (self.widths[-1],), **dense}


class Encoder(nn.Module):
    """Convolution blocks, global average pooling, fully connected layers."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        widths = pairwise((1, *spec.widths))
        self.blocks = nn.ModuleList(
            ConvolutionBlock(n_in, n_out, n, spec.map_dropout)
            for (n_in, n_out), n in zip(widths, spec.convolutions, strict=True)
        )
        self.dense = nn.ModuleList(
            DenseBlock(n_in, n_out, spec.dropout)
            for n_in, n_out in pairwise((spec.widths[-1], *spec.fully_connected))
        )

    def layers(self, maps: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation, in the order of computation.

        Parameters
        ----------
        maps : Tensor [shape=(B, 1, 96, 64)]
            Standardised log-mel patches.
        """
        for i, block in enumerate(self.blocks, 1):
            maps = block(maps)
            yield f"pool{i}", maps
        values = maps.mean(dim=(2, 3))
        yield "gap", values
        for i, block in enumerate(self.dense, 1):
            values = block(values)
            yield f"fc{i}", values

    def forward(self, maps: Tensor) -> Tensor:
        """Return the last fully connected layer's activation, [shape=(B, fc_last)]."""
        values = maps
        for _, values in self.layers(maps):  # noqa: B007 - the last one is returned
            pass
        return values
