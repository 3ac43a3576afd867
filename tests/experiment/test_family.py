"""Rows of a recipe beyond semDNN and catDNN: seeds, controls, another word space, autoencoder."""

import json

import numpy as np
import pytest
import soundfile
from scipy.spatial.distance import pdist

from semdnn.cli.main import main
from semdnn.experiment.prepare import prepare
from semdnn.experiment.rows import in_word_space, prepared_for
from semdnn.network.checkpoint import load_checkpoint, network_of
from semdnn.recipe import ModelRow, Recipe, RecipeError, load_recipe

RECIPE = """
name = "family"
network = "tiny"

[procedural]
n_sounds = 150

[dictionary]
min_count = 2
n_clusters = 8

[split]
validation = 0.15
test = 0.2

[balance]
share = 0.6

[training]
max_epochs = 1
learning_rate = 1e-3

[evaluation]
n_bootstrap = 20
n_permutations = 20

[listeners]
models = ["log-mel"]
n_splits = 20
n_permutations = 99

[[models]]
kind = "semdnn"
seeds = [0, 5]

[[models]]
kind = "catdnn"
seeds = [0, 5]

[[models]]
kind = "semdnn"
name = "unbal"
choice = "random"

[[models]]
kind = "semdnn"
name = "other"
word_space = "{table}"

[[models]]
kind = "semdnn"
name = "notrain"
training = {{ max_epochs = 0 }}

[[models]]
kind = "cae"
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A word space of 10 dimensions that knows half of the words."""
    from semdnn.semantics.word_space import open_word_space

    rng = np.random.default_rng(0)
    words = sorted(open_word_space("minilm").look_up(KNOWN).words)
    lines = [" ".join([word, *map(str, rng.standard_normal(10).round(4))]) for word in words]
    path = tmp_path_factory.mktemp("space") / "words.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


KNOWN = ("bird", "song", "dog", "bark", "rain", "wind", "bell", "engine", "footstep", "water")


