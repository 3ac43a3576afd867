"""Oracles: the NumPy solver and scipy, on every device there is; the degenerate cases."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.optimize import nnls as peer

from nnls_problems import unit, violation, word_like, word_mixtures
from semdnn.network import nnls as on_device
from semdnn.network import nnls_block
from semdnn.network.nnls import solve_on
from semdnn.semantics import nnls
from semdnn.semantics.decoding import decode

NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
DEVICES = ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_CUDA])]
on_every_device = pytest.mark.parametrize("device", DEVICES)


def assert_same_as_numpy(vectors, predictions, result):
    expected = nnls.solve(vectors, predictions)
    assert result.converged.all()
    np.testing.assert_array_equal(result.betas.indptr, expected.betas.indptr)
    np.testing.assert_array_equal(result.betas.indices, expected.betas.indices)
    np.testing.assert_allclose(result.betas.data, expected.betas.data, atol=1e-6)
    np.testing.assert_allclose(result.residuals, expected.residuals, atol=1e-9)
    assert violation(vectors, predictions, result.betas.toarray()).max() < 1e-8


@on_every_device
@pytest.mark.parametrize(("offset", "noise"), [(1.0, 0.5), (1.0, 3.0), (0.4, 1.0), (0.3, 3.0)])
def test_equals_scipy_and_numpy_on_word_like_vectors(device, offset, noise):
    rng = np.random.default_rng(3)
    vectors = word_like(rng, W=300, D=40, offset=offset)
    predictions = word_mixtures(rng, vectors, 30, noise)
    result = solve_on(device, vectors, predictions)
    assert_same_as_numpy(vectors, predictions, result)
    for beta, y in zip(result.betas.toarray(), predictions, strict=True):
        expected = peer(vectors.T, y)[0]
        np.testing.assert_allclose(beta, expected, atol=1e-6)
        np.testing.assert_array_equal(beta > 0, expected > 0)


@on_every_device
def test_fewer_words_than_dimensions(device):
    rng = np.random.default_rng(5)
    vectors, predictions = rng.normal(size=(12, 30)), rng.normal(size=(20, 30))
    assert_same_as_numpy(vectors, predictions, solve_on(device, vectors, predictions))


@on_every_device
def test_one_word(device):
    result = solve_on(device, [[0.0, 2.0]], [[1.0, 3.0], [1.0, -3.0]])
    np.testing.assert_allclose(result.betas.toarray(), [[1.5], [0.0]])
    np.testing.assert_allclose(result.residuals, [1.0, np.sqrt(10)])
    assert result.converged.all()


@on_every_device
def test_zero_and_opposite_predictions_and_zero_words_take_no_weight(device):
    vectors = np.abs(np.random.default_rng(0).normal(size=(9, 4)))
    vectors[[0, 7]] = 0.0
    result = solve_on(device, vectors, [[0.0] * 4, [-1.0] * 4])
    assert result.betas.nnz == 0
    assert result.converged.all()
    np.testing.assert_allclose(result.residuals, [0.0, 2.0])
    found = solve_on(device, vectors, np.random.default_rng(1).normal(size=(12, 4)))
    assert found.converged.all()
    np.testing.assert_array_equal(found.betas.toarray()[:, [0, 7]], 0.0)
    assert solve_on(device, np.zeros((3, 4)), np.ones((2, 4))).betas.nnz == 0


@on_every_device
def test_prediction_in_the_cone_is_matched(device):
    rng = np.random.default_rng(2)
    vectors = unit(rng.normal(size=(500, 30)))
    result = solve_on(device, vectors, unit(rng.normal(size=(40, 30))))
    assert result.converged.all()
    assert result.residuals.max() < 1e-9
    assert (result.betas.data >= 0).all()


@on_every_device
def test_words_with_equal_or_parallel_vectors(device):
    rng = np.random.default_rng(4)
    once = word_like(rng, W=60, D=20, offset=1.0)
    predictions = word_mixtures(rng, once, 30, noise=1.0)
    result = solve_on(device, np.vstack([once, once, 3.0 * once]), predictions)
    assert result.converged.all()
    together = result.betas.toarray().reshape(30, 3, 60) * np.array([1, 1, 3])[:, None]
    expected = nnls.solve(once, predictions).betas.toarray()
    np.testing.assert_allclose(together.sum(1), expected, atol=1e-8)


@on_every_device
def test_nearly_equal_words(device):
    rng = np.random.default_rng(8)
    once = word_like(rng, W=80, D=20, offset=1.0)
    vectors = np.vstack([once, once + 1e-5 * rng.normal(size=once.shape)])
    predictions = word_mixtures(rng, once, 30, noise=1.0)
    result = solve_on(device, vectors, predictions)
    assert result.converged.all()
    assert violation(vectors, predictions, result.betas.toarray()).max() < 1e-7


@on_every_device
@pytest.mark.parametrize("digits", [0, 1, 8])
def test_optimality_conditions_hold_on_small_problems_with_ties(device, digits):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        W, D = rng.integers(1, 40), rng.integers(1, 12)
        vectors = np.round(rng.normal(size=(W, D)), digits)
        predictions = np.round(rng.normal(size=(4, D)), digits)
        result = solve_on(device, vectors, predictions)
        assert result.converged.all()
        scale = max(1.0, np.abs(vectors).max() * D)
        assert violation(vectors, predictions, result.betas.toarray()).max() < 1e-7 * scale
        expected = nnls.solve(vectors, predictions).residuals
        np.testing.assert_allclose(result.residuals, expected, atol=1e-9)


@on_every_device
def test_blocks_change_nothing(device):
    rng = np.random.default_rng(7)
    vectors = word_like(rng, W=120, D=20, offset=1.0)
    predictions = word_mixtures(rng, vectors, 20, noise=1.0)
    result = solve_on(device, vectors, predictions, block_size=6)
    assert_same_as_numpy(vectors, predictions, result)
    assert result.betas.has_sorted_indices


@on_every_device
def test_decodes_in_place_of_the_usual_solver(device):
    rng = np.random.default_rng(11)
    vectors, predictions = rng.normal(size=(50, 8)), rng.normal(size=(7, 8))
    solver = partial(solve_on, device)
    scores = decode(vectors, predictions, offset=1.0, solver=solver)
    usual = decode(vectors, predictions, offset=1.0)
    np.testing.assert_allclose(scores.primary, usual.primary, atol=1e-6)
    np.testing.assert_allclose(scores.tiebreak, usual.tiebreak, atol=1e-6)


@pytest.mark.parametrize("singly_after", [0, 100], ids=["one word a sweep", "several"])
def test_line_search_reaches_the_same_solution(monkeypatch, singly_after):
    monkeypatch.setattr(nnls_block, "MAX_STRIKES", 0)
    monkeypatch.setattr(nnls_block, "SINGLY_AFTER", singly_after)
    monkeypatch.setattr(on_device, "SINGLY_AFTER", singly_after)
    rng = np.random.default_rng(9)
    vectors = word_like(rng, W=150, D=20, offset=0.5)
    predictions = word_mixtures(rng, vectors, 25, noise=2.0)
    assert_same_as_numpy(vectors, predictions, solve_on("cpu", vectors, predictions))


def test_indefinite_systems_are_solved_without_cholesky():
    systems = torch.tensor([[[2.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    right = torch.tensor([[2.0, 3.0], [4.0, 5.0]])
    expected = torch.tensor([[1.0, 3.0], [5.0, 4.0]])
    torch.testing.assert_close(nnls_block.solve_systems(systems, right), expected)


def test_too_few_iterations_are_reported():
    rng = np.random.default_rng(1)
    vectors = word_like(rng, W=200, D=30, offset=0.5)
    result = solve_on("cpu", vectors, word_mixtures(rng, vectors, 10, noise=1.0), max_iterations=1)
    assert not result.converged.any()
    assert (result.n_iterations == 1).all()


def test_no_predictions():
    result = solve_on("cpu", np.eye(3), np.empty((0, 3)))
    assert result.betas.shape == (0, 3)
    assert result.converged.shape == (0,)


def test_precision_set_for_training_is_put_back(monkeypatch):
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: "high")
    asked = []
    monkeypatch.setattr(torch, "set_float32_matmul_precision", asked.append)
    with pytest.raises(nnls.NnlsError, match="3 dimensions and predictions have 4"):
        solve_on("cpu", np.eye(3), np.ones((2, 4)))
    solve_on("cpu", np.eye(3), np.ones((2, 3)))
    assert asked == ["highest", "high"]


def test_a_device_that_cannot_be_used_is_named():
    with pytest.raises(nnls.NnlsError, match="device cuda:99 cannot solve in float64"):
        solve_on("cuda:99", np.eye(3), np.ones((2, 3)))
