"""The settings of training, and the learning rate that follows from them."""

import math
from typing import Annotated, Literal

from pydantic import Field

from semdnn.settings import Settings
from semdnn.training.augment import AugmentationSettings

Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0.0)]


class DistillationSettings(Settings):
    """How a semDNN learns from a teacher, a published network that hears the same patches.

    Attributes
    ----------
    teacher_share : float
        Share of the teacher's words in the direction that is learned, 0–1, where the teacher is
        sure; they count less in proportion to its greatest score, and the description more.
    scores_weight : float
        Weight of the loss of the teacher's class scores (Kullback-Leibler divergence, summed over
        the classes), which a head that is used in training alone predicts.
    embedding_weight : float
        Weight of the loss of the teacher's embedding (1 − cosine), likewise.
    n_views : int
        Different epochs. Epoch n_views + 1 shows the same varied patches as epoch 1, so that the
        teacher, which is asked once for each of them, need not be asked again.
    """

    teacher_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    scores_weight: NotNegative = 0.2
    embedding_weight: NotNegative = 1.0
    n_views: Positive = 8


class TrainingSettings(Settings):
    """How a network is trained.

    Attributes
    ----------
    max_epochs : int
        Epochs at most; also the length of the learning-rate schedule. 0 keeps the initial network.
    patience : int
        Stop after this many epochs without a better one (`keep`).
    keep : "loss", "score" or "last"
        Which epoch is the best: that of the lowest validation loss, of the highest validation
        score, or the last (for a schedule that ends low, or averaged weights). The loss of
        ``objective = "words"`` asks how sure a network is as well, and can rise while the order of
        its words still improves.
    max_minutes : float, optional
        Stop after the epoch in which training (resumed parts together) passes this time.
    batch_size : int
        Patches that pass the network together, on each device.
    accumulate : int
        Batches whose gradients are averaged for a step: the larger batch that memory forbids.
    epoch_patches : int, optional
        Patches an epoch; by default as many as there are.
    learning_rate : float
        Highest learning rate of Adam (1e-4, as VGGish).
    schedule : "constant" or "cosine"
        Constant, or falling along half a cosine to a hundredth at the last epoch.
    warm_up_epochs : float
        Epochs over which the learning rate rises linearly from 0.
    weight_decay : float
        Decoupled weight decay (AdamW) of weight matrices; 0 is plain Adam.
    clip_norm : float
        Largest norm of the gradient; 0 does not clip.
    average_decay : float
        Decay a step of the exponential moving average of the weights, which is then what is
        validated and kept; 0 does without.
    augmentation : AugmentationSettings
        How training patches are varied.
    objective : "angular" or "words"
        Loss of a semDNN: the paper's angular distance, or `semdnn.training.objective.word_loss`.
    temperature : float
        Of ``objective = "words"``.
    distillation : DistillationSettings, optional
        Learn from a teacher too; by default from the descriptions alone.
    warm_start : str
        Shipped network, or checkpoint file of the same row, whose encoder training begins with;
        by default it is drawn anew.
    standardise_input : bool
        Give the network the mean and standard deviation of the training log-mels.
    bias_from_frequencies : bool
        Start a catDNN's output biases at the log-odds of the words' frequencies.
    seed : int
        Seed of the initial weights and of everything drawn in training.
    device : "auto", "cpu" or "cuda"
        Where; "auto" takes CUDA when there is a GPU. It draws other random numbers than a CPU.
    resident : "auto", "on" or "off"
        Hold the patches on the device; "auto" on a GPU, if half of its free memory is enough.
    compiled : "auto", "on" or "off"
        Train through `torch.compile`; "auto" on a GPU of compute capability 7.0 or more, if
        Triton and a C compiler are there. Sums are then rounded in another order.
    """

    max_epochs: Annotated[int, Field(ge=0)] = 100
    patience: Positive = 10
    keep: Literal["loss", "score", "last"] = "loss"
    max_minutes: Annotated[float, Field(gt=0.0)] | None = None
    batch_size: Annotated[int, Field(ge=2)] = 128
    accumulate: Positive = 1
    epoch_patches: Annotated[int, Field(ge=2)] | None = None
    learning_rate: Annotated[float, Field(gt=0.0)] = 1e-4
    schedule: Literal["constant", "cosine"] = "constant"
    warm_up_epochs: NotNegative = 0.0
    weight_decay: NotNegative = 0.0
    clip_norm: NotNegative = 0.0
    average_decay: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    augmentation: AugmentationSettings = AugmentationSettings()
    objective: Literal["angular", "words"] = "angular"
    temperature: Annotated[float, Field(gt=0.0)] = 0.1
    distillation: DistillationSettings | None = None
    warm_start: str = ""
    standardise_input: bool = True
    bias_from_frequencies: bool = True
    seed: Annotated[int, Field(ge=0)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    resident: Literal["auto", "on", "off"] = "auto"
    compiled: Literal["auto", "on", "off"] = "auto"


def learning_rate_at(step: int, n_steps: int, settings: TrainingSettings) -> float:
    """Return the learning rate of a step.

    Parameters
    ----------
    step : int
        From 0, over all epochs.
    n_steps : int
        Steps an epoch.
    settings : TrainingSettings
        Its highest rate, schedule and warm-up.
    """
    done = step / n_steps  # epochs
    if done < settings.warm_up_epochs:
        return settings.learning_rate * (step + 1) / (settings.warm_up_epochs * n_steps + 1)
    if settings.schedule == "constant":
        return settings.learning_rate
    span = max(settings.max_epochs - settings.warm_up_epochs, 1e-9)
    fall = 0.5 * (1 + math.cos(math.pi * min((done - settings.warm_up_epochs) / span, 1.0)))
    return settings.learning_rate * (0.01 + 0.99 * fall)
