import dataclasses
import json
import os
import signal
import threading
import time

import numpy as np
import pytest
import torch
from tqdm import tqdm

from semdnn.features.store import FeatureSettings
from semdnn.network.checkpoint import CheckpointError, load_checkpoint, network_of
from semdnn.network.inference import predict
from semdnn.semantics.dictionary import Dictionary
from semdnn.training import run
from semdnn.training.batches import TrainingError
from semdnn.training.job import TrainingJob
from semdnn.training.loop import Epoch
from semdnn.training.run import best_epoch, stop_reason, train_run


@pytest.fixture
def job(toy, toy_settings):
    def make(kind="semdnn", **settings):
        vectors = np.random.default_rng(0).normal(size=(8, 5))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return TrainingJob(
            network="tiny",
            kind=kind,
            training=toy(kind),
            validation=toy(kind, seed=1),
            settings=toy_settings(**settings),
            features=FeatureSettings(),
            dictionary=Dictionary(
                words=tuple("abcdefgh"),
                vectors=vectors.astype(np.float32),
                counts=np.ones(8, np.int64),
                clusters=np.zeros(8, np.int32),
                word_space="test",
                offset=0.0,
            ),
            provenance={"library": "toy"},
            licence="CC0-1.0",
        )

    return make


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


def _kill(*args):
    raise Killed


@pytest.mark.parametrize("kind", ["semdnn", "catdnn", "cae"])
def test_a_run_leaves_settings_metrics_and_a_checkpoint(tmp_path, job, kind):
    seen = []
    result = train_run(tmp_path / "run", job(kind), report=seen.append)
    assert result.stopped == "max_epochs"
    assert tuple(seen) == result.epochs
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert [Epoch(**json.loads(line)) for line in lines] == seen
    described = json.loads((tmp_path / "run/run.json").read_text())
    assert described["settings"] == job(kind).settings.model_dump()
    checkpoint = load_checkpoint(result.checkpoint)
    assert checkpoint.provenance["epoch"] == result.best_epoch
    assert checkpoint.provenance["library"] == "toy"
    assert checkpoint.licence == "CC0-1.0"
    patches = job(kind).validation.source.patches
    assert np.isfinite(predict(network_of(checkpoint), patches)).all()
    assert float(network_of(checkpoint).input_mean) == pytest.approx(
        job(kind).training.source.patches.mean(), abs=1e-5
    )


@pytest.mark.parametrize("changes", [{}, {"average_decay": 0.9, "schedule": "cosine"}])
@pytest.mark.parametrize("after", ["_save", "_settle"])
def test_a_killed_run_ends_with_the_same_bits(tmp_path, job, monkeypatch, changes, after):
    whole = train_run(tmp_path / "whole", job(**changes))
    for _ in range(2):  # killed at its second call, and again when it goes on
        original, calls = getattr(run, after), []

        def counted(*args, original=original, calls=calls):
            if calls:
                raise Killed
            calls.append(original(*args))

        with monkeypatch.context() as patch:
            patch.setattr(run, after, counted)
            with pytest.raises(Killed):
                train_run(tmp_path / "cut", job(**changes))
    cut = train_run(tmp_path / "cut", job(**changes))
    assert cut.best_epoch == whole.best_epoch
    for ours, theirs in zip(cut.epochs, whole.epochs, strict=True):
        assert (ours.train_loss, ours.valid_loss) == (theirs.train_loss, theirs.valid_loss)
    assert cut.checkpoint.read_bytes() == whole.checkpoint.read_bytes()
    ours, theirs = (
        run.read_tensors(tmp_path / name / "state.safetensors")[0] for name in ("cut", "whole")
    )
    assert all(torch.equal(ours[name], value) for name, value in theirs.items())
    assert not list((tmp_path / "cut").glob("*.part"))


def test_a_finished_run_returns_at_once(tmp_path, job, monkeypatch):
    first = train_run(tmp_path, job())
    content = first.checkpoint.read_bytes()
    monkeypatch.setattr(run, "train", _kill)
    assert train_run(tmp_path, job()) == first
    assert first.checkpoint.read_bytes() == content


def test_a_run_begun_before_a_setting_existed_goes_on(tmp_path, job):
    train_run(tmp_path, job())
    path = tmp_path / "run.json"
    begun = json.loads(path.read_text())
    del begun["settings"]["objective"]
    path.write_text(json.dumps(begun))
    assert train_run(tmp_path, job()).epochs
    begun["settings"]["objective"] = "words"
    path.write_text(json.dumps(begun))
    with pytest.raises(TrainingError, match=r"another settings\.objective"):
        train_run(tmp_path, job())


def test_an_untrained_network_is_a_run_of_no_epochs(tmp_path, job):
    result = train_run(tmp_path, job(max_epochs=0))
    assert (result.epochs, result.best_epoch) == ((), 0)
    assert load_checkpoint(result.checkpoint).provenance["epoch"] == 0


def test_a_catdnn_starts_at_the_frequencies_of_the_words(tmp_path, job):
    result = train_run(tmp_path, job("catdnn", max_epochs=0))
    bias = load_checkpoint(result.checkpoint).state["output.bias"]
    expected = job("catdnn").training.target_frequencies().clamp(1e-5)
    torch.testing.assert_close(torch.sigmoid(bias), expected, atol=1e-5, rtol=1e-3)


