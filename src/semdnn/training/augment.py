"""Augmentation of log-mel patches: new examples from those that there are.

Everything that changes a sound's level or spectrum, mixing included, is done where it is exact:
on mel magnitudes exp(x) − offset, whose logarithm is then taken with the same offset. Every
random number comes from the generator that is passed and is drawn where it lives. Beside patches
on a GPU that is the GPU: nothing is copied and nothing waits, but a GPU then draws other numbers
than a CPU, and GPUs of different models may draw different ones.

References
----------
Zhang et al. (2018), "mixup", arXiv 1710.09412; Park et al. (2019), "SpecAugment",
doi 10.21437/Interspeech.2019-2680.
"""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from semdnn.settings import Settings
from semdnn.training.reshape import in_rooms, reshaped

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Decibels = Annotated[float, Field(ge=0.0)]


class AugmentationSettings(Settings):
    """How strongly training patches are varied; 0 switches a kind off.

    Attributes
    ----------
    mix_probability : float
        Probability that a patch is mixed with another one of its batch, 0–1.
    mix_level_db : float
        Largest difference in level between the two, either way, dB.
    gain_db : float
        Largest change of level, either way, dB.
    equaliser_db : float
        Largest change of level of a band by a smooth random curve over the bands, dB.
    pitch_semitones : float
        Largest change of pitch, either way, semitones.
    stretch : float
        Largest share by which a patch gets longer (0.25: a quarter), or by that factor shorter.
    reverberation_probability : float
        Probability that a patch gets a room's late reflections (0.2–2 s, 0–15 dB below it), 0–1.
    noise_probability : float
        Probability that a patch gets a background: fluctuating noise with a smooth random
        spectrum, 5–40 dB below the patch, 0–1. Without it a network learns that digital silence
        is part of what short, clean recordings mean.
    shift_frames : int
        Largest shift in time, either way, around the patch's ends, frames of 10 ms.
    time_mask_frames : int
        Largest number of neighbouring frames that are masked.
    band_mask_bands : int
        Largest number of neighbouring mel bands that are masked.
    """

    pitch_semitones: Annotated[float, Field(ge=0.0, le=12.0)] = 0.0
    stretch: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    reverberation_probability: Probability = 0.0
    mix_probability: Probability = 0.5
    mix_level_db: Decibels = 6.0
    gain_db: Decibels = 6.0
    equaliser_db: Decibels = 6.0
    noise_probability: Probability = 0.5
    shift_frames: Annotated[int, Field(ge=0, le=96)] = 16
    time_mask_frames: Annotated[int, Field(ge=0, le=95)] = 16
    band_mask_bands: Annotated[int, Field(ge=0, le=63)] = 8

    @classmethod
    def off(cls) -> "AugmentationSettings":
        """Return the settings that leave every patch as it is."""
        return cls(**dict.fromkeys(cls.model_fields, 0))


