"""The decoder that turns the shared encoder into the autoencoder (CAE)."""

from itertools import pairwise

from torch import Tensor, nn

from semdnn.network.blocks import DenseBlock, UpsamplingBlock
from semdnn.network.encoder import NetworkSpec


class Decoder(nn.Module):
    """The encoder mirrored: fully connected layers, maps, up-sampling blocks, a patch.

    Global average pooling has no inverse: its mirror is a linear layer from the pooled vector to
    the last feature maps. The bottleneck is therefore that vector (512 values in the `paper`
    row, for a patch of 6,144).

    References
    ----------
    Esposito et al. (2023), "Semantically-informed deep neural networks for sound recognition",
    ICASSP, ask for the same encoder and a reverted decoder; all else is decided here.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.map_shape = spec.map_shape
        n_maps, n_frames, n_bands = spec.map_shape
        sizes = (*reversed(spec.fully_connected), n_maps)
        self.dense = nn.ModuleList(
            DenseBlock(n_in, n_out, spec.dropout) for n_in, n_out in pairwise(sizes)
        )
        self.to_maps = nn.Linear(n_maps, n_maps * n_frames * n_bands)
        widths = list(pairwise((*reversed(spec.widths), 1)))
        self.blocks = nn.ModuleList(
            UpsamplingBlock(n_in, n_out, n, spec.dropout, is_last=i == len(widths) - 1)
            for i, ((n_in, n_out), n) in enumerate(
                zip(widths, reversed(spec.convolutions), strict=True)
            )
        )

    def forward(self, values: Tensor) -> Tensor:
        """Return standardised patches [shape=(B, 96, 64)] for `values` [shape=(B, fc_last)]."""
        for block in self.dense:
            values = block(values)
        maps: Tensor = self.to_maps(values).unflatten(1, self.map_shape)
        for block in self.blocks:
            maps = block(maps)
        return maps.squeeze(1)
