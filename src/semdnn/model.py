"""`SemanticModel`: a trained network with its dictionary, the object that users hold."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.errors import SemdnnError, suggestion
from semdnn.network.activations import Activations, ActivationStream, blocks_of, hop_frames_of
from semdnn.network.checkpoint import Checkpoint, load_checkpoint, network_of
from semdnn.semantics.decoding import WordScores, conse, decode, top_words
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.text import words_of
from semdnn.semantics.vocabulary import build_vocabulary
from semdnn.semantics.word_space import open_word_space

DEFAULT_MODEL = "labeller-small"
FOLDER_FILE = "model.safetensors"
"""The checkpoint's name in a model folder of Hugging Face's layout."""


@dataclass(frozen=True)
class ShippedModel:
    """A network inside the package: its file and what it is for."""

    file: str
    summary: str


MODELS: Mapping[str, ShippedModel] = {
    "semdnn-small": ShippedModel(
        "semdnn-small.safetensors", "word embeddings, trained from scratch on open recordings"
    ),
    "catdnn-small": ShippedModel(
        "catdnn-small.safetensors", "word categories, the twin of semdnn-small"
    ),
    "labeller-small": ShippedModel(
        "labeller-small.safetensors", "word embeddings for use: taught by YAMNet as well"
    ),
}


class ModelError(SemdnnError):
    """An unknown model, or a question that it cannot answer."""


class Word(NamedTuple):
    """A word and its weight: probability of a catDNN onto its own dictionary, else NNLS β."""

    word: str
    weight: float


class Listening(NamedTuple):
    """What a network heard in one sound.

    Attributes
    ----------
    prediction : float32 [shape=(D,) or (W,)]
        Mean over the patches that are not silent: a point of the word space, or probabilities.
    duration_s : float
        Length of the sound in seconds.
    n_patches : int
        Patches of the sound.
    n_sounding : int
        Those that are not silent; if none is, the mean is over all and about nothing.
    """

    prediction: NDArray[np.float32]
    duration_s: float
    n_patches: int
    n_sounding: int


class SemanticModel:
    """A network, its dictionary and its log-mel settings.

    Parameters
    ----------
    checkpoint : Checkpoint
        As `SemanticModel.load` reads it.

    Attributes
    ----------
    dictionary : Dictionary
        The words that sounds are described with: the checkpoint's, or those of `with_words`.

    Examples
    --------
    >>> import numpy as np
    >>> model = SemanticModel.load("semdnn-small")
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype("float32")
    >>> len(model.label(noise, top=3)) <= 3
    True
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.network = network_of(checkpoint)
        self.dictionary: Dictionary = checkpoint.dictionary

    @classmethod
    def load(cls, name_or_path: str | Path = DEFAULT_MODEL) -> "SemanticModel":
        """Load a shipped network by its name, a checkpoint file, or a model folder.

        Parameters
        ----------
        name_or_path : str or Path
            A name out of `MODELS`, a checkpoint, or a folder that ``semdnn export`` wrote (its
            ``model.safetensors`` is read).

        Raises
        ------
        ModelError
            If there is neither such a file nor such a name; the known names are listed.
        CheckpointError
            If the file is not a checkpoint of this program.
        """
        shipped = MODELS.get(str(name_or_path))
        if shipped is not None:
            with as_file(files("semdnn") / "weights" / shipped.file) as path:
                return cls(load_checkpoint(path))
        path = Path(name_or_path)
        path = path / FOLDER_FILE if path.is_dir() else path
        if path.is_file():
            return cls(load_checkpoint(path))
        told = f"{path}: no shipped network or file of that name"
        raise ModelError(told + suggestion(str(name_or_path), MODELS))

    @property
    def n_parameters(self) -> int:
        """Number of trained weights."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def listen(self, sound: Path | str | NDArray[np.floating]) -> Listening:
        """Return the network's output for one sound; parameters and errors of `activations`."""
        heard = self.activations(sound, ["output"])
        return Listening(heard.values["output"], *heard[1:])

    def activations(
        self,
        sound: Path | str | NDArray[np.floating],
        layers: Sequence[str],
        *,
        hop_s: float | None = None,
    ) -> Activations:
        """Return layers of one sound, averaged over its patches, silent ones aside.

        Parameters
        ----------
        sound : path, or float array [shape=(n,)]
            A sound file of any length, or samples at 16 kHz.
        layers : sequence of str
            Names out of ``model.network.layer_shapes()``; "output" is the prediction.
        hop_s : float, optional
            Seconds from one patch to the next, a multiple of 0.01; by default as in training.

        Raises
        ------
        NetworkError
            If the network lacks a layer, or `hop_s` is not a positive multiple of 0.01.
        AudioError
            If the file cannot be read, or the sound is shorter than 25 ms.
        """
        return self.patch_activations(sound, layers, hop_s=hop_s).mean()

    def patch_activations(
        self,
        sound: Path | str | NDArray[np.floating],
        layers: Sequence[str],
        *,
        hop_s: float | None = None,
    ) -> ActivationStream:
        """Return layers of each patch, to be iterated over once; parameters of `activations`.

        About 64 patches are held at a time, however long the sound is.

        Examples
        --------
        >>> noise = np.random.default_rng(0).standard_normal(32000).astype("float32")
        >>> model = SemanticModel.load("semdnn-small")
        >>> for part in model.patch_activations(noise, ["fc1"], hop_s=0.48):
        ...     print(part.start_s, part.values["fc1"].shape)
        [0.   0.48 0.96] (3, 256)
        """
        features = self.checkpoint.features
        return ActivationStream(
            self.network,
            blocks_of(sound),
            layers,
            log_offset=features.log_offset,
            hop_frames=features.hop_frames if hop_s is None else hop_frames_of(hop_s),
        )

    def embed(self, sound: Path | str | NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the sound's point in the word space, unit length [shape=(D,)]; 0 of silence.

        For a catDNN it is the convex combination of the ten most probable words (ConSE).
        """
        heard = self.listen(sound)
        point = self._points(heard.prediction[None])[0] * np.float32(heard.n_sounding > 0)
        unit: NDArray[np.float32] = point / np.float32(max(float(np.linalg.norm(point)), 1e-12))
        return unit

    def label(self, sound: Path | str | NDArray[np.floating], *, top: int = 5) -> tuple[Word, ...]:
        """Return at most `top` words for one sound, in falling weight; none for silence."""
        heard = self.listen(sound)
        return self.words(heard.prediction, top=top) if heard.n_sounding else ()

    def words(self, prediction: NDArray[np.float32], *, top: int = 5) -> tuple[Word, ...]:
        """Turn a prediction [shape=(D,) or (W,)] into at most `top` words of positive weight."""
        return self.words_of_all(prediction[None], top=top)[0]

    def words_of_all(
        self, predictions: NDArray[np.float32], *, top: int = 5
    ) -> list[tuple[Word, ...]]:
        """Turn predictions [shape=(S, D) or (S, W)] into words; faster than one at a time."""
        scores = self._scores(predictions)
        chosen = top_words(scores, min(top, len(self.dictionary)))
        weights = np.take_along_axis(scores.primary, chosen, axis=1)
        return [
            tuple(
                Word(self.dictionary.words[i], float(weight))
                for i, weight in zip(ids, row, strict=True)
                if weight > 0
            )
            for ids, row in zip(chosen, weights, strict=True)
        ]

    def with_words(self, words: Sequence[str]) -> "SemanticModel":
        """Return this model with `words` as its dictionary; the network is shared, not retrained.

        A semDNN's prediction is a point of the word space and is decoded onto the new words as it
        was onto the old ones. A catDNN's is brought there first, by ConSE over its own dictionary.

        Parameters
        ----------
        words : sequence of str
            Words or phrases. Of the word space ``minilm``, any phrase will do where the text
            model is installed.

        Raises
        ------
        VocabularyError
            If there is no word, a word appears twice, or two words share one vector.
        WordSpaceError
            If the word space is not at hand, or lacks some of the words.
        ModelError
            If the word space has changed its dimensions since training.

        Examples
        --------
        >>> model = SemanticModel.load("semdnn-small").with_words(["dog", "rain"])
        >>> model.dictionary.words
        ('dog', 'rain')
        """
        trained = self.checkpoint.dictionary
        vocabulary = build_vocabulary(words, open_word_space(trained.word_space))
        n_dims, expected = vocabulary.vectors.shape[1], trained.vectors.shape[1]
        if n_dims != expected:
            raise ModelError(
                f"word space {trained.word_space} has {n_dims} dimensions, the model was trained "
                f"with {expected}: restore the file that it was trained with"
            )
        model = copy(self)
        model.dictionary = vocabulary
        return model

    def similarity(self, sound: Path | str | NDArray[np.floating], text: str) -> float:
        """Return the cosine between a sound and a text, in [-1, 1].

        Raises
        ------
        ModelError
            If the word space has none of the text's words.
        """
        space = open_word_space(self.checkpoint.dictionary.word_space)
        found = space.look_up(words_of(text))
        if not found.words:
            raise ModelError(f"'{text}': word space {space.name} has none of its words")
        mean = found.vectors.mean(axis=0)
        return float(self.embed(sound) @ (mean / np.linalg.norm(mean)))

    def _points(self, predictions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the points [shape=(S, D)] of the word space that predictions stand for."""
        if self.checkpoint.kind == "catdnn":
            return conse(predictions, self.checkpoint.dictionary.vectors)
        return predictions

    def _scores(self, predictions: NDArray[np.float32]) -> WordScores:
        is_own = self.dictionary is self.checkpoint.dictionary
        if self.checkpoint.kind == "catdnn" and is_own:
            return WordScores(predictions, None)
        dictionary = self.dictionary
        return decode(dictionary.vectors, self._points(predictions), offset=dictionary.offset)
