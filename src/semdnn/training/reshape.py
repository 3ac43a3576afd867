"""Patches at another pitch, at another pace and in another room, on mel magnitudes.

A band of a log-mel patch stands for a frequency and a frame for a moment, so that a sound at
another pitch or pace is read off between neighbouring bands or frames: as vocal tract length
perturbation does for speech (Jaitly & Hinton 2013, ICML Workshop on Deep Learning for Audio, Speech
and Language Processing). A room's late reflections are many, independent and decay exponentially
(Moorer 1979, doi 10.2307/3680280); the powers of independent sounds add, so that what they add to
a frame's power in a band is a sum of earlier frames' powers that decays likewise.
"""

import torch
from torch import Tensor
from torch.nn import functional

from semdnn.features.logmel import HIGHEST_HZ, LOWEST_HZ

_SHORTEST_S, _LONGEST_S = 0.2, 2.0
_FRAME_S = 0.01
_DRIEST_DB = 15.0


def at_pitch(magnitudes: Tensor, semitones: Tensor) -> Tensor:
    """Return patches in which every frequency is 2^(semitones / 12) times as high.

    Parameters
    ----------
    magnitudes : Tensor [shape=(B, n_frames, n_bands)]
        Mel magnitudes of bands between 125 and 7500 Hz, equally spaced in mel.
    semitones : Tensor [shape=(B,)]
        Upwards; what would come from outside the bands is taken from the outermost one.
    """
    n_bands = magnitudes.shape[2]
    edges = _mel(torch.tensor([LOWEST_HZ, HIGHEST_HZ], dtype=torch.float64))
    step = float(edges[1] - edges[0]) / (n_bands + 1)
    number = torch.arange(n_bands, device=semitones.device)
    hertz = 700 * torch.expm1((float(edges[0]) + step * (number + 1)) / 1127)
    source = _mel(hertz / 2 ** (semitones[:, None] / 12))
    position = ((source - float(edges[0])) / step - 1).clamp(0, n_bands - 1)
    distance = (position[:, :, None] - number).abs()  # of each new band to each old one
    return magnitudes @ _hats(distance).transpose(1, 2).to(magnitudes)


def at_pace(magnitudes: Tensor, pace: Tensor) -> Tensor:
    """Return patches played `pace` [shape=(B,)] times as fast at their pitch, around their middle.

    Where a patch [shape=(B, n_frames, n_bands)] ends it begins again.
    """
    n_frames = magnitudes.shape[1]
    number = torch.arange(n_frames, device=pace.device)
    middle = (n_frames - 1) / 2
    position = (middle + (number - middle) * pace[:, None]).remainder(n_frames)
    distance = (position[:, :, None] - number).abs()
    return _hats(torch.minimum(distance, n_frames - distance)).to(magnitudes) @ magnitudes


def in_room(magnitudes: Tensor, reverberation_s: Tensor, dryness_db: Tensor) -> Tensor:
    """Return patches with a room's late reflections.

    Parameters
    ----------
    magnitudes : Tensor [shape=(B, n_frames, n_bands)]
        Mel magnitudes of frames of 10 ms.
    reverberation_s : Tensor [shape=(B,)]
        Time in which the reflections fall by 60 dB, seconds.
    dryness_db : Tensor [shape=(B,)]
        Level of a sound over that of all its reflections; infinite: none.
    """
    n_frames = magnitudes.shape[1]
    decay = 10 ** (-6 * _FRAME_S / reverberation_s)
    first = 10 ** (-dryness_db / 10) * (1 - decay) / decay
    number = torch.arange(n_frames, device=decay.device)
    later = (number[:, None] - number).clamp_min(0)
    share = first[:, None, None] * decay[:, None, None] ** later * (later > 0)
    reflected = share.to(magnitudes) @ magnitudes.square()
    return (magnitudes.square() + reflected).sqrt()


def reshaped(
    magnitudes: Tensor, pitch_semitones: float, stretch: float, generator: torch.Generator
) -> Tensor:
    """Return patches each at a pitch and a pace of its own.

    Parameters
    ----------
    magnitudes : Tensor [shape=(B, n_frames, n_bands)]
        Mel magnitudes.
    pitch_semitones : float
        Largest change of pitch, either way.
    stretch : float
        Largest share by which a patch gets longer; as often it gets shorter by the same factor.
    generator : torch.Generator
        All numbers are drawn from it, where it lives.
    """
    n, device = len(magnitudes), generator.device
    semitones, way = 2 * torch.rand(2, n, generator=generator, device=device) - 1
    if pitch_semitones:
        magnitudes = at_pitch(magnitudes, semitones * pitch_semitones)
    return at_pace(magnitudes, (1 + stretch) ** way) if stretch else magnitudes


def in_rooms(magnitudes: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Return patches of which some are in a room: 0.2–2 s, 0–15 dB, drawn from `generator`."""
    chosen, time, level = torch.rand(
        3, len(magnitudes), generator=generator, device=generator.device
    )
    reverberation_s = _SHORTEST_S * (_LONGEST_S / _SHORTEST_S) ** time
    dryness_db = torch.where(chosen < probability, _DRIEST_DB * level, torch.inf)
    return in_room(magnitudes, reverberation_s, dryness_db)


def _hats(distance: Tensor) -> Tensor:
    """Return linear interpolation's weights at a distance [steps]."""
    return functional.relu(1 - distance)


def _mel(hertz: Tensor) -> Tensor:
    return 1127 * torch.log1p(hertz / 700)
