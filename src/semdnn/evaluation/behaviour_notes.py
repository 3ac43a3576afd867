"""What is odd about listeners' data though it can be used: a line each, for a person to judge."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.judgements import Array

FAR = 10.0
"""Rule of thumb: a level or a spread so many times off is no listener's like the others."""
MIN_TO_COMPARE = 3
"""Listeners from whom on a scale can be told from the others', and rows that may be counted."""
LISTED = 20
"""Names that a line lists at most."""

_CENTRED = 0.05  # a mean this small, in standard deviations, is that of standardised values
_ROUNDING = 1e-9  # relative to the largest value: smaller ones have no sign


def listener_labels(n_listeners: int, names: Sequence[str] = ()) -> list[str]:
    """Return what listeners are called: their names in quotes, or numbers from 1.

    Examples
    --------
    >>> listener_labels(2), listener_labels(2, ["Ann", "Bob"])
    (['1', '2'], ["'Ann'", "'Bob'"])
    """
    return [repr(name) for name in names] or [str(row + 1) for row in range(n_listeners)]


def listed(labels: Sequence[str]) -> str:
    """Return labels in a row; of more than 20 the first and the last.

    Examples
    --------
    >>> listed([str(number) for number in range(30)])
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, … 29'
    """
    if len(labels) <= LISTED:
        return ", ".join(labels)
    return ", ".join(labels[: LISTED - 1]) + f", … {labels[-1]}"


def scale_notes(
    listeners: Array, names: Sequence[str] = (), order: NDArray[np.int64] | None = None
) -> tuple[str, ...]:
    """Return a line for listeners whose values are hardly a listener's, such as numbers of trials.

    Rules of thumb: values that count the rows of the file, as no other's do; or, among at least 3
    listeners, a median more than 10 median ranges from the median of all medians, or a range more
    than 10 times wider or narrower than the median range.

    Parameters
    ----------
    listeners : array [shape=(L, n_pairs)]
        NaN where missing.
    names : sequence of str
        L names, or none.
    order : array of int, optional
        Which pair each row of the file was; by default all in order.

    Examples
    --------
    >>> rows = [[0.1, 0.5, 0.2], [0.3, 0.4, 0.1], [0.0, 1.0, 2.0]]
    >>> [line[:31] for line in scale_notes(np.array(rows), ["a", "b", "trial"])]
    ["listener 'trial' counts the row"]
    """
    labels = listener_labels(len(listeners), names)
    in_file = listeners if order is None else listeners[:, order]
    counting = (np.diff(in_file, axis=1) == 1).all(axis=1)
    if counting.all() or in_file.shape[1] < MIN_TO_COMPARE:
        counting[:] = False
    far = np.zeros(len(listeners), dtype=bool)
    far[~counting] = _far_from_the_others(listeners[~counting])
    advice = "if that is no listener, take it out of the file (found by a rule of thumb)"
    found = (
        (counting, "counts the rows of the file"),
        (far, f"lies on another scale than the others, {FAR:g} times off or more"),
    )
    return tuple(
        f"listener {listed([labels[row] for row in np.flatnonzero(which)])} {problem}: {advice}"
        for which, problem in found
        if which.any()
    )


def negative_note(listeners: Array, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a line if dissimilarities are negative, else none.

    Parameters
    ----------
    listeners : array [shape=(L, n_pairs)]
        Dissimilarities as in the file, NaN where missing.
    names : sequence of str
        L names, or none.
    """
    least = -_ROUNDING * np.nanmax(np.abs(listeners), initial=0)
    negative = listeners < least
    if not negative.any():
        return ()
    labels = listener_labels(len(listeners), names)
    who = listed([labels[row] for row in np.flatnonzero(negative.any(axis=1))])
    means, spreads = np.nanmean(listeners, axis=1), np.nanstd(listeners, axis=1)
    advice = (
        "they look standardised (every mean is about 0), which is no fault"
        if (np.abs(means) <= _CENTRED * spreads).all()
        else "if they are similarities or correlations, say kind='similarity' (--kind similarity); "
        "if a negative number stands for a missing judgement, leave its cell empty"
    )
    return (
        f"{negative.sum()} of {np.isfinite(listeners).sum()} dissimilarities are negative "
        f"(listener {who}): {advice}",
    )


def _far_from_the_others(listeners: Array) -> NDArray[np.bool_]:
    if len(listeners) < MIN_TO_COMPARE:
        return np.zeros(len(listeners), dtype=bool)
    medians = np.nanmedian(listeners, axis=1)
    ranges = np.nanmax(listeners, axis=1) - np.nanmin(listeners, axis=1)
    usual = np.median(ranges)
    is_off = np.abs(medians - np.median(medians)) > FAR * usual
    return np.asarray(is_off | (ranges > FAR * usual) | (ranges < usual / FAR))
