"""The report of a run: one self-contained HTML page, and every number as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

import semdnn
from semdnn.experiment.listeners_report import ListenersSection
from semdnn.experiment.listeners_tables import COLUMNS as LISTENER_COLUMNS
from semdnn.experiment.prepare import Prepared
from semdnn.experiment.report_figure import ReportFigure
from semdnn.figures.style import as_svg, display_name
from semdnn.files import canonical_json, write_json, write_text
from semdnn.recipe import Recipe

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]

COLUMNS = (
    ("ranking.dual", "rank, dual"),
    ("ranking.average", "rank, average"),
    ("ranking.optimistic", "rank, optimistic"),
    ("ranking.pessimistic", "rank, pessimistic"),
    ("ranking.cosine", "rank, cosine"),
    ("amcss.5", "AMCSS 5"),
    ("amcss.10", "AMCSS 10"),
    ("amcss.15", "AMCSS 15"),
    ("zero_shot", "zero-shot"),
)


@dataclass(frozen=True)
class RunResults:
    """Everything that a run measured.

    Attributes
    ----------
    scores : {model: {set: scores}}
    seeds : list of {"set", "model", "score", "mean", "deviation", "lowest", "highest", "n_seeds"}
    paired : list of {"set", "score", "difference", "low", "high", "p"}
    classes : {set: {model: {"pearson", "spearman", …}}}
    listeners : list of ListenersSection
        Comparisons with listeners; may be empty.
    training : {model: {"n_parameters", "n_epochs", "best_epoch", "best_loss", "minutes"}}
    """

    scores: Results
    seeds: Sequence[Mapping[str, Any]]
    paired: Sequence[Mapping[str, Any]]
    classes: Mapping[str, Mapping[str, Mapping[str, float]]]
    training: Mapping[str, Mapping[str, Any]]
    listeners: Sequence[ListenersSection] = ()


def write_report(
    folder: Path,
    recipe: Recipe,
    prepared: Prepared,
    results: RunResults,
    figures: Sequence[ReportFigure],
) -> Path:
    """Write ``report.html``, ``report.json`` and ``figures/*.svg``; return the page's path."""
    facts = _facts(prepared)
    pictures = {figure.name: as_svg(figure.figure) for figure in figures}
    for name, svg in pictures.items():
        write_text(folder / "figures" / f"{name}.svg", svg)
    write_json(
        folder / "report.json",
        {
            "version": semdnn.__version__,
            "recipe": recipe.model_dump(mode="json"),
            "library": dict(facts["table"]),
            "balance": prepared.balance.as_json(),
            "scores": results.scores,
            "seeds": list(results.seeds),
            "paired": list(results.paired),
            "classes": results.classes,
            "training": results.training,
            "listeners": {section.title: section.content for section in results.listeners},
        },
    )
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = files("semdnn.experiment") / "templates" / "report.html.j2"
    page = environment.from_string(template.read_text(encoding="utf-8")).render(
        version=semdnn.__version__,
        recipe=recipe,
        recipe_text=canonical_json(recipe.model_dump(mode="json")),
        facts=facts,
        columns=[{"title": title} for _, title in COLUMNS],
        sets=[_set_table(results.scores, name) for name in _set_names(results.scores)],
        seeds=_seed_tables(results.seeds),
        paired=results.paired,
        listeners=results.listeners,
        listener_columns=LISTENER_COLUMNS,
        classes=_class_rows(results.classes),
        training=[{"model": display_name(m), **row} for m, row in results.training.items()],
        rejected=Counter(item.reason for item in prepared.rejected).most_common(20),
        figures=figures,
        draw=lambda figure: _draw(figure, pictures[figure.name]),
    )
    path = folder / "report.html"
    write_text(path, page)
    return path


def score_table(scores: Results) -> str:
    """Return the scores as plain text, a block a set and a line a model.

    Columns: ranking score under five orders, AMCSS for the top 5, 10 and 15, zero-shot accuracy.
    """
    groups = f"{'':<14}{'ranking score':>60}{'AMCSS':>36}{'accuracy':>12}"
    lines: list[str] = [groups]
    for name in _set_names(scores):
        lines.append("")
        lines.append(f"{name:<14}" + "".join(f"{title.split()[-1]:>12}" for _, title in COLUMNS))
        for model, sets in scores.items():
            if name in sets:
                cells = (f"{value_of(sets[name], key):>12.3f}" for key, _ in COLUMNS)
                lines.append(f"{display_name(model):<14}" + "".join(cells))
    return "\n".join(lines)


def _set_names(scores: Results) -> list[str]:
    names: dict[str, None] = {}
    for sets in scores.values():
        names.update(dict.fromkeys(sets))
    return list(names)


def value_of(scores: Mapping[str, Any], key: str) -> float:
    """Return one score of a set by its column key, such as ``ranking.dual``."""
    if key == "zero_shot":
        return float(scores["zero_shot_accuracy"])
    group, _, item = key.partition(".")
    return float(scores[group][item])


def _set_table(scores: Results, name: str) -> dict[str, Any]:
    rows = []
    sample: Mapping[str, Any] = {}
    for model, sets in scores.items():
        if name not in sets:
            continue
        sample = sets[name]
        cells = [
            {
                "value": f"{value_of(sample, key):.3f}",
                "interval": "–".join(f"{limit:.3f}" for limit in sample["intervals"][key]),
            }
            for key, _ in COLUMNS
        ]
        rows.append({"model": display_name(model), "cells": cells})
    title = f"{name}: {sample['n_sounds']} sounds, {sample['n_classes']} class names"
    return {"title": title, "rows": rows, "note": _missing_note(sample)}


def _seed_tables(seeds: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a table a set: a row a model, a cell a column of `COLUMNS`."""
    tables: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for item in seeds:
        rows = tables.setdefault(item["set"], {})
        rows.setdefault(item["model"], {})[item["score"]] = item
    return [
        {
            "title": f"{name}: mean over {_n_seeds(rows)} seeds",
            "rows": [
                {"model": display_name(model), "cells": [cells[key] for key, _ in COLUMNS]}
                for model, cells in rows.items()
            ],
        }
        for name, rows in tables.items()
    ]


def _n_seeds(rows: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> int:
    return max(int(item["n_seeds"]) for cells in rows.values() for item in cells.values())


def _class_rows(
    classes: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> list[dict[str, Any]]:
    return [
        {"set": name, "model": display_name(model), **found}
        for name, models in classes.items()
        for model, found in models.items()
    ]


def _missing_note(sample: Mapping[str, Any]) -> str:
    missing = sample.get("missing_words") or {}
    if not missing:
        return ""
    shown = ", ".join(f"{word} ({count})" for word, count in list(missing.items())[:20])
    unscored = sample["n_sounds"] - sample["n_scored"]
    left_out = (
        f"{unscored} sounds have no dictionary word at all and are left out of ranking and AMCSS; "
        "zero-shot takes every sound."
        if unscored
        else "Every sound has a dictionary word."
    )
    rest = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
    return f"Words of this set that the dictionary lacks: {shown}{rest}. {left_out}"


def _facts(prepared: Prepared) -> dict[str, Any]:
    balance = prepared.balance.as_json()
    patches = prepared.store.n_patches
    table = [
        ("sounds with audio and words", len(prepared.sounds)),
        ("sounds left out", len(prepared.rejected)),
        ("log-mel patches", patches),
        ("dictionary words", len(prepared.dictionary)),
        ("words out of vocabulary", len(prepared.out_of_vocabulary)),
        ("training sounds", len(prepared.training)),
        ("validation sounds", len(prepared.validation)),
        ("test sounds", len(prepared.test)),
        ("cluster entropy before balancing, bits", round(balance["entropy_before_bits"], 3)),
        ("cluster entropy after balancing, bits", round(balance["entropy_after_bits"], 3)),
        ("cluster entropy, upper limit, bits", round(balance["entropy_limit_bits"], 3)),
    ]
    return {
        "table": table,
        "n_sounds": len(prepared.sounds),
        "n_words": len(prepared.dictionary),
        "n_rejected": len(prepared.rejected),
        "procedural": all(sound.source == "procedural" for sound in prepared.sounds),
    }


def _draw(item: ReportFigure, svg: str) -> Markup:
    picture = svg[svg.index("<svg") :]
    label = escape(item.caption)
    picture = picture.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return Markup(  # noqa: S704 - matplotlib's own SVG; the caption is escaped
        f"<figure>{picture}<figcaption>{label}</figcaption></figure>"
    )
