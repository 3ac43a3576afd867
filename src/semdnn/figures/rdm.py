"""Dissimilarity matrices by class (the paper's Fig. 5)."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from semdnn.figures.style import PAGE_WIDTH, RDM_COLOURS, display_name, drawing

MOST_NAMED = 60
_SMALLEST = 6.0  # points: what can be read in print
_POINTS = 72.0
_LABELS = 1.15  # inches to the left, for names


def class_rdms(
    matrices: Mapping[str, NDArray[np.floating]],
    classes: Sequence[str],
    correlations: Mapping[str, float],
    macro_classes: Sequence[str] = (),
) -> Figure:
    """Draw square RDMs between class means, side by side on one colour scale.

    Where the classes have macro-classes, lines part them and their names stand beside the
    matrices; otherwise the classes' own names do, in as many columns as can be read.

    Parameters
    ----------
    matrices : mapping of name to array [shape=(K, K)]
        Mean dissimilarity between the sounds of two classes; the diagonal is within a class.
    classes : sequence of str
        Row and column names, written where there are at most 60.
    correlations : mapping of name to float
        Pearson correlation with the different-class model, put into the titles.
    macro_classes : sequence of str
        The larger group of each class, those of one group together; none by default.
    """
    top = max(float(np.nanmax(matrix)) for matrix in matrices.values())
    n_columns = min(3, len(matrices))
    n_rows = -(-len(matrices) // n_columns)
    named = len(classes) <= MOST_NAMED
    side = (PAGE_WIDTH - 0.85 - _LABELS) / n_columns
    # A name needs its own height: with many classes the matrices go below each other, larger.
    if named and side * _POINTS / max(len(classes), 1) < _SMALLEST + 0.5:
        n_columns = min(1 if len(classes) > 45 else 2, len(matrices))
        n_rows = -(-len(matrices) // n_columns)
        side = min((PAGE_WIDTH - 0.9 - _LABELS * 1.6) / n_columns, 4.9)
    with drawing(PAGE_WIDTH, n_rows * (side + 0.42) + 0.1) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for panel in panels[len(matrices) :]:
            panel.set_axis_off()
        panels = panels[: len(matrices)]
        for i, (panel, (name, matrix)) in enumerate(zip(panels, matrices.items(), strict=True)):
            image = panel.imshow(matrix, cmap=RDM_COLOURS, vmin=0, vmax=top, interpolation="none")
            _frame(panel, name, correlations)
            first = i % n_columns == 0
            if first and named:
                size = float(np.clip(side * _POINTS / max(len(classes), 1) * 0.9, 5.0, 7.0))
                panel.set_yticks(range(len(classes)), classes, fontsize=max(size, _SMALLEST))
                panel.tick_params(axis="y", length=0, pad=1.5)
            _mark_macro_classes(panel, macro_classes)
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


def _mark_macro_classes(panel: Axes, macro_classes: Sequence[str]) -> None:
    """Part the macro-classes by lines and write their names below the matrix."""
    if not any(macro_classes):
        return
    start = 0
    for number, (name, members) in enumerate(groupby(macro_classes)):
        stop = start + len(list(members))
        if number:
            panel.axhline(start - 0.5, color="white", linewidth=0.9)
            panel.axvline(start - 0.5, color="white", linewidth=0.9)
        middle = (start + stop - 1) / 2
        panel.annotate(
            name,
            xy=(middle, 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -3),
            textcoords="offset points",
            rotation=30,
            rotation_mode="anchor",
            ha="right",
            va="top",
            fontsize=6.5,
        )
        start = stop
