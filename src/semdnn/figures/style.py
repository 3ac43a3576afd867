"""One look for every figure: colour-blind safe, readable at print width."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

COLUMN_WIDTH = 3.4
"""Width of one print column in inches."""
PAGE_WIDTH = 7.0
"""Width of a printed page's text block in inches."""

# Okabe and Ito's palette, distinguishable with every common colour vision deficiency.
COLOURS: Mapping[str, str] = {
    "semdnn": "#0072B2",
    "catdnn": "#D55E00",
    "cae": "#009E73",
    "train mean": "#999999",
    "chance": "#CCCCCC",
}
OTHER_COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
RDM_COLOURS = "cividis"

NAMES: Mapping[str, str] = {"semdnn": "semDNN", "catdnn": "catDNN", "cae": "CAE"}

_SETTINGS: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a file name may hold dollars
    "svg.hashsalt": "semdnn",
    "figure.dpi": 150,
}


def colour(model: str, position: int = 0) -> str:
    """Return the colour of a model; unknown ones take the palette's other colours in turn."""
    return COLOURS.get(model, OTHER_COLOURS[position % len(OTHER_COLOURS)])


def display_name(model: str) -> str:
    """Return a model's name as papers write it."""
    return NAMES.get(model, model)


def as_svg(figure: Figure) -> str:
    """Return a figure as SVG text, the same bytes for the same drawing."""
    buffer = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """Yield an empty figure of `width` x `height` inches under the house style.

    The figure is not registered with pyplot, so nothing stays open and no display is needed.
    """
    with mpl.rc_context(_SETTINGS):
        yield Figure(figsize=(width, height), layout="constrained")
