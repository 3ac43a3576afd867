"""Which axis of an array of listeners' data is what, and its dissimilarities."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.judgements import (
    Array,
    Asymmetric,
    BehaviourError,
    condense,
    from_confusions,
    from_merges,
    from_partitions,
    from_similarities,
)
from semdnn.evaluation.rsa_data import RsaError, n_stimuli_of

Kind = Literal["dissimilarity", "similarity", "confusion", "merges", "partitions"]

VARIABLE_KINDS: Mapping[str, Kind] = {
    "condensed": "dissimilarity",
    "dissimilarities": "dissimilarity",
    "dissimilarity": "dissimilarity",
    "rdm": "dissimilarity",
    "rdms": "dissimilarity",
    "similarities": "similarity",
    "similarity": "similarity",
    "ratings": "similarity",
    "confusions": "confusion",
    "counts": "confusion",
    "merges": "merges",
    "linkage": "merges",
    "partitions": "partitions",
}
NAME_VARIABLES = ("names", "stimuli", "labels")


class Listeners(NamedTuple):
    """Dissimilarities of every listener.

    Attributes
    ----------
    values : array of float64 [shape=(L, n_pairs)]
        NaN where missing; pairs of several sets follow one another.
    set_sizes : tuple of int
        Number of stimuli of every set.
    """

    values: Array
    set_sizes: tuple[int, ...]


class Variables(NamedTuple):
    """What a NPZ or MATLAB file holds.

    Attributes
    ----------
    arrays : mapping of str to array
        Numeric variables, with axes in the file's order.
    texts : mapping of str to tuple of str
        Variables that are lists of names.
    """

    arrays: Mapping[str, NDArray[np.generic]]
    texts: Mapping[str, tuple[str, ...]]


class Chosen(NamedTuple):
    """The variable that holds the listeners."""

    values: Array
    kind: Kind
    names: tuple[str, ...]


def choose(variables: Variables, variable: str | None, kind: Kind | None) -> Chosen:
    """Return the variable that holds the listeners, what it means, and the stimuli's names.

    Parameters
    ----------
    variables : Variables
        Of the file.
    variable : str, optional
        Its name; else the one whose name is in `VARIABLE_KINDS`, else the only one.
    kind : str, optional
        What it holds; else told by its name, dissimilarities if that says nothing.

    Raises
    ------
    BehaviourError
        If it is not clear which variable is meant.
    """
    arrays = variables.arrays
    known = [name for name in arrays if name.lower() in VARIABLE_KINDS]
    candidates = [variable] if variable else known or list(arrays)
    if len(candidates) != 1 or candidates[0] not in arrays:
        problem = f"no variable {variable!r}" if variable else f"{len(candidates)} candidates"
        raise BehaviourError(
            f"{problem} for listeners' data: name one of {', '.join(arrays) or 'none'}"
        )
    name = candidates[0]
    names = next((v for k, v in variables.texts.items() if k.lower() in NAME_VARIABLES), ())
    meaning = kind or VARIABLE_KINDS.get(name.lower(), "dissimilarity")
    return Chosen(np.asarray(arrays[name], dtype=np.float64), meaning, names)


def to_listeners(
    values: Array, kind: Kind, names: tuple[str, ...] = (), asymmetric: Asymmetric = "refuse"
) -> Listeners:
    """Return every listener's dissimilarities.

    Parameters
    ----------
    values : array
        dissimilarity, similarity: listeners x pairs or pairs x listeners (whichever axis is a
        number of pairs; with names, that of the stimuli's; if both could be, one at least twice
        as long), pairs x listeners x sets, one square matrix, or squares stacked along the
        first or last axis. confusion: one square or a stack. merges [shape=(L, S − 1, 3 or 4)]
        and partitions [shape=(L, n_steps, S)]: a stack, or that of one listener; MATLAB's
        (S − 1, 3, L) too.
    kind : str
        What they are.
    names : tuple of str
        Stimuli, where known.
    asymmetric : {"refuse", "mean"}
        See `judgements.condense`.

    Raises
    ------
    BehaviourError
        If the shape tells no layout, or tells two, or the values are wrong.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim not in (1, 2, 3) or 0 in values.shape or np.isinf(values).any():
        raise BehaviourError(f"an array of shape {values.shape} is empty or holds infinite values")
    if kind == "merges":
        if values.ndim == 3 and values.shape[2] not in (3, 4) and values.shape[1] in (3, 4):
            values = np.moveaxis(values, 2, 0)
        return _each(values, from_merges)
    if kind == "partitions":
        return _each(values, from_partitions)
    if kind == "confusion":
        return _each(_listeners_first(values) if values.ndim == 3 else values, from_confusions)
    listeners = _judgements(values, names, kind, asymmetric)
    if kind == "similarity":
        return listeners._replace(values=from_similarities(listeners.values))
    return listeners


