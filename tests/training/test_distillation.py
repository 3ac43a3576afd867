"""Losses, lessons and pupils, each by itself."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from fake_teacher import N_CLASSES, N_DIMS, N_UNITS, FakeTeacher, small_network, untaught_pupil
from semdnn.training.batches import TrainingError
from semdnn.training.distillation import (
    Lessons,
    Teaching,
    score_divergence,
    taught_loss,
    without_heads,
)
from semdnn.training.objective import angular_loss
from semdnn.training.settings import DistillationSettings


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
    network, pupil, patches = small_network().eval(), untaught_pupil(), torch.randn(2, 96, 64)
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
        pupil = untaught_pupil().train()
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


def test_vectors_that_do_not_fit_the_teacher_are_refused():
    for vectors in (np.ones((3, N_DIMS)), np.zeros((N_CLASSES, N_DIMS))):
        with pytest.raises(TrainingError, match="do not fit a teacher of 4 classes"):
            Teaching(FakeTeacher(), vectors.astype(np.float32))
