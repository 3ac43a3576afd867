"""Whose a run's folder is."""

import json
from pathlib import Path
from typing import Any

from semdnn.errors import SemdnnError
from semdnn.files import canonical_json, write_json
from semdnn.recipe import Recipe


class RunError(SemdnnError):
    """A run's folder that belongs to something else."""


def claim(folder: Path, recipe: Recipe, library: Path | None) -> None:
    """Mark `folder` as this recipe's run on this library, or refuse it if it is another's.

    What the recipe says of networks and of scoring may change: every network has a folder that
    is claimed by its own settings, and scores are computed anew. A setting that the folder's
    recipe does not know has its default there.

    Raises
    ------
    RunError
        If the folder was begun with other settings; names the file to look at.
    """
    place = str(library.resolve()) if library else ""
    marker = folder / "run.json"
    mine = _lasting(recipe)
    if not marker.exists():
        write_json(marker, {"recipe": recipe.model_dump(mode="json"), "library": place})
        return
    try:
        begun = json.loads(marker.read_text(encoding="utf-8"))
        theirs = _lasting(Recipe.model_validate_json(json.dumps(begun["recipe"])))
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"{marker}: not the description of a run that this version can go on with; "
            "choose another -o, or delete the folder"
        ) from error
    differing = [key for key, value in mine.items() if theirs[key] != value]
    if begun.get("library") != place:
        differing.append("library")
    if differing:
        raise RunError(
            f"{folder}: holds a run with another {', '.join(differing)} ({marker}); "
            "choose another -o, or delete the folder"
        )


def _lasting(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that everything in a run's folder hangs on."""
    plain = recipe.model_dump(mode="json", exclude={"evaluation", "licence", "models"})
    lasting: dict[str, Any] = json.loads(canonical_json(plain))
    return lasting
