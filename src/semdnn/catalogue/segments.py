"""From word weights at every step of a sound to runs of steps, by a rule that has no trained part.

A step is one patch; consecutive steps start one hop apart. The rule:

1. Each word's weights are replaced by their median over 2 n - 1 steps, where n = ceil(0.96 s / hop)
   is how many patches see any one instant. So what all patches that saw an instant agree on stays,
   and what fewer of them say alone goes. At both ends the outermost step counts as if repeated.
2. A word is *on* where its smoothed weight is at least half the threshold. Pauses shorter than
   a patch are closed, because no patch lay wholly in them. What hangs together is a run.
3. A run counts if at one of its steps the smoothed weight reaches the threshold and is among the
   `top` largest (equal ones in alphabetical order).
4. A run's weight is the mean of the smoothed weights at the steps where the word is on.

Held in memory: 2 n - 1 steps, and the runs that have not ended.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

from semdnn.audio.patches import PATCH_FRAMES
from semdnn.errors import SemdnnError

Weights = Mapping[str, float]
"""Words of one step with their weights above 0; words that are not there have weight 0."""


class SegmentRuleError(SemdnnError):
    """Settings that give no segments: hop, threshold or number of words out of range."""


@dataclass(frozen=True)
class SegmentRule:
    """What turns steps into runs.

    Attributes
    ----------
    hop_frames : int
        Frames of 10 ms from one step to the next, 1–96.
    threshold : float
        Weight that a word must reach, > 0; it stays on down to half of it.
    top : int
        Words that may reach it at one step, ≥ 1.
    """

    hop_frames: int = 48
    threshold: float = 0.1
    top: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.hop_frames <= PATCH_FRAMES:
            raise SegmentRuleError(
                f"a hop of {self.hop_frames / 100:g} s: give 0.01 s to {PATCH_FRAMES / 100:g} s"
            )
        if not self.threshold > 0:
            raise SegmentRuleError(f"a threshold of {self.threshold:g}: give a weight above 0")
        if self.top < 1:
            raise SegmentRuleError(f"{self.top} words at a step: give at least 1")

    @property
    def leave(self) -> float:
        """Smallest weight at which a word stays on."""
        return self.threshold / 2

    @property
    def half_window(self) -> int:
        """Steps on either side that the median looks at: n - 1."""
        return -(-PATCH_FRAMES // self.hop_frames) - 1


class Run(NamedTuple):
    """A word that is on from step `first` to step `last`, both within it."""

    first: int
    last: int
    word: str
    weight: float


@dataclass
class _Open:
    first: int
    last: int
    total: float = 0.0
    n_on: int = 0
    counts: bool = False


def smooth(steps: Iterable[Weights], half_window: int) -> Iterator[dict[str, float]]:
    """Yield for every step each word's median weight over it and `half_window` steps either side.

    Examples
    --------
    >>> list(smooth([{}, {"dog": 0.5}, {"dog": 0.4}, {}], 1))
    [{}, {'dog': 0.4}, {'dog': 0.4}, {}]
    """
    window: deque[Weights] = deque(maxlen=2 * half_window + 1)
    for step in _padded(steps, half_window):
        window.append(step)
        if len(window) == window.maxlen:
            smoothed = {
                word: sorted(around.get(word, 0.0) for around in window)[half_window]
                for word in sorted({word for around in window for word in around})
            }
            yield {word: weight for word, weight in smoothed.items() if weight > 0}


def find_runs(steps: Iterable[Weights], rule: SegmentRule) -> Iterator[Run]:
    """Yield the runs of a sound in the order in which they end.

    Parameters
    ----------
    steps : iterable of mapping
        Weights of the words at each step. Weights below ``rule.leave`` may be left out: they
        change nothing.
    rule : SegmentRule
        Hop, threshold and number of words.

    Examples
    --------
    >>> steps = [{"dog": 0.75}, {"dog": 0.5, "cat": 0.09}, {"dog": 0.25}, {}]
    >>> list(find_runs(steps, SegmentRule(hop_frames=96)))
    [Run(first=0, last=2, word='dog', weight=0.5)]
    """
    open_runs: dict[str, _Open] = {}
    at = -1
    for at, weights in enumerate(smooth(steps, rule.half_window)):
        ended = [
            word
            for word, run in open_runs.items()
            if (at - run.last - 1) * rule.hop_frames >= PATCH_FRAMES
        ]
        yield from _closed(open_runs, ended)
        strong = _strongest(weights, rule)
        for word, weight in weights.items():
            if weight >= rule.leave:
                run = open_runs.setdefault(word, _Open(at, at))
                run.last = at
                run.total += weight
                run.n_on += 1
                run.counts |= word in strong
    yield from _closed(open_runs, list(open_runs))


def _closed(open_runs: dict[str, _Open], words: Iterable[str]) -> Iterator[Run]:
    for word in words:
        run = open_runs.pop(word)
        if run.counts:
            yield Run(run.first, run.last, word, run.total / run.n_on)


def _strongest(weights: Weights, rule: SegmentRule) -> set[str]:
    reached = [(-weight, word) for word, weight in weights.items() if weight >= rule.threshold]
    return {word for _, word in sorted(reached)[: rule.top]}


def _padded(steps: Iterable[Weights], n: int) -> Iterator[Weights]:
    """Yield `steps` with the first and the last of them repeated `n` times more."""
    last: Weights | None = None
    for step in steps:
        if last is None:
            yield from repeat(step, n)
        last = step
        yield step
    if last is not None:
        yield from repeat(last, n)
