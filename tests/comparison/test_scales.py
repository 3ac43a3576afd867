import numpy as np
from scipy.stats import zscore

from semdnn.comparison.acoustics import SpectralStatistics
from semdnn.comparison.log_mel import LogMel
from semdnn.comparison.scales import comparable, z_scores

VALUES = np.random.default_rng(0).normal(5, 3, (6, 4)).astype(np.float32)


def test_z_scores_are_those_of_scipy():
    np.testing.assert_allclose(z_scores(VALUES), zscore(VALUES, axis=0), atol=1e-5)


def test_a_unit_that_does_not_vary_says_nothing():
    values = VALUES.copy()
    values[:, 1] = 1e5
    values[0, 1] += 0.01
    assert (z_scores(values)[:, 1] == 0).all()


def test_only_layers_that_mix_units_are_rescaled():
    layers = {"a": VALUES}
    assert comparable(LogMel(), layers) is layers
    np.testing.assert_array_equal(comparable(SpectralStatistics(), layers)["a"], z_scores(VALUES))
