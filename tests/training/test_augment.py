import numpy as np
import pytest
import torch
from pydantic import ValidationError

import plain_augment
from semdnn.training.augment import AugmentationSettings, augment

OFF = AugmentationSettings.off()
OFFSET = 0.01


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _patches(n=8):
    magnitudes = torch.rand(n, 96, 64, generator=_generator(9)) * 3
    return (magnitudes + OFFSET).log()


def _magnitudes(patches):
    return patches.double().exp() - OFFSET


def _targets(n=8):
    return torch.nn.functional.normalize(torch.randn(n, 5, generator=_generator(8)))


def _only(**settings):
    return OFF.model_copy(update=settings)


def test_off_changes_nothing():
    patches, targets = augment(_patches(), _targets(), OFF, _generator())
    assert torch.equal(patches, _patches())
    assert torch.equal(targets, _targets())


def test_the_generator_alone_decides():
    settings = AugmentationSettings()
    first, again, other = (
        augment(_patches(), _targets(), settings, _generator(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    assert all(torch.isfinite(value).all() for value in first)


@pytest.mark.parametrize("changes", [{}, {"mix_probability": 0.0}, {"shift_frames": 0}])
@pytest.mark.parametrize("given", [False, True])
def test_a_cpu_draws_the_same_bits_as_ever(changes, given):
    settings = AugmentationSettings(**changes)
    words = (torch.rand(8, 7, generator=_generator(3)) < 0.3).float()
    for targets, is_words in ((_targets(), False), (words, True), (torch.zeros(8, 0), True)):
        ours_from, theirs_from = _generator(5), _generator(5)
        told = is_words if given else None
        for _ in range(2):
            ours = augment(_patches(), targets, settings, ours_from, multi_hot=told)
            theirs = plain_augment.augment(_patches(), targets, settings, theirs_from)
            assert torch.equal(ours[0], theirs[0])
            assert torch.equal(ours[1], theirs[1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_varies_as_much_without_waiting():
    settings, n = AugmentationSettings(), 512
    generator = torch.Generator("cuda").manual_seed(0)
    patches, targets = _patches(n).cuda(), _targets(n).cuda()
    torch.cuda.set_sync_debug_mode("error")
    try:
        varied, mixed = augment(patches, targets, settings, generator, multi_hot=False)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    expected, _ = augment(_patches(n), _targets(n), settings, _generator())
    assert float(varied.std()) == pytest.approx(float(expected.std()), rel=0.05)
    assert float(varied.mean()) == pytest.approx(float(expected.mean()), abs=0.1)
    torch.testing.assert_close(mixed.norm(dim=1).cpu(), torch.ones(n))


def test_gain_is_one_exact_factor_a_patch_within_its_limit():
    varied, targets = augment(_patches(), _targets(), _only(gain_db=6.0), _generator())
    factors = _magnitudes(varied) / _magnitudes(_patches())
    assert torch.equal(targets, _targets())
    decibels = 20 * factors.mean(dim=(1, 2)).log10()
    assert float(factors.std(dim=(1, 2)).max()) < 1e-3
    assert float(decibels.abs().max()) <= 6.0
    assert float(decibels.std()) > 1.0


def test_equaliser_is_a_smooth_curve_over_the_bands_within_its_limit():
    varied, _ = augment(_patches(64), _targets(64), _only(equaliser_db=9.0), _generator())
    decibels = 20 * (_magnitudes(varied) / _magnitudes(_patches(64))).median(dim=1).values.log10()
    assert float(decibels.abs().max()) <= 9.0
    assert float(decibels.abs().max()) > 5.0
    assert float(decibels.diff(dim=1).abs().max()) < 1.0


def test_silence_stays_silent():
    silence = torch.full((4, 96, 64), float(np.log(OFFSET)))
    varied, _ = augment(silence, _targets(4), AugmentationSettings(), _generator())
    torch.testing.assert_close(varied, silence, atol=1e-4, rtol=0)


def test_mixing_adds_the_power_of_two_patches_at_the_drawn_level():
    n = 64
    patches, targets = _patches(n), torch.eye(n)
    mixed, words = augment(
        patches, targets, _only(mix_probability=1.0, mix_level_db=6.0), _generator()
    )
    own = _magnitudes(patches)
    for i, row in enumerate(words):
        partners = [j for j in row.nonzero().flatten().tolist() if j != i]
        partner = partners[0] if partners else i
        added = (_magnitudes(mixed[i]).square() - own[i].square()).clamp_min(0)
        gain = (added.sum() / own[partner].square().sum()).sqrt()
        expected = torch.hypot(own[i], gain * own[partner])
        torch.testing.assert_close(_magnitudes(mixed[i]), expected, atol=1e-4, rtol=1e-4)
        level = 10 * float((added.mean() / own[i].square().mean()).log10())
        assert -6.01 <= level <= 6.01


def test_mixed_targets_are_unions_of_words_or_unit_means():
    n = 32
    settings = _only(mix_probability=0.5)
    words = (torch.rand(n, 7, generator=_generator(3)) < 0.3).float()
    _, union = augment(_patches(n), words, settings, _generator(4))
    _, means = augment(_patches(n), _targets(n), settings, _generator(4))
    assert set(union.unique().tolist()) == {0.0, 1.0}
    assert (union >= words).all()
    torch.testing.assert_close(means.norm(dim=1), torch.ones(n))
    unmixed = (means == _targets(n)).all(dim=1)
    assert 0 < int(unmixed.sum()) < n
    assert torch.equal(union[unmixed], words[unmixed])
    cosines = means @ _targets(n).T  # a mean is as near to one of its two as to the other
    nearest = cosines.topk(2, dim=1).values
    assert not torch.allclose(nearest[unmixed][:, 0], nearest[unmixed][:, 1])


def test_an_autoencoder_has_no_targets_to_mix():
    patches, targets = augment(_patches(), torch.zeros(8, 0), AugmentationSettings(), _generator())
    assert targets.shape == (8, 0)
    assert patches.shape == (8, 96, 64)


def test_shift_turns_the_patch_around_its_ends():
    shifted, _ = augment(_patches(), _targets(), _only(shift_frames=5), _generator())
    steps = set()
    for before, after in zip(_patches(), shifted, strict=True):
        found = [s for s in range(-5, 6) if torch.equal(before.roll(s, 0), after)]
        assert len(found) == 1
        steps |= set(found)
    assert len(steps) > 2


def test_masks_cover_one_stretch_with_the_mean():
    settings = _only(time_mask_frames=20, band_mask_bands=10)
    masked, _ = augment(_patches(40), _targets(40), settings, _generator())
    longest = [0, 0]
    for before, after in zip(_patches(40), masked, strict=True):
        changed = before != after
        frames, bands = changed.all(dim=1), changed.all(dim=0)
        assert torch.equal(changed, frames[:, None] | bands[None, :])
        torch.testing.assert_close(after[changed], before.mean().expand(int(changed.sum())))
        for axis, (covered, largest) in enumerate([(frames, 20), (bands, 10)]):
            where = covered.nonzero().flatten()
            assert len(where) <= largest
            assert len(where) == 0 or int(where[-1] - where[0]) == len(where) - 1
            longest[axis] = max(longest[axis], len(where))
    assert longest[0] > 15
    assert longest[1] > 7


@pytest.mark.parametrize("bad", [{"gain_db": -1.0}, {"mix_probability": 1.5}, {"blur": 1}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(ValidationError):
        AugmentationSettings(**bad)
