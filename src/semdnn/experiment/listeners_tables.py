"""What a comparison with listeners found, as text, plain values and CSV."""

import csv
import io
import math
from dataclasses import asdict
from typing import Any

import semdnn
from semdnn.evaluation.rsa_interval import Estimate
from semdnn.experiment.listeners import listeners_text
from semdnn.experiment.listeners_result import ListenersResult, Partition

COLUMNS = ("model", "R²cv", "interval", "chance", "p", "p corrected", "best layer", "licence")
"""Of the table; p values are one-sided against reordered stimuli."""

_LEFT = ("model", "best layer")


def table_rows(result: ListenersResult) -> list[dict[str, str]]:
    """Return a row a model, best first, every cell as text."""
    return [
        {
            "model": item.name,
            "R²cv": f"{item.r2:.3f}",
            "interval": f"{item.low:.3f} … {item.high:.3f}",
            "chance": f"{item.chance:.3f}",
            "p": _p(item.p),
            "p corrected": _p(item.p_corrected),
            "best layer": item.best_layer,
            "licence": item.card.licence,
        }
        for item in sorted(result.scores, key=lambda item: -item.r2)
    ]


def ceiling_text(result: ListenersResult) -> str:
    """Return both noise ceilings in words."""
    if math.isnan(result.ceiling.lower):
        return "no noise ceiling: there are no separate listeners"
    return f"noise ceiling: lower {result.ceiling.lower:.3f}, upper {result.ceiling.upper:.3f}"


def results_table(result: ListenersResult) -> str:
    """Return the table that a terminal shows, with ceilings, contrasts and notes."""
    rows = table_rows(result)
    shown = COLUMNS[:-1]
    header = dict(zip(shown, shown, strict=True))
    widths = [max(len(row[name]) for row in [header, *rows]) for name in shown]
    title = f"{result.behaviour.name}: {listeners_text(result.behaviour)}"
    lines = [title, ceiling_text(result), ""]
    for row in [header, *rows]:
        cells = [
            row[name].ljust(width) if name in _LEFT else row[name].rjust(width)
            for name, width in zip(shown, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    lines += ["", *(_partition_line(item) for item in result.partitions)]
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"left out: {item.spec}: {item.reason}" for item in result.failures]
    return "\n".join(lines).rstrip()


def as_plain(result: ListenersResult) -> dict[str, Any]:
    """Return everything that was found as plain values; what is not a number is None."""
    content = {
        "version": semdnn.__version__,
        "behaviour": {
            "name": result.behaviour.name,
            "n_listeners": result.behaviour.n_listeners,
            "set_sizes": list(result.behaviour.set_sizes),
            "stimuli": list(result.behaviour.stimuli),
            "meta": dict(result.behaviour.meta),
        },
        "settings": result.settings.model_dump(mode="json"),
        "held_out": result.held_out,
        "intervals_over": result.over,
        "noise_ceiling": result.ceiling._asdict(),
        "models": [
            asdict(item) | {"layers": [layer._asdict() for layer in item.layers]}
            for item in result.scores
        ],
        "contrasts": [item._asdict() for item in result.contrasts],
        "partitions": [
            item._asdict()
            | {part: getattr(item, part)._asdict() for part in ("unique_a", "unique_b", "shared")}
            for item in result.partitions
        ],
        "failures": [item._asdict() for item in result.failures],
        "notes": list(result.notes),
    }
    plain: dict[str, Any] = _finite(content)
    return plain


def as_csv(result: ListenersResult) -> str:
    """Return a row a model, and a row a layer of it by itself, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("model", "layer", "r2cv", "low", "high", "chance", "p", "p_corrected"))
    for item in result.scores:
        writer.writerow(
            (item.name, "", item.r2, item.low, item.high, item.chance, item.p, item.p_corrected)
        )
        writer.writerows(
            (item.name, layer.name, layer.r2, layer.low, layer.high, "", "", "")
            for layer in item.layers
        )
    return text.getvalue()


def _partition_line(item: Partition) -> str:
    parts = (("only " + item.a, item.unique_a), ("only " + item.b, item.unique_b))
    texts = [f"{name} {_estimate(value)}" for name, value in (*parts, ("both", item.shared))]
    return f"variance of {item.a} and {item.b}: " + ", ".join(texts)


def _estimate(value: Estimate) -> str:
    return f"{value.value:.3f} ({value.low:.3f} … {value.high:.3f})"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _finite(value: Any) -> Any:
    """Return plain values with None for what is not a finite number."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
