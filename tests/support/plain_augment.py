"""Augmentation as it was first written, all drawn on the CPU: what a CPU must keep to the bit."""

import torch
from torch import Tensor
from torch.nn import functional

from semdnn.training.augment import AugmentationSettings


def augment(
    patches: Tensor,
    targets: Tensor,
    settings: AugmentationSettings,
    generator: torch.Generator,
    *,
    log_offset: float = 0.01,
) -> tuple[Tensor, Tensor]:
    changes_level = settings.gain_db or settings.equaliser_db
    if settings.mix_probability or settings.noise_probability or changes_level:
        magnitudes = (patches.exp() - log_offset).clamp_min(0.0)
        if settings.mix_probability:
            magnitudes, targets = _mixed(magnitudes, targets, settings, generator)
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


def _mixed(
    magnitudes: Tensor, targets: Tensor, settings: AugmentationSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mix patches with partners out of the batch: incoherent sources add in power."""
    n = len(magnitudes)
    partner = torch.randperm(n, generator=generator).to(magnitudes.device)
    chosen = (torch.rand(n, generator=generator) < settings.mix_probability).to(magnitudes.device)
    level_db = _uniform(n, settings.mix_level_db, generator).to(magnitudes)
    rms = _rms(magnitudes)
    matched = (rms / rms[partner].clamp_min(1e-6)).clamp_max(100.0)  # silence stays silence
    gain = chosen * matched * 10 ** (level_db / 20)
    other = magnitudes[partner] * gain[:, None, None]
    return torch.hypot(magnitudes, other), _mixed_targets(targets, targets[partner], chosen)


def _with_noise(magnitudes: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Add a background to some patches: powers add, and the noise's magnitudes fluctuate."""
    n = len(magnitudes)
    chosen = torch.rand(n, generator=generator) < probability
    snr_db = 5 + 35 * torch.rand(n, generator=generator)
    curves_db = 6 * torch.randn(n, 3, generator=generator) @ _half_waves()
    power = torch.empty(magnitudes.shape).exponential_(generator=generator)
    noise = (0.5 + 0.5 * power.sqrt()) * (10 ** (curves_db / 20))[:, None, :]
    gain = chosen * 10 ** (-snr_db / 20) / _rms(noise)
    noise = noise.to(magnitudes) * (gain.to(magnitudes) * _rms(magnitudes))[:, None, None]
    return torch.hypot(magnitudes, noise)


def _rms(magnitudes: Tensor) -> Tensor:
    return magnitudes.square().mean(dim=(1, 2)).sqrt()


def _half_waves() -> Tensor:
    """Return three cosines over the bands [shape=(3, 64)]: the shapes of smooth spectra."""
    return torch.cos(torch.pi * torch.arange(1, 4)[:, None] * torch.linspace(0, 1, 64))


def _mixed_targets(own: Tensor, other: Tensor, chosen: Tensor) -> Tensor:
    is_multi_hot = bool(((own == 0) | (own == 1)).all())
    mixed = torch.maximum(own, other) if is_multi_hot else functional.normalize(own + other, dim=1)
    return torch.where(chosen[:, None], mixed, own)


def _level_curves(n: int, settings: AugmentationSettings, generator: torch.Generator) -> Tensor:
    """Return a factor per patch and band [shape=(n, 1, 64)]: gain times a smooth curve."""
    gain_db = _uniform(n, settings.gain_db, generator)[:, None]
    weights = _uniform(3 * n, 1.0, generator).reshape(n, 3)  # of three half-waves over the bands
    curve_db = settings.equaliser_db / 3 * (weights @ _half_waves())
    return (10 ** ((gain_db + curve_db) / 20))[:, None, :]


def _shifted(patches: Tensor, largest: int, generator: torch.Generator) -> Tensor:
    n, n_frames, _ = patches.shape
    shift = torch.randint(-largest, largest + 1, (n, 1), generator=generator)
    frames = (torch.arange(n_frames) - shift).remainder(n_frames).to(patches.device)
    return patches[torch.arange(n, device=patches.device)[:, None], frames]


def _masked(patches: Tensor, settings: AugmentationSettings, generator: torch.Generator) -> Tensor:
    """Replace a stretch of frames and one of bands by the patch's mean (Park et al. 2019)."""
    n, n_frames, n_bands = patches.shape
    frames = _stretch(n, n_frames, settings.time_mask_frames, generator)[:, :, None]
    bands = _stretch(n, n_bands, settings.band_mask_bands, generator)[:, None, :]
    mean = patches.mean(dim=(1, 2), keepdim=True)
    return torch.where((frames | bands).to(patches.device), mean, patches)


def _stretch(n: int, length: int, largest: int, generator: torch.Generator) -> Tensor:
    width = torch.randint(0, largest + 1, (n, 1), generator=generator)
    start = (torch.rand((n, 1), generator=generator) * (length - width + 1)).long()
    position = torch.arange(length)
    return (position >= start) & (position < start + width)


def _uniform(n: int, largest: float, generator: torch.Generator) -> Tensor:
    return (2 * torch.rand(n, generator=generator) - 1) * largest
