"""Learning from a teacher: a published network that hears the patches that the learner hears.

The learner keeps its output and gets two more heads, of the teacher's scores and of its embedding,
which exist in training alone. Mixtures, noise and all other variations are heard by both, so that
the teacher says what is true of the varied patch. An epoch's patches depend on the seed and the
epoch's number alone: what the teacher said of them is kept on disk and never asked twice.

References
----------
Hinton, Vinyals & Dean (2015), arXiv:1503.02531; Beyer et al. (2022), "Knowledge distillation: a
good teacher is patient and consistent", doi 10.1109/CVPR52688.2022.01065.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from semdnn.files import replacing
from semdnn.network.blocks import initialise
from semdnn.network.registry import channels_last
from semdnn.network.sound_network import SoundNetwork
from semdnn.semantics.decoding import conse
from semdnn.training.batches import TrainingError
from semdnn.training.objective import Loss
from semdnn.training.settings import DistillationSettings

N_TOP = 10
"""Classes of the teacher that its direction combines, as in ConSE."""
RARE = -5.0
"""Log-odds at which scores begin: nearly all of a teacher's classes are absent from a patch."""
HEADS = "heads."
"""How the names of what exists in training alone begin in a pupil's state."""


class Answer(NamedTuple):
    """What a teacher says of some patches.

    Attributes
    ----------
    scores : float array [shape=(B, K)]
        Probability of each of its classes, 0–1.
    embedding : float array [shape=(B, E)]
        Its last layer before the scores.
    """

    scores: NDArray[np.floating]
    embedding: NDArray[np.floating]


