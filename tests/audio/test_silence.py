"""Which patches are silent, and what the mean is over."""

import numpy as np
import pytest

from semdnn.audio.patches import cut, pool
from semdnn.audio.silence import SoundMean, counted, is_sounding
from semdnn.features.logmel import log_mel

OFFSET = 0.01


def patches_of(samples):
    return cut(log_mel(np.asarray(samples, np.float32), log_offset=OFFSET))


def noise(level_db, n_samples=15_600, seed=0):
    return 10 ** (level_db / 20) * np.random.default_rng(seed).standard_normal(n_samples)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.zeros(15_600), False),
        (noise(-100), False),  # below what 16 bits hold
        (noise(-60), True),
        (np.r_[np.zeros(15_000), noise(-20, 600)], True),  # a little at the end is enough
        (1e-3 * np.sin(2 * np.pi * 440 * np.arange(15_600) / 16_000), True),
    ],
)
def test_a_patch_sounds_where_a_band_is_above_the_offset(samples, expected):
    patches = patches_of(samples)
    assert (np.exp(patches) - OFFSET > OFFSET).any() == expected
    assert is_sounding(patches, OFFSET).tolist() == [expected]


def test_the_stores_half_precision_does_not_make_silence_sound():
    floor = np.full((3, 96, 64), np.log(OFFSET), np.float16)
    assert not is_sounding(floor.astype(np.float32), OFFSET).any()
    assert is_sounding(np.empty((0, 96, 64), np.float32), OFFSET).shape == (0,)


def test_the_floor_depends_on_the_front_end():
    quiet = np.full((1, 96, 64), np.log(0.005 + 0.001), np.float32)
    assert is_sounding(quiet, 0.001).all()
    assert not is_sounding(np.log(np.exp(quiet) + 0.009), 0.01).any()


def test_the_mean_leaves_silent_patches_out_but_not_silent_sounds():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((40, 5)).astype(np.float32)
    owner = rng.integers(0, 6, 40)
    owner[:6] = np.arange(6)
    sounding = rng.random(40) < 0.5
    sounding[owner == 3] = False
    taking_part = counted(sounding, owner, 6)
    means = pool(values, owner, 6, counted=taking_part)
    for sound in range(6):
        own = owner == sound
        chosen = own & sounding if (own & sounding).any() else own
        np.testing.assert_allclose(means[sound], values[chosen].mean(axis=0), atol=1e-6)
    assert not np.allclose(means, pool(values, owner, 6))


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_mean_in_parts_is_the_mean_at_once(share):
    rng = np.random.default_rng(1)
    values = rng.standard_normal((30, 4, 3)).astype(np.float32)
    sounding = rng.random(30) < share
    mean = SoundMean()
    for part in np.split(np.arange(30), [1, 7, 7, 20]):
        mean.add(values[part], sounding[part])
    chosen = values[sounding] if sounding.any() else values
    np.testing.assert_allclose(mean.value(), chosen.mean(axis=0), atol=1e-6)
    assert (mean.n_patches, mean.n_sounding) == (30, np.count_nonzero(sounding))


def test_a_mean_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no patch"):
        SoundMean().value()
