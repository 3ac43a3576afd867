"""What is wrong with settings in a TOML file, all of it in one line."""

import math
from collections.abc import Sequence
from datetime import date, time
from typing import Any, NamedTuple

from pydantic import ValidationError

from semdnn.settings import Settings

Key = tuple[int | str, ...]

MOST_FAULTS = 5
"""How many faults one error names."""


class Fault(NamedTuple):
    """What is wrong at one place.

    Attributes
    ----------
    rank : int
        0 for an unknown key, 1 for a missing one, 2 for a value.
    place : tuple of int and str
        Keys from the root.
    text : str
        What a person reads.
    """

    rank: int
    place: Key
    text: str


def as_plain(value: Any, place: Key = ()) -> tuple[Any, list[Fault]]:
    """Return TOML content as JSON takes it, and its faults: what no setting takes is None there.

    Parameters
    ----------
    value : dict, list, str, int, float, bool, date, time
        What `tomllib` returns.
    place : tuple of int and str
        Where it lies in the whole.

    Examples
    --------
    >>> as_plain({"seed": 1, "training": {"learning_rate": float("nan")}})[1][0].text
    "key 'training.learning_rate': a finite number is needed, got nan"
    """
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        found = {key: as_plain(item, (*place, key)) for key, item in items}
        faults = [fault for _, own in found.values() for fault in own]
        plain = {key: item for key, (item, _) in found.items()}
        return (plain if isinstance(value, dict) else list(plain.values())), faults
    needed = ""
    if isinstance(value, float) and not math.isfinite(value):
        needed = "a finite number is needed"
    if isinstance(value, (date, time)):
        needed = "no setting is a date or a time"
    if needed:
        return None, [Fault(2, place, f"key '{_dotted(place)}': {needed}, got {value}")]
    return value, []


def faults_in(
    error: ValidationError, model: type[Settings], known: Sequence[Fault] = ()
) -> list[Fault]:
    """Return what is wrong, unknown keys first, then missing ones.

    Parameters
    ----------
    error : ValidationError
        Of `model`.
    model : type of Settings
        Whose keys are listed beside an unknown one.
    known : sequence of Fault
        Faults found before, to which errors at their places are due.
    """
    faults = list(known)
    for problem in error.errors():
        place = problem["loc"]
        if any(place[: len(fault.place)] == fault.place for fault in known):
            continue
        where = _dotted(place) or "(root)"
        if problem["type"] == "extra_forbidden":
            beside = ", ".join(_keys_beside(place, model))
            text = f"unknown key '{where}'" + (f" (known here: {beside})" if beside else "")
            faults.append(Fault(0, place, text))
        elif problem["type"] == "missing":
            faults.append(Fault(1, place, f"key '{where}' is missing"))
        else:
            got = _shortened(repr(problem["input"]))
            faults.append(Fault(2, place, f"key '{where}': {problem['msg']}, got {got}"))
    return sorted(faults, key=lambda fault: fault.rank)


def told(faults: Sequence[Fault]) -> str:
    """Return faults in one line, the first 5 with their texts."""
    more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
    return "; ".join([*(fault.text for fault in faults[:MOST_FAULTS]), *more])


def _dotted(place: Key) -> str:
    return ".".join(map(str, place))


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys_beside(place: Key, model: Any) -> tuple[str, ...]:
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        candidates = (annotation, *getattr(annotation, "__args__", ()))
        model = next((c for c in candidates if hasattr(c, "model_fields")), None)
        if model is None:
            return ()
    return tuple(sorted(model.model_fields))
