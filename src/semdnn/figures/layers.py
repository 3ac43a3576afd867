"""R²cv from layer to layer of every network."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semdnn.figures.rsa import shade_of
from semdnn.figures.style import PAGE_WIDTH, display_name, drawing

N_COLUMNS = 3


class LayerPoint(NamedTuple):
    """A layer by itself; bounds are None where there is no interval."""

    name: str
    r2: float
    low: float | None
    high: float | None


def layer_profiles(
    models: Mapping[str, Sequence[LayerPoint]], ceiling: tuple[float, float]
) -> Figure:
    """Draw a panel a model with more than one layer, all on one scale, input to the left.

    Parameters
    ----------
    models : mapping of name to sequence of LayerPoint
        Layers from input to output. Models with a single layer are drawn as dotted lines.
    ceiling : tuple of two floats
        Lower and upper noise ceiling; NaN where there is none.
    """
    deep = {name: points for name, points in models.items() if len(points) > 1} or dict(models)
    flat = {name: points[0].r2 for name, points in models.items() if name not in deep}
    n_columns = min(N_COLUMNS, len(deep))
    n_rows = -(-len(deep) // n_columns)
    with drawing(PAGE_WIDTH, 2.05 * n_rows + 0.35) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
        for panel in panels[len(deep) :]:
            panel.set_axis_off()
        for place, (panel, (name, points)) in enumerate(zip(panels, deep.items(), strict=False)):
            _profile(panel, points, shade_of(name))
            if np.isfinite(ceiling).all():
                panel.axhline(ceiling[0], color="0.55", linewidth=0.8, linestyle="--")
            for shade, value in enumerate(flat.values()):
                panel.axhline(value, color=str(0.3 + 0.15 * (shade % 3)), lw=0.7, linestyle=":")
            panel.set_title(display_name(name))
            if place % n_columns == 0:
                panel.set_ylabel("R²cv of one layer")
    return figure


def _profile(panel: Axes, points: Sequence[LayerPoint], shade: str) -> None:
    places = np.arange(len(points))
    panel.axhline(0, color="0.7", linewidth=0.6)
    if all(point.low is not None for point in points):
        low, high = (np.array([point[side] for point in points], dtype=float) for side in (2, 3))
        panel.fill_between(places, low, high, color=shade, alpha=0.2, linewidth=0)
    panel.plot(places, [point.r2 for point in points], color=shade, marker="o", markersize=3)
    size = 7 if len(points) <= 8 else 5.5
    panel.set_xticks(places, [point.name for point in points], rotation=60, fontsize=size)
    for label in panel.get_xticklabels():
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")
