"""A full disk: one line, the last good file survives, and the repeated command goes on.

Room ends in two ways: a limit on the size of files (as a quota does), and a file system that is
really full (a small tmpfs, where mounting is allowed).
"""

import json
import resource
import subprocess
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
import soundfile

from semdnn.cli.main import main
from semdnn.errors import SemdnnError
from semdnn.features import shards
from semdnn.features.store import FeatureSettings, featurise
from semdnn.files import DiskFullError, write_json
from semdnn.network.checkpoint import load_checkpoint
from semdnn.network.inference import PatchArray
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.batches import LabelledPatches
from semdnn.training.job import TrainingJob
from semdnn.training.run import train_run
from semdnn.training.settings import TrainingSettings

ROOM = 20_000  # bytes that are left


@contextmanager
def limited(_folder):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def filled(folder):
    filler = folder.parent / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            file.truncate(max(file.tell() - ROOM - 4096, 0))  # and a page
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture(params=["limit", "tmpfs"])
def small_disk(request, tmp_path):
    """A folder, and a context in which there is hardly any room in it."""
    if request.param == "limit":
        yield tmp_path / "on-it", limited
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting needs rights that this user lacks")
    yield disk / "on-it", filled
    subprocess.run(["umount", disk], check=True)


def told(error):
    """The message of an error that a person reads: one line that says what to do."""
    text = str(error.value)
    assert isinstance(error.value, SemdnnError)
    assert "\n" not in text
    assert "disk is full: free some space and run the same command again" in text
    return text


def test_json_results_stay_the_old_ones(small_disk):
    folder, full = small_disk
    path = folder / "scores.json"
    write_json(path, {"old": 1})
    with full(folder), pytest.raises(DiskFullError) as error:
        write_json(path, list(range(20_000)))
    assert str(path) in told(error)
    assert json.loads(path.read_text()) == {"old": 1}
    assert [file.name for file in folder.iterdir()] == ["scores.json"]
    write_json(path, list(range(20_000)))
    assert json.loads(path.read_text())[-1] == 19_999


def test_a_store_keeps_its_sounds_and_goes_on(small_disk, tmp_path, monkeypatch):
    folder, full = small_disk
    folder.mkdir()
    sounds = []
    for i in range(3):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, 0.1 * np.random.default_rng(i).standard_normal(16_000), 16_000)
        sounds.append((path.name, path))
    featurise(sounds, tmp_path / "whole", FeatureSettings(), n_workers=1)
    with full(folder), pytest.raises(SemdnnError) as error:
        featurise(sounds, folder, FeatureSettings(), n_workers=1)
    assert "finished sounds are kept" in told(error)
    heard, listen = [], shards.patches_of
    monkeypatch.setattr(shards, "patches_of", lambda *a: (heard.append(a[0].name), listen(*a))[1])
    featurise(sounds, folder, FeatureSettings(), n_workers=1)
    assert heard == ["1.wav", "2.wav"]  # the first had room
    for path in (tmp_path / "whole").iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()
    assert {p.name for p in folder.iterdir()} == {p.name for p in (tmp_path / "whole").iterdir()}


def toy_job():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(8, 5))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    counts, clusters = np.ones(8, np.int64), np.zeros(8, np.int32)
    patches = PatchArray(rng.normal(size=(16, 96, 64)).astype(np.float32))
    labelled = LabelledPatches(patches, np.arange(16), np.arange(16) // 2, vectors)
    return TrainingJob(
        network="tiny",
        kind="semdnn",
        training=labelled,
        validation=labelled,
        settings=TrainingSettings(max_epochs=3, batch_size=8, learning_rate=1e-3, device="cpu"),
        features=FeatureSettings(),
        dictionary=Dictionary(tuple("abcdefgh"), vectors, counts, clusters, "test", 0.0),
        provenance={},
        licence="CC0-1.0",
    )


def test_training_keeps_the_last_good_checkpoint_and_goes_on(small_disk, tmp_path):
    folder, full = small_disk
    whole = train_run(tmp_path / "whole", toy_job())
    with ExitStack() as stack:
        epochs = []

        def fill(epoch):
            epochs.append(epoch)
            stack.enter_context(full(folder))

        with pytest.raises(SemdnnError) as error:
            train_run(folder, toy_job(), report=fill)
    assert "state.safetensors" in told(error)
    assert [epoch.epoch for epoch in epochs] == [1]
    assert load_checkpoint(folder / "best.safetensors").provenance["epoch"] == 1
    again = train_run(folder, toy_job(), report=epochs.append)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3]
    assert again.checkpoint.read_bytes() == whole.checkpoint.read_bytes()
    assert not list(folder.glob(".*"))


def test_the_command_line_says_it_in_one_line(small_disk, tmp_path, capsys):
    folder, full = small_disk
    folder.mkdir()
    recipe = tmp_path / "r.toml"
    recipe.write_text('name = "r"\nnetwork = "tiny"\n[procedural]\nn_sounds = 20\n')
    with full(folder):
        assert main(["train", str(recipe), "-o", str(folder / "run")]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("semdnn: ")
    assert "disk is full: free some space and run the same command again" in line