def test_a_folder_belongs_to_one_run(tmp_path, job):
    train_run(tmp_path, job(max_epochs=1))
    with pytest.raises(TrainingError, match=r"another settings\.learning_rate"):
        train_run(tmp_path, job(max_epochs=1, learning_rate=0.5))
    other = dataclasses.replace(job(max_epochs=1), training=job().validation)
    with pytest.raises(TrainingError, match="another training_data"):
        train_run(tmp_path, other)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(TrainingError, match="not a run's description"):
        train_run(tmp_path, job(max_epochs=1))
    (tmp_path / "run.json").unlink()
    with pytest.raises(TrainingError, match=r"without its run\.json"):
        train_run(tmp_path, job(max_epochs=1))


def test_where_patches_are_held_makes_no_other_run(tmp_path, job):
    train_run(tmp_path, job(max_epochs=1, resident="off"))
    assert train_run(tmp_path, job(max_epochs=1, resident="on")).epochs
    with pytest.raises(
        TrainingError, match=r"settings\.compiled \(a compiled .* another way\); take"
    ):
        train_run(tmp_path, job(max_epochs=1, compiled="on", resident="on"))
    with pytest.raises(TrainingError, match=r"settings\.device \(a GPU rounds"):
        train_run(tmp_path, job(max_epochs=1, device="auto"))


def test_damaged_files_are_told(tmp_path, job):
    train_run(tmp_path, job(max_epochs=1))
    state = tmp_path / "state.safetensors"
    content = state.read_bytes()
    state.write_bytes(content[:-10])
    with pytest.raises(CheckpointError, match=r"state\.safetensors: not a readable"):
        train_run(tmp_path, job(max_epochs=1))
    run.write_tensors(state, {"network.a": torch.zeros(1)}, {"history": []})
    with pytest.raises(TrainingError, match="does not fit"):
        train_run(tmp_path, job(max_epochs=1))


def test_targets_have_to_fit_the_dictionary(tmp_path, job, toy):
    wrong = dataclasses.replace(job(), training=toy("catdnn"))
    with pytest.raises(TrainingError, match="semdnn have 8 columns; the dictionary asks for 5"):
        train_run(tmp_path, wrong)


def test_patches_and_features_have_to_agree_on_the_offset(tmp_path, job):
    wrong = dataclasses.replace(job(), features=FeatureSettings(log_offset=0.001))
    with pytest.raises(TrainingError, match=r"log_offset 0\.01, the features 0\.001"):
        train_run(tmp_path, wrong)


def _history(losses, seconds=1.0):
    return [Epoch(i, 1.0, loss, 0.0, 1e-3, seconds, 1.0) for i, loss in enumerate(losses, 1)]


def test_the_best_epoch_is_the_first_of_the_lowest_loss(toy_settings):
    assert best_epoch([], toy_settings()) == 0
    assert best_epoch(_history([3.0, 1.0, 2.0, 1.0]), toy_settings()) == 2


def test_or_the_first_of_the_highest_score(toy_settings):
    settings = toy_settings(keep="score", patience=2, max_epochs=9)
    scores = [0.1, 0.3, 0.2, 0.3]
    history = [Epoch(i, 1.0, i, score, 1e-3, 1.0, 1.0) for i, score in enumerate(scores, 1)]
    assert best_epoch([], settings) == 0
    assert best_epoch(history, settings) == 2
    assert stop_reason(history[:3], settings) is None
    assert stop_reason(history[:4], settings) == "patience"


def test_or_the_last(toy_settings):
    settings = toy_settings(keep="last")
    assert best_epoch([], settings) == 0
    assert best_epoch(_history([3.0, 1.0, 2.0]), settings) == 3


def test_the_kept_checkpoint_is_that_of_the_best_epoch(tmp_path, job):
    result = train_run(tmp_path, job(keep="score", max_epochs=4, learning_rate=0.05))
    best = max(result.epochs, key=lambda epoch: epoch.valid_score)
    assert result.best_epoch == best.epoch
    assert load_checkpoint(result.checkpoint).provenance["epoch"] == best.epoch


def test_training_stops_for_one_of_three_reasons(toy_settings):
    settings = toy_settings(max_epochs=10, patience=2, max_minutes=1.0)
    assert stop_reason([], settings) is None
    assert stop_reason(_history([3.0, 2.0, 2.5]), settings) is None
    assert stop_reason(_history([3.0, 2.0, 2.5, 2.1]), settings) == "patience"
    assert stop_reason(_history([3.0, 2.0], seconds=30.0), settings) == "max_minutes"
    assert stop_reason(_history(range(10, 0, -1)), settings) == "max_epochs"


def test_training_stops_after_the_epoch_that_passes_the_time(tmp_path, job):
    result = train_run(tmp_path, job(max_minutes=1e-9))
    assert (len(result.epochs), result.stopped) == (1, "max_minutes")


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_with_the_same_bits(tmp_path, job):
    """The process is killed outright (SIGKILL), at whatever it is doing."""
    settings = {"max_epochs": 12, "average_decay": 0.9}
    whole = train_run(tmp_path / "whole", job(**settings))
    rng = np.random.default_rng(0)
    n_killed = 0
    while n_killed < 50:
        child = os.fork()
        if child == 0:
            try:
                # A lock of its own: the one that it shares would stay locked if it is killed then.
                tqdm.set_lock(threading.RLock())
                train_run(tmp_path / "cut", job(**settings))
            finally:
                os._exit(0)
        time.sleep(rng.uniform(0.0, 0.6))
        ended, _ = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        n_killed += 1
    cut = train_run(tmp_path / "cut", job(**settings))
    assert n_killed > 3
    assert cut.best_epoch == whole.best_epoch
    assert cut.checkpoint.read_bytes() == whole.checkpoint.read_bytes()
