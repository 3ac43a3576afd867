"""Score comparison between networks, baselines and sets (the paper's Fig. 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from semdnn.figures.style import PAGE_WIDTH, colour, display_name, drawing

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
RULES = ("dual", "average", "optimistic", "pessimistic", "cosine")


def score_comparison(results: Results, sets: Sequence[str]) -> Figure:
    """Draw ranking scores under every order and AMCSS against N, a row of panels a set.

    Parameters
    ----------
    results : {model: {set: scores}}
        Scores as written to ``scores.json``.
    sets : sequence of str
        Sets to draw, in order.
    """
    with drawing(PAGE_WIDTH, 2.3 * len(sets) + 0.3) as figure:
        panels = figure.subplots(len(sets), 2, squeeze=False, width_ratios=(1.25, 1))
        for row, name in enumerate(sets):
            _ranking_panel(panels[row, 0], results, name)
            _amcss_panel(panels[row, 1], results, name)
        handles, labels = panels[0, 1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _ranking_panel(panel: Axes, results: Results, name: str) -> None:
    models = [model for model in results if name in results[model]]
    width = 0.8 / max(len(models), 1)
    for position, model in enumerate(models):
        scores = results[model][name]
        means = np.array([scores["ranking"][rule] for rule in RULES])
        limits = np.array([scores["intervals"][f"ranking.{rule}"] for rule in RULES])
        places = np.arange(len(RULES)) + (position - (len(models) - 1) / 2) * width
        panel.bar(places, means, width, color=colour(model, position))
        errors = np.abs(limits.T - means)
        panel.errorbar(places, means, yerr=errors, fmt="none", ecolor="0.2", elinewidth=0.7)
    panel.set_xticks(np.arange(len(RULES)), RULES)
    panel.axhline(0.5, color="0.5", linewidth=0.6, linestyle=":")
    panel.set(ylim=(0, 1), ylabel="ranking score", title=name)


def _amcss_panel(panel: Axes, results: Results, name: str) -> None:
    for position, (model, sets) in enumerate(results.items()):
        if name not in sets:
            continue
        scores = sets[name]
        top_n = sorted(int(n) for n in scores["amcss"])
        means = [scores["amcss"][str(n)] for n in top_n]
        limits = np.array([scores["intervals"][f"amcss.{n}"] for n in top_n])
        shade = colour(model, position)
        panel.plot(top_n, means, color=shade, marker="o", ms=2.5, label=display_name(model))
        panel.fill_between(top_n, limits[:, 0], limits[:, 1], color=shade, alpha=0.2, linewidth=0)
    panel.set(xlabel="top N words", ylabel="AMCSS", title=name)
    panel.set_ylim(bottom=0)
