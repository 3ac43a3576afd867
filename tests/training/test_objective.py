import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from semdnn.training.objective import (
    LOSSES,
    angular_distance,
    angular_loss,
    log_odds,
    loss_of,
    validation_score,
    word_loss,
)
from semdnn.training.settings import TrainingSettings


def _arccos(predictions, targets):
    """The formula as it is written, in float64."""
    u, v = predictions.astype(np.float64), targets.astype(np.float64)
    cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    return np.arccos(np.clip(cosine, -1, 1)) / np.pi


def _at_angle(degrees, n_dims=300):
    """Float64 pairs of vectors at exactly known angles, of odd lengths."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(n_dims, 2)))[0].T
    turn = np.deg2rad(degrees)[:, None]
    return 3.7 * (np.cos(turn) * basis[0] + np.sin(turn) * basis[1]), np.tile(
        basis[0], (len(degrees), 1)
    )


def test_values_are_those_of_arccos():
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=(2, 200, 300))
    u[:50] = v[:50] + 0.3 * u[:50]
    u[50:100] = -v[50:100] + 0.3 * u[50:100]
    ours = angular_distance(
        torch.tensor(u, dtype=torch.float32), torch.tensor(v, dtype=torch.float32)
    )
    np.testing.assert_allclose(ours.numpy(), _arccos(u, v), atol=1e-6)


def test_small_and_large_angles_keep_their_digits():
    degrees = np.array([0.0, 1e-3, 0.01, 1.0, 90.0, 179.0, 179.99, 180.0])
    u, v = (torch.tensor(x, dtype=torch.float32) for x in _at_angle(degrees))
    np.testing.assert_allclose(angular_distance(u, v).numpy(), degrees / 180, atol=1e-7)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_gradient_at_plus_and_minus_one_is_finite(sign):
    target = functional.normalize(torch.randn(4, 300, generator=torch.Generator().manual_seed(0)))
    predictions = (2 * sign * target).requires_grad_()
    angular_loss(predictions, target).backward()
    assert torch.isfinite(predictions.grad).all()
    assert predictions.grad.abs().max() < 1
    zero = torch.zeros(1, 300, requires_grad=True)
    angular_loss(zero, target[:1]).backward()
    assert torch.isfinite(zero.grad).all()


@given(st.floats(0.001, math.pi - 0.001), st.floats(0.01, 100.0))
@settings(max_examples=40, deadline=None)
def test_the_gradient_is_that_of_the_angle(angle, length):
    """Turning costs 1/π a radian whatever the angle; growing costs nothing."""
    prediction = length * torch.tensor([[math.cos(angle), math.sin(angle)]], dtype=torch.float64)
    prediction.requires_grad_()
    angular_loss(prediction, torch.tensor([[1.0, 0.0]], dtype=torch.float64)).backward()
    outward = torch.tensor([[math.cos(angle), math.sin(angle)]], dtype=torch.float64)
    turning = torch.tensor([[-math.sin(angle), math.cos(angle)]], dtype=torch.float64)
    assert float((prediction.grad * turning).sum()) == pytest.approx(
        1 / (math.pi * length), rel=1e-6
    )
    assert abs(float((prediction.grad * outward).sum())) < 1e-6 / length


def test_catdnn_loss_is_binary_cross_entropy():
    logits = torch.tensor([[0.3, -2.0, 40.0]])
    truth = torch.tensor([[1.0, 0.0, 1.0]])
    p = torch.sigmoid(logits.double())[0]
    expected = -(math.log(p[0]) + math.log(1 - p[1]) + math.log(p[2])) / 3
    assert float(LOSSES["catdnn"](logits, truth)) == pytest.approx(expected, rel=1e-6)


def test_log_odds_predict_the_frequencies():
    frequencies = torch.tensor([0.5, 0.1, 0.003, 0.0, 1.0])
    expected = torch.tensor([0.5, 0.1, 0.003, 1e-5, 1 - 1e-5])
    torch.testing.assert_close(torch.sigmoid(log_odds(frequencies)), expected, atol=1e-6, rtol=1e-4)


def test_semdnn_score_is_the_mean_cosine():
    predictions = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    targets = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert validation_score("semdnn", predictions, targets) == pytest.approx(0.5)


def test_catdnn_score_is_the_mean_rank_by_brute_force():
    rng = np.random.default_rng(0)
    predictions = np.round(rng.random((20, 12)), 1).astype(np.float32)  # with ties
    truth = rng.random((20, 12)) < 0.2
    truth[:, 0] |= ~truth.any(1)
    expected = []
    for row, words in zip(predictions, truth, strict=True):
        ranks = [
            1 + (row > row[w]).sum() + ((row == row[w]).sum() - 1) / 2
            for w in np.flatnonzero(words)
        ]
        expected.append(np.mean([1 - (rank - 1) / 11 for rank in ranks]))
    ours = validation_score("catdnn", torch.tensor(predictions), torch.tensor(truth).float())
    assert ours == pytest.approx(np.mean(expected), abs=1e-6)


def test_the_word_loss_is_the_divergence_of_word_distributions():
    rng = np.random.default_rng(0)
    words, heard, wanted = (rng.standard_normal((n, 5)) for n in (7, 3, 3))
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    expected = 0.0
    for y, t in zip(heard, wanted, strict=True):
        p, q = (np.array([np.exp(v @ w / np.linalg.norm(v) / 0.2) for w in words]) for v in (t, y))
        p, q = p / p.sum(), q / q.sum()
        expected += float(np.sum(p * np.log(p / q))) / 3
    loss = word_loss(torch.from_numpy(words), 0.2)
    got = float(loss(torch.from_numpy(heard), torch.from_numpy(wanted)))
    assert got == pytest.approx(expected, rel=1e-9)
    assert float(loss(torch.from_numpy(3 * wanted), torch.from_numpy(wanted))) == pytest.approx(0)


def test_the_dictionary_is_brought_to_a_device_once():
    class Counted(torch.Tensor):
        n_moves = 0

        def to(self, device):
            Counted.n_moves += 1
            return torch.eye(4, device=device)

    loss = word_loss(torch.eye(4).as_subclass(Counted), 0.1)
    for _ in range(3):
        assert torch.isfinite(loss(torch.rand(2, 4), torch.rand(2, 4)))
    assert Counted.n_moves == 1


def test_only_a_semdnn_takes_the_words_objective():
    words = TrainingSettings(objective="words")
    vectors = np.eye(3, dtype=np.float32)
    assert loss_of("catdnn", words, vectors) is LOSSES["catdnn"]
    assert loss_of("semdnn", TrainingSettings(), vectors) is LOSSES["semdnn"]
    assert loss_of("semdnn", words, vectors) is not LOSSES["semdnn"]
