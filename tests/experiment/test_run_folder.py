"""Whose a run's folder is, before anything but its marks is read."""

import json

import pytest

from semdnn.experiment import reproduce
from semdnn.experiment.run_folder import RunError, claim, refuse_another
from semdnn.files import write_json
from semdnn.recipe import Recipe


def recipe(**training):
    return Recipe.model_validate_json(
        json.dumps({"name": "a", "network": "tiny", "training": training})
    )


def network_folder(folder, ran):
    for row in ran.rows():
        settings = ran.training_of(row).model_dump()
        write_json(
            folder / "models" / row.name / "run.json", {"kind": row.kind, "settings": settings}
        )


def test_the_settings_that_differ_are_named(tmp_path) -> None:
    claim(tmp_path, recipe(max_epochs=12), None)
    claim(tmp_path, recipe(max_epochs=12), None)
    with pytest.raises(
        RunError, match=r"run\.json\): training\.max_epochs: 12 there, 3 here; choose another -o"
    ):
        claim(tmp_path, recipe(max_epochs=3), None)
    with pytest.raises(RunError, match=r"max_minutes: none there, 1.5 here; --library: none there"):
        claim(tmp_path, recipe(max_epochs=12, max_minutes=1.5), tmp_path)
    many = recipe(max_epochs=1, patience=1, batch_size=2, accumulate=2, seed=5, keep="last")
    with pytest.raises(RunError, match=r"; and 1 more; choose"):
        claim(tmp_path, many, None)


def test_a_networks_own_settings_are_looked_at_too(tmp_path) -> None:
    ran = recipe(max_epochs=2)
    claim(tmp_path, ran, None)
    network_folder(tmp_path, ran)
    refuse_another(tmp_path, ran, None)
    longer = ran.models[0].model_copy(update={"training": {"max_epochs": 9, "resident": "on"}})
    with pytest.raises(
        RunError,
        match=r"models.semdnn.run\.json\): models\.semdnn\.training\.max_epochs: 2 there, 9",
    ):
        refuse_another(tmp_path, ran.model_copy(update={"models": (longer,)}), None)
    held = longer.model_copy(update={"training": {"resident": "on"}})
    refuse_another(tmp_path, ran.model_copy(update={"models": (held,)}), None)
    (tmp_path / "models" / "semdnn" / "run.json").write_text("{")  # training tells
    refuse_another(tmp_path, ran, None)


@pytest.mark.parametrize("command", [reproduce.reproduce, reproduce.train_models])
def test_another_run_is_refused_before_anything_is_read(tmp_path, command) -> None:
    claim(tmp_path / "run", recipe(max_epochs=12), None)
    told = []
    places = reproduce.Places(None, {"absent": tmp_path / "absent"})
    with pytest.raises(RunError, match=r"training\.max_epochs: 12 there, 3 here"):
        command(recipe(max_epochs=3), places, tmp_path / "run", tell=told.append)
    assert told == []
