"""A figure on its way into a report."""

from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReportFigure:
    """A figure with its place in the report and what it shows."""

    name: str
    place: str
    caption: str
    figure: Figure
