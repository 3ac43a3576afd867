import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from semdnn.features.store import FeatureSettings
from semdnn.network.checkpoint import load_checkpoint
from semdnn.network.registry import build_network
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import TrainingError
from semdnn.training.distillation import (
    Answer,
    Lessons,
    Pupil,
    Teaching,
    score_divergence,
    taught_loss,
    without_heads,
)
from semdnn.training.job import TrainingJob, initial_network
from semdnn.training.objective import angular_loss
from semdnn.training.run import train_run
from semdnn.training.settings import DistillationSettings

N_DIMS, N_CLASSES, N_UNITS = 5, 4, 3


class FakeTeacher:
    """Hears four bands of a patch: a score each, and their levels as embedding."""

    name = "fake"
    sizes = (N_CLASSES, N_UNITS)

    def __init__(self, checksum="fake"):
        self.checksum = checksum
        self.heard = []

    def hear(self, patches, log_offset):
        assert log_offset == 0.01
        self.heard.append(patches)
        levels = patches.reshape(len(patches), 96, 4, 16).mean(axis=(1, 3))
        return Answer(1 / (1 + np.exp(-levels)), np.maximum(levels[:, :N_UNITS] + 3, 0))


@pytest.fixture
def teaching():
    def make(teacher=None):
        vectors = np.eye(N_CLASSES, N_DIMS, dtype=np.float32)
        vectors[3] = 0  # a class whose name has no known word
        return Teaching(teacher or FakeTeacher(), vectors)

    return make


@pytest.fixture
def job(toy, toy_settings, teaching):
    def make(teacher=None, distillation=None, **settings):
        chosen = DistillationSettings(**({"n_views": 2} | (distillation or {})))
        vectors = np.random.default_rng(0).normal(size=(8, N_DIMS))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return TrainingJob(
            network="tiny",
            kind="semdnn",
            training=toy(),
            validation=toy(seed=1),
            settings=toy_settings(distillation=chosen, **settings),
            features=FeatureSettings(),
            dictionary=Dictionary(
                words=tuple("abcdefgh"),
                vectors=vectors.astype(np.float32),
                counts=np.ones(8, np.int64),
                clusters=np.zeros(8, np.int32),
                word_space="test",
                offset=0.0,
            ),
            provenance={},
            licence="CC0-1.0",
            teaching=teaching(teacher),
        )

    return make


def _network(seed=0):
    return build_network("tiny", "semdnn", N_DIMS, torch.Generator().manual_seed(seed))


def _pupil():
    return Pupil(_network(), (N_CLASSES, N_UNITS), torch.Generator().manual_seed(1))


def _sharp(rows):
    return functional.normalize(torch.tensor(rows, dtype=torch.float32), dim=1)


def test_the_score_divergence_is_the_sum_over_classes_of_bernoulli_divergences():
    rng = np.random.default_rng(0)
    logits, wanted = rng.normal(size=(3, 7)), rng.uniform(0.01, 0.99, size=(3, 7))
    given = 1 / (1 + np.exp(-logits))
    literal = wanted * np.log(wanted / given) + (1 - wanted) * np.log((1 - wanted) / (1 - given))
    found = score_divergence(torch.tensor(logits), torch.tensor(wanted))
    assert float(found) == pytest.approx(literal.sum(axis=1).mean())
    same = score_divergence(torch.logit(torch.tensor(wanted)), torch.tensor(wanted))
    assert float(same) == pytest.approx(0, abs=1e-9)


