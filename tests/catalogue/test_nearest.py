"""The exact answer, by whichever way: against a plain sort of all scores in double precision."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.catalogue import nearest as module
from semdnn.catalogue.nearest import encode, has_code_kernel, joined, nearest


def unit_rows(rng, n, n_dims, spread):
    """Unit vectors, the more alike the smaller `spread` is; a tenth of them twice."""
    rows = rng.standard_normal(n_dims) + spread * rng.standard_normal((n, n_dims))
    rows[: n // 10] = rows[n // 2 : n // 2 + n // 10]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def sorted_all(vectors, query, n, allowed=None):
    scores = (vectors.astype(np.longdouble) * query).sum(axis=1)  # equal for equal rows
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    return rows[np.lexsort((rows, -scores[rows]))][:n]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 3000),
    n_dims=st.sampled_from([2, 16, 50, 300]),
    top=st.integers(1, 50),
    spread=st.sampled_from([0.01, 0.3, 10.0]),
    share=st.sampled_from([None, 0.02, 0.6]),
)
def test_answer_is_that_of_a_full_sort(seed, n, n_dims, top, spread, share):
    rng = np.random.default_rng(seed)
    vectors = unit_rows(rng, n, n_dims, spread)
    query = rng.uniform(0.1, 3) * rng.standard_normal(n_dims)
    allowed = None if share is None else rng.random(n) < share
    expected = sorted_all(vectors, query, top, allowed)
    for codes in (None, encode(vectors)):
        found = nearest(vectors, query, top, allowed=allowed, codes=codes)
        np.testing.assert_array_equal(found.rows, expected)
        np.testing.assert_allclose(found.scores, vectors[expected].astype(float) @ query)


def test_answer_has_the_scores_of_float32_brute_force():
    rng = np.random.default_rng(1)
    vectors = unit_rows(rng, 40_000, 300, 10.0)[4000:]
    for query in vectors[:3] + 0.5 * rng.standard_normal((3, 300)).astype(np.float32) / 17:
        brute = vectors @ query
        best = np.argsort(-brute, kind="stable")[:20]
        found = nearest(vectors, query, 20, codes=encode(vectors))
        np.testing.assert_allclose(found.scores, brute[best], atol=1e-6)
        clear = np.diff(brute[best], append=brute[best][-1] - 1) < -1e-6
        assert clear.sum() > 10
        np.testing.assert_array_equal(found.rows[clear], best[clear])


def test_codes_err_by_no_more_than_they_say():
    rng = np.random.default_rng(2)
    vectors = unit_rows(rng, 2000, 300, 1.0)
    vectors[0] = 0
    vectors[0, 7] = 1  # one number alone
    vectors[1] = 0  # and none
    codes = encode(vectors)
    assert codes.codes.shape == (2000, 304)
    assert np.abs(codes.codes.astype(int)).max() <= 127
    scales = torch.from_numpy(codes.scales).view(torch.bfloat16).double().numpy()
    decoded = codes.codes[:, :300] * scales[:, np.newaxis]
    assert (np.linalg.norm(vectors - decoded, axis=1) <= codes.errors).all()
    for _ in range(5):
        query = 2 * rng.standard_normal(300)
        exact = vectors.astype(float) @ query
        for rough in (module._rough_of_codes(codes, query), module._rough(vectors, query)):
            slack = rough.slack(np.arange(2000))
            assert (np.abs(rough.scores - exact) <= slack).all()
            for threshold in np.quantile(exact, [0, 0.01, 0.5, 0.999, 1]):
                expected = np.flatnonzero(rough.scores + slack >= threshold)
                np.testing.assert_array_equal(rough.reaching(threshold), expected)
                assert set(np.flatnonzero(exact >= threshold)) <= set(expected)
        assert slack.max() < 1e-3 * np.linalg.norm(query)


def test_a_row_that_is_not_allowed_reaches_nothing():
    scores = np.array([0.5, -np.inf, -0.5], np.float32)
    rough = module._Rough(scores, 0.01, 0.01, 1.0, np.array([0.1, 9.0, 0.1], np.float32))
    assert list(rough.reaching(-0.6)) == [0, 2]
    assert list(rough.reaching(0.61)) == [0]
    assert list(rough.reaching(0.62)) == []


def test_codes_made_in_parts_are_those_of_the_whole():
    vectors = unit_rows(np.random.default_rng(3), 100, 20, 1.0)
    whole, parts = encode(vectors), joined([encode(vectors[:30]), encode(vectors[30:])])
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def fresh_kernel():
    """The kernel is tried anew, before and after."""
    has_code_kernel.cache_clear()
    yield
    has_code_kernel.cache_clear()


def misses(*arguments):
    raise RuntimeError("no such kernel on this processor")


def nothing(padded, codes, scales):
    return torch.zeros(1, len(codes), dtype=torch.bfloat16)


def not_numbers(padded, codes, scales):
    return torch.full((1, len(codes)), torch.nan, dtype=torch.bfloat16)


@pytest.mark.parametrize("kernel", [None, misses, nothing, not_numbers])
@pytest.mark.parametrize("tried_before", [False, True])
@pytest.mark.usefixtures("fresh_kernel")
def test_without_a_kernel_that_is_right_the_answer_is_the_same(monkeypatch, kernel, tried_before):
    vectors = unit_rows(np.random.default_rng(4), 5000, 300, 1.0)
    expected = nearest(vectors, vectors[3], 50)
    codes = encode(vectors)
    with_kernel = nearest(vectors, vectors[3], 50, codes=codes)
    if not tried_before:
        has_code_kernel.cache_clear()
    if kernel is None:
        monkeypatch.delattr(torch, "_weight_int8pack_mm", raising=False)
    else:
        monkeypatch.setattr(torch, "_weight_int8pack_mm", kernel, raising=False)
    without = nearest(vectors, vectors[3], 50, codes=codes)
    if not tried_before:
        assert not has_code_kernel()
    for found in (with_kernel, without):
        np.testing.assert_array_equal(found.rows, expected.rows)
        np.testing.assert_array_equal(found.scores, expected.scores)


def test_the_kernel_is_used_where_it_is_right(monkeypatch):
    if not has_code_kernel():
        pytest.skip("this torch has no such kernel")
    vectors = unit_rows(np.random.default_rng(5), 5000, 300, 1.0)
    expected, codes = nearest(vectors, vectors[3], 50), encode(vectors)
    monkeypatch.setattr(module, "_rough", None)
    found = nearest(vectors, vectors[3], 50, codes=codes)
    np.testing.assert_array_equal(found.rows, expected.rows)


@pytest.mark.parametrize("allowed", [None, np.zeros(0, bool)])
def test_no_vectors_no_answer(allowed):
    assert len(nearest(np.zeros((0, 4), np.float32), np.ones(4), 3, allowed=allowed).rows) == 0
