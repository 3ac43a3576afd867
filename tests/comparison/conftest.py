"""Stimuli that every comparison model can take: sounds with names and descriptions."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from semdnn.comparison.interface import Stimulus

RATE = 16_000


@pytest.fixture(scope="session")
def stimuli(tmp_path_factory) -> tuple[Stimulus, ...]:
    """Four sounds of different lengths, rates and kinds; the shortest is shorter than a patch."""
    folder = tmp_path_factory.mktemp("stimuli")
    rng = np.random.default_rng(0)
    time = np.arange(3 * RATE) / RATE
    sounds = {
        "dog_bark": (0.2 * rng.standard_normal(RATE // 4), RATE),
        "church_bell": (0.4 * np.sin(2 * np.pi * 800 * time) * np.exp(-2 * time), RATE),
        "heavy_rain": (0.1 * rng.standard_normal((44_100, 2)), 44_100),
        "engine": (
            0.3 * np.sign(np.sin(2 * np.pi * 90 * time)) * (1 + np.sin(20 * time)) / 2,
            RATE,
        ),
    }
    for name, (samples, rate) in sounds.items():
        soundfile.write(folder / f"{name}.wav", samples, rate)
    return tuple(Stimulus(name, folder / f"{name}.wav", name.replace("_", " ")) for name in sounds)


@pytest.fixture
def write_sound(tmp_path):
    """Return a function that writes samples at 16 kHz and returns them as a stimulus."""

    def write(samples: np.ndarray, name: str = "sound", rate: int = RATE) -> Stimulus:
        path: Path = tmp_path / f"{name}.wav"
        soundfile.write(path, samples, rate, subtype="FLOAT")
        return Stimulus(name, path, name)

    return write
