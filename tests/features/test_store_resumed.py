"""A store made again: nothing anew that is whole, everything that is not."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from folder_content import bytes_of
from semdnn.features import shards, store
from semdnn.features.store import FeatureSettings, featurise

Sounds = list[tuple[str, Path]]
pytestmark = pytest.mark.usefixtures("small_shards")


def made_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    stems: list[str] = []
    make = shards._make

    def spy(job: shards.ShardJob, key: str) -> shards.ShardIndex:
        stems.append(job.stem)
        return make(job, key)

    monkeypatch.setattr(shards, "_make", spy)
    return stems


def test_a_repeated_call_makes_nothing_anew(
    tmp_path: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    featurise(sounds, tmp_path, FeatureSettings(), n_workers=1)
    before = bytes_of(tmp_path)
    stems = made_anew(monkeypatch)
    featurise(sounds, tmp_path, FeatureSettings(), n_workers=1)
    assert stems == []
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize("damage", ["data", "cut", "index", "no data", "no index", "leftover"])
def test_only_what_is_damaged_is_made_anew(
    tmp_path: Path, sounds: Sounds, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    featurise(sounds, tmp_path, FeatureSettings(), n_workers=1)
    before = bytes_of(tmp_path)
    data, index = tmp_path / "shard-00001.npy", tmp_path / "shard-00001.json"
    if damage == "data":
        data.write_bytes(before[data.name][:-1] + b"\x55")
    elif damage == "cut":
        data.write_bytes(before[data.name][:-1])
    elif damage == "index":
        index.write_text("{")
    elif damage == "leftover":
        (tmp_path / ".shard-00001.npy.x.part").touch()
    else:
        (data if damage == "no data" else index).unlink()
    stems = made_anew(monkeypatch)
    featurise(sounds, tmp_path, FeatureSettings(), n_workers=1)
    assert stems == ([] if damage == "leftover" else ["shard-00001"])
    assert bytes_of(tmp_path) == before


def test_changed_file_settings_and_list(
    tmp_path: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.wav"
    soundfile.write(own, 0.1 * np.ones(20_000) * np.sin(np.arange(20_000)), 16_000)
    listed = [*sounds[:4], ("own", own)]
    folder = tmp_path / "store"
    featurise(listed, folder, FeatureSettings(), n_workers=1)
    stems = made_anew(monkeypatch)
    soundfile.write(own, 0.1 * np.sin(np.arange(40_000)), 16_000)
    assert featurise(listed, folder, FeatureSettings(), n_workers=1).n_patches > 5
    assert stems == ["shard-00002"]
    shorter = featurise(listed[:2], folder, FeatureSettings(), n_workers=1)
    assert len(shorter) == 2
    assert not (folder / "shard-00001.npy").exists()
    stems.clear()
    featurise(listed[:2], folder, FeatureSettings(hop_s=0.5), n_workers=1)
    assert stems == ["shard-00000"]


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


@pytest.mark.parametrize("n_heard", [0, 1, 3, 5])
def test_an_interrupted_shard_goes_on_after_its_last_sound(
    tmp_path: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch, n_heard: int
) -> None:
    monkeypatch.setattr(store, "SOUNDS_PER_SHARD", 64)
    featurise(sounds, tmp_path / "whole", FeatureSettings(), n_workers=1)
    heard: list[str] = []
    listen = shards.patches_of

    def spy(path: Path, how: FeatureSettings) -> object:
        if len(heard) == n_heard:
            raise Killed
        heard.append(path.name)
        return listen(path, how)

    with monkeypatch.context() as patched:
        patched.setattr(shards, "patches_of", spy)
        with pytest.raises(Killed):
            featurise(sounds, tmp_path / "cut", FeatureSettings(), n_workers=1)
        n_heard = 99
        featurise(sounds, tmp_path / "cut", FeatureSettings(), n_workers=1)
    assert heard == [path.name for _, path in sounds]  # none twice
    assert bytes_of(tmp_path / "cut") == bytes_of(tmp_path / "whole")


@pytest.mark.parametrize("damage", ["torn line", "lost data", "wrong data", "other key", "no data"])
def test_a_damaged_beginning_is_not_trusted(
    tmp_path: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    featurise(sounds[:2], tmp_path / "whole", FeatureSettings(), n_workers=1)
    listen = shards.patches_of

    def stop(path: Path, how: FeatureSettings) -> object:
        if path == sounds[1][1]:
            raise Killed
        return listen(path, how)

    with monkeypatch.context() as patched:
        patched.setattr(shards, "patches_of", stop)
        with pytest.raises(Killed):
            featurise(sounds[:2], tmp_path / "cut", FeatureSettings(), n_workers=1)
    (part,) = (tmp_path / "cut").glob(".*.part")
    journal = part.with_suffix(".journal")
    if damage == "torn line":
        journal.write_bytes(journal.read_bytes()[:-9])
    elif damage == "lost data":
        os.truncate(part, 500)
    elif damage == "wrong data":
        part.write_bytes(part.read_bytes()[:-1] + b"\x55")
    elif damage == "other key":
        journal.write_bytes(b"x" + journal.read_bytes())
    else:
        part.unlink()
    featurise(sounds[:2], tmp_path / "cut", FeatureSettings(), n_workers=1)
    assert bytes_of(tmp_path / "cut") == bytes_of(tmp_path / "whole")
