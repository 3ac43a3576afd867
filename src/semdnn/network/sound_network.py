"""The network that users hold: shared encoder, and the last layer that tells the kinds apart."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from semdnn.errors import SemdnnError
from semdnn.network.autoencoder import Decoder
from semdnn.network.encoder import N_BANDS, N_FRAMES, Encoder, NetworkSpec

KINDS = ("semdnn", "catdnn", "cae")


class NetworkError(SemdnnError):
    """An unknown network, kind or layer, or patches of the wrong shape."""


class SoundNetwork(nn.Module):
    """A log-mel patch in; an embedding, word logits or the patch again out.

    semDNN and catDNN differ in `output` alone, a linear layer: D embedding dimensions, or W word
    logits (a sigmoid makes them probabilities: `predict`). In the autoencoder `output` is the
    mirrored decoder.

    Input is standardised by two constants, `input_mean` and `input_scale`, that belong to the
    checkpoint (0 and 1 leave the log-mels alone, as VGGish does). Where the row is `levelled`,
    each patch's mean takes the place of `input_mean`.

    Parameters
    ----------
    spec : NetworkSpec
        Sizes of the encoder.
    kind : str
        "semdnn", "catdnn" or "cae".
    n_outputs : int
        Embedding dimensions or words; not used by the autoencoder.
    """

    input_mean: Tensor
    input_scale: Tensor

    def __init__(self, spec: NetworkSpec, kind: str, n_outputs: int) -> None:
        super().__init__()
        if kind not in KINDS:
            raise NetworkError(f"unknown kind of network {kind!r}; known: {', '.join(KINDS)}")
        self.spec = spec
        self.kind = kind
        self.register_buffer("input_mean", torch.zeros(()))
        self.register_buffer("input_scale", torch.ones(()))
        self.encoder = Encoder(spec)
        self.output: nn.Module = (
            Decoder(spec) if kind == "cae" else nn.Linear(spec.fully_connected[-1], n_outputs)
        )

    def layer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return each layer's name and the shape of its activation for one patch, in order."""
        output = self.output
        shape = (output.out_features,) if isinstance(output, nn.Linear) else (N_FRAMES, N_BANDS)
        return {**self.spec.layer_shapes(), "output": shape}

    def forward(self, patches: Tensor) -> Tensor:
        """Return embeddings, logits or patches.

        Parameters
        ----------
        patches : Tensor [shape=(B, 96, 64) or (B, 1, 96, 64)]
            Log-mel patches, float32.

        Returns
        -------
        Tensor [shape=(B, n_outputs), or (B, 96, 64) from an autoencoder]
        """
        maps, centre = self._standardised(patches)
        return self._finish(self.encoder(maps), centre)

    def encode(self, patches: Tensor) -> Tensor:
        """Return the last common layer's activation [shape=(B, fc_last)], what `output` reads."""
        encoded: Tensor = self.encoder(self._standardised(patches)[0])
        return encoded

    @torch.no_grad()
    def predict(self, patches: Tensor) -> Tensor:
        """Return `forward`'s values without gradients; probabilities (0–1) from a catDNN."""
        return self._activated(self(patches))

    @torch.no_grad()
    def activations(self, patches: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return the activations of named layers; `output` is what `predict` returns.

        Parameters
        ----------
        patches : Tensor [shape=(B, 96, 64)]
            Log-mel patches, float32.
        layers : sequence of str
            Names out of `layer_shapes()`.

        Returns
        -------
        dict of str to Tensor [shape=(B, *layer shape)]
            In the order of `layers`.

        Raises
        ------
        NetworkError
            A layer that the network does not have.
        """
        known = self.layer_shapes()
        for name in layers:
            if name not in known:
                raise NetworkError(f"unknown layer {name!r}; this network has {', '.join(known)}")
        found: dict[str, Tensor] = {}
        values, centre = self._standardised(patches)
        for name, values in self.encoder.layers(values):  # noqa: B020 - layer after layer
            if name in layers:
                found[name] = values
        if "output" in layers:
            found["output"] = self._activated(self._finish(values, centre))
        return {name: found[name] for name in layers}

    def _standardised(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps that the encoder takes, and what was subtracted [shape=(B|1, 1, 1)]."""
        maps = patches.unsqueeze(1) if patches.ndim == 3 else patches
        if maps.shape[1:] != (1, N_FRAMES, N_BANDS):
            raise NetworkError(f"patches are [B, {N_FRAMES}, {N_BANDS}], not {[*patches.shape]}")
        centre = maps.mean(dim=(1, 2, 3)) if self.spec.levelled else self.input_mean[None]
        centre = centre[:, None, None]
        return (maps - centre[:, None]) / self.input_scale, centre

    def _finish(self, values: Tensor, centre: Tensor) -> Tensor:
        out: Tensor = self.output(values)
        return out * self.input_scale + centre if self.kind == "cae" else out

    def _activated(self, outputs: Tensor) -> Tensor:
        return torch.sigmoid(outputs) if self.kind == "catdnn" else outputs
