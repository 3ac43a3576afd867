"""Figures of a comparison with listeners, each with its caption."""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from semdnn.evaluation.rsa_map import stimulus_map, turned_onto
from semdnn.experiment.listeners_result import ListenersResult
from semdnn.experiment.report_figure import ReportFigure
from semdnn.figures.layers import LayerPoint, layer_profiles
from semdnn.figures.rdm_gallery import rdm_gallery
from semdnn.figures.rsa import ALPHA, Bar, r2_bars
from semdnn.figures.stimulus_map import stimulus_maps

Array = NDArray[np.float64]

LISTENERS = "listeners"


def listeners_figures(result: ListenersResult) -> list[ReportFigure]:
    """Return the report's figures in order: bars, layers, and of a single set matrices and maps."""
    figures = [_bars(result), _profiles(result)]
    if len(result.behaviour.set_sizes) == 1:
        figures += [_gallery(result), _maps(result)]
    return figures


def _bars(result: ListenersResult) -> ReportFigure:
    bars = [
        Bar(item.name, item.r2, item.low, item.high, item.chance, item.p_corrected)
        for item in result.scores
    ]
    better: dict[tuple[str, str], float] = {}
    for pair in result.contrasts:
        first, second = (pair.a, pair.b) if pair.difference > 0 else (pair.b, pair.a)
        better[first, second] = pair.p_corrected
    where = " on held-out stimuli" if result.held_out else ""
    caption = (
        f"R²cv{where} with {result.settings.level:.0%} intervals over "
        f"{'listeners and stimuli' if result.over == 'both' else 'stimuli'} (jackknife). Red: mean "
        f"over reordered stimuli. Asterisk: above chance, p < {ALPHA} by permutation, corrected "
        "for all models by the largest of them. Right: dots, the model of the row is better than "
        f"that of the column, p < {ALPHA} by t-tests on the jackknife, Holm."
    )
    if np.isfinite(result.ceiling).all():
        caption += " Grey: between the lower and the upper noise ceiling."
    return ReportFigure(
        "models",
        "listeners",
        caption,
        r2_bars(bars, (result.ceiling.lower, result.ceiling.upper), better),
    )


def _profiles(result: ListenersResult) -> ReportFigure:
    models = {item.name: [LayerPoint(*layer) for layer in item.layers] for item in result.scores}
    caption = (
        "R²cv of each layer by itself, from input to output. Dotted: models with one layer. "
        "Dashed: lower noise ceiling. Shaded: intervals, where listeners are held out."
    )
    return ReportFigure(
        "layers",
        "listeners",
        caption,
        layer_profiles(models, (result.ceiling.lower, result.ceiling.upper)),
    )


def _titled(result: ListenersResult) -> dict[str, Array]:
    layers = {item.name: item.best_layer for item in result.scores}
    ordered = sorted(result.scores, key=lambda item: -item.r2)
    titled = {LISTENERS: result.behaviour.mean}
    titled |= {f"{item.name}\n{layers[item.name]}": result.rdms[item.name] for item in ordered}
    return titled


def _gallery(result: ListenersResult) -> ReportFigure:
    mean = result.behaviour.mean
    order = leaves_list(linkage(mean - mean.min(), "average", optimal_ordering=True))
    matrices = {
        title: squareform(_ranks(values), checks=False)[order][:, order]
        for title, values in _titled(result).items()
    }
    names = [result.behaviour.stimuli[place] for place in order]
    caption = (
        "Dissimilarities of listeners, and of the layer of each model that predicts them best by "
        "itself. One order of stimuli, that of average linkage of the listeners' mean."
    )
    return ReportFigure("matrices", "listeners", caption, rdm_gallery(matrices, names))


def _maps(result: ListenersResult) -> ReportFigure:
    titled = _titled(result)
    found = {title: stimulus_map(_ranks(values)) for title, values in titled.items()}
    reference = found[LISTENERS].points
    maps = {
        title if title == LISTENERS else title.replace("\n", ", "): turned_onto(
            item.points, reference
        )
        for title, item in found.items()
    }
    shares = [round(100 * item.share) for item in found.values()]
    caption = (
        "Stimuli on a plane (classical scaling of ranked dissimilarities), models turned onto the "
        "listeners' plane; a stimulus keeps its colour. Planes show "
        f"{min(shares)} to {max(shares)} % of the variance."
    )
    return ReportFigure("maps", "listeners", caption, stimulus_maps(maps, result.behaviour.stimuli))


def _ranks(values: Array) -> Array:
    """Return ranks from 0 (nearest pair) to 1."""
    return np.asarray((rankdata(values) - 1) / max(values.size - 1, 1), dtype=np.float64)
