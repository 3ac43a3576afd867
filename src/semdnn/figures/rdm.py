"""Dissimilarity matrices by class (the paper's Fig. 5)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from semdnn.figures.style import PAGE_WIDTH, RDM_COLOURS, display_name, drawing

MANY_CLASSES = 20
MOST_NAMED = 60


def class_rdms(
    matrices: Mapping[str, NDArray[np.floating]],
    classes: Sequence[str],
    correlations: Mapping[str, float],
) -> Figure:
    """Draw square RDMs between class means, side by side on one colour scale.

    Parameters
    ----------
    matrices : mapping of name to array [shape=(K, K)]
        Mean dissimilarity between the sounds of two classes; the diagonal is within a class.
    classes : sequence of str
        Row and column names, written where there are at most 60.
    correlations : mapping of name to float
        Pearson correlation with the different-class model, put into the titles.
    """
    top = max(float(np.nanmax(matrix)) for matrix in matrices.values())
    # Many names need tall panels: then two in a row, names beside each row's first.
    n_columns = len(matrices) if len(classes) <= MANY_CLASSES else min(2, len(matrices))
    n_rows = -(-len(matrices) // n_columns)
    height = n_rows * (PAGE_WIDTH / (n_columns + 0.4) + 0.2)
    with drawing(PAGE_WIDTH, height) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for panel in panels[len(matrices) :]:
            panel.set_axis_off()
        panels = panels[: len(matrices)]
        for i, (panel, (name, matrix)) in enumerate(zip(panels, matrices.items(), strict=True)):
            image = panel.imshow(matrix, cmap=RDM_COLOURS, vmin=0, vmax=top)
            panel.spines[:].set_visible(True)
            title = display_name(name)
            if name in correlations:
                title += f"\nr with class model = {correlations[name]:.3f}"
            panel.set_title(title)
            panel.set_xticks([])
            panel.set_yticks([])
            if i % n_columns == 0 and len(classes) <= MOST_NAMED:
                size = min(7.0, 210.0 / max(len(classes), 1))
                panel.set_yticks(range(len(classes)), classes, fontsize=size)
        figure.colorbar(
            image, ax=list(panels), shrink=0.7 / n_rows, label="dissimilarity (1 − cosine)"
        )
    return figure
