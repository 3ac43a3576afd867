"""A small library of different sounds, and its catalogue."""

import numpy as np
import pytest
import soundfile

from semdnn.catalogue import update as update_module
from semdnn.catalogue.catalogue import Catalogue


def tone(hertz, seconds=1.0, seed=0):
    time = np.arange(round(16_000 * seconds)) / 16_000
    noise = 0.01 * np.random.default_rng(seed).standard_normal(time.size)
    return 0.3 * np.sin(2 * np.pi * hertz * time) * np.exp(-2 * time / seconds) + noise


@pytest.fixture
def library(tmp_path):
    """Six sounds; one name is not ASCII, one has odd letters."""
    folder = tmp_path / "library"
    names = (
        "dogs/DogBark_01.wav",
        "dogs/dog growl.flac",
        "Glasbruch ü 雨.wav",
        "metal door slam.WAV",
        "odd'; \"%_[x].wav",
        "rain.ogg",
    )
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(200 * 1.5**i, 0.8 + 0.2 * i, i), 16_000)
    return folder


@pytest.fixture
def catalogue(tmp_path, tiny_checkpoint):
    """A catalogue that is not yet there; `update` with the tiny network."""
    made = Catalogue(tmp_path / "somewhere" / "my catalogue.db")
    update = made.update
    made.update = lambda folders, **how: update(
        folders, **{"model": str(tiny_checkpoint), "n_workers": 2, **how}
    )
    return made


@pytest.fixture
def heard(monkeypatch):
    """The names of the files that were heard."""
    names = []
    hear = update_module.hear

    def counted(model, path):
        names.append(path.name)
        return hear(model, path)

    monkeypatch.setattr(update_module, "hear", counted)
    return names


@pytest.fixture
def write():
    """Write a tone to a path: `write(path, hertz, seconds)`."""

    def written(path, hertz, seconds=1.0):
        time = np.arange(round(16_000 * seconds)) / 16_000
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * time), 16_000)

    return written
