"""The geometry of words, and which words show it."""

import numpy as np

from semdnn.figures.words import exemplary_words, geometries

# Three directions; words 0, 3 and 4 share the first, 1 and 5 the second, 2 stands alone.
VECTORS = np.array([[3, 0, 0], [0, 1, 0], [0, 0, 1], [2, 0.2, 0], [1, -0.2, 0], [0, 1, 0.1]])
COUNTS = np.array([9, 8, 7, 6, 5, 4])


def test_geometries_are_the_cosines_of_both_worlds():
    words = ["dog", "bell", "rain", "bark", "wolf", "gong"]
    figure = geometries(words, VECTORS, space="mine")
    one_hot, in_space = (axes.images[0] for axes in figure.axes[:2])
    np.testing.assert_array_equal(one_hot.get_array(), np.eye(6))
    expected = [[a @ b / np.sqrt(a @ a) / np.sqrt(b @ b) for b in VECTORS] for a in VECTORS]
    np.testing.assert_allclose(in_space.get_array(), expected, atol=1e-12)
    assert one_hot.get_clim() == in_space.get_clim()
    assert in_space.get_clim()[0] <= np.min(expected)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == words
    assert "mine" in figure.axes[1].get_title()


def test_exemplary_words_are_groups_far_apart():
    assert exemplary_words(VECTORS, COUNTS, n_groups=2, n_each=2) == [0, 3, 1, 5]
    # A third group of two is not there: words 2 and 4 are not nearer each other than the rest.
    assert exemplary_words(VECTORS, COUNTS, n_groups=3, n_each=2) == [0, 3, 1, 5]


def test_exemplary_words_are_common():
    assert exemplary_words(VECTORS, COUNTS, n_groups=2, n_each=1, among=1) == [0]
    assert exemplary_words(VECTORS, COUNTS[::-1], n_groups=1, n_each=2) == [5, 1]
