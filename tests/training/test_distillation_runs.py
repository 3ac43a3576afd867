"""Whole training runs under a teacher, and what they refuse."""

import dataclasses

import pytest
import torch

from fake_teacher import FakeTeacher, small_network
from semdnn.network.checkpoint import load_checkpoint
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import TrainingError
from semdnn.training.job import initial_network
from semdnn.training.run import train_run


def test_a_pupil_learns_what_the_teacher_says(tmp_path, taught_job):
    given = taught_job(
        max_epochs=8,
        augmentation=AugmentationSettings.off(),
        distillation={"teacher_share": 0.0, "scores_weight": 1.0},
    )
    result = train_run(tmp_path, given)
    assert result.epochs[-1].train_loss < 0.6 * result.epochs[0].train_loss
    assert result.epochs[-1].valid_score > result.epochs[0].valid_score


def test_heads_are_not_in_the_file(tmp_path, taught_job):
    result = train_run(tmp_path, taught_job(max_epochs=1, average_decay=0.9))
    checkpoint = load_checkpoint(result.checkpoint)
    assert checkpoint.state.keys() == small_network().state_dict().keys()
    assert checkpoint.provenance["training"]["distillation"]["n_views"] == 2


def test_a_taught_run_that_was_cut_ends_with_the_same_bits(tmp_path, taught_job, monkeypatch):
    whole = train_run(tmp_path / "whole", taught_job(max_epochs=4, average_decay=0.9))

    class Killed(BaseException):
        pass

    def killed(epoch):
        raise Killed

    for _ in range(3):
        with pytest.raises(Killed):
            train_run(tmp_path / "cut", taught_job(max_epochs=4, average_decay=0.9), report=killed)
    teacher = FakeTeacher()
    cut = train_run(tmp_path / "cut", taught_job(teacher, max_epochs=4, average_decay=0.9))
    assert not teacher.heard  # epoch 4 shows view 2 again
    assert cut.checkpoint.read_bytes() == whole.checkpoint.read_bytes()
    assert [epoch.train_loss for epoch in cut.epochs] == [e.train_loss for e in whole.epochs]


def test_a_run_is_not_continued_with_another_teacher(tmp_path, taught_job):
    train_run(tmp_path, taught_job(max_epochs=1))
    with pytest.raises(TrainingError, match="holds a run with another teacher"):
        train_run(tmp_path, taught_job(FakeTeacher("another"), max_epochs=1))


def test_other_weights_of_the_losses_share_the_lessons(tmp_path, taught_job):
    teacher = FakeTeacher()
    train_run(tmp_path / "a", taught_job(teacher, max_epochs=1))
    n_asked = len(teacher.heard)
    assert n_asked == 3
    (tmp_path / "b").mkdir()
    (tmp_path / "b/lessons").symlink_to(tmp_path / "a/lessons")
    train_run(
        tmp_path / "b", taught_job(teacher, max_epochs=1, distillation={"scores_weight": 3.0})
    )
    assert len(teacher.heard) == n_asked


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teaching": None}, "none is given"),
        ({"kind": "catdnn"}, "dictionary asks for|only a semDNN"),
    ],
)
def test_a_job_without_a_fitting_teacher_is_refused(tmp_path, taught_job, change, message):
    with pytest.raises(TrainingError, match=message):
        train_run(tmp_path, dataclasses.replace(taught_job(), **change))


def test_a_teacher_that_nobody_asked_for_is_refused(tmp_path, taught_job, toy_settings):
    with pytest.raises(TrainingError, match="do not ask for one"):
        train_run(tmp_path, dataclasses.replace(taught_job(), settings=toy_settings()))


def test_a_warm_start_takes_the_encoder_and_draws_the_output(tmp_path, taught_job):
    first = taught_job(max_epochs=1)
    trained = load_checkpoint(train_run(tmp_path, first).checkpoint)
    settings = first.settings.model_copy(update={"warm_start": "earlier", "seed": 5})
    warm = dataclasses.replace(first, settings=settings, warm_start=trained)
    begun = initial_network(warm).state_dict()
    for name, value in trained.state.items():
        assert torch.equal(begun[name], value) == (not name.startswith("output.")), name


def test_a_warm_start_from_another_row_is_refused(tmp_path, taught_job):
    first = taught_job(max_epochs=1)
    trained = load_checkpoint(train_run(tmp_path / "a", first).checkpoint)
    settings = first.settings.model_copy(update={"warm_start": "earlier"})
    warm = dataclasses.replace(first, settings=settings, warm_start=trained, network="small")
    with pytest.raises(TrainingError, match="row tiny, not small"):
        train_run(tmp_path / "b", warm)
    with pytest.raises(TrainingError, match="warm_start names a checkpoint"):
        train_run(tmp_path / "b", dataclasses.replace(first, settings=settings))
