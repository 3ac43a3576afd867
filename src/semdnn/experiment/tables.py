"""Scores as tables: one row a score, one row a class, and text for a terminal."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.dissimilarity import MacroClassCorrelation
from semdnn.experiment.classes import ClassAnalysis, LayerTest
from semdnn.experiment.evaluate import SetScores
from semdnn.figures.style import display_name
from semdnn.files import write_text
from semdnn.semantics.dictionary import Dictionary

N_CONFUSED = 3
N_WRONG_WORDS = 3
N_TOP_WORDS = 5
"""Words of a sound that count as said of it, in the table of classes."""

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]

SHOWN = (
    ("rank dual", "ranking.dual"),
    ("rank cosine", "ranking.cosine"),
    ("AMCSS 5", "amcss.5"),
    ("AMCSS 10", "amcss.10"),
    ("AMCSS 15", "amcss.15"),
    ("accuracy", "zero_shot"),
    ("mAP", "mean_average_precision"),
)


class ClassRow(NamedTuple):
    """How one model does on one class of a set.

    Attributes
    ----------
    model, set, name, macro_class : str
        Which class.
    n_sounds : int
        Sounds of the class.
    ranking_dual, ranking_cosine, amcss_10 : float or None
        Means over its sounds with a dictionary word; None where it has none.
    zero_shot_accuracy : float
        Share of its sounds whose nearest class is one of the sound's own.
    average_precision : float or None
        Of ranking all sounds of the set by their nearness to the class's name.
    confused_with : str
        The most frequent wrong nearest classes of its sounds: "rain (12); wind (5)".
    wrong_words : str
        The most frequent words among the first five of its sounds that are not true of them.
    """

    model: str
    set: str
    name: str
    macro_class: str
    n_sounds: int
    ranking_dual: float | None
    ranking_cosine: float | None
    amcss_10: float | None
    zero_shot_accuracy: float
    average_precision: float | None
    confused_with: str
    wrong_words: str


def class_rows(model: str, scores: SetScores, dictionary: Dictionary) -> list[ClassRow]:
    """Return a row for every class of a set, in the order of their names."""
    data = scores.data
    keys = ("ranking.dual", "ranking.cosine", "amcss.10", "zero_shot")
    values = scores.aligned(keys)
    members = data.class_truth.tocsc()
    wrong = _wrong_words(scores, dictionary)
    rows = []
    for k, name in enumerate(data.classes):
        sounds = members.indices[members.indptr[k] : members.indptr[k + 1]]
        own = values[sounds]
        missed = sounds[own[:, 3] == 0]
        confused = Counter(data.classes[i] for i in scores.classes.nearest[missed])
        words = Counter(word for i in sounds for word in wrong.get(int(i), ()))
        macro = {data.macro_classes[i] for i in sounds}
        rows.append(
            ClassRow(
                model,
                data.name,
                name,
                macro.pop() if len(macro) == 1 else "",
                len(sounds),
                _mean(own[:, 0]),
                _mean(own[:, 1]),
                _mean(own[:, 2]),
                float(own[:, 3].mean()),
                _known(scores.classes.precisions[k]),
                _counted(confused, N_CONFUSED),
                _counted(words, N_WRONG_WORDS),
            )
        )
    return rows


def score_rows(scores: Results) -> list[tuple[str, str, str, float, float | None, float | None]]:
    """Return (model, set, score, value, low, high) of every score, limits None where not known."""
    rows = []
    for model, sets in scores.items():
        for name, own in sets.items():
            for key, value in _flat(own):
                low, high = own["intervals"].get(key, (None, None))
                rows.append((model, name, key, value, low, high))
    return rows


def macro_rows(analyses: Mapping[str, ClassAnalysis]) -> list[tuple[Any, ...]]:
    """Return a row for every set, model, layer and grouping: see `MACRO_HEADER`."""
    return [
        (name, *test[:5], *(float(value) for value in test.found))
        for name, analysis in analyses.items()
        for test in analysis.tests
    ]


MACRO_HEADER = ("set", *LayerTest._fields[:5], *MacroClassCorrelation._fields)
SCORE_HEADER = ("model", "set", "score", "value", "low", "high")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def score_text(scores: Results) -> str:
    """Return the main scores for a terminal, a block a set and a line a model.

    Each with its 95 % interval below it.
    """
    sets = list(dict.fromkeys(name for own in scores.values() for name in own))
    blocks = []
    for name in sets:
        sample = next(own[name] for own in scores.values() if name in own)
        title = (
            f"{name}: {sample['n_sounds']} sounds of {sample['n_recordings']} recordings, "
            f"{sample['n_classes']} classes"
        )
        lines = [title, f"{'':<16}" + "".join(f"{head:>16}" for head, _ in SHOWN)]
        for model, own in scores.items():
            if name in own:
                lines += _model_lines(model, own[name])
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _model_lines(model: str, own: Mapping[str, Any]) -> list[str]:
    values = dict(_flat(own))
    cells = (f"{values[key]:>16.3f}" if key in values else f"{'':>16}" for _, key in SHOWN)
    limits = (own["intervals"].get(key) for _, key in SHOWN)
    below = (f"{'' if pair is None else '{:.3f}–{:.3f}'.format(*pair):>16}" for pair in limits)
    return [f"{display_name(model):<16}" + "".join(cells), f"{'':<16}" + "".join(below)]


def _flat(own: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return every score of one set under the key that its interval has."""
    found = [
        (f"{group}.{item}", float(own[group][item]))
        for group in ("ranking", "amcss", "amcss_cosine")
        for item in own.get(group, {})
    ]
    found.append(("zero_shot", float(own["zero_shot_accuracy"])))
    if own.get("mean_average_precision") is not None:
        found.append(("mean_average_precision", float(own["mean_average_precision"])))
    return found


def _wrong_words(scores: SetScores, dictionary: Dictionary) -> dict[int, list[str]]:
    """Return the first words of each scored sound that are not true of it."""
    truth = scores.data.truth
    wrong = {}
    for row, sound in enumerate(scores.scored):
        true = set(truth.indices[truth.indptr[sound] : truth.indptr[sound + 1]].tolist())
        best = scores.top[row, :N_TOP_WORDS].tolist()
        wrong[int(sound)] = [dictionary.words[i] for i in best if i not in true]
    return wrong


def _counted(counter: Counter[str], n: int) -> str:
    return "; ".join(f"{name} ({count})" for name, count in counter.most_common(n))


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
