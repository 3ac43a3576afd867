"""An external evaluation as files: JSON, CSV, and the paper's Fig. 4 and Fig. 5."""

from pathlib import Path

from semdnn.errors import SemdnnError
from semdnn.experiment.external import ExternalResults, Request, description
from semdnn.experiment.paired import Comparison
from semdnn.experiment.tables import (
    MACRO_HEADER,
    SCORE_HEADER,
    ClassRow,
    class_rows,
    macro_rows,
    score_rows,
    write_csv,
)
from semdnn.figures.rdm import class_rdms
from semdnn.figures.scores import score_comparison
from semdnn.figures.style import as_svg
from semdnn.files import write_json, write_text

TABLES = ("scores.csv", "classes.csv", "paired.csv", "macro_classes.csv")
"""Tables of a folder for results."""


class OutputError(SemdnnError):
    """A folder for results that belongs to something else."""


def check_output(folder: Path) -> None:
    """Refuse the folder of a run, whose scores would be written over.

    Raises
    ------
    OutputError
        If it is one.
    """
    if (folder / "run.json").exists():
        raise OutputError(f"{folder}: holds a run with scores of its own; choose another -o")


def write_external(folder: Path, request: Request, results: ExternalResults) -> list[Path]:
    """Write all results to `folder`, and return the files in the order of their making.

    ``scores.json`` ({model: {set: scores}}), ``evaluation.json`` (all there is), ``scores.csv``,
    ``classes.csv``, ``paired.csv``, ``macro_classes.csv``, ``fig4.svg`` and a ``fig5-SET.svg`` for
    each set with classes (``fig5.svg``: of the first with macro-classes, else of the first).
    """
    write_json(folder / "scores.json", results.plain)
    write_json(folder / "evaluation.json", description(request, results))
    write_csv(folder / "scores.csv", SCORE_HEADER, score_rows(results.plain))
    first = next(iter(request.checkpoints.values()))
    classes = [
        row
        for model, sets in results.scores.items()
        for scored in sets.values()
        for row in class_rows(model, scored, request.checkpoints.get(model, first).dictionary)
    ]
    write_csv(folder / "classes.csv", ClassRow._fields, classes)
    write_csv(folder / "paired.csv", Comparison._fields, results.paired)
    write_csv(folder / "macro_classes.csv", MACRO_HEADER, macro_rows(results.classes))
    names = ["scores.json", "evaluation.json", "scores.csv", "classes.csv", "paired.csv"]
    return [folder / name for name in (*names, "macro_classes.csv")] + _draw(folder, results)


def _draw(folder: Path, results: ExternalResults) -> list[Path]:
    sets = list(results.sets)
    pictures = {"fig4.svg": as_svg(score_comparison(results.plain, sets))}
    for name, item in results.classes.items():
        correlations = {model: found.pearson for model, found in item.correlations.items()}
        figure = class_rdms(item.matrices, item.classes, correlations, item.macro_classes)
        pictures[f"fig5-{name}.svg"] = as_svg(figure)
    grouped = sorted(results.classes, key=lambda name: results.classes[name].grouping == "class")
    if grouped:
        pictures["fig5.svg"] = pictures[f"fig5-{grouped[0]}.svg"]
    for name, svg in pictures.items():
        write_text(folder / name, svg)
    return [folder / name for name in pictures]
