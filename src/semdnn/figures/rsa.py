"""How well models predict listeners (the paper's Fig. 6)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from semdnn.figures.style import COLOURS, PAGE_WIDTH, display_name, drawing

ALPHA = 0.05

_FAMILY = ("semdnn", "catdnn", "cae")
_UNTRAINED, _OTHER = "#999999", "#A9BACB"


class Bar(NamedTuple):
    """One model: R²cv, its interval, chance level, and corrected p against chance."""

    name: str
    r2: float
    low: float
    high: float
    chance: float
    p: float


def shade_of(model: str) -> str:
    """Return a model's colour: the family's own, grey if untrained, one for all others."""
    name = model.lower()
    if "notrain" in name or "untrained" in name:
        return _UNTRAINED
    return next((COLOURS[kind] for kind in _FAMILY if name.startswith(kind)), _OTHER)


def r2_bars(
    bars: Sequence[Bar],
    ceiling: tuple[float, float],
    better: Mapping[tuple[str, str], float],
    *,
    xlabel: str = "R²cv",
) -> Figure:
    """Draw models by R²cv, best first, with intervals, noise ceilings and both kinds of tests.

    An asterisk marks a model above chance. In the matrix to the right a dot says that the model
    of the row predicts listeners better than that of the column, both numbered from the top.

    Parameters
    ----------
    bars : sequence of Bar
        The models.
    ceiling : tuple of two floats
        Lower and upper noise ceiling; NaN where there is none.
    better : mapping of (name, name) to float
        Corrected p of the first model's being other than the second, where its R²cv is larger.
    xlabel : str
        What is on the axis.
    """
    ordered = sorted(bars, key=lambda bar: -bar.r2)
    with drawing(PAGE_WIDTH, 0.27 * len(ordered) + 1.25) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1, min(0.5, 0.055 * len(ordered) + 0.05)))
        _bar_panel(left, ordered, ceiling)
        left.set_xlabel(xlabel)
        _matrix_panel(right, [bar.name for bar in ordered], better)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _bar_panel(panel: Axes, bars: Sequence[Bar], ceiling: tuple[float, float]) -> None:
    places = np.arange(len(bars))
    means = np.array([bar.r2 for bar in bars])
    limits = np.array([(bar.low, bar.high) for bar in bars])
    if np.isfinite(ceiling).all():
        panel.axvspan(*ceiling, color="0.88", linewidth=0, label="noise ceiling, lower to upper")
        for bound in ceiling:
            panel.axvline(bound, color="0.55", linewidth=0.7)
    shades = [shade_of(bar.name) for bar in bars]
    panel.barh(places, means, 0.72, color=shades, zorder=2)
    panel.hlines(places, limits[:, 0], limits[:, 1], color="0.15", linewidth=0.9, zorder=3)
    panel.plot(
        [bar.chance for bar in bars],
        places,
        linestyle="none",
        marker="|",
        markersize=9,
        color="#D00000",
        label="chance (stimuli reordered)",
        zorder=4,
    )
    panel.axvline(0, color="0.2", linewidth=0.6)
    for place, bar in enumerate(bars):
        if bar.p < ALPHA:
            panel.annotate(
                "*",
                (max(bar.high, bar.r2), place),
                xytext=(3, -4),
                textcoords="offset points",
                fontsize=11,
                zorder=5,
            )
    panel.set_yticks(places, [f"{display_name(bar.name)}  {n + 1}" for n, bar in enumerate(bars)])
    panel.set_ylim(len(bars) - 0.4, -0.6)
    panel.set_xlim(*_bounds(means, limits, ceiling))


def _bounds(
    means: NDArray[np.float64], limits: NDArray[np.float64], ceiling: tuple[float, float]
) -> tuple[float, float]:
    """Return an axis that shows every bar; an interval far below 0 is cut rather than the bars."""
    high = float(np.nanmax([*limits[:, 1], *means, *ceiling, 0.05]))
    floor = min(0.0, float(means.min()) * 1.15)
    low = max(float(np.nanmin([*limits[:, 0], 0.0])), min(floor, -0.5 * high))
    margin = 0.04 * (high - low)
    return low - margin * (low < 0), high + 1.5 * margin


def _matrix_panel(
    panel: Axes, names: Sequence[str], better: Mapping[tuple[str, str], float]
) -> None:
    n_models = len(names)
    panel.set_ylim(n_models - 0.4, -0.6)
    panel.set_xlim(-0.6, n_models - 0.4)
    for row, name in enumerate(names):
        for column in range(row + 1, n_models):
            p = better.get((name, names[column]), 1.0)
            panel.plot(
                column,
                row,
                marker="o",
                markersize=4.5 if p < ALPHA else 1.5,
                color="0.1" if p < ALPHA else "0.75",
            )
    panel.set_xticks(range(n_models), [str(number + 1) for number in range(n_models)])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)
    panel.tick_params(length=0)
    panel.set_title("better than number …", fontsize=7)
