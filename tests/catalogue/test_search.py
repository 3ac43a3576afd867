"""The order by meaning is of sounds that are heard, however many silent ones there are."""

from functools import partial

import numpy as np
import pytest

from semdnn.catalogue.nearest import nearest
from semdnn.catalogue.search import _nearest_heard
from semdnn.catalogue.shelf import Shelf


@pytest.mark.parametrize("n_silent", [0, 250, 900])
def test_sounds_on_the_far_side_are_found_behind_silent_ones(n_silent):
    rng = np.random.default_rng(0)
    sounding = rng.standard_normal((7, 48)).astype(np.float32)
    sounding[:, 0] = -np.abs(sounding[:, 0])
    vectors = np.concatenate([np.zeros((n_silent, 48), np.float32), sounding])
    shelf = Shelf(vectors, np.arange(len(vectors)), np.arange(len(vectors)) + 1)
    query = np.eye(48, dtype=np.float32)[0]
    found = _nearest_heard(shelf, partial(nearest, vectors, query), 200)
    expected = n_silent + np.argsort(-sounding[:, 0])
    np.testing.assert_array_equal(found, expected)
    first = _nearest_heard(shelf, partial(nearest, vectors, query), 3)
    np.testing.assert_array_equal(first, expected[:3])
