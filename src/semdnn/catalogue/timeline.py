"""What is heard when: the words of a sound of any length as time-stamped segments.

Every hop a patch is heard and decoded into words by itself, a silent one into none; `segments`
turns the weights of the steps into runs. A step stands for the hop around the middle of its patch:
from 0.48 s - hop / 2 to 0.48 s + hop / 2 after the patch's start. The first step also has what
comes before, the last one what comes after, so that the steps share the sound among them without
gaps.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import FRAME_S, PATCH_FRAMES, cut_stream
from semdnn.audio.silence import Mask, is_sounding
from semdnn.audio.waveform import SAMPLE_RATE, stream
from semdnn.catalogue.hearing import words_where_sounding
from semdnn.catalogue.segments import Run, SegmentRule, SegmentRuleError, find_runs
from semdnn.features.logmel import log_mel_stream
from semdnn.model import SemanticModel
from semdnn.network.inference import predict

HOP_S = 0.48
THRESHOLD = 0.1
WORDS_A_STEP = 32
"""Words of a step that are looked at, the strongest; few weights of the others reach 0.02."""
STEPS_TOGETHER = 512
"""Steps that are decoded into words together."""


class Segment(NamedTuple):
    """A word, from when to when it is heard, and its mean weight there."""

    start_s: float
    end_s: float
    word: str
    weight: float


class Timeline(NamedTuple):
    """The segments of a sound, by start; those that start together in falling weight."""

    duration_s: float
    segments: tuple[Segment, ...]


def rule_of(*, hop_s: float = HOP_S, threshold: float = THRESHOLD, top: int = 5) -> SegmentRule:
    """Return the rule for a hop in seconds.

    Raises
    ------
    SegmentRuleError
        If the hop is no multiple of 10 ms or a value is out of range.

    Examples
    --------
    >>> rule_of(hop_s=0.24).hop_frames
    24
    """
    hop_frames = round(hop_s / FRAME_S)
    if abs(hop_frames * FRAME_S - hop_s) > 1e-9:
        raise SegmentRuleError(f"a hop of {hop_s:g} s: give a multiple of 0.01 s, such as 0.48")
    return SegmentRule(hop_frames, threshold, top)


def timeline(
    model: SemanticModel, sound: Path | str | NDArray[np.floating], rule: SegmentRule | None = None
) -> Timeline:
    """Return which words are heard when.

    Parameters
    ----------
    model : SemanticModel
        The trained network with its dictionary.
    sound : path, or float array [shape=(n,)]
        A sound file of any length, or samples at 16 kHz.
    rule : SegmentRule, optional
        By default steps of 0.48 s, threshold 0.1 and 5 words at most that reach it at one step.

    Returns
    -------
    Timeline
        Length and segments. What is held meanwhile does not grow with the sound, but for the
        segments found.

    Raises
    ------
    AudioError
        If the file cannot be read, or the sound is shorter than 25 ms.
    """
    rule = rule or SegmentRule()
    sounding = _Sounding(model, rule.hop_frames)
    runs = list(find_runs(sounding.steps(sound, rule.leave), rule))
    return Timeline(
        sounding.n_samples / SAMPLE_RATE,
        in_order(runs, rule.hop_frames, sounding.n_steps, sounding.n_samples / SAMPLE_RATE),
    )


def in_order(
    runs: Iterable[Run], hop_frames: int, n_steps: int, duration_s: float
) -> tuple[Segment, ...]:
    """Return the runs of a sound's `n_steps` steps as a timeline's segments."""
    return tuple(
        sorted((_placed(run, hop_frames, n_steps, duration_s) for run in runs), key=_place)
    )


def _placed(run: Run, hop_frames: int, n_steps: int, duration_s: float) -> Segment:
    """Return the run with times in place of steps."""
    hop_s, middle_s = hop_frames * FRAME_S, PATCH_FRAMES * FRAME_S / 2
    start_s = 0.0 if run.first == 0 else (run.first - 0.5) * hop_s + middle_s
    end_s = duration_s if run.last == n_steps - 1 else (run.last + 0.5) * hop_s + middle_s
    return Segment(start_s, end_s, run.word, run.weight)


def _place(segment: Segment) -> tuple[float, float, str]:
    return segment.start_s, -segment.weight, segment.word


class _Sounding:
    """One pass through a sound; counts its samples and steps on the way."""

    def __init__(self, model: SemanticModel, hop_frames: int) -> None:
        self._model = model
        self._hop_frames = hop_frames
        self.n_samples = 0
        self.n_steps = 0

    def steps(
        self, sound: Path | str | NDArray[np.floating], smallest: float
    ) -> Iterator[dict[str, float]]:
        """Yield the words of every step whose weight is at least `smallest`."""
        for outputs, sounding in self._outputs(sound):
            self.n_steps += len(outputs)
            said = words_where_sounding(self._model, outputs, sounding, top=WORDS_A_STEP)
            for words in said:
                yield {word: weight for word, weight in words if weight >= smallest}

    def _outputs(
        self, sound: Path | str | NDArray[np.floating]
    ) -> Iterator[tuple[NDArray[np.float32], Mask]]:
        """Yield outputs for about `STEPS_TOGETHER` steps at a time, and which are not silent."""
        log_offset = self._model.checkpoint.features.log_offset
        frames = log_mel_stream(self._counted(sound), log_offset=log_offset)
        waiting: list[tuple[NDArray[np.float32], Mask]] = []
        for patches in cut_stream(frames, hop_frames=self._hop_frames):
            outputs = predict(self._model.network, patches)
            waiting.append((outputs, is_sounding(patches, log_offset)))
            if sum(len(part) for part, _ in waiting) >= STEPS_TOGETHER:
                yield _joined(waiting)
                waiting = []
        if waiting:
            yield _joined(waiting)

    def _counted(self, sound: Path | str | NDArray[np.floating]) -> Iterator[NDArray[np.floating]]:
        blocks = stream(Path(sound)) if isinstance(sound, Path | str) else (np.asarray(sound),)
        for block in blocks:
            self.n_samples += len(block)
            yield block


def _joined(
    parts: list[tuple[NDArray[np.float32], Mask]],
) -> tuple[NDArray[np.float32], Mask]:
    outputs, sounding = zip(*parts, strict=True)
    return np.concatenate(outputs), np.concatenate(sounding)
