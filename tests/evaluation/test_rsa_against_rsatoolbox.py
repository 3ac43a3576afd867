"""Dissimilarities, correlations and noise ceilings against rsatoolbox, where it is installed.

It brings pandas and scikit-image, so it is no part of the extra `test`: `pip install rsatoolbox`.
"""

import warnings

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from semdnn.evaluation.dissimilarity import rdm


@pytest.fixture(scope="module")
def toolbox():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn
        return pytest.importorskip("rsatoolbox", reason="rsatoolbox is not installed")


def rdms_of(toolbox, rows):
    return toolbox.rdm.RDMs(np.atleast_2d(rows))


def test_correlation_distance(toolbox):
    features = np.random.default_rng(0).random((9, 20))
    theirs = toolbox.rdm.calc_rdm(toolbox.data.Dataset(features), method="correlation")
    np.testing.assert_allclose(rdm(features, metric="correlation"), theirs.dissimilarities[0])


def test_r2_of_a_single_layer_is_the_squared_correlation(toolbox):
    from semdnn.evaluation.rsa import cross_validated_r2

    rng = np.random.default_rng(1)
    layer = pdist(rng.standard_normal((10, 3)))
    heard = layer + rng.standard_normal(layer.size)
    # Two listeners who say the same: both halves are equal, so R²cv is R² of one regression.
    found = cross_validated_r2(np.array([heard, heard]), layer, rng=rng, n_splits=3)
    theirs = toolbox.rdm.compare(rdms_of(toolbox, heard), rdms_of(toolbox, layer), method="corr")
    assert found.mean == pytest.approx(theirs.item() ** 2)


def test_noise_ceilings_bracket_the_same_correlation(toolbox):
    # Theirs leave one listener out, ours half: of two listeners the lower bounds are the same.
    from semdnn.evaluation.rsa import cross_validated_r2

    rng = np.random.default_rng(2)
    truth = pdist(rng.standard_normal((12, 3)))
    pair = truth + 0.5 * rng.standard_normal((2, truth.size))
    found = cross_validated_r2(pair, truth, rng=rng, n_splits=5).noise_ceiling
    lower, upper = toolbox.inference.noise_ceiling.boot_noise_ceiling(
        rdms_of(toolbox, pair), method="corr"
    )
    assert found.lower == pytest.approx(np.mean(lower) ** 2)
    assert found.lower < found.upper
    assert upper > lower
