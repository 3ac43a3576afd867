"""Listeners' dissimilarities with what they are of, and parts of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from semdnn.evaluation.judgements import Array, BehaviourError
from semdnn.evaluation.rsa_data import stimulus_pairs


@dataclass(frozen=True, eq=False)
class Behaviour:
    """Dissimilarities by listener, with what they are of.

    Attributes
    ----------
    name : str
        Of the file or folder.
    stimuli : tuple of str
        Names, all different; numbers from 1 where the file has none.
    listeners : array of float64 [shape=(L, n_pairs)]
        Pairs in `pdist` order, those of several sets one after the other; NaN where missing.
    set_sizes : tuple of int
        Number of stimuli of every set; one entry for a single set.
    listener_names : tuple of str
        L names, or none.
    audio : tuple of Path
        A file a stimulus, in the order of `stimuli`, or none.
    meta : mapping
        Content of ``meta.json``: citation, licence and more.
    is_group_mean : bool
        Whether the single row is known to be the mean of a group, which cannot be split.
    notes : tuple of str
        What was odd about the file, a line each (`behaviour_notes`).
    """

    name: str
    stimuli: tuple[str, ...]
    listeners: Array
    set_sizes: tuple[int, ...]
    listener_names: tuple[str, ...] = ()
    audio: tuple[Path, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    is_group_mean: bool = False
    notes: tuple[str, ...] = ()

    @property
    def n_listeners(self) -> int:
        """Number of rows."""
        return len(self.listeners)

    @property
    def is_complete(self) -> bool:
        """Whether no judgement is missing."""
        return not bool(np.isnan(self.listeners).any())

    @property
    def mean(self) -> Array:
        """Mean of the listeners who judged each pair [shape=(n_pairs,)]; NaN where none did."""
        n_judged = np.count_nonzero(~np.isnan(self.listeners), axis=0)
        sums = np.nansum(self.listeners, axis=0)
        return np.asarray(np.where(n_judged, sums / np.maximum(n_judged, 1), np.nan))


def select_stimuli(behaviour: Behaviour, stimuli: Sequence[str]) -> Behaviour:
    """Return the named stimuli alone, in the given order, which may be that of other data.

    Parameters
    ----------
    behaviour : Behaviour
        With a single stimulus set.
    stimuli : sequence of str
        At least 3 of its stimuli, all different.

    Raises
    ------
    BehaviourError
        If a name is unknown or repeated, or there are several sets.
    """
    if len(behaviour.set_sizes) > 1:
        raise BehaviourError(f"{behaviour.name}: choose stimuli of one set at a time")
    unknown = [name for name in stimuli if name not in behaviour.stimuli]
    if unknown or len(set(stimuli)) < len(stimuli) or len(stimuli) < 3:
        problem = f"no stimulus {unknown[0]!r}" if unknown else "fewer than 3 different stimuli"
        raise BehaviourError(f"{behaviour.name}: {problem}")
    order = np.array([behaviour.stimuli.index(name) for name in stimuli])
    rows, columns = np.triu_indices(len(order), 1)
    squares = (squareform(row, checks=False) for row in behaviour.listeners)
    return replace(
        behaviour,
        stimuli=tuple(stimuli),
        listeners=np.array([square[order[rows], order[columns]] for square in squares]),
        set_sizes=(len(order),),
        audio=tuple(behaviour.audio[place] for place in order) if behaviour.audio else (),
    )


def select_listeners(behaviour: Behaviour, kept: Sequence[int] | NDArray[np.integer]) -> Behaviour:
    """Return some listeners alone, by their row numbers."""
    rows = np.asarray(kept, dtype=np.int64)
    if rows.size == 0:
        raise BehaviourError(f"{behaviour.name}: no listener is left")
    names = behaviour.listener_names
    return replace(
        behaviour,
        listeners=behaviour.listeners[rows],
        listener_names=tuple(names[row] for row in rows) if names else (),
    )


def leave_out_incomplete(
    behaviour: Behaviour, what: Literal["listeners", "stimuli"] = "listeners"
) -> Behaviour:
    """Return the data without listeners, or without stimuli, that have missing judgements.

    Stimuli are left out one at a time, that with most missing judgements first, until none is
    missing. Nothing is ever filled in.

    Raises
    ------
    BehaviourError
        If no listener, or fewer than 3 stimuli, would be left.
    """
    if what == "listeners":
        complete = ~np.isnan(behaviour.listeners).any(axis=1)
        return select_listeners(behaviour, np.flatnonzero(complete))
    while not behaviour.is_complete:
        missing = np.isnan(behaviour.listeners).sum(axis=0)
        pairs = stimulus_pairs(missing.size, behaviour.set_sizes)
        n_missing = np.bincount(pairs.first, missing, pairs.n_stimuli)
        n_missing += np.bincount(pairs.second, missing, pairs.n_stimuli)
        worst = behaviour.stimuli[int(n_missing.argmax())]
        kept = [name for name in behaviour.stimuli if name != worst]
        behaviour = select_stimuli(behaviour, kept)
    return behaviour
