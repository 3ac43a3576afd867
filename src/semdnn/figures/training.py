"""Training curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from semdnn.figures.style import PAGE_WIDTH, colour, display_name, drawing

Curve = Mapping[str, Sequence[float]]
PANELS_A_ROW = 3


def training_curves(curves: Mapping[str, Curve]) -> Figure:
    """Draw loss against epoch, one panel a network (their losses have different units).

    Networks that were left untrained have no panel.

    Parameters
    ----------
    curves : mapping of model name to {"train_loss", "valid_loss"} sequences
        One value an epoch.
    """
    drawn = {model: curve for model, curve in curves.items() if len(curve["valid_loss"])}
    n_columns = min(max(len(drawn), 1), PANELS_A_ROW)
    n_rows = max(-(-len(drawn) // n_columns), 1)
    with drawing(PAGE_WIDTH, 0.3 + 2.1 * n_rows) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for spare in panels[len(drawn) :]:
            spare.remove()
        for panel, (model, curve) in zip(panels, drawn.items(), strict=False):
            epochs = np.arange(1, len(curve["train_loss"]) + 1)
            panel.plot(epochs, curve["train_loss"], color="0.6", label="training")
            panel.plot(epochs, curve["valid_loss"], color=colour(model), label="validation")
            best = int(np.argmin(curve["valid_loss"]))
            panel.plot(epochs[best], curve["valid_loss"][best], "o", color=colour(model))
            panel.annotate(
                f"epoch {epochs[best]}",
                (epochs[best], curve["valid_loss"][best]),
                textcoords="offset points",
                xytext=(0, 7),
                ha="center",
                fontsize=7,
            )
            panel.xaxis.get_major_locator().set_params(integer=True)
            panel.set(xlabel="epoch", ylabel="loss", title=display_name(model))
            panel.margins(y=0.15)
            panel.legend()
    return figure
