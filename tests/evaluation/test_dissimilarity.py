"""RDMs against SciPy and a slow loop; the class model against explicit permutations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, spearmanr

from semdnn.evaluation import dissimilarity
from semdnn.evaluation.dissimilarity import (
    DissimilarityError,
    class_model_rdm,
    macro_class_correlation,
    rdm,
    unit_rows,
)


def slow_rdm(features, metric):
    result = []
    for i in range(len(features)):
        for j in range(i + 1, len(features)):
            a, b = features[i].astype(float), features[j].astype(float)
            if metric == "correlation":
                a, b = a - a.mean(), b - b.mean()
            result.append(1 - (a @ b) / np.sqrt((a @ a) * (b @ b)))
    return np.array(result)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from(["cosine", "correlation"]))
def test_equals_pdist_and_a_slow_loop(seed, n_sounds, metric) -> None:
    features = np.random.default_rng(seed).standard_normal((n_sounds, 5)) + 1
    result = rdm(features, metric=metric)
    assert result.shape == (n_sounds * (n_sounds - 1) // 2,)
    np.testing.assert_allclose(result, slow_rdm(features, metric), atol=1e-12)
    if n_sounds > 1:
        np.testing.assert_allclose(result, pdist(features, metric), atol=1e-12)


@pytest.mark.parametrize("metric", ["cosine", "correlation"])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_low_precision_is_computed_in_float32(metric, kind) -> None:
    features = np.random.default_rng(1).standard_normal((60, 40)).astype(kind)
    result = rdm(features, metric=metric)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, pdist(features.astype(float), metric), atol=1e-6)


def test_blocks_change_nothing(monkeypatch) -> None:
    features = np.random.default_rng(2).standard_normal((33, 6))
    whole, model = rdm(features), class_model_rdm([i % 4 for i in range(33)])
    monkeypatch.setattr(dissimilarity, "_BLOCK_CELLS", 70)
    np.testing.assert_allclose(rdm(features), whole, atol=1e-15)
    np.testing.assert_array_equal(class_model_rdm([i % 4 for i in range(33)]), model)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_scaling_rows_changes_nothing_and_permuting_permutes(seed) -> None:
    rng = np.random.default_rng(seed)
    features, order = rng.standard_normal((7, 4)), rng.permutation(7)
    square = squareform(rdm(features))
    scaled = features[order] * rng.uniform(0.1, 10, (7, 1))
    np.testing.assert_allclose(squareform(rdm(scaled)), square[np.ix_(order, order)], atol=1e-12)


def test_extreme_values_stay_in_range() -> None:
    features = np.array([[1e30, 0], [0, 1e30], [1e-30, 1e-30]], dtype=np.float32)
    np.testing.assert_allclose(rdm(features), [1, 1 - 0.5**0.5, 1 - 0.5**0.5], atol=1e-6)
    same = np.full((3, 7), 0.1) * [[1], [2], [3]]
    assert (rdm(same) >= 0).all()


def test_rows_without_direction_are_named() -> None:
    features = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    features[2] = 0
    with pytest.raises(DissimilarityError, match="row 2 is zero or not finite"):
        rdm(features)
    features[2] = 0.1
    with pytest.raises(DissimilarityError, match="row 2 is constant"):
        rdm(features, metric="correlation")
    features[2, 3] = np.nan
    for metric in ("cosine", "correlation"):
        with pytest.raises(DissimilarityError, match="row 2 is zero or not finite"):
            rdm(features, metric=metric)
    features[2, 3] = np.inf
    with pytest.raises(DissimilarityError, match="sound 2 is zero or not finite"):
        unit_rows(features, what="sound")
    with pytest.raises(ValueError, match="cosine and correlation are known"):
        rdm(features, metric="euclid")


def test_class_model_equals_a_loop() -> None:
    labels = ["a", "b", "a", "c", "b"]
    expected = [float(labels[i] != labels[j]) for i in range(5) for j in range(i + 1, 5)]
    assert class_model_rdm(labels).tolist() == expected


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(4, 12))
def test_correlations_equal_scipy(seed, n_sounds) -> None:
    rng = np.random.default_rng(seed)
    labels = [0, 0, 1, *rng.integers(0, 3, n_sounds - 3).tolist()]
    distances = rng.integers(0, 6, n_sounds * (n_sounds - 1) // 2) / 5
    distances[0] += 9
    model = class_model_rdm(labels)
    result = macro_class_correlation(distances, labels, rng, n_permutations=0)
    assert result.pearson == pytest.approx(pearsonr(distances, model)[0], abs=1e-12)
    assert result.spearman == pytest.approx(spearmanr(distances, model)[0], abs=1e-12)
    assert result.within == pytest.approx(distances[model == 0].mean())
    assert result.between == pytest.approx(distances[model == 1].mean())
    assert result.pearson_p == result.spearman_p == 1


def test_p_values_equal_explicit_permutations_of_rows_and_columns(monkeypatch) -> None:
    monkeypatch.setattr(dissimilarity, "_BLOCK_CELLS", 200)
    features = np.random.default_rng(5).standard_normal((9, 3))
    labels = [0, 0, 0, 1, 1, 1, 2, 2, 2]
    features[:3] += 1
    distances, model = rdm(features), class_model_rdm(labels)
    result = macro_class_correlation(
        distances, labels, np.random.default_rng(8), n_permutations=300
    )
    rng, square = np.random.default_rng(8), squareform(distances)
    pearson, spearman = [], []
    for _ in range(300):
        inverse = np.argsort(rng.permutation(9))
        permuted = squareform(square[np.ix_(inverse, inverse)])
        pearson.append(pearsonr(permuted, model)[0] >= result.pearson - 1e-9)
        spearman.append(spearmanr(permuted, model)[0] >= result.spearman - 1e-9)
    assert result.pearson_p == pytest.approx((1 + sum(pearson)) / 301)
    assert result.spearman_p == pytest.approx((1 + sum(spearman)) / 301)
    assert 1 / 301 < result.pearson_p < 0.5


def test_identity_correlates_perfectly_and_permuting_sounds_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat(["human", "music", "nature"], 6)
    result = macro_class_correlation(class_model_rdm(labels), labels, rng, n_permutations=99)
    assert result.pearson == pytest.approx(1)
    assert result.spearman == pytest.approx(1)
    assert result.pearson_p == pytest.approx(0.01)
    assert (result.within, result.between) == (0, 1)
    features, order = rng.standard_normal((18, 4)), rng.permutation(18)
    one = macro_class_correlation(rdm(features), labels, rng, n_permutations=0)
    other = macro_class_correlation(rdm(features[order]), labels[order], rng, n_permutations=0)
    np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("labels", [["a", "a", "a"], ["a", "b", "c"]])
def test_class_model_without_contrast_is_refused(labels) -> None:
    with pytest.raises(DissimilarityError, match="needs two classes"):
        macro_class_correlation(np.array([1.0, 2, 3]), labels, np.random.default_rng(0))


def test_distances_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DissimilarityError, match="all dissimilarities are equal"):
        macro_class_correlation(np.ones(3), ["a", "a", "b"], np.random.default_rng(0))
    with pytest.raises(ValueError, match="do not fit 3 sounds"):
        macro_class_correlation(np.ones(4), ["a", "a", "b"], np.random.default_rng(0))