class Teacher(Protocol):
    """A network that can be asked about log-mel patches.

    Attributes
    ----------
    name : str
        Short name, for the record.
    checksum : str
        Of its weights: a run is not continued with another teacher.
    sizes : (int, int)
        Classes K and units E of its embedding.
    """

    name: str
    checksum: str
    sizes: tuple[int, int]

    def hear(
        self, patches: NDArray[np.float32], log_offset: float
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return scores and embedding (`Answer`) of ln(mel + log_offset) patches [B, 96, 64]."""
        ...


@dataclass(frozen=True)
class Teaching:
    """A teacher, and what its classes mean.

    Attributes
    ----------
    teacher : Teacher
        Who is asked.
    class_vectors : float32 array [shape=(K, D)]
        Unit vector of each class's name in the learner's word space; zeros where it has none.
    """

    teacher: Teacher
    class_vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        n_classes = self.teacher.sizes[0]
        if len(self.class_vectors) != n_classes or not self.class_vectors.any():
            raise TrainingError(
                f"{len(self.class_vectors)} vectors of classes do not fit a teacher of "
                f"{n_classes} classes, or none of their names has a known word"
            )

    def directions(self, scores: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the scores [shape=(B, K)] as vectors of the word space [shape=(B, D)].

        A vector is as long as the teacher is sure: the greatest score of a class with a known word.
        """
        known = np.flatnonzero(self.class_vectors.any(axis=1))
        units = conse(scores[:, known], self.class_vectors[known], n_top=N_TOP)
        sure: NDArray[np.float32] = scores[:, known].max(axis=1, keepdims=True).astype(np.float32)
        return units * sure


class Pupil(SoundNetwork):
    """A semDNN with the two heads; without them, as it is saved, an ordinary semDNN.

    Parameters
    ----------
    network : SoundNetwork
        A semDNN; its weights are taken over.
    sizes : (int, int)
        Of the teacher.
    generator : torch.Generator
        The heads' weights are drawn from it.
    """

    def __init__(
        self, network: SoundNetwork, sizes: tuple[int, int], generator: torch.Generator
    ) -> None:
        n_dims, n_units = network.get_parameter("output.weight").shape
        super().__init__(network.spec, network.kind, n_dims)
        self.load_state_dict(network.state_dict())
        self.heads = nn.ModuleList(nn.Linear(n_units, size) for size in sizes)
        initialise(self.heads, generator)
        nn.init.constant_(self.get_parameter("heads.0.bias"), RARE)
        channels_last(self)

    def forward(self, patches: Tensor) -> Tensor:
        """Return embeddings; in training, scores' logits and the teacher's embedding beside them.

        Returns
        -------
        Tensor [shape=(B, D), in training (B, D + K + E)]
        """
        if not self.training:
            return super().forward(patches)
        values = self.encode(patches)
        return torch.cat([part(values) for part in (self.output, *self.heads)], dim=1)


def without_heads(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a network's state without what exists in training alone."""
    return {name: value for name, value in state.items() if not name.startswith(HEADS)}


def taught_loss(loss: Loss, widths: Sequence[int], settings: DistillationSettings) -> Loss:
    """Return the loss of a pupil's outputs: `loss` of the direction, and those of its heads.

    Parameters
    ----------
    loss : callable
        Of directions alone; validation, which no teacher takes part in, has nothing else.
    widths : sequence of int
        D, K and E.
    settings : DistillationSettings
        Their weights.
    """

    def taught(outputs: Tensor, targets: Tensor) -> Tensor:
        if outputs.shape[1] == widths[0]:
            return loss(outputs, targets)
        direction, logits, embedding = torch.split(outputs, list(widths), dim=1)
        wanted, scores, wanted_embedding = torch.split(targets, list(widths), dim=1)
        cosine = functional.cosine_similarity(embedding, wanted_embedding, dim=1)
        return (
            loss(direction, wanted)
            + settings.scores_weight * score_divergence(logits, scores)
            + settings.embedding_weight * (1 - cosine).mean()
        )

    return taught


def score_divergence(logits: Tensor, scores: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of independent classes, summed over them, in nats.

    Parameters
    ----------
    logits, scores : Tensor [shape=(B, K)]
        What is predicted, and the probabilities that are wanted; 0 where they agree.
    """
    entropy = functional.binary_cross_entropy(scores, scores, reduction="sum")
    cross = functional.binary_cross_entropy_with_logits(logits, scores, reduction="sum")
    return (cross - entropy) / len(scores)


class Lessons:
    """What the teacher says of the batches of every view, asked when first needed.

    Parameters
    ----------
    teaching : Teaching
        Who is asked.
    folder : Path
        Where answers are kept, a file a batch; it must belong to this teacher, these patches and
        these variations.
    settings : DistillationSettings
        How many views there are, and the share of the teacher's direction.
    log_offset : float
        The constant that the log-mels were taken with.
    """

    def __init__(
        self, teaching: Teaching, folder: Path, settings: DistillationSettings, log_offset: float
    ) -> None:
        self._teaching = teaching
        self._folder = folder
        self._settings = settings
        self._log_offset = log_offset

    def view(self, epoch: int) -> int:
        """Return which view (1 … n_views) an epoch (from 1) shows."""
        return (epoch - 1) % self._settings.n_views + 1

    def teach(self, view: int, step: int, patches: Tensor, targets: Tensor) -> Tensor:
        """Return what a pupil learns of a batch [shape=(B, D + K + E)].

        Parameters
        ----------
        view, step : int
            Which batch it is.
        patches : Tensor [shape=(B, 96, 64)]
            As varied; the teacher hears them if it has not yet.
        targets : Tensor [shape=(B, D)]
            Unit vectors of the descriptions.
        """
        answer = self._answer(view, step, patches)
        directions = torch.from_numpy(self._teaching.directions(answer.scores)).to(targets)
        share = self._settings.teacher_share
        blend = functional.normalize(share * directions + (1 - share) * targets, dim=1)
        parts = (torch.from_numpy(np.asarray(part, np.float32)).to(targets) for part in answer)
        return torch.cat([blend, *parts], dim=1)

    def _answer(self, view: int, step: int, patches: Tensor) -> Answer:
        n_classes, n_units = self._teaching.teacher.sizes
        path = self._folder / f"view-{view:03d}" / f"batch-{step:05d}.npy"
        if path.is_file():
            kept = np.load(path, allow_pickle=False)
            if kept.shape != (len(patches), n_classes + n_units):
                raise TrainingError(f"{path}: not what the teacher said of this batch; delete it")
        else:
            heard = self._teaching.teacher.hear(patches.cpu().float().numpy(), self._log_offset)
            kept = np.concatenate(heard, axis=1).astype(np.float16)
            with replacing(path) as temporary, temporary.open("wb") as out:
                np.save(out, kept, allow_pickle=False)
        # What is learned is what was kept, to the bit, the first time too.
        return Answer(kept[:, :n_classes], kept[:, n_classes:])
