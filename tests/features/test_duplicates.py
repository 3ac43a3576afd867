"""Near-duplicates: altered copies are found, different recordings are left apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from semdnn.features import duplicates
from semdnn.features.duplicates import likeness, near_duplicate_groups
from semdnn.features.store import FeatureSettings, featurise

Samples = NDArray[np.float64]


def recording(seed: int, n: int = 40_000) -> Samples:
    """A few bursts of filtered noise: a sound with a course in time and a colour."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(n)
    for _ in range(6):
        start, length = int(rng.integers(0, n - 4000)), int(rng.integers(1500, 9000))
        tone = np.sin(2 * np.pi * rng.uniform(150, 6000) * np.arange(length) / 16_000)
        burst = tone * rng.standard_normal(length) * np.exp(-np.arange(length) / length * 4)
        samples[start : start + length] += burst[: n - start]
    return 0.3 * samples / np.abs(samples).max()


ALTERED: dict[str, Callable[[Samples], Samples]] = {
    "same": lambda x: x,
    "quieter": lambda x: 0.1 * x,
    "start trimmed": lambda x: x[1700:],
    "end trimmed": lambda x: x[:-1700],
    "a little noise": lambda x: x + 1e-4 * np.random.default_rng(0).standard_normal(x.size),
}


def groups_of(folder: Path, sounds: list[Samples], **how: float) -> list[int]:
    listed = []
    for i, samples in enumerate(sounds):
        path = folder / f"{i}.flac"
        soundfile.write(path, samples, 16_000)
        listed.append((str(i), path))
    made = featurise(listed, folder / "store", FeatureSettings(), n_workers=1)
    return near_duplicate_groups(made, **how).tolist()


def test_the_loudest_floats_have_a_level() -> None:
    frames = np.log(np.random.default_rng(0).random((960, 64)) + 0.01).astype(np.float32)
    loud = (frames + np.float32(np.log(1e31))).astype(np.float32)
    expected = duplicates.unit_level(frames, 1e-9)
    np.testing.assert_allclose(duplicates.unit_level(loud, 1e-9), expected, atol=1e-3)


@pytest.mark.parametrize("name", ALTERED)
def test_altered_copies_are_one_group(tmp_path: Path, name: str) -> None:
    others = [recording(seed) for seed in range(1, 6)]
    copy = ALTERED[name](recording(0))
    assert groups_of(tmp_path, [recording(0), *others, copy]) == [0, 1, 2, 3, 4, 5, 0]


def test_recoded_copies_are_one_group(tmp_path: Path) -> None:
    samples = recording(0)
    listed = []
    for name in ("a.wav", "b.mp3", "c.ogg", "d.opus"):
        soundfile.write(tmp_path / name, samples, 16_000, format="OGG" if "opus" in name else None)
        listed.append((name, tmp_path / name))
    soundfile.write(tmp_path / "other.wav", recording(1), 16_000)
    listed.append(("other.wav", tmp_path / "other.wav"))
    made = featurise(listed, tmp_path / "store", FeatureSettings(), n_workers=1)
    assert near_duplicate_groups(made).tolist() == [0, 0, 0, 0, 1]


def test_a_threshold_out_of_reach_joins_exact_copies_only(tmp_path: Path) -> None:
    sounds = [recording(0), 0.5 * recording(0), recording(0)]
    assert groups_of(tmp_path, sounds, threshold=1.1) == [0, 1, 0]


def test_no_sounds(tmp_path: Path) -> None:
    groups = near_duplicate_groups(featurise([], tmp_path, FeatureSettings()))
    assert groups.shape == (0,)
    assert groups.dtype == np.int32


def test_likeness_equals_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((96, 64)).astype(np.float32)
    b = np.roll(a, 4, axis=0) + 0.5 * rng.standard_normal((96, 64)).astype(np.float32)
    shifts = np.arange(-8, 9)
    expected = []
    for shift in shifts:
        rows = [t for t in range(96) if 0 <= t + shift < 96]
        x = a[rows] - a[rows].mean(axis=0)
        y = b[[t + shift for t in rows]]
        y = y - y.mean(axis=0)
        expected.append((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))
    found = duplicates._correlations(a, b, shifts)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert likeness(a, b) == pytest.approx(max(expected), abs=1e-4)


def test_an_ordinary_sound_s_level_keeps_its_bits():
    """A library's split hangs on which sounds are near, so these sums stay in single precision."""
    frames = np.random.default_rng(0).normal(-2, 2, (300, 64)).astype(np.float32)
    mel = np.maximum(np.exp(frames) - np.float32(0.01), 0)
    level = float(np.square(mel).sum()) / float(mel.sum())
    expected = np.log(mel / np.float32(level) + np.float32(0.02))
    np.testing.assert_array_equal(duplicates.unit_level(frames, 0.01), expected)
