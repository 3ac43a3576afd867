"""Sounds for a store, and shards of two of them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from semdnn.features import store

Sounds = list[tuple[str, Path]]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    made = []
    for i, seconds in enumerate([0.5, 1.0, 3.0, 14.0, 5.0]):
        path = folder / f"{i}.wav"
        soundfile.write(path, 0.1 * rng.standard_normal(int(seconds * 16_000)), 16_000)
        made.append((f"sub/{i}.wav", path))
    (folder / "bad.wav").write_text("no sound")
    return [*made, ("bad.wav", folder / "bad.wav"), ("gone.wav", folder / "gone.wav")]


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SOUNDS_PER_SHARD", 2)
