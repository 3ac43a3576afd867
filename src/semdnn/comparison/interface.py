"""What every comparison model is: stimuli in, one matrix of activations a layer out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from semdnn.errors import SemdnnError

Layers = Mapping[str, NDArray[np.float32]]
"""Layer name, from the input to the output: activations [shape=(S, n_units)], a row a stimulus."""


class ComparisonError(SemdnnError):
    """A model that cannot be opened, or stimuli that it cannot take."""


class Stimulus(NamedTuple):
    """A sound that listeners judged.

    Attributes
    ----------
    name : str
        Its name in the listeners' data.
    path : Path or None
        Its recording; None where only the name is at hand (word models need no more).
    description : str
        Words for it: what word models read. Often the name with its underscores taken out.
    """

    name: str
    path: Path | None
    description: str


@dataclass(frozen=True)
class Card:
    """Where a comparison model comes from.

    Attributes
    ----------
    source : str
        Who published it, and where its weights are from.
    licence : str
        Licence of the weights, "none needed" where there are none.
    reference : str
        Publication with DOI or address.
    """

    source: str
    licence: str
    reference: str = ""


class ComparisonModel(Protocol):
    """A model that dissimilarities between stimuli can be taken from."""

    @property
    def name(self) -> str:
        """Short name, the key in every result."""
        ...

    @property
    def card(self) -> Card:
        """Source, licence and reference of the model."""
        ...

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the activations of every layer, averaged over the patches of each stimulus.

        Maps of several dimensions are flattened. Every layer has one row a stimulus, in order.

        Raises
        ------
        ComparisonError
            If a stimulus cannot be taken; names it.
        """
        ...
