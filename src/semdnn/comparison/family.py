"""The semDNN family as comparison models: every layer, averaged over all patches of a sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from semdnn.audio.patches import cut_stream
from semdnn.audio.waveform import stream
from semdnn.comparison.interface import Card, ComparisonError, Layers, Stimulus
from semdnn.comparison.stimuli import Activations, hear
from semdnn.errors import suggestion
from semdnn.features.logmel import log_mel_stream
from semdnn.model import MODELS as SHIPPED
from semdnn.network.blocks import initialise
from semdnn.network.checkpoint import Checkpoint, load_checkpoint, network_of
from semdnn.network.inference import embed
from semdnn.network.sound_network import SoundNetwork

REFERENCE = (
    "Esposito et al. (2023), Semantically-informed deep neural networks for sound recognition, "
    "ICASSP; an independent implementation"
)
_GENERIC_STEMS = ("best", "last", "model", "checkpoint")
_SEEDED = re.compile(r"(?P<checkpoint>.+):(?P<seed>\d+)")


@dataclass(frozen=True, eq=False)
class FamilyModel:
    """A semDNN, catDNN or autoencoder.

    Layers are those of `SoundNetwork.layer_shapes`, from ``pool1`` to ``output``; of an
    autoencoder the encoder's alone. Log-mel settings are the checkpoint's. Every patch counts, and
    a sound is read in bounded memory, however long.

    Attributes
    ----------
    name : str
        Short name.
    network : SoundNetwork
        On the CPU.
    checkpoint : Checkpoint
        Where it is from.
    card : Card
        Provenance and licence, as the checkpoint has them.
    """

    name: str
    network: SoundNetwork
    checkpoint: Checkpoint
    card: Card

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers that are compared, from input to output."""
        has_decoder = self.network.kind == "cae"
        return tuple(n for n in self.network.layer_shapes() if not (has_decoder and n == "output"))

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the mean over patches of every layer, as `ComparisonModel.layers`."""
        return hear(stimuli, self.activations)

    def activations(self, path: Path) -> Activations:
        """Return the mean activation of every layer over the patches of one recording."""
        features = self.checkpoint.features
        frames = log_mel_stream(stream(path), log_offset=features.log_offset)
        sums: dict[str, NDArray[np.float64]] = {}
        n_patches = 0
        for patches in cut_stream(frames, hop_frames=features.hop_frames):
            for layer, values in embed(self.network, patches, self.layer_names).items():
                total = values.sum(axis=0, dtype=np.float64)
                sums[layer] = sums[layer] + total if layer in sums else total
            n_patches += len(patches)
        return {layer: total / n_patches for layer, total in sums.items()}


def open_network(name_or_path: str | Path) -> FamilyModel:
    """Open a shipped network by its name, or a checkpoint file.

    A file is called by its stem; one called "best" or the like by its folder.

    Raises
    ------
    ComparisonError
        If there is neither such a name nor such a file.
    CheckpointError
        If the file is not a checkpoint of this program.

    Examples
    --------
    >>> open_network("semdnn-small").layer_names
    ('pool1', 'pool2', 'pool3', 'pool4', 'gap', 'fc1', 'output')
    """
    name, checkpoint = _read(str(name_or_path))
    return FamilyModel(name, network_of(checkpoint), checkpoint, _card(name, checkpoint))


def open_untrained(argument: str) -> FamilyModel:
    """Open the architecture of a checkpoint with random weights (the paper's "notrain").

    Weights are drawn anew as before training: He initialisation, batch normalisation without
    effect. The two constants that standardise the input stay the checkpoint's, because they
    describe log-mels and not meaning.

    Parameters
    ----------
    argument : str
        ``CHECKPOINT`` or ``CHECKPOINT:SEED``: a shipped network or a file, and a whole number
        ≥ 0 (default 0) that the weights are drawn from.
    """
    seeded = None if Path(argument).is_file() else _SEEDED.fullmatch(argument)
    source, seed = (seeded["checkpoint"], int(seeded["seed"])) if seeded else (argument, 0)
    name, checkpoint = _read(source)
    network = network_of(checkpoint)
    initialise(network, torch.Generator().manual_seed(seed))
    state = {key: value.clone() for key, value in network.state_dict().items()}
    untrained = replace(checkpoint, state=state)
    card = Card(
        f"architecture of {name} with random weights, seed {seed}; nothing was learned",
        "none needed",
        REFERENCE,
    )
    label = f"notrain-{name}" + f"-{seed}" * bool(seed)
    return FamilyModel(label, network.eval(), untrained, card)


def _read(name_or_path: str) -> tuple[str, Checkpoint]:
    shipped = SHIPPED.get(name_or_path)
    if shipped is not None:
        with as_file(files("semdnn") / "weights" / shipped.file) as path:
            return name_or_path, load_checkpoint(path)
    path = Path(name_or_path)
    if not path.is_file():
        raise ComparisonError(
            f"{name_or_path}: no shipped network or file of that name"
            f"{suggestion(name_or_path, SHIPPED)}"
        )
    is_generic = path.stem in _GENERIC_STEMS and path.resolve().parent.name
    return path.resolve().parent.name if is_generic else path.stem, load_checkpoint(path)


def _card(name: str, checkpoint: Checkpoint) -> Card:
    provenance = checkpoint.provenance
    facts = [f"{checkpoint.kind} checkpoint {name}", f"network {checkpoint.network}"]
    facts += [f"{key} {provenance[key]}" for key in ("epoch", "seed") if key in provenance]
    n_sounds = _n_training_sounds(provenance.get("sources"))
    if n_sounds:
        facts.append(f"learned from {n_sounds:,} sounds")
    return Card(", ".join(facts), checkpoint.licence, REFERENCE)


def _n_training_sounds(sources: Any) -> int:
    """Return how many sounds the provenance's list of (source, licence, number) adds up to."""
    try:
        return sum(int(number) for _, _, number in sources)
    except (TypeError, ValueError):  # a provenance is free to say something else
        return 0
