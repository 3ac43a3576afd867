"""Dissimilarity matrices by class (the paper's Fig. 5)."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from semdnn.figures.style import PAGE_WIDTH, RDM_COLOURS, display_name, drawing

MOST_NAMED = 60
_SMALLEST = 6.0  # points: what can be read in print
_POINTS = 72.0
_LABELS = 1.0  # inches to the left, for names
_SCALE = 0.85  # inches to the right, for the colour scale


def class_rdms(
    matrices: Mapping[str, NDArray[np.floating]],
    classes: Sequence[str],
    correlations: Mapping[str, float],
    macro_classes: Sequence[str] = (),
) -> Figure:
    """Draw square RDMs between class means, side by side on one colour scale.

    Where the classes have macro-classes, lines part them and their names stand beside the
    matrices; otherwise the classes' own names do, in as few columns as their height needs.

    Parameters
    ----------
    matrices : mapping of name to array [shape=(K, K)]
        Mean dissimilarity between the sounds of two classes; the diagonal is within a class.
    classes : sequence of str
        Row and column names, written where there are at most 60 and no macro-classes.
    correlations : mapping of name to float
        Pearson correlation with the different-class model, put into the titles.
    macro_classes : sequence of str
        The larger group of each class, those of one group together; none by default.
    """
    top = max(float(np.nanmax(matrix)) for matrix in matrices.values())
    by_name = 0 < len(classes) <= MOST_NAMED and not any(macro_classes)
    n_columns = min(3, len(matrices))
    left = _LABELS if by_name or any(macro_classes) else 0.0
    side = (PAGE_WIDTH - _SCALE - left) / n_columns
    if by_name and side * _POINTS / len(classes) < _SMALLEST:
        n_columns = min(2, len(matrices))  # a name needs its own height
        side = (PAGE_WIDTH - _SCALE - left) / n_columns
    if by_name and side * _POINTS / len(classes) < _SMALLEST:
        n_columns, side = 1, min(PAGE_WIDTH - _SCALE - left, len(classes) * _SMALLEST / _POINTS)
    n_rows = -(-len(matrices) // n_columns)
    with drawing(PAGE_WIDTH, n_rows * (side + 0.45) + 0.05) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for panel in panels[len(matrices) :]:
            panel.set_axis_off()
        panels = panels[: len(matrices)]
        for i, (panel, (name, matrix)) in enumerate(zip(panels, matrices.items(), strict=True)):
            image = panel.imshow(matrix, cmap=RDM_COLOURS, vmin=0, vmax=top, interpolation="none")
            _frame(panel, name, correlations)
            if by_name and i % n_columns == 0:
                panel.set_yticks(range(len(classes)), classes, fontsize=_SMALLEST)
                panel.tick_params(axis="y", length=0, pad=1.5)
            _mark_macro_classes(panel, macro_classes, named=i % n_columns == 0)
        figure.colorbar(
            image, ax=list(panels), shrink=0.75 / n_rows, label="dissimilarity (1 − cosine)"
        )
    return figure


def _frame(panel: Axes, name: str, correlations: Mapping[str, float]) -> None:
    panel.spines[:].set_visible(True)
    panel.spines[:].set_linewidth(0.6)
    title = display_name(name)
    if name in correlations:
        title += f"\nr with class model = {correlations[name]:.3f}"
    panel.set_title(title)
    panel.set_xticks([])
    panel.set_yticks([])


def _mark_macro_classes(panel: Axes, macro_classes: Sequence[str], *, named: bool) -> None:
    """Part the macro-classes by lines, and write their names beside the matrix."""
    if not any(macro_classes):
        return
    middles, names, start = [], [], 0
    for name, members in groupby(macro_classes):
        stop = start + len(list(members))
        if start:
            panel.axhline(start - 0.5, color="white", linewidth=0.9)
            panel.axvline(start - 0.5, color="white", linewidth=0.9)
        middles.append((start + stop - 1) / 2)
        names.append(fill(name, width=16, break_long_words=False, break_on_hyphens=False))
        start = stop
    if named:
        panel.set_yticks(middles, names, fontsize=7)
        panel.tick_params(axis="y", length=0, pad=2)
