"""Dissimilarity matrices of listeners and models, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from semdnn.figures.style import PAGE_WIDTH, RDM_COLOURS, display_name, drawing

N_COLUMNS = 4
MOST_NAMED = 30


def rdm_gallery(matrices: Mapping[str, NDArray[np.floating]], stimuli: Sequence[str]) -> Figure:
    """Draw square matrices of the same stimuli in the same order.

    Scales of dissimilarities differ between models, so cells hold ranks: 0 the nearest, 1 the
    farthest pair of each matrix.

    Parameters
    ----------
    matrices : mapping of title to array [shape=(S, S)]
        Ranks, 0 … 1; a second line of a title is drawn smaller.
    stimuli : sequence of str
        Their names, written beside the first matrix of a row where there are at most 30.
    """
    n_columns = min(N_COLUMNS, len(matrices))
    n_rows = -(-len(matrices) // n_columns)
    named = len(stimuli) <= MOST_NAMED
    cell = PAGE_WIDTH / (n_columns + (0.9 if named else 0.3))
    with drawing(PAGE_WIDTH, n_rows * (cell + 0.35) + 0.35) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for panel in panels[len(matrices) :]:
            panel.set_axis_off()
        for place, (title, matrix) in enumerate(matrices.items()):
            panel = panels[place]
            image = panel.imshow(matrix, cmap=RDM_COLOURS, vmin=0, vmax=1, interpolation="nearest")
            panel.spines[:].set_visible(True)
            panel.set_xticks([])
            panel.set_yticks([])
            if named and place % n_columns == 0:
                size = min(6.0, 62.0 * cell / len(stimuli))
                panel.set_yticks(range(len(stimuli)), stimuli, fontsize=size)
            name, _, layer = title.partition("\n")
            panel.set_title(display_name(name) + (f"\n{layer}" if layer else ""), fontsize=7.5)
        figure.colorbar(
            image,
            ax=list(panels),
            location="bottom",
            shrink=0.35,
            aspect=35,
            label="dissimilarity, ranked within each matrix",
        )
    return figure
