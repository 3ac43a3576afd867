"""Whose a run's folder is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semdnn.errors import SemdnnError
from semdnn.files import canonical_json, write_json
from semdnn.recipe import Recipe
from semdnn.training.settings import TrainingSettings

MOST_DIFFERENCES = 5
"""How many settings that differ one error names."""


class RunError(SemdnnError):
    """A run's folder that belongs to something else."""


def claim(folder: Path, recipe: Recipe, library: Path | None) -> None:
    """Mark `folder` as this recipe's run on this library, or refuse it (`refuse_another`)."""
    refuse_another(folder, recipe, library)
    marker = folder / "run.json"
    if not marker.exists():
        write_json(marker, {"recipe": recipe.model_dump(mode="json"), "library": _place(library)})


def refuse_another(folder: Path, recipe: Recipe, library: Path | None) -> None:
    """Refuse a folder that holds another run; nothing is read but the marks in it.

    What the recipe says of networks and of scoring may change: every network has a folder that
    is claimed by its own settings, and scores are computed anew. A setting that the folder's
    recipe does not know has its default there.

    Raises
    ------
    RunError
        If the folder, or that of one of its networks, was begun with other settings; names
        them, and the file to look at.
    """
    marker = folder / "run.json"
    if not marker.exists():
        return
    try:
        begun = json.loads(marker.read_text(encoding="utf-8"))
        theirs = _lasting(Recipe.model_validate_json(json.dumps(begun["recipe"])))
        theirs["--library"] = begun.get("library")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(
            f"{marker}: not the description of a run that this version can go on with; "
            "choose another -o, or delete the folder"
        ) from error
    mine = _lasting(recipe) | {"--library": _place(library)}
    differing = list(_differences(theirs, mine))
    for row in () if differing else recipe.rows():
        own = folder / "models" / row.name / "run.json"
        found = list(_differences(_network_in(own), _network(row.kind, recipe.training_of(row))))
        differing += [f"models.{row.name}.{text}" for text in found]
        marker = own if found else marker
    if differing:
        more = len(differing) - MOST_DIFFERENCES
        told = differing[:MOST_DIFFERENCES] + ([f"and {more} more"] if more > 0 else [])
        raise RunError(
            f"{folder}: holds another run ({marker}): {'; '.join(told)}; "
            "choose another -o, or delete the folder"
        )


def _place(library: Path | None) -> str:
    return str(library.resolve()) if library else ""


def _lasting(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that everything in a run's folder hangs on."""
    plain = recipe.model_dump(mode="json", exclude={"evaluation", "licence", "models"})
    lasting: dict[str, Any] = json.loads(canonical_json(plain))
    return lasting


def _network(kind: str, settings: TrainingSettings) -> dict[str, Any]:
    training = settings.model_dump(mode="json", exclude={"resident"})  # where patches are held
    return {"kind": kind, "training": training}


def _network_in(marker: Path) -> dict[str, Any]:
    """Return what a network's folder was begun as; nothing if it does not tell."""
    try:
        begun = json.loads(marker.read_text(encoding="utf-8"))
        settings = TrainingSettings.model_validate_json(json.dumps(begun["settings"]))
        return _network(begun["kind"], settings)
    except (OSError, ValueError, TypeError, KeyError):
        return {}  # not begun, or damaged, which training tells


def _differences(theirs: Any, mine: Any, place: str = "") -> Iterator[str]:
    """Yield "key: value there, value here" of every setting of `theirs` that differs."""
    for key, other in theirs.items():
        value = mine.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            yield from _differences(other, value, f"{place}{key}.")
        elif other != value:
            yield f"{place}{key}: {_told(other)} there, {_told(value)} here"


def _told(value: Any) -> str:
    if value in (None, ""):
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
