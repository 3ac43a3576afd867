"""The words of a sound over time, and a bounded memory of what was heard lately."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import FRAME_S, PATCH_FRAMES
from semdnn.catalogue.hearing import words_where_sounding
from semdnn.catalogue.segments import SegmentRule, find_runs, smooth
from semdnn.catalogue.timeline import STEPS_TOGETHER, WORDS_A_STEP, Segment, in_order
from semdnn.model import SemanticModel, Word
from semdnn.web.hearing import Heard, Outputs, mean_output
from semdnn.web.limits import RefusedError

MAX_ROWS = 24
TOP_WORDS = 10


class WordsOverTime(NamedTuple):
    """What is heard when.

    Attributes
    ----------
    words : tuple of Word
        Words of the whole sound, as `semdnn label` gives them, 10 at most.
    segments : tuple of Segment
        As `semdnn label --timeline` gives them.
    rows : tuple of str
        Words worth a row: those of the segments, then those of the whole sound; the weightiest
        24, in falling weight.
    weights : float [shape=(len(rows), P)]
        Their smoothed weights at every step.
    edges_s : float64 [shape=(P + 1,)]
        Where steps begin and end; the first is 0, the last the sound's length.
    """

    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    rows: tuple[str, ...]
    weights: NDArray[np.float32]
    edges_s: NDArray[np.float64]


def words_over_time(model: SemanticModel, outputs: Outputs) -> WordsOverTime:
    """Turn a sound's outputs into words, with the model's vocabulary."""
    rule = SegmentRule(hop_frames=outputs.hop_frames)
    steps: list[dict[str, float]] = []
    for start in range(0, len(outputs.values), STEPS_TOGETHER):
        part = slice(start, start + STEPS_TOGETHER)
        values, sounding = outputs.values[part], outputs.sounding[part]
        steps += map(dict, words_where_sounding(model, values, sounding, top=WORDS_A_STEP))
    loud = [{w: b for w, b in step.items() if b >= rule.leave} for step in steps]
    segments = in_order(find_runs(loud, rule), outputs.hop_frames, len(steps), outputs.duration_s)
    mean = mean_output(model, outputs)
    words = () if mean is None else model.words(mean, top=TOP_WORDS)
    rows, weights = _rows(list(smooth(steps, rule.half_window)), segments, words)
    return WordsOverTime(words, segments, rows, weights, step_edges(outputs))


def step_edges(outputs: Outputs) -> NDArray[np.float64]:
    """Return where the steps of a sound begin and end [shape=(P + 1,)], in seconds.

    Examples
    --------
    >>> step_edges(Outputs(np.zeros((3, 1), np.float32), np.ones(3, bool), 48, 2.1))
    array([0.  , 0.72, 1.2 , 2.1 ])
    """
    edges = (np.arange(len(outputs.values) + 1) - 0.5) * outputs.hop_frames * FRAME_S
    edges += PATCH_FRAMES * FRAME_S / 2
    edges[0], edges[-1] = 0.0, outputs.duration_s
    return np.minimum(np.round(edges, 6), outputs.duration_s)


class Hearings:
    """Outputs of the sounds that were heard last, by ids that cannot be guessed.

    With them an own vocabulary or a search needs no second upload. Samples are not kept.

    Parameters
    ----------
    max_bytes : int
        Memory for outputs; the ones not used for longest go first.
    """

    def __init__(self, max_bytes: int = 64_000_000) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Outputs] = OrderedDict()

    def keep(self, heard: Heard) -> str:
        """Remember a sound's outputs; return its id."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[key] = heard.outputs
            while len(self._kept) > 1 and self._n_bytes() > self._max_bytes:
                self._kept.popitem(last=False)
        return key

    def get(self, key: str) -> Outputs:
        """Return what was kept.

        Raises
        ------
        RefusedError
            If it is not, or no longer, there.
        """
        with self._lock:
            if key not in self._kept:
                raise RefusedError(
                    410, "forgotten", "this sound is no longer remembered: open it again"
                )
            self._kept.move_to_end(key)
            return self._kept[key]

    def _n_bytes(self) -> int:
        return sum(outputs.values.nbytes for outputs in self._kept.values())


def _rows(
    steps: Sequence[dict[str, float]], segments: Sequence[Segment], words: Sequence[Word]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the words worth a row, and their weights at every step."""
    totals: dict[str, float] = {}
    for step in steps:
        for word, weight in step.items():
            totals[word] = totals.get(word, 0.0) + weight
    in_segments = {segment.word for segment in segments}
    candidates = in_segments | {word.word for word in words}
    order = sorted(
        (word for word in candidates if totals.get(word, 0.0) > 0),
        key=lambda word: (word not in in_segments, -totals[word], word),
    )[:MAX_ROWS]
    rows = tuple(sorted(order, key=lambda word: (-totals[word], word)))
    weights = np.array([[step.get(word, 0.0) for step in steps] for word in rows], np.float32)
    return rows, weights.reshape(len(rows), len(steps))
