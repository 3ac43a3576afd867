"""Stimuli on a plane, as listeners hear them and as models do."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from semdnn.figures.style import PAGE_WIDTH, display_name, drawing

N_COLUMNS = 3
MOST_NAMED = 40
SHORTENED = 16


def stimulus_maps(maps: Mapping[str, NDArray[np.floating]], stimuli: Sequence[str]) -> Figure:
    """Draw the listeners' plane large, and every model's below it, with the same colours.

    A stimulus has the colour of its place on the first map, so that a model which keeps
    neighbours together shows the same patches of colour.

    Parameters
    ----------
    maps : mapping of title to array [shape=(S, 2)]
        Listeners first; models turned onto them.
    stimuli : sequence of str
        Names, written on the first map where there are at most 40, numbers elsewhere.
    """
    first, *others = maps
    colours = _colours(maps[first])
    n_rows = -(-len(others) // N_COLUMNS)
    with drawing(PAGE_WIDTH, 4.2 + 2.3 * n_rows) as figure:
        grid = figure.add_gridspec(1 + n_rows, N_COLUMNS, height_ratios=(4.2, *[2.3] * n_rows))
        panel = figure.add_subplot(grid[0, :])
        labels = [_shortened(name) for name in stimuli]
        named = len(stimuli) <= MOST_NAMED
        _scatter(panel, maps[first], colours, labels if named else _numbers(len(stimuli)))
        panel.set_title(first)
        for place, name in enumerate(others):
            panel = figure.add_subplot(grid[1 + place // N_COLUMNS, place % N_COLUMNS])
            _scatter(panel, maps[name], colours, [])
            title, _, rest = name.partition("\n")
            panel.set_title(display_name(title) + (f"\n{rest}" if rest else ""), fontsize=8)
    return figure


def _scatter(
    panel: Axes,
    points: NDArray[np.floating],
    colours: NDArray[np.float64],
    labels: Sequence[str],
) -> None:
    panel.scatter(points[:, 0], points[:, 1], c=colours, s=22, edgecolors="0.2", linewidths=0.4)
    for place, label in enumerate(labels):
        left = _crowded(points, place)
        panel.annotate(
            label,
            points[place],
            xytext=(-3.5 if left else 3.5, 2),
            horizontalalignment="right" if left else "left",
            textcoords="offset points",
            fontsize=6,
            color="0.15",
        )
    panel.set_aspect("equal", adjustable="datalim")
    panel.margins(0.1)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(True)
    panel.spines[:].set_color("0.8")


def _crowded(points: NDArray[np.floating], place: int) -> bool:
    """Return whether another point lies just right of this one, where its label would be."""
    apart = (points - points[place]) / max(float(np.ptp(points)), 1e-12)
    beside = (apart[:, 0] > 0) & (apart[:, 0] < 0.25) & (np.abs(apart[:, 1]) < 0.02)
    return bool(beside.any())


def _colours(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a colour by place: from blue to orange along x, from dark to light along y."""
    spread = np.ptp(points, axis=0)
    x, y = ((points - points.min(axis=0)) / np.where(spread > 0, spread, 1)).T
    blue, orange = np.array([0.0, 0.35, 0.75]), np.array([0.9, 0.45, 0.0])
    hue = blue + x[:, None] * (orange - blue)
    lit = hue * (0.55 + 0.45 * y[:, None]) + 0.35 * y[:, None] * (1 - hue)
    return np.asarray(np.clip(lit, 0, 1))


def _shortened(name: str) -> str:
    return name if len(name) <= SHORTENED else name[: SHORTENED - 1] + "…"


def _numbers(count: int) -> list[str]:
    return [str(number + 1) for number in range(count)]