def augment(
    patches: Tensor,
    targets: Tensor,
    settings: AugmentationSettings,
    generator: torch.Generator,
    *,
    log_offset: float = 0.01,
    multi_hot: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Return varied patches, and the targets that belong to them.

    Parameters
    ----------
    patches : Tensor [shape=(B, 96, 64)]
        Log-mel patches.
    targets : Tensor [shape=(B, n_outputs)]
        Vectors (semDNN), rows of 0 and 1 (catDNN), or no columns (autoencoder).
    settings : AugmentationSettings
        What is varied, and how far.
    generator : torch.Generator
        On the patches' device; on another one its numbers are copied, which a GPU waits for.
    log_offset : float
        The constant that the log-mels were taken with.
    multi_hot : bool, optional
        Whether all targets are 0 or 1 (`LabelledPatches.is_multi_hot`); by default these targets
        are looked at, which waits for a GPU.

    Returns
    -------
    patches : Tensor [shape=(B, 96, 64)]
    targets : Tensor [shape=(B, n_outputs)]
        Of mixed patches: the union of the words where all targets are 0 or 1, the mean scaled to
        unit length otherwise.
    """
    if multi_hot is None:
        multi_hot = bool(((targets == 0) | (targets == 1)).all())
    changes_level = settings.gain_db or settings.equaliser_db
    changes_shape = settings.pitch_semitones or settings.stretch
    adds = (
        settings.mix_probability or settings.noise_probability or settings.reverberation_probability
    )
    if adds or changes_level or changes_shape:
        magnitudes = (patches.exp() - log_offset).clamp_min(0.0)
        if changes_shape:
            magnitudes = reshaped(magnitudes, settings.pitch_semitones, settings.stretch, generator)
        if settings.mix_probability:
            magnitudes, partner, chosen = _mixed(magnitudes, settings, generator)
            targets = _mixed_targets(targets, targets[partner], chosen, multi_hot)
        if settings.reverberation_probability:
            magnitudes = in_rooms(magnitudes, settings.reverberation_probability, generator)
        if settings.noise_probability:
            magnitudes = _with_noise(magnitudes, settings.noise_probability, generator)
        if changes_level:
            magnitudes = magnitudes * _level_curves(len(patches), settings, generator).to(patches)
        patches = (magnitudes + log_offset).log()
    if settings.shift_frames:
        patches = _shifted(patches, settings.shift_frames, generator)
    if settings.time_mask_frames or settings.band_mask_bands:
        patches = _masked(patches, settings, generator)
    return patches, targets


class _Mixture(NamedTuple):
    magnitudes: Tensor
    partner: Tensor
    chosen: Tensor


def _mixed(
    magnitudes: Tensor, settings: AugmentationSettings, generator: torch.Generator
) -> _Mixture:
    """Mix patches with partners out of the batch: incoherent sources add in power."""
    n, device = len(magnitudes), magnitudes.device
    partner = torch.randperm(n, generator=generator, device=generator.device).to(device)
    chosen = (_rand((n,), generator) < settings.mix_probability).to(device)
    level_db = _uniform(n, settings.mix_level_db, generator).to(magnitudes)
    rms = _rms(magnitudes)
    matched = (rms / rms[partner].clamp_min(1e-6)).clamp_max(100.0)  # silence stays silence
    gain = chosen * matched * 10 ** (level_db / 20)
    other = magnitudes[partner] * gain[:, None, None]
    return _Mixture(torch.hypot(magnitudes, other), partner, chosen)


def _with_noise(magnitudes: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Add a background to some patches: powers add, and the noise's magnitudes fluctuate."""
    n, drawn_on = len(magnitudes), generator.device
    chosen = _rand((n,), generator) < probability
    snr_db = 5 + 35 * _rand((n,), generator)
    weights = torch.randn(n, 3, generator=generator, device=drawn_on)
    curves_db = 6 * weights @ _half_waves(drawn_on)
    power = torch.empty(magnitudes.shape, device=drawn_on).exponential_(generator=generator)
    noise = (0.5 + 0.5 * power.sqrt()) * (10 ** (curves_db / 20))[:, None, :]
    gain = chosen * 10 ** (-snr_db / 20) / _rms(noise)
    noise = noise.to(magnitudes) * (gain.to(magnitudes) * _rms(magnitudes))[:, None, None]
    return torch.hypot(magnitudes, noise)


def _rms(magnitudes: Tensor) -> Tensor:
    return magnitudes.square().mean(dim=(1, 2)).sqrt()


def _half_waves(device: torch.device) -> Tensor:
    """Return three cosines over the bands [shape=(3, 64)]: the shapes of smooth spectra."""
    number = torch.arange(1, 4, device=device)[:, None]
    return torch.cos(torch.pi * number * torch.linspace(0, 1, 64, device=device))


def _mixed_targets(own: Tensor, other: Tensor, chosen: Tensor, multi_hot: bool) -> Tensor:
    mixed = torch.maximum(own, other) if multi_hot else functional.normalize(own + other, dim=1)
    return torch.where(chosen[:, None], mixed, own)


def _level_curves(n: int, settings: AugmentationSettings, generator: torch.Generator) -> Tensor:
    """Return a factor per patch and band [shape=(n, 1, 64)]: gain times a smooth curve."""
    gain_db = _uniform(n, settings.gain_db, generator)[:, None]
    weights = _uniform(3 * n, 1.0, generator).reshape(n, 3)  # of three half-waves over the bands
    curve_db = settings.equaliser_db / 3 * (weights @ _half_waves(generator.device))
    return (10 ** ((gain_db + curve_db) / 20))[:, None, :]


def _shifted(patches: Tensor, largest: int, generator: torch.Generator) -> Tensor:
    n, n_frames, _ = patches.shape
    device = generator.device
    shift = torch.randint(-largest, largest + 1, (n, 1), generator=generator, device=device)
    position = torch.arange(n_frames, device=device)
    frames = (position - shift).remainder(n_frames).to(patches.device)
    return patches[torch.arange(n, device=patches.device)[:, None], frames]


def _masked(patches: Tensor, settings: AugmentationSettings, generator: torch.Generator) -> Tensor:
    """Replace a stretch of frames and one of bands by the patch's mean (Park et al. 2019)."""
    n, n_frames, n_bands = patches.shape
    frames = _stretch(n, n_frames, settings.time_mask_frames, generator)[:, :, None]
    bands = _stretch(n, n_bands, settings.band_mask_bands, generator)[:, None, :]
    mean = patches.mean(dim=(1, 2), keepdim=True)
    return torch.where((frames | bands).to(patches.device), mean, patches)


def _stretch(n: int, length: int, largest: int, generator: torch.Generator) -> Tensor:
    device = generator.device
    width = torch.randint(0, largest + 1, (n, 1), generator=generator, device=device)
    start = (_rand((n, 1), generator) * (length - width + 1)).long()
    position = torch.arange(length, device=device)
    return (position >= start) & (position < start + width)


def _uniform(n: int, largest: float, generator: torch.Generator) -> Tensor:
    return (2 * _rand((n,), generator) - 1) * largest


def _rand(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device)
