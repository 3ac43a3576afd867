"""Score comparison between networks, baselines and sets (the paper's Fig. 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semdnn.figures.style import PAGE_WIDTH, colour, display_name, drawing

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
RULES = ("dual", "average", "optimistic", "pessimistic", "cosine")
_MARKERS = "osD^v<>PX"
_CHANCE = 0.5


def score_comparison(results: Results, sets: Sequence[str]) -> Figure:
    """Draw ranking scores under every order and AMCSS against N, a row of panels a set.

    semDNN and catDNN (or, without both, the first two models) are joined by an arrow at the
    smallest and the largest N: how far the first is from the second, and whether the gap grows.

    Parameters
    ----------
    results : {model: {set: scores}}
        Scores as written to ``scores.json``.
    sets : sequence of str
        Sets to draw, in order.
    """
    shared = _amcss_limits(results, sets)
    with drawing(PAGE_WIDTH, 1.85 * len(sets) + 0.45) as figure:
        panels = figure.subplots(len(sets), 2, squeeze=False, width_ratios=(1.15, 1), sharex="col")
        for row, name in enumerate(sets):
            _ranking_panel(panels[row, 0], results, name)
            _amcss_panel(panels[row, 1], results, name)
            panels[row, 1].set_ylim(shared)
        panels[-1, 0].set_xlabel("order of words")
        panels[-1, 1].set_xlabel("top N words")
        handles, labels = panels[0, 1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 6))
    return figure


def _ranking_panel(panel: Axes, results: Results, name: str) -> None:
    models = [model for model in results if name in results[model]]
    step = min(0.8 / max(len(models), 1), 0.2)
    for position, model in enumerate(models):
        scores = results[model][name]
        means = np.array([scores["ranking"][rule] for rule in RULES])
        limits = np.array([scores["intervals"][f"ranking.{rule}"] for rule in RULES])
        places = np.arange(len(RULES)) + (position - (len(models) - 1) / 2) * step
        panel.errorbar(
            places,
            means,
            yerr=np.abs(limits.T - means),
            fmt=_MARKERS[position % len(_MARKERS)],
            color=_shade(model, position),
            markersize=3.5,
            elinewidth=1.0,
            label=display_name(model),
        )
    panel.set_xticks(np.arange(len(RULES)), RULES)
    for edge in np.arange(len(RULES) - 1) + 0.5:
        panel.axvline(edge, color="0.9", linewidth=0.6, zorder=0)
    panel.axhline(_CHANCE, color="0.5", linewidth=0.6, linestyle=":")
    panel.set(ylim=(0, 1), ylabel="ranking score")
    panel.set_title(_title(results, name), loc="left")


def _amcss_panel(panel: Axes, results: Results, name: str) -> None:
    drawn: dict[str, tuple[list[int], list[float]]] = {}
    for position, (model, sets) in enumerate(results.items()):
        if name not in sets:
            continue
        scores = sets[name]
        top_n = sorted(int(n) for n in scores["amcss"])
        means = [scores["amcss"][str(n)] for n in top_n]
        limits = np.array([scores["intervals"][f"amcss.{n}"] for n in top_n])
        shade, marker = _shade(model, position), _MARKERS[position % len(_MARKERS)]
        panel.plot(top_n, means, color=shade, marker=marker, ms=3, lw=1, label=display_name(model))
        panel.fill_between(top_n, limits[:, 0], limits[:, 1], color=shade, alpha=0.18, linewidth=0)
        drawn[model] = (top_n, means)
    panel.set_ylabel("AMCSS")
    pair = ("semdnn", "catdnn") if {"semdnn", "catdnn"} <= drawn.keys() else tuple(drawn)[:2]
    if len(pair) == 2:
        _arrows(panel, drawn[pair[0]], drawn[pair[1]])


def _arrows(
    panel: Axes, ours: tuple[list[int], list[float]], theirs: tuple[list[int], list[float]]
) -> None:
    """Point from the second model to the first at both ends of the curves, with the difference."""
    ends = (min(ours[0]) - 3.4, max(ours[0]) + 3.4)
    for place, side in ((0, -1), (-1, 1)):
        top_n, start, end = ours[0][place], theirs[1][place], ours[1][place]
        x = top_n + 0.55 * side
        panel.annotate(
            "",
            xy=(x, end),
            xytext=(x, start),
            arrowprops={"arrowstyle": "->", "lw": 0.8, "color": "0.2", "shrinkA": 0, "shrinkB": 0},
        )
        panel.annotate(
            f"{end - start:+.3f}".replace("-", "−"),
            xy=(x, (start + end) / 2),
            xytext=(3 * side, 0),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=6.5,
        )
    panel.set_xlim(ends)
    panel.set_xticks([n for n in ours[0] if n % 5 == 0])


def _amcss_limits(results: Results, sets: Sequence[str]) -> tuple[float, float]:
    values = [
        limit
        for own in results.values()
        for name in sets
        if name in own
        for n in own[name]["amcss"]
        for limit in own[name]["intervals"][f"amcss.{n}"]
    ]
    return min(0.0, min(values, default=0.0)), max(values, default=1.0) * 1.05


def _title(results: Results, name: str) -> str:
    sizes = [own[name].get("n_scored") for own in results.values() if name in own]
    return f"{name} ({sizes[0]:,} sounds)" if sizes and sizes[0] else name


def _shade(model: str, position: int) -> str:
    """Return the model's colour, the palest one darkened so that thin lines can be seen."""
    return "#555555" if model == "chance" else colour(model, position)
