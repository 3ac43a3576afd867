"""Figures show the numbers they were given."""

import numpy as np
import pytest

from semdnn.figures.rdm import class_rdms
from semdnn.figures.scores import RULES, score_comparison
from semdnn.figures.style import as_svg
from semdnn.figures.training import training_curves
from semdnn.figures.words import balance_bars, word_clusters


@pytest.fixture
def scores():
    def of(value):
        ranking = dict.fromkeys(RULES, value)
        amcss = {str(n): value + n / 100 for n in range(5, 16)}
        keys = [f"ranking.{rule}" for rule in RULES] + [f"amcss.{n}" for n in amcss]
        return {
            "ranking": ranking,
            "amcss": amcss,
            "intervals": {key: [value - 0.05, value + 0.2] for key in keys},
        }

    return {"semdnn": {"esc50": of(0.6)}, "catdnn": {"esc50": of(0.4)}}


def test_marks_are_where_the_scores_are(scores):
    ranking, amcss = score_comparison(scores, ["esc50"]).axes
    marks = [list(drawn.lines[0].get_ydata()) for drawn in ranking.containers]
    assert marks == [[0.6] * 5, [0.4] * 5]
    np.testing.assert_allclose(amcss.lines[0].get_ydata(), 0.6 + np.arange(5, 16) / 100)
    assert [line.get_label() for line in amcss.lines] == ["semDNN", "catDNN"]


def test_arrows_say_how_far_the_networks_are_apart(scores):
    scores["semdnn"]["esc50"]["amcss"]["15"] += 0.1
    _, amcss = score_comparison(scores, ["esc50"]).axes
    assert [text.get_text() for text in amcss.texts if text.get_text()] == ["+0.200", "+0.300"]


def test_macro_classes_are_parted_and_named_once():
    matrix = np.eye(4)
    groups = ("animals", "animals", "animals", "exterior/urban")
    figure = class_rdms({"class model": matrix, "semdnn": matrix}, tuple("abcd"), {}, groups)
    first, second = figure.axes[:2]
    assert [label.get_text() for label in first.get_yticklabels()] == ["animals", "exterior/urban"]
    assert list(first.get_yticks()) == [1, 3]
    assert [float(line.get_ydata()[0]) for line in first.lines if line.get_xdata()[0] == 0] == [2.5]
    assert len(second.get_yticks()) == 0


def test_names_of_classes_can_be_read():
    names = tuple(f"class {i}" for i in range(50))
    figure = class_rdms({"class model": np.eye(50)}, names, {})
    panel = figure.axes[0]
    figure.draw_without_rendering()
    height = panel.get_window_extent().height / figure.dpi * 72 / 50
    assert panel.get_yticklabels()[0].get_fontsize() >= 6
    assert height >= 5.5  # a name's own room, in points


def test_training_curves_mark_the_best_epoch():
    figure = training_curves(
        {"semdnn": {"train_loss": [3.0, 2.0, 1.0], "valid_loss": [3.0, 1.5, 2.0]}}
    )
    dot = figure.axes[0].lines[2]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (2, 1.5)


def test_rdms_share_one_colour_scale():
    small, large = np.full((3, 3), 0.1), np.full((3, 3), 0.9)
    figure = class_rdms({"class model": small, "semdnn": large}, ("a", "b", "c"), {"semdnn": 0.25})
    images = [axes.images[0] for axes in figure.axes[:2]]
    assert images[0].get_clim() == images[1].get_clim() == (0, 0.9)
    assert "0.250" in figure.axes[1].get_title()


def test_names_of_words_do_not_lie_on_each_other():
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(400, 2))
    words = [f"word{i}" for i in range(400)]
    counts = rng.integers(1, 100, 400)
    figure = word_clusters(positions, words, counts, np.arange(400) % 25)
    places = np.array([text.xy for text in figure.axes[0].texts])
    assert len(places) > 25
    gaps = np.abs(places[:, None] - places[None])[np.triu_indices(len(places), 1)]
    reach = np.ptp(positions, axis=0) * (0.055, 0.02)
    assert not np.any(np.all(gaps < reach, axis=1))


def test_balance_bars_are_ordered_by_the_count_before():
    figure = balance_bars(np.array([1, 9, 4]), np.array([1, 5, 4]))
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [9, 4, 1, 5, 4, 1]


def test_no_figure_shows_unparsed_mathematics():
    svg = as_svg(balance_bars(np.array([900, 90, 4]), np.array([500, 50, 4])))
    assert "$" not in svg
    assert ">100<" in svg