def test_scores_of_exactly_0_and_1_have_a_finite_divergence():
    logits = torch.tensor([[3.0, -3.0]], requires_grad=True)
    loss = score_divergence(logits, torch.tensor([[1.0, 0.0]]))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_directions_are_as_long_as_the_teacher_is_sure(teaching):
    scores = np.array([[0.8, 0, 0, 0.9], [0.3, 0.4, 0, 0], [0, 0, 0, 1.0]], np.float16)
    found = teaching().directions(scores)
    expected = np.zeros((3, N_DIMS))
    expected[0, 0] = 0.8  # the fourth class, without a word, takes no part
    expected[1, :2] = 0.4 * np.array([0.6, 0.8])
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_sure_teacher_counts_more_than_an_unsure_one(tmp_path, teaching):
    settings = DistillationSettings(teacher_share=0.5)
    lessons = Lessons(teaching(), tmp_path, settings, 0.01)
    patches = torch.full((2, 96, 64), -6.0)
    patches[0, :, :16] = 3.0
    patches[1, :, :16] = -1.0
    own = torch.zeros(2, N_DIMS)
    own[:, 4] = 1.0
    learned = lessons.teach(1, 0, patches, own)
    sure = 1 / (1 + np.exp(-np.array([3.0, -1.0])))
    quiet = 1 / (1 + np.exp(6.0))
    rest = np.array([[s, quiet, quiet, 0, 0] for s in sure])
    direction = rest / np.linalg.norm(rest, axis=1, keepdims=True) * sure[:, None]
    blend = 0.5 * direction + 0.5 * own.numpy()
    blend /= np.linalg.norm(blend, axis=1, keepdims=True)
    np.testing.assert_allclose(learned[:, :N_DIMS], blend, atol=2e-3)
    np.testing.assert_allclose(learned[:, N_DIMS], sure, atol=1e-3)
    assert learned.shape == (2, N_DIMS + N_CLASSES + N_UNITS)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_goes_from_the_description_to_the_teacher(tmp_path, teaching, share):
    lessons = Lessons(teaching(), tmp_path, DistillationSettings(teacher_share=share), 0.01)
    patches = torch.full((1, 96, 64), -6.0)
    patches[0, :, 16:32] = 3.0
    own = torch.eye(N_DIMS)[4:]
    direction = lessons.teach(1, 0, patches, own)[:, :N_DIMS]
    assert int(direction.argmax()) == (1 if share else 4)
    assert float(direction.norm()) == pytest.approx(1)


def test_a_batch_is_asked_about_once(tmp_path, teaching):
    teacher = FakeTeacher()
    patches, own = torch.zeros(2, 96, 64), torch.eye(N_DIMS)[:2]
    settings = DistillationSettings()
    first = Lessons(teaching(teacher), tmp_path, settings, 0.01).teach(1, 0, patches, own)
    again = Lessons(teaching(teacher), tmp_path, settings, 0.01).teach(1, 0, patches, own)
    assert len(teacher.heard) == 1
    assert torch.equal(first, again)
    Lessons(teaching(teacher), tmp_path, settings, 0.01).teach(2, 0, patches, own)
    assert len(teacher.heard) == 2


def test_answers_of_another_batch_are_refused(tmp_path, teaching):
    lessons = Lessons(teaching(), tmp_path, DistillationSettings(), 0.01)
    lessons.teach(1, 0, torch.zeros(2, 96, 64), torch.eye(N_DIMS)[:2])
    with pytest.raises(TrainingError, match=r"batch-00000.npy: not what the teacher said"):
        lessons.teach(1, 0, torch.zeros(3, 96, 64), torch.eye(N_DIMS)[:3])


def test_views_come_round_again(tmp_path, teaching):
    lessons = Lessons(teaching(), tmp_path, DistillationSettings(n_views=3), 0.01)
    assert [lessons.view(epoch) for epoch in range(1, 8)] == [1, 2, 3, 1, 2, 3, 1]


def test_a_pupil_out_of_training_is_the_network_that_it_was_made_of():
    network, pupil, patches = _network().eval(), _pupil(), torch.randn(2, 96, 64)
    assert torch.equal(pupil.eval()(patches), network(patches))
    assert pupil.train()(patches).shape == (2, N_DIMS + N_CLASSES + N_UNITS)
    assert without_heads(pupil.state_dict()).keys() == network.state_dict().keys()


def test_every_part_of_the_loss_reaches_the_trunk_and_its_own_head():
    targets = torch.cat(
        [_sharp(np.eye(N_DIMS)[:4]), torch.full((4, N_CLASSES), 0.7), torch.ones(4, N_UNITS)], 1
    )
    widths = (N_DIMS, N_CLASSES, N_UNITS)
    nothing = DistillationSettings(scores_weight=0, embedding_weight=0)
    chosen = {
        "output": nothing,
        "heads.0": nothing.model_copy(update={"scores_weight": 1.0}),
        "heads.1": nothing.model_copy(update={"embedding_weight": 1.0}),
    }
    for head, settings in chosen.items():
        pupil = _pupil().train()
        no_direction = (lambda a, b: 0.0 * a.sum()) if head != "output" else angular_loss
        taught_loss(no_direction, widths, settings)(
            pupil(torch.randn(4, 96, 64)), targets
        ).backward()
        assert pupil.get_parameter(f"{head}.weight").grad.abs().sum() > 0
        assert pupil.encoder.blocks[0].convolutions[0].weight.grad.abs().sum() > 0
        for other in chosen.keys() - {head}:
            assert not pupil.get_parameter(f"{other}.weight").grad.any()


def test_validation_needs_no_teacher():
    loss = taught_loss(angular_loss, (N_DIMS, N_CLASSES, N_UNITS), DistillationSettings())
    a, b = torch.randn(3, N_DIMS), torch.randn(3, N_DIMS)
    assert torch.equal(loss(a, b), angular_loss(a, b))


