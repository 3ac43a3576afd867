"""The pieces that every network of the family is built from."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvolutionBlock(nn.Module):
    """3x3 convolutions with ReLU, then 2x2 max-pool, dropout and batch normalisation.

    The last ReLU comes after the max-pool: the two commute, and it then sees a quarter of the
    values.

    Parameters
    ----------
    n_in, n_out : int
        Feature maps that come in and go out.
    n_convolutions : int
        How many convolutions, at least 1.
    dropout : float
        Probability that a value is dropped, 0–1.
    """

    def __init__(self, n_in: int, n_out: int, n_convolutions: int, dropout: float) -> None:
        super().__init__()
        sizes = [n_in] + [n_out] * n_convolutions
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, kernel_size=3, padding=1) for a, b in pairwise(sizes)
        )
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of half the size, [shape=(B, n_out, T/2, F/2)]."""
        *inner, last = self.convolutions
        for convolution in inner:
            maps = functional.relu(convolution(maps), inplace=True)
        maps = functional.relu(functional.max_pool2d(last(maps), 2), inplace=True)
        return _normed(self.norm, self.dropout(maps))


class DenseBlock(nn.Module):
    """A fully connected layer with ReLU, then dropout and batch normalisation."""

    def __init__(self, n_in: int, n_out: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.BatchNorm1d(n_out)

    def forward(self, values: Tensor) -> Tensor:
        """Return [shape=(B, n_out)] for `values` [shape=(B, n_in)]."""
        return _normed(self.norm, self.dropout(functional.relu(self.linear(values), inplace=True)))


class UpsamplingBlock(nn.Module):
    """`ConvolutionBlock` mirrored: maps doubled in size, then 3x3 convolutions.

    ReLU follows every convolution, dropout and batch normalisation the last one, except in the
    block that writes the patch (`is_last`), whose output is linear.
    """

    def __init__(
        self, n_in: int, n_out: int, n_convolutions: int, dropout: float, *, is_last: bool
    ) -> None:
        super().__init__()
        sizes = [n_in] * n_convolutions + [n_out]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, kernel_size=3, padding=1) for a, b in pairwise(sizes)
        )
        self.dropout = nn.Dropout(dropout)
        self.norm = None if is_last else nn.BatchNorm2d(n_out)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of twice the size, [shape=(B, n_out, 2T, 2F)]."""
        maps = functional.interpolate(maps, scale_factor=2.0, mode="nearest")
        *inner, last = self.convolutions
        for convolution in inner:
            maps = functional.relu(convolution(maps), inplace=True)
        maps = last(maps)
        if self.norm is None:
            return maps
        return _normed(self.norm, self.dropout(functional.relu(maps, inplace=True)))


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights of `module` anew, after He et al. (2015); biases become 0.

    The layer named output, which has no ReLU behind it, gets the variance 1/n_in instead of
    2/n_in. Modules are visited in the order in which they were defined, so that one generator
    state gives one network.

    References
    ----------
    He, Zhang, Ren & Sun (2015), doi 10.1109/ICCV.2015.123.
    """
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            n_in = part.weight[0].numel()
            gain = 1.0 if name == "output" else 2.0
            nn.init.normal_(part.weight, std=math.sqrt(gain / n_in), generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.reset_parameters()


def _normed(norm: nn.Module, values: Tensor) -> Tensor:
    normed: Tensor = norm(values)
    return normed
