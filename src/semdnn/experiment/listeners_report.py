"""A comparison with listeners as a page of its own, and as a part of a larger report."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

import semdnn
from semdnn.comparison.interface import ComparisonModel
from semdnn.comparison.stimuli import stimuli_of
from semdnn.evaluation.behaviour import read_behaviour
from semdnn.experiment.listener_models import candidates
from semdnn.experiment.listeners import compare_with_listeners, listeners_text
from semdnn.experiment.listeners_pictures import listeners_figures
from semdnn.experiment.listeners_result import ListenerSettings, ListenersResult
from semdnn.experiment.listeners_tables import COLUMNS, as_csv, as_plain, ceiling_text, table_rows
from semdnn.experiment.report_figure import ReportFigure
from semdnn.figures.style import as_svg
from semdnn.files import canonical_json, write_json, write_text

Tell = Callable[[str], object]
OpenModel = Callable[[str], ComparisonModel]


@dataclass(frozen=True)
class ListenersTask:
    """What is compared with whom.

    Attributes
    ----------
    behaviour : Path
        What `read_behaviour` takes.
    audio : Path or None
        Folder of recordings named as the stimuli are; None where the behaviour's folder has them.
    specs : tuple of str
        Models, as ``semdnn.comparison.registry.open_model`` takes them.
    settings : ListenerSettings
        Distances, fits, tests.
    """

    behaviour: Path
    audio: Path | None
    specs: tuple[str, ...]
    settings: ListenerSettings = field(default_factory=ListenerSettings)


class ListenersSection(NamedTuple):
    """One comparison as a part of a report.

    Attributes
    ----------
    title : str
        Whose dissimilarities, and how many.
    rows : list of dict of str to str
        A row a model, best first, keys `listeners_tables.COLUMNS`.
    ceiling : str
        Lower and upper noise ceiling, or why there is none.
    notes : list of str
        What was decided, and which models were left out and why.
    figures : list of ReportFigure
        With place "listeners", and names that begin with that of the listeners' data.
    content : dict
        All numbers, as in ``results.json``.
    """

    title: str
    rows: list[dict[str, str]]
    ceiling: str
    notes: list[str]
    figures: list[ReportFigure]
    content: dict[str, Any]


def listeners_section(
    task: ListenersTask, folder: Path, *, open_model: OpenModel, tell: Tell
) -> ListenersSection:
    """Compare models with listeners, as a part of another report.

    Parameters
    ----------
    task : ListenersTask
        What is compared with whom.
    folder : Path
        Where models' dissimilarities are kept.
    open_model, tell : callable
        From a spec to a model; takes a line of progress.

    Raises
    ------
    SemdnnError
        If the listeners cannot be read or analysed, or no model is left.
    """
    behaviour = read_behaviour(task.behaviour)
    stimuli = stimuli_of(behaviour, task.audio)
    models = candidates(task.specs, open_model)
    result = compare_with_listeners(behaviour, stimuli, models, task.settings, folder, tell)
    section = as_section(result)
    named = [replace(item, name=f"{behaviour.name}-{item.name}") for item in section.figures]
    return section._replace(figures=named)


def as_section(result: ListenersResult) -> ListenersSection:
    """Return a result with its table and figures."""
    dead = [f"{item.name}, left out {text}" for item in result.scores for text in item.left_out]
    failed = [f"left out: {item.spec}: {item.reason}" for item in result.failures]
    return ListenersSection(
        title=f"{result.behaviour.name}: {listeners_text(result.behaviour)}",
        rows=table_rows(result),
        ceiling=ceiling_text(result),
        notes=[*result.notes, *dead, *failed],
        figures=listeners_figures(result),
        content=as_plain(result),
    )


def write_listeners(folder: Path, result: ListenersResult) -> Path:
    """Write results.json, results.csv, figures/*.svg and report.html; return the page's path."""
    section = as_section(result)
    pictures = {item.name: as_svg(item.figure) for item in section.figures}
    for name, svg in pictures.items():
        write_text(folder / "figures" / f"{name}.svg", svg)
    write_json(folder / "results.json", section.content)
    write_text(folder / "results.csv", as_csv(result))
    templates = files("semdnn.experiment") / "templates"
    template = (templates / "listeners.html.j2").read_text(encoding="utf-8")
    page = (
        Environment(autoescape=True, undefined=StrictUndefined)
        .from_string(template)
        .render(
            version=semdnn.__version__,
            style=Markup(_style()),  # noqa: S704 - the package's own
            section=section,
            columns=COLUMNS,
            contrasts=result.contrasts,
            partitions=result.partitions,
            cards=[(item.name, item.card) for item in result.scores],
            pictures={
                name: Markup(svg[svg.index("<svg") :])  # noqa: S704 - matplotlib's own SVG
                for name, svg in pictures.items()
            },
            settings=canonical_json(section.content["settings"]),
        )
    )
    path = folder / "report.html"
    write_text(path, page)
    return path


def _style() -> str:
    """Return the style sheet of a run's report, so that both pages look the same."""
    page = (files("semdnn.experiment") / "templates" / "report.html.j2").read_text(encoding="utf-8")
    return page.partition("<style>")[2].partition("</style>")[0]