@pytest.fixture(scope="module")
def recipe(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "family.toml"
    path.write_text(RECIPE.format(table=table), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def listeners(tmp_path_factory):
    """Five listeners who sort eight tones by their pitch, more or less."""
    folder = tmp_path_factory.mktemp("behaviour") / "tones"
    (folder / "audio").mkdir(parents=True)
    rng = np.random.default_rng(0)
    pitches = np.geomspace(200, 4000, 8)
    names = [f"tone{round(pitch)}" for pitch in pitches]
    for name, pitch in zip(names, pitches, strict=True):
        samples = 0.3 * np.sin(2 * np.pi * pitch * np.arange(16_000) / 16_000)
        soundfile.write(folder / "audio" / f"{name}.wav", samples, 16_000)
    heard = pdist(np.log(pitches)[:, None])
    condensed = heard + 0.1 * rng.standard_normal((5, heard.size))
    np.savez(folder / "subjects.npz", condensed=condensed, names=np.array(names))
    return folder


@pytest.fixture(scope="module")
def run(recipe, listeners, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    arguments = ["reproduce", str(recipe), "--listeners", f"tones={listeners}", "-o", str(folder)]
    assert main([*arguments, "--models", "notrain:semdnn-small"]) == 0
    return folder


@pytest.fixture(scope="module")
def prepared(recipe, run):
    return prepare(load_recipe(recipe), None, run)


def test_a_row_is_repeated_for_every_seed():
    row = ModelRow(kind="semdnn", name="ours", seeds=(3, 7), training={"max_epochs": 2})
    first, second = row.repeats()
    assert (first.name, second.name) == ("ours", "ours-seed7")
    assert second.training == {"max_epochs": 2, "seed": 7}
    assert ModelRow(kind="cae", name="cae").repeats() == (ModelRow(kind="cae", name="cae"),)


def test_repeats_may_not_share_a_name_with_another_row(tmp_path):
    path = tmp_path / "twice.toml"
    path.write_text(
        'name = "x"\n[[models]]\nkind = "semdnn"\nseeds = [0, 1]\n'
        '[[models]]\nkind = "semdnn"\nname = "semdnn-seed1"\n'
    )
    with pytest.raises(RecipeError, match="share a name"):
        load_recipe(path)


def test_the_shipped_family_is_the_papers_and_one_more():
    rows = {row.name: row for row in load_recipe("family").rows()}
    assert set(rows) == {
        *(f"{kind}{seed}" for kind in ("semdnn", "catdnn") for seed in ("", "-seed1", "-seed2")),
        *("semdnn-unbal", "semdnn-glove", "semdnn-notrain", "semdnn-words", "cae"),
    }


@pytest.mark.slow
def test_the_control_is_of_the_same_size_and_chosen_otherwise(prepared):
    recipe = Recipe(name="x", balance={"share": 0.6})
    control = prepared_for(recipe, ModelRow(kind="semdnn", choice="random"), prepared)
    assert len(control.training) == len(prepared.training)
    assert set(control.training) != set(prepared.training)
    held_out = {*prepared.validation, *prepared.test}
    assert not held_out & set(control.training)
    assert prepared_for(recipe, ModelRow(kind="semdnn"), prepared) is prepared


@pytest.mark.slow
def test_another_word_space_keeps_the_words_that_it_has(prepared, table):
    other = in_word_space(prepared, str(table))
    assert set(other.dictionary.words) == set(prepared.dictionary.words) & set(KNOWN)
    assert other.dictionary.vectors.shape[1] == 10
    for part in ("training", "validation", "test"):
        kept = set(getattr(other, part).tolist())
        for i in getattr(prepared, part).tolist():
            before = {prepared.dictionary.words[j] for j in prepared.word_ids[i]}
            after = {other.dictionary.words[j] for j in other.word_ids[i]}
            assert after == before & set(KNOWN)
            assert (i in kept) == bool(after)


@pytest.mark.slow
def test_every_row_is_trained_scored_and_reported(run):
    report = json.loads((run / "report.json").read_text())
    assert set(report["training"]) == {
        *("semdnn", "semdnn-seed5", "catdnn", "catdnn-seed5", "unbal", "other", "notrain", "cae")
    }
    assert set(report["scores"]) == set(report["training"]) - {"cae"} | {"train mean", "chance"}
    assert report["training"]["notrain"]["n_epochs"] == 0
    assert report["training"]["notrain"]["best_loss"] is None
    page = (run / "report.html").read_text()
    assert "Over seeds" in page
    assert "untrained" in page
    assert "<svg" in page
    assert (run / "words.html").stat().st_size > 1000


@pytest.mark.slow
def test_all_networks_and_other_models_meet_the_listeners(run):
    report = json.loads((run / "report.json").read_text())
    (found,) = report["listeners"].values()
    models = {item["name"]: item for item in found["models"]}
    assert set(models) == {*report["training"], "log-mel", "notrain-semdnn-small"}
    assert models["log-mel"]["r2"] > max(0.1, models["log-mel"]["chance"])
    page = (run / "report.html").read_text()
    assert "<h2>Listeners</h2>" in page
    assert page.count("<svg") == len(list((run / "figures").glob("*.svg")))


@pytest.mark.slow
def test_the_seed_table_is_made_of_the_scores(run):
    report = json.loads((run / "report.json").read_text())
    found = {(item["model"], item["score"]): item for item in report["seeds"]}
    ours = [
        report["scores"][name]["internal"]["ranking"]["dual"] for name in ("semdnn", "semdnn-seed5")
    ]
    theirs = [
        report["scores"][name]["internal"]["ranking"]["dual"] for name in ("catdnn", "catdnn-seed5")
    ]
    item = found["semdnn", "ranking.dual"]
    assert item["mean"] == pytest.approx(np.mean(ours))
    assert item["deviation"] == pytest.approx(abs(ours[0] - ours[1]) / np.sqrt(2))
    assert item["n_seeds"] == 2
    difference = found["semdnn − catdnn", "ranking.dual"]
    assert difference["mean"] == pytest.approx(np.mean(ours) - np.mean(theirs))
    assert difference["lowest"] <= difference["mean"] <= difference["highest"]


@pytest.mark.slow
def test_seeds_begin_from_different_weights(run):
    state = [
        network_of(load_checkpoint(run / "models" / name / "best.safetensors")).state_dict()
        for name in ("semdnn", "semdnn-seed5")
    ]
    assert not np.array_equal(*(s["output.weight"].numpy() for s in state))


def test_a_recipe_can_keep_some_parts_of_speech_only(monkeypatch):
    from semdnn.experiment import prepare as stage

    def without_first(descriptions, words):
        assert descriptions == ["Dog barks", "Rain"]
        return [own[1:] for own in words]

    monkeypatch.setattr(stage, "keep_parts_of_speech", without_first)
    chosen = Recipe(name="x", words={"part_of_speech": True})
    assert stage._words(chosen, ["Dog barks", "Rain"]) == [["bark"], []]
    assert stage._words(Recipe(name="x"), ["Dog barks", "Rain"]) == [["dog", "bark"], ["rain"]]


def test_what_another_process_prepared_is_read_and_not_made(prepared, recipe, run, monkeypatch):
    made = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    monkeypatch.setattr("semdnn.experiment.prepare.featurise", None)
    again = prepare(load_recipe(recipe), None, run, is_done=True)
    for name in ("training", "control", "validation", "test", "store_rows"):
        np.testing.assert_array_equal(getattr(again, name), getattr(prepared, name))
    assert again.dictionary.words == prepared.dictionary.words
    assert {path: path.stat().st_mtime_ns for path in made} == made
