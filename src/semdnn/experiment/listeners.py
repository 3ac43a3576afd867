"""Which models predict listeners: cross-validated RSA of every comparison model (Fig. 6)."""

from collections.abc import Callable, Sequence
from pathlib import Path

from semdnn.comparison.interface import Stimulus
from semdnn.errors import SemdnnError
from semdnn.evaluation.behaviour_data import Behaviour
from semdnn.evaluation.behaviour_notes import listed
from semdnn.experiment.listener_models import (
    Candidate,
    ListenersError,
    ModelRdms,
    model_rdms,
    source_of,
)
from semdnn.experiment.listeners_fit import fit_models, fitting_plan
from semdnn.experiment.listeners_result import Failure, ListenerSettings, ListenersResult

Tell = Callable[[str], object]

DISSIMILARITIES = "dissimilarities"
"""Sub-folder of a run where models' dissimilarities are kept."""


def compare_with_listeners(
    behaviour: Behaviour,
    stimuli: Sequence[Stimulus],
    models: Sequence[Candidate],
    settings: ListenerSettings,
    folder: Path,
    tell: Tell,
) -> ListenersResult:
    """Return how well every model predicts the listeners.

    Parameters
    ----------
    behaviour : Behaviour
        The listeners, no judgement missing.
    stimuli : sequence of Stimulus
        What they heard, in the order of `behaviour.stimuli`.
    models : sequence of Candidate
        Models to compare. One that fails is listed in the result and stops no other.
    settings : ListenerSettings
        Distances, fits, tests.
    folder : Path
        Where models' dissimilarities are kept: a repeated call opens no model again.
    tell : callable
        Takes one line of progress.

    Raises
    ------
    ListenersError
        If a judgement is missing, stimuli do not fit the listeners, or no model is left.
    RsaError
        If the listeners cannot be analysed as asked for.
    """
    _check(behaviour, stimuli)
    plan = fitting_plan(behaviour, settings)
    plan.check()
    who = listed([repr(name) for name in behaviour.listener_names])
    tell(listeners_text(behaviour) + (f"; listeners: {who}" if who else ""))
    for note in behaviour.notes:
        tell(f"  note: {note}")
    source = source_of(stimuli, behaviour.set_sizes, settings.metric, folder / DISSIMILARITIES)
    opened: dict[str, ModelRdms] = {}
    failures: list[Failure] = []
    for number, candidate in enumerate(models, start=1):
        tell(f"{number}/{len(models)} {candidate.spec}")
        try:
            found = model_rdms(candidate, source)
        except (SemdnnError, OSError, ValueError, RuntimeError, ImportError) as error:
            reason = " ".join(str(error).split()).removeprefix(f"{candidate.spec}: ")
            failures.append(Failure(candidate.spec, reason))
            tell(f"  left out: {reason}")
            continue
        opened[candidate.spec if found.name in opened else found.name] = found
    if not opened:
        raise ListenersError(f"{behaviour.name}: no model is left: {_reasons(failures)}")
    _check_partitions(settings, opened)
    tell(f"fitting {len(opened)} models to {listeners_text(behaviour)}")
    return fit_models(plan, opened, failures)


def listeners_text(behaviour: Behaviour) -> str:
    """Return in words who judged what.

    Examples
    --------
    >>> import numpy as np
    >>> listeners_text(Behaviour("x", ("a", "b", "c"), np.ones((2, 3)), (3,)))
    '2 listeners, 3 stimuli'
    """
    one = "the mean of a group" if behaviour.is_group_mean else "1 listener"
    who = one if behaviour.n_listeners == 1 else f"{behaviour.n_listeners} listeners"
    n_sets = len(behaviour.set_sizes)
    sets = f" in {n_sets} sets" if n_sets > 1 else ""
    return f"{who}, {len(behaviour.stimuli)} stimuli{sets}"


def _check(behaviour: Behaviour, stimuli: Sequence[Stimulus]) -> None:
    if tuple(item.name for item in stimuli) != behaviour.stimuli:
        raise ListenersError(
            f"{behaviour.name}: {len(stimuli)} stimuli are given, not the listeners' "
            f"{len(behaviour.stimuli)} in their order"
        )
    if not behaviour.is_complete:
        raise ListenersError(
            f"{behaviour.name}: judgements are missing: leave out the listeners or the stimuli "
            "that have gaps (--leave-out)"
        )


def _check_partitions(settings: ListenerSettings, opened: dict[str, ModelRdms]) -> None:
    unknown = [name for pair in settings.partitions for name in pair if name not in opened]
    if unknown:
        raise ListenersError(
            f"no model {unknown[0]!r} to take variance apart: there are {', '.join(opened)}"
        )


def _reasons(failures: Sequence[Failure]) -> str:
    return "; ".join(f"{item.spec}: {item.reason}" for item in failures) or "none was given"
