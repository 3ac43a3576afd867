"""Judgements to dissimilarities, against SciPy, loops and published matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import cophenet, cut_tree, linkage
from scipy.spatial.distance import pdist, squareform

from semdnn.evaluation.judgements import (
    BehaviourError,
    condense,
    from_confusions,
    from_merges,
    from_partitions,
    from_similarities,
)


def test_condensed_form_is_that_of_scipy() -> None:
    values = np.random.default_rng(0).random(15)
    np.testing.assert_array_equal(condense(squareform(values)), values)


def test_one_of_two_mirrored_cells_may_be_missing() -> None:
    square = squareform([1.0, 2.0, 3.0])
    square[0, 1] = square[2, 0] = np.nan
    np.testing.assert_array_equal(condense(square), [1, 2, 3])
    square[1, 0] = np.nan
    np.testing.assert_array_equal(condense(square), [np.nan, 2, 3])


def test_asymmetric_matrices_are_refused_or_averaged() -> None:
    square = squareform([1.0, 2.0, 3.0])
    square[2, 1] = 4
    with pytest.raises(BehaviourError, match=r"'b' and 'c' have 3 above and 4 below .*\(1 such"):
        condense(square, names=("a", "b", "c"))
    np.testing.assert_array_equal(condense(square, asymmetric="mean"), [1, 2, 3.5])


def test_a_diagonal_that_is_not_zero_suggests_another_kind() -> None:
    square = squareform([1.0, 2.0, 3.0]) + np.eye(3)
    with pytest.raises(BehaviourError, match=r"stimulus '1' has 1 to itself.*kind='similarity'"):
        condense(square)
    np.testing.assert_array_equal(condense(square, diagonal=False), [1, 2, 3])
    with pytest.raises(ValueError, match="not square"):
        condense(np.ones((2, 3)))


def test_similarities_turn_around_and_keep_missing_ones() -> None:
    result = from_similarities([[1.0, np.nan, 3.0], [2.0, 5.0, 0.0]])
    np.testing.assert_array_equal(result, [[4, np.nan, 2], [3, 0, 5]])


def test_confusions_follow_shepards_formula() -> None:
    counts = np.array([[8, 1, 0], [2, 5, 4], [0, 3, 9.0]])
    n = counts + 0.5
    p = n / n.sum(axis=1, keepdims=True)
    expected = [
        -np.log(np.sqrt(p[i, j] * p[j, i] / (p[i, i] * p[j, j])))
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    np.testing.assert_allclose(from_confusions(counts), expected)


def test_confusions_give_the_published_distances(shared) -> None:
    folder = shared / "behaviour/esc10_confusion_classes"
    counts, published = (
        np.genfromtxt(folder / name, delimiter=",", skip_header=1)
        for name in ("counts.csv", "rdm.csv")
    )
    np.testing.assert_allclose(from_confusions(counts), condense(published), atol=2e-5)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.ones((2, 3)), "give a column a stimulus"),
        ([[1, -1], [0, 1]], "negative or missing"),
        ([[1, np.nan], [0, 1]], "negative or missing"),
        ([[1, 1], [0, 0]], "stimulus 2 was never presented"),
    ],
)
def test_bad_confusions_are_refused(counts, message) -> None:
    with pytest.raises(BehaviourError, match=message):
        from_confusions(counts)


def test_confusions_need_smoothing() -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        from_confusions(np.eye(2), smoothing=0)


@hypothesis_settings(deadline=None, max_examples=15)
@given(st.integers(3, 14), st.integers(0, 10_000), st.sampled_from(["average", "complete"]))
def test_merge_heights_are_scipys_cophenetic_distances(n_stimuli, seed, method) -> None:
    points = np.random.default_rng(seed).standard_normal((n_stimuli, 2))
    merges = linkage(points, method)
    expected = cophenet(merges)
    np.testing.assert_allclose(from_merges(merges), expected)
    matlab = np.column_stack([merges[:, :2] + 1, merges[:, 2]])
    np.testing.assert_allclose(from_merges(matlab), expected)


@hypothesis_settings(deadline=None, max_examples=15)
@given(st.integers(3, 12), st.integers(0, 10_000))
def test_sorting_steps_are_counted_as_by_a_loop(n_stimuli, seed) -> None:
    points = np.random.default_rng(seed).standard_normal((n_stimuli, 2))
    partitions = cut_tree(linkage(points, "average")).T[1:]
    expected = []
    for i in range(n_stimuli):
        for j in range(i + 1, n_stimuli):
            together = [step for step, row in enumerate(partitions, 1) if row[i] == row[j]]
            expected.append(min(together))
    np.testing.assert_array_equal(from_partitions(partitions), expected)
    shortened = from_partitions(partitions[:1])
    assert set(shortened) <= {1, 2}


def test_trees_of_real_distances_keep_their_order() -> None:
    points = np.array([0.0, 0.1, 5.0, 5.3, 20.0])[:, None]
    heights = from_merges(linkage(points, "average"))
    assert np.corrcoef(heights, pdist(points))[0, 1] > 0.9


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        ([[0, 1], [2, 3]], "rows of two groups and a height"),
        ([[0, 1, 2.0], [2, 3, 1.0]], "heights of merges fall"),
        ([[0, 1, 1.0], [0, 2, 2.0]], "merge 2 joins groups 0 and 2"),
        ([[0, 1, 1.0], [2, 2, 2.0]], "merge 2 joins groups 2 and 2"),
        ([[0, 1, 1.0], [2, 9, 2.0]], "merge 2 joins groups 2 and 9"),
        ([[0, 1, 1.0], [2, 3, np.nan]], "rows of two groups"),
    ],
)
def test_trees_that_do_not_join_are_refused(merges, message) -> None:
    with pytest.raises(BehaviourError, match=message):
        from_merges(merges)


def test_partitions_must_be_nested_and_whole() -> None:
    with pytest.raises(BehaviourError, match="stimuli 1 and 2 are together after step 1 and apart"):
        from_partitions([[1, 1, 2], [1, 2, 2]])
    with pytest.raises(BehaviourError, match="a row of group labels a step"):
        from_partitions([[1, np.nan, 2]])
