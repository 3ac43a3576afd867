"""Test sets in miniature, in their official layouts, with real (if meaningless) audio."""

import csv

import numpy as np
import pytest
import soundfile

ESC50 = [
    ("1-11-A-0", "dog"), ("1-11-B-0", "dog"), ("2-12-A-0", "dog"), ("3-13-A-0", "dog"),
    ("1-21-A-5", "cat"), ("1-22-A-5", "cat"), ("2-23-A-5", "cat"), ("3-24-A-5", "cat"),
    ("1-31-A-10", "rain"), ("1-32-A-10", "rain"), ("2-33-A-10", "rain"), ("3-34-A-10", "rain"),
    ("1-41-A-16", "wind"), ("1-42-A-16", "wind"), ("2-43-A-16", "wind"), ("3-44-A-16", "wind"),
]  # fmt: skip
FSD50K = [
    ("11", "Bark,Dog,Domestic_animals_and_pets,Animal"),
    ("51", "Dog,Domestic_animals_and_pets,Animal"),
    ("52", "Rain,Water"),
    ("53", "Bark,Rain,Dog,Domestic_animals_and_pets,Animal,Water"),
]
MSOS = [("Nature", "Dog"), ("Nature", "Rain"), ("Urban", "Engine"), ("Urban", "Bell")] * 3


def _write(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(number).standard_normal(16_000) * 0.1
    soundfile.write(path, np.convolve(noise, np.ones(1 + number % 7) / 4, "same"), 16_000)


def _table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])


@pytest.fixture(scope="session")
def esc50(tmp_path_factory):
    """Sixteen clips of fifteen recordings, four classes, two major groups."""
    folder = tmp_path_factory.mktemp("esc50")
    for number, (name, _) in enumerate(ESC50):
        _write(folder / "audio" / f"{name}.wav", number)
    rows = [(f"{name}.wav", name[0], name.split("-")[-1], label) for name, label in ESC50]
    _table(folder / "meta" / "esc50.csv", ("filename", "fold", "target", "category"), rows)
    return folder


@pytest.fixture(scope="session")
def fsd50k(tmp_path_factory):
    """Four clips with several labels each; one recording is also in `esc50`."""
    folder = tmp_path_factory.mktemp("fsd50k")
    for number, (name, _) in enumerate(FSD50K):
        _write(folder / "FSD50K.eval_audio" / f"{name}.wav", number)
    truth = folder / "FSD50K.ground_truth" / "eval.csv"
    _table(truth, ("fname", "labels", "mids"), [(name, labels, "/m/0") for name, labels in FSD50K])
    return folder


@pytest.fixture(scope="session")
def msos(tmp_path_factory):
    """Twelve clips of two macro-classes."""
    folder = tmp_path_factory.mktemp("msos")
    rows = [(macro, event, f"{i}.wav") for i, (macro, event) in enumerate(MSOS)]
    for number, (macro, _, name) in enumerate(rows):
        _write(folder / "Development" / macro / name, number)
    _table(folder / "Logsheet_Development.csv", ("Category", "Event", "File"), rows)
    return folder
