"""Maps of stimuli: distances are kept, and turning finds a rotation."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from semdnn.evaluation.rsa_data import RsaError
from semdnn.evaluation.rsa_map import stimulus_map, turned_onto


def test_distances_on_a_plane_are_kept() -> None:
    points = np.random.default_rng(0).standard_normal((9, 2))
    found = stimulus_map(pdist(points))
    np.testing.assert_allclose(pdist(found.points), pdist(points), atol=1e-9)
    assert found.share == pytest.approx(1)


def test_share_is_that_of_the_two_largest_axes() -> None:
    # A box of 8 corners: variances go with the squared edges 4, 1 and 0.25.
    corners = np.array([[x, y, z] for x in (0, 2) for y in (0, 1) for z in (0, 0.5)])
    assert stimulus_map(pdist(corners)).share == pytest.approx(5 / 5.25)


def test_turning_undoes_rotation_mirror_and_scale() -> None:
    points = np.random.default_rng(1).standard_normal((9, 2))
    points -= points.mean(axis=0)
    turn = np.array([[0.6, 0.8], [0.8, -0.6]])
    np.testing.assert_allclose(turned_onto(3 * points @ turn, points), points, atol=1e-12)


@pytest.mark.parametrize("bad", [[1.0, np.nan, 2.0], [0.0, 0.0, 0.0]])
def test_what_cannot_be_laid_out_is_refused(bad) -> None:
    with pytest.raises(RsaError, match="finite and not all 0"):
        stimulus_map(bad)
