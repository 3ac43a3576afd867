"""The rule that makes segments, against a literal version on dense arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import median_filter

from semdnn.catalogue.segments import Run, SegmentRule, SegmentRuleError, find_runs, smooth

WORDS = ("ant", "bee", "cat", "dog")


def sparse(dense):
    return [
        {word: float(weight) for word, weight in zip(WORDS, row, strict=True) if weight > 0}
        for row in dense
    ]


def literal_runs(dense, rule):
    """Follow the documented rule step by step over whole columns."""
    half = rule.half_window
    smoothed = median_filter(dense, size=(2 * half + 1, 1), mode="nearest")
    strong = np.zeros(dense.shape, bool)
    for i, row in enumerate(smoothed):
        order = sorted(range(len(WORDS)), key=lambda w: (-row[w], WORDS[w]))
        strong[i, order[: rule.top]] = True
    strong &= smoothed >= rule.threshold
    found = []
    for w, word in enumerate(WORDS):
        on = smoothed[:, w] >= rule.threshold / 2
        steps = np.flatnonzero(on)
        if not steps.size:
            continue
        pauses = (np.diff(steps) - 1) * rule.hop_frames
        for part in np.split(steps, np.flatnonzero(pauses >= 96) + 1):
            if strong[part, w].any():
                weight = float(np.mean(smoothed[part, w]))
                found.append((int(part[0]), int(part[-1]), word, weight))
    return sorted(found)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 40),
    st.sampled_from([10, 24, 47, 48, 95, 96]),
    st.integers(1, 4),
    st.sampled_from([0.2, 0.4]),
    st.integers(0, 2**32 - 1),
)
def test_runs_are_those_of_the_rule(n_steps, hop_frames, top, threshold, seed):
    rng = np.random.default_rng(seed)
    walk = np.abs(rng.normal(0, 0.25, (n_steps, len(WORDS))))
    dense = np.round(walk * (rng.random(walk.shape) < 0.8), 1)  # ties and zeros
    rule = SegmentRule(hop_frames, threshold, top)
    found = sorted(find_runs(sparse(dense), rule))
    expected = literal_runs(dense, rule)
    assert [run[:3] for run in found] == [run[:3] for run in expected]
    np.testing.assert_allclose([run[3] for run in found], [run[3] for run in expected])


def test_weights_below_the_lower_threshold_change_nothing():
    rng = np.random.default_rng(5)
    dense = rng.random((60, len(WORDS))) * 0.5
    rule = SegmentRule(threshold=0.3)
    trimmed = np.where(dense >= rule.leave, dense, 0)
    assert list(find_runs(sparse(dense), rule)) == list(find_runs(sparse(trimmed), rule))


def test_one_step_alone_is_no_segment_two_are():
    rule = SegmentRule(hop_frames=48, threshold=0.2)
    assert list(find_runs([{}, {"dog": 0.9}, {}, {}], rule)) == []
    assert list(find_runs([{}, {"dog": 0.9}, {"dog": 0.9}, {}], rule)) == [Run(1, 2, "dog", 0.9)]


def test_at_the_ends_one_step_is_enough():
    runs = list(find_runs([{"dog": 0.9}, {}, {}, {"cat": 0.9}], SegmentRule()))
    assert runs == [Run(0, 0, "dog", 0.9), Run(3, 3, "cat", 0.9)]


def test_no_step_and_one_step():
    assert list(smooth([], 3)) == []
    assert list(smooth([{"dog": 0.5}], 3)) == [{"dog": 0.5}]


@pytest.mark.parametrize(
    ("hop_frames", "half"), [(1, 95), (24, 3), (32, 2), (48, 1), (50, 1), (95, 1), (96, 0)]
)
def test_the_median_spans_what_sees_one_instant(hop_frames, half):
    assert SegmentRule(hop_frames=hop_frames).half_window == half


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"hop_frames": 0}, "hop of 0 s"),
        ({"hop_frames": 97}, "0.96 s"),
        ({"threshold": 0.0}, "weight above 0"),
        ({"threshold": float("nan")}, "weight above 0"),
        ({"top": 0}, "at least 1"),
    ],
)
def test_senseless_rules_are_refused(settings, match):
    with pytest.raises(SegmentRuleError, match=match):
        SegmentRule(**settings)