def _each(values: Array, convert: Callable[[Array], Array]) -> Listeners:
    stack = values if values.ndim == 3 else values[None]
    rows = np.array([convert(one) for one in stack])
    return Listeners(rows, (n_stimuli_of(rows.shape[1]),))


def _judgements(
    values: Array, names: tuple[str, ...], kind: Kind, asymmetric: Asymmetric
) -> Listeners:
    def condensed(square: Array) -> Array:
        return condense(
            square, names=names, asymmetric=asymmetric, diagonal=kind == "dissimilarity"
        )

    if values.ndim == 3 and (
        values.shape[0] == values.shape[1] or values.shape[1] == values.shape[2]
    ):
        return _each(_listeners_first(values), condensed)
    if values.ndim == 3:
        n_pairs, n_listeners, n_sets = values.shape
        rows = values.transpose(1, 2, 0).reshape(n_listeners, n_sets * n_pairs)
        return Listeners(rows, n_sets * (_n_stimuli(n_pairs),))
    if values.ndim == 2 and _is_square_matrix(values, len(names)):
        return _each(values, condensed)
    rows = np.atleast_2d(values)
    rows = rows.T if _pairs_axis(rows.shape, len(names)) == 0 else rows
    return Listeners(np.ascontiguousarray(rows), (_n_stimuli(rows.shape[1]),))


def _listeners_first(values: Array) -> Array:
    """Return a stack of squares as [shape=(L, S, S)]; of a cube, (S, S, L) if that is symmetric."""
    first = values.shape[1] == values.shape[2]
    if first and values.shape[0] == values.shape[1]:
        first = bool(np.allclose(values, values.transpose(0, 2, 1), equal_nan=True))
    if not first and values.shape[0] != values.shape[1]:
        raise BehaviourError(f"an array of shape {values.shape} holds no square matrices")
    return values if first else np.moveaxis(values, 2, 0)


def _is_square_matrix(values: Array, n_names: int) -> bool:
    """Tell a matrix from as many listeners as pairs, by names, else by an even diagonal."""
    if values.shape[0] != values.shape[1]:
        return False
    if n_names or not _is_n_pairs(len(values)):
        return n_names in (0, len(values))
    diagonal = np.nan_to_num(values.diagonal())
    return bool(np.ptp(diagonal) == 0 and np.allclose(values, values.T, equal_nan=True))


def _pairs_axis(shape: tuple[int, ...], n_names: int) -> int:
    wanted = n_names * (n_names - 1) // 2
    fits = [n == wanted if n_names else _is_n_pairs(n) for n in shape]
    if all(fits) and max(shape) >= 2 * min(shape):
        return int(np.argmax(shape))
    if sum(fits) != 1:
        reason = "either axis could be the pairs" if all(fits) else "no axis is a number of pairs"
        of = f" of {n_names} stimuli" if n_names else ""
        raise BehaviourError(
            f"an array of shape {tuple(shape)}: {reason}{of}; check it, or give the stimuli's names"
        )
    return fits.index(True)


def _is_n_pairs(number: int) -> bool:
    try:
        return n_stimuli_of(number) >= 3
    except RsaError:
        return False


def _n_stimuli(n_pairs: int) -> int:
    if not _is_n_pairs(n_pairs):
        raise BehaviourError(f"{n_pairs} values a listener are not all pairs of 3 or more stimuli")
    return n_stimuli_of(n_pairs)