def test_a_pupil_learns_what_the_teacher_says(tmp_path, job):
    given = job(
        max_epochs=8,
        augmentation=AugmentationSettings.off(),
        distillation={"teacher_share": 0.0, "scores_weight": 1.0},
    )
    result = train_run(tmp_path, given)
    assert result.epochs[-1].train_loss < 0.6 * result.epochs[0].train_loss
    assert result.epochs[-1].valid_score > result.epochs[0].valid_score


def test_heads_are_not_in_the_file(tmp_path, job):
    result = train_run(tmp_path, job(max_epochs=1, average_decay=0.9))
    checkpoint = load_checkpoint(result.checkpoint)
    assert checkpoint.state.keys() == _network().state_dict().keys()
    assert checkpoint.provenance["training"]["distillation"]["n_views"] == 2


def test_a_taught_run_that_was_cut_ends_with_the_same_bits(tmp_path, job, monkeypatch):
    whole = train_run(tmp_path / "whole", job(max_epochs=4, average_decay=0.9))

    class Killed(BaseException):
        pass

    def killed(epoch):
        raise Killed

    for _ in range(3):
        with pytest.raises(Killed):
            train_run(tmp_path / "cut", job(max_epochs=4, average_decay=0.9), report=killed)
    teacher = FakeTeacher()
    cut = train_run(tmp_path / "cut", job(teacher, max_epochs=4, average_decay=0.9))
    assert not teacher.heard  # epoch 4 shows view 2 again
    assert cut.checkpoint.read_bytes() == whole.checkpoint.read_bytes()
    assert [epoch.train_loss for epoch in cut.epochs] == [e.train_loss for e in whole.epochs]


def test_a_run_is_not_continued_with_another_teacher(tmp_path, job):
    train_run(tmp_path, job(max_epochs=1))
    with pytest.raises(TrainingError, match="holds a run with another teacher"):
        train_run(tmp_path, job(FakeTeacher("another"), max_epochs=1))


def test_other_weights_of_the_losses_share_the_lessons(tmp_path, job):
    teacher = FakeTeacher()
    train_run(tmp_path / "a", job(teacher, max_epochs=1))
    n_asked = len(teacher.heard)
    assert n_asked == 3
    (tmp_path / "b").mkdir()
    (tmp_path / "b/lessons").symlink_to(tmp_path / "a/lessons")
    train_run(tmp_path / "b", job(teacher, max_epochs=1, distillation={"scores_weight": 3.0}))
    assert len(teacher.heard) == n_asked


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teaching": None}, "none is given"),
        ({"kind": "catdnn"}, "dictionary asks for|only a semDNN"),
    ],
)
def test_a_job_without_a_fitting_teacher_is_refused(tmp_path, job, change, message):
    with pytest.raises(TrainingError, match=message):
        train_run(tmp_path, dataclasses.replace(job(), **change))


def test_a_teacher_that_nobody_asked_for_is_refused(tmp_path, job, toy_settings):
    with pytest.raises(TrainingError, match="do not ask for one"):
        train_run(tmp_path, dataclasses.replace(job(), settings=toy_settings()))


def test_vectors_that_do_not_fit_the_teacher_are_refused():
    for vectors in (np.ones((3, N_DIMS)), np.zeros((N_CLASSES, N_DIMS))):
        with pytest.raises(TrainingError, match="do not fit a teacher of 4 classes"):
            Teaching(FakeTeacher(), vectors.astype(np.float32))


def test_a_warm_start_takes_the_encoder_and_draws_the_output(tmp_path, job):
    first = job(max_epochs=1)
    trained = load_checkpoint(train_run(tmp_path, first).checkpoint)
    settings = first.settings.model_copy(update={"warm_start": "earlier", "seed": 5})
    warm = dataclasses.replace(first, settings=settings, warm_start=trained)
    begun = initial_network(warm).state_dict()
    for name, value in trained.state.items():
        assert torch.equal(begun[name], value) == (not name.startswith("output.")), name


def test_a_warm_start_from_another_row_is_refused(tmp_path, job):
    first = job(max_epochs=1)
    trained = load_checkpoint(train_run(tmp_path / "a", first).checkpoint)
    settings = first.settings.model_copy(update={"warm_start": "earlier"})
    warm = dataclasses.replace(first, settings=settings, warm_start=trained, network="small")
    with pytest.raises(TrainingError, match="row tiny, not small"):
        train_run(tmp_path / "b", warm)
    with pytest.raises(TrainingError, match="warm_start names a checkpoint"):
        train_run(tmp_path / "b", dataclasses.replace(first, settings=settings))
