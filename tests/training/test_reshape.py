"""Reshaped patches against sounds that were made at that pitch, at that pace, in that room."""

import numpy as np
import pytest
import torch

from semdnn.features.logmel import log_mel
from semdnn.training.augment import AugmentationSettings, augment
from semdnn.training.reshape import at_pace, at_pitch, in_room, in_rooms, reshaped

OFFSET = 0.01
TIME = np.arange(16_000 * 97 // 100) / 16_000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def magnitudes(samples):
    log = log_mel(samples.astype(np.float32), log_offset=OFFSET)[:96]
    return torch.from_numpy(np.exp(log) - OFFSET)[np.newaxis]


def tone(hertz):
    return 0.3 * np.sin(2 * np.pi * hertz * TIME)


def beats(hertz):
    """A tone that swells so many times a second, most at the middle of the patch."""
    return tone(1000) * (1 + np.cos(2 * np.pi * hertz * (TIME - 0.4875)))


@pytest.mark.parametrize("semitones", [-5.0, -0.5, 2.0, 7.0])
@pytest.mark.parametrize("hertz", [400, 1000, 2500])
def test_a_tone_moves_to_where_the_tone_at_that_pitch_lies(hertz, semitones):
    moved = at_pitch(magnitudes(tone(hertz)), torch.tensor([semitones]))[0, 40]
    played = magnitudes(tone(hertz * 2 ** (semitones / 12)))[0, 40]
    centre = torch.arange(64.0)
    assert float((moved * centre).sum() / moved.sum()) == pytest.approx(
        float((played * centre).sum() / played.sum()), abs=0.4
    )
    assert float(moved.max()) == pytest.approx(float(played.max()), rel=0.4)


@pytest.mark.parametrize("pace", [0.75, 1.0, 1.3])
def test_beats_come_as_often_as_at_that_pace(pace):
    moved = at_pace(magnitudes(beats(4.0)), torch.tensor([pace]))[0, 12:84].amax(dim=1)
    played = magnitudes(beats(4.0 * pace))[0, 12:84].amax(dim=1)
    assert float((moved - played).abs().max()) < 0.06 * float(played.max())


def test_late_reflections_decay_as_a_room_s_do():
    rng = np.random.default_rng(0)
    burst = np.zeros_like(TIME)
    burst[1600:2400] = rng.standard_normal(800)
    decay = 10 ** (-3 * np.arange(8000) / (0.3 * 16_000))
    heard = []
    for _ in range(60):  # of many rooms of 0.3 s the mean power
        response = rng.standard_normal(8000) * decay
        response *= 10 ** (-5 / 20) / np.linalg.norm(response)
        wet = burst + np.convolve(burst, response)[: len(burst)]
        heard.append(magnitudes(wet)[0].square())
    expected = torch.stack(heard).mean(dim=0).mean(dim=1)
    ours = in_room(magnitudes(burst), torch.tensor([0.3]), torch.tensor([5.0]))[0]
    level = 10 * torch.log10(ours.square().mean(dim=1) / expected)
    assert float(level[8:50].abs().max()) < 1.5


def test_without_change_nothing_changes():
    patches = torch.rand(3, 96, 64, generator=generator())
    zeros = torch.zeros(3)
    torch.testing.assert_close(at_pitch(patches, zeros), patches)
    torch.testing.assert_close(at_pace(patches, zeros + 1), patches)
    dry = torch.full((3,), torch.inf)
    torch.testing.assert_close(in_room(patches, zeros + 0.5, dry), patches)


def test_rooms_are_drawn_for_some_and_nothing_gets_softer():
    patches = torch.rand(400, 96, 64, generator=generator()) + 0.1
    roomy = in_rooms(patches, 0.25, generator(1))
    changed = (roomy - patches).amax(dim=(1, 2)) > 1e-3
    assert 0.15 < float(changed.float().mean()) < 0.35
    assert float((roomy - patches).min()) > -1e-5


def test_each_patch_gets_its_own_pitch_and_pace():
    patches = magnitudes(tone(1000)).expand(64, -1, -1)
    bands = reshaped(patches, 4.0, 0.0, generator())[:, 40].argmax(dim=1)
    centre = int(patches[0, 40].argmax())
    assert len(bands.unique()) > 4
    assert float((bands - centre).abs().max()) <= 6
    swells = magnitudes(beats(4.0)).expand(64, -1, -1)
    paces = reshaped(swells, 0.0, 0.25, generator())
    assert len({int(row.argmin()) for row in paces[:, 48:].amax(dim=2)}) > 4


@pytest.mark.parametrize("name", ["pitch_semitones", "stretch", "reverberation_probability"])
def test_settings_turn_each_on_alone(name):
    settings = AugmentationSettings.off().model_copy(update={name: 0.9})
    patches = (torch.rand(16, 96, 64, generator=generator()) + OFFSET).log()
    targets = torch.nn.functional.normalize(torch.randn(16, 5, generator=generator()))
    first, kept = augment(patches, targets, settings, generator(2), log_offset=OFFSET)
    again, _ = augment(patches, targets, settings, generator(2), log_offset=OFFSET)
    assert torch.equal(first, again)
    assert torch.equal(kept, targets)
    assert not torch.allclose(first, patches)
    silence = torch.full((16, 96, 64), float(np.log(OFFSET)))
    quiet, _ = augment(silence, targets, settings, generator(2), log_offset=OFFSET)
    torch.testing.assert_close(quiet, silence)
