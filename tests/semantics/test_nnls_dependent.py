"""Dependent words on which `scipy.optimize.nnls` itself is no oracle."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from semdnn.semantics import nnls

VECTORS = np.array(
    [
        [-1.0, 1.0, 1.0, 0.0, 1.0, 0.0],
        [-2.0, 0.0, 0.0, 1.0, -1.0, 1.0],
        [0.0, -1.0, 0.0, 0.0, 2.0, 0.0],
        [1.0, 0.0, 2.0, -2.0, 0.0, 0.0],
        [1.0, 1.0, 0.0, 0.0, 1.0, -2.0],
    ]
)
PREDICTION = np.array([-2.0, 1.0, -1.0, 0.0, 0.0, 1.0])


def test_a_problem_on_which_scipy_1_17_stops_early():
    """There scipy leaves a gradient of 0.45 and a norm that is not its solution's."""
    result = nnls.solve(VECTORS, PREDICTION[None])
    beta = result.betas.toarray()[0]
    np.testing.assert_allclose(beta, [1 / 3, 2 / 3, 0, 0, 0], atol=1e-9)
    gradient = VECTORS @ (PREDICTION - beta @ VECTORS)
    assert gradient.max() < 1e-12
    assert np.abs(gradient[beta > 0]).max() < 1e-12
    peer = lsq_linear(VECTORS.T, PREDICTION, (0, np.inf))
    assert result.residuals[0] ** 2 == pytest.approx(2 * peer.cost, abs=1e-6)
