"""What the networks are trained to minimise, and the score that validation shows beside it."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from semdnn.training.settings import TrainingSettings

Loss = Callable[[Tensor, Tensor], Tensor]


def angular_distance(predictions: Tensor, targets: Tensor) -> Tensor:
    """Return the angle between vectors over π, row by row.

    The angle arccos(cos) of unit vectors u and v is computed as 2·atan2(‖u − v‖, ‖u + v‖), which
    is accurate at every angle (arccos of a rounded cosine is not, near 0 and π) and whose
    gradient stays finite where arccos' does not: 0 at cos = ±1.

    Parameters
    ----------
    predictions, targets : Tensor [shape=(B, D)]
        Vectors of any length but 0.

    Returns
    -------
    Tensor [shape=(B,)]
        0 (same direction) to 1 (opposite).

    References
    ----------
    Kahan (2006), "How futile are mindless assessments of roundoff in floating-point
    computation?" (mangled angles).
    """
    u = functional.normalize(predictions, dim=1, eps=1e-6)
    v = functional.normalize(targets, dim=1, eps=1e-6)
    chord = torch.linalg.vector_norm(u - v, dim=1)
    return torch.atan2(chord, torch.linalg.vector_norm(u + v, dim=1)) * (2 / torch.pi)


def angular_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """Return the mean angular distance: the loss of semDNN."""
    return angular_distance(predictions, targets).mean()


def word_loss(vectors: Tensor, temperature: float) -> Loss:
    """Return a loss that compares directions by the words that they are near to.

    A direction y stands for the distribution p(w) ∝ exp(cos(y, v_w) / temperature) over the
    dictionary; the loss is the Kullback-Leibler divergence of the prediction's distribution from
    the target's. Where the angular distance pulls every prediction towards the mean of what is
    uncertain, this asks for the right words before the others. [D] Ours, not the paper's.

    Parameters
    ----------
    vectors : Tensor [shape=(W, D)]
        Unit word vectors.
    temperature : float
        Above 0; the smaller, the fewer words count.

    Returns
    -------
    callable
        Takes predictions and targets [shape=(B, D)], returns their mean divergence in nats, ≥ 0.

    References
    ----------
    Hinton, Vinyals & Dean (2015), arXiv:1503.02531 (soft targets with a temperature).
    """
    copies: dict[torch.device, Tensor] = {}  # one a device, not one a step

    def loss(predictions: Tensor, targets: Tensor) -> Tensor:
        device = predictions.device
        if device not in copies:
            copies[device] = vectors.to(device)
        words = copies[device]
        heard, wanted = (
            functional.log_softmax(functional.normalize(v, dim=1) @ words.T / temperature, dim=1)
            for v in (predictions, targets)
        )
        return functional.kl_div(heard, wanted, reduction="batchmean", log_target=True)

    return loss


LOSSES: dict[str, Loss] = {
    "semdnn": angular_loss,
    "catdnn": functional.binary_cross_entropy_with_logits,  # mean over words and patches
    "cae": functional.mse_loss,
}


def loss_of(kind: str, settings: TrainingSettings, vectors: NDArray[np.float32]) -> Loss:
    """Return what a network of `kind` minimises under `settings`.

    `vectors` are the dictionary's [shape=(W, D)]; only a semDNN's words objective needs them.
    """
    if kind == "semdnn" and settings.objective == "words":
        return word_loss(torch.from_numpy(vectors.copy()), settings.temperature)
    return LOSSES[kind]


def log_odds(frequencies: Tensor) -> Tensor:
    """Return the output bias at which a catDNN predicts every word's frequency.

    Parameters
    ----------
    frequencies : Tensor [shape=(W,)]
        Share of the training patches that carry each word, 0–1; kept off 0 and 1 by 1e-5.
    """
    return torch.logit(frequencies, eps=1e-5)


def validation_score(kind: str, predictions: Tensor, targets: Tensor) -> float:
    """Return one number, larger is better, that tells a person how far training has come.

    Parameters
    ----------
    kind : str
        "semdnn" or "catdnn".
    predictions, targets : Tensor [shape=(S, n_outputs)]
        Per sound, up to a positive factor.

    Returns
    -------
    float
        semDNN: mean cosine with the target. catDNN: mean over a sound's words of
        1 − (rank − 1)/(W − 1) with tied words at their average rank, then over sounds.
    """
    if kind == "semdnn":
        return float(functional.cosine_similarity(predictions, targets, dim=1).mean())
    return _mean_word_rank(predictions, targets > 0)


def _mean_word_rank(predictions: Tensor, truth: Tensor) -> float:
    scores = []
    ascending = predictions.sort(dim=1).values
    for row, words, sorted_row in zip(predictions, truth, ascending, strict=True):
        own = row[words]
        below = torch.searchsorted(sorted_row, own, side="left")
        not_above = torch.searchsorted(sorted_row, own, side="right")
        scores.append(((below + not_above - 1) / 2 / (len(row) - 1)).mean())
    return float(torch.stack(scores).nanmean())
