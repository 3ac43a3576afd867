"""Figures of a comparison with listeners show every model, ceiling and mark."""

import numpy as np

from semdnn.figures.layers import LayerPoint, layer_profiles
from semdnn.figures.rdm_gallery import rdm_gallery
from semdnn.figures.rsa import Bar, r2_bars, shade_of
from semdnn.figures.stimulus_map import stimulus_maps
from semdnn.figures.style import COLOURS, as_svg

BARS = [
    Bar("log-mel", 0.1, -0.2, 0.4, 0.01, 0.5),
    Bar("semdnn-small", 0.4, 0.2, 0.6, 0.02, 0.001),
]


def test_bars_are_ordered_and_marked():
    figure = r2_bars(BARS, (0.6, 0.8), {("semdnn-small", "log-mel"): 0.01})
    left, right = figure.axes
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels == ["semdnn-small  1", "log-mel  2"]
    assert [text.get_text() for text in left.texts] == ["*"]
    assert [line.get_markersize() > 3 for line in right.lines] == [True]
    assert [bar.get_width() for bar in left.patches[-2:]] == [0.4, 0.1]
    assert left.get_xlim()[1] > 0.8


def test_bars_without_ceiling_and_with_deep_intervals_stay_readable():
    deep = [Bar("m", -0.5, -9, 8, -0.4, 1.0), Bar("n", 0.2, 0.1, 0.3, 0, 0.01)]
    left = r2_bars(deep, (np.nan, np.nan), {}).axes[0]
    assert left.get_xlim()[0] > -9
    assert "noise ceiling, lower to upper" not in left.get_legend_handles_labels()[1]


def test_family_has_its_colours():
    assert shade_of("semdnn-small") == COLOURS["semdnn"]
    assert shade_of("notrain-semdnn-small") != COLOURS["semdnn"]
    assert shade_of("log-mel") == shade_of("yamnet")


def test_profiles_have_a_panel_a_deep_model():
    models = {
        "net": [LayerPoint("pool1", 0.1, 0, 0.2), LayerPoint("pool2", 0.3, 0.1, 0.5)],
        "held out": [LayerPoint("a", 0.1, None, None), LayerPoint("b", 0.2, None, None)],
        "words": [LayerPoint("words", 0.2, 0.1, 0.3)],
    }
    figure = layer_profiles(models, (0.7, 0.9))
    assert [panel.get_title() for panel in figure.axes if panel.get_title()] == ["net", "held out"]
    assert len(figure.axes[0].collections) == 1
    assert len(figure.axes[1].collections) == 0


def test_gallery_and_maps_show_every_model():
    rng = np.random.default_rng(0)
    names = [f"a rather long stimulus name {number}" for number in range(6)]
    gallery = rdm_gallery({f"m{n}\nlayer": rng.random((6, 6)) for n in range(5)}, names)
    titles = [panel.get_title() for panel in gallery.axes if panel.get_title()]
    assert titles == [f"m{n}\nlayer" for n in range(5)]
    maps = stimulus_maps({"listeners": rng.random((6, 2)), "m": rng.random((6, 2))}, names)
    assert [panel.get_title() for panel in maps.axes] == ["listeners", "m"]
    assert len(maps.axes[0].texts) == 6
    assert "a rather long s…" in as_svg(maps)
