"""The whole chain on a small synthesised library, interrupted and resumed."""

import json
import re

import pytest

from semdnn.cli.main import main
from semdnn.experiment.run_folder import RunError, claim
from semdnn.recipe import load_recipe

RECIPE = """
name = "miniature"
seed = 3
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
share = 0.9

[training]
max_epochs = 2
learning_rate = 1e-3
"""


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "miniature.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(recipe_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    assert main(["reproduce", str(recipe_file), "-o", str(folder)]) == 0
    return folder


pytestmark = pytest.mark.slow


def test_every_number_of_the_report_is_in_its_json(run):
    report = json.loads((run / "report.json").read_text())
    assert set(report["scores"]) == {"semdnn", "catdnn", "train mean", "chance"}
    for sets in report["scores"].values():
        scores = sets["internal"]
        rules = {"dual", "average", "optimistic", "pessimistic", "cosine"}
        assert set(scores["ranking"]) == rules
        assert list(map(int, sorted(scores["amcss"], key=int))) == list(range(5, 16))
        assert 0 <= scores["zero_shot_accuracy"] <= 1
        order = [scores["ranking"][key] for key in ("pessimistic", "average", "optimistic")]
        assert order == sorted(order)
        low, high = scores["intervals"]["ranking.dual"]
        assert low <= scores["ranking"]["dual"] <= high
    page = (run / "report.html").read_text()
    ours = report["scores"]["semdnn"]["internal"]["amcss"]["10"]
    assert f"{ours:.3f}" in page


def test_the_report_is_self_contained(run):
    page = (run / "report.html").read_text()
    page = page.replace('<a href="words.html">', "")  # the word map, a page beside it
    assert not re.search(r"""(src|href)=["'](?!#|data:)|url\((?!#)|@import""", page)
    assert page.count("<svg") == len(list((run / "figures").glob("*.svg")))


def test_nothing_is_silently_dropped(run):
    sounds = (run / "sounds.csv").read_text().splitlines()[1:]
    rejected = (run / "rejected.csv").read_text().splitlines()[1:]
    assert len(sounds) + len(rejected) == 150


def test_balancing_makes_the_clusters_more_even(run):
    balance = json.loads((run / "report.json").read_text())["balance"]
    assert balance["n_after"] < balance["n_before"]
    assert balance["entropy_after_bits"] > balance["entropy_before_bits"]


def test_the_same_recipe_gives_the_same_networks_and_scores(run, recipe_file, tmp_path):
    assert main(["reproduce", str(recipe_file), "-o", str(tmp_path)]) == 0
    assert (tmp_path / "scores.json").read_bytes() == (run / "scores.json").read_bytes()
    for figure in (run / "figures").glob("*.svg"):
        assert (tmp_path / "figures" / figure.name).read_bytes() == figure.read_bytes()


def test_an_interrupted_run_ends_as_if_it_had_not_been(run, recipe_file, tmp_path, monkeypatch):
    from semdnn.experiment import training

    def interrupt(_row, _tell):
        def report(_epoch):
            raise KeyboardInterrupt

        return report

    command = ["reproduce", str(recipe_file), "-o", str(tmp_path)]
    with monkeypatch.context() as patched:
        patched.setattr(training, "_teller", interrupt)
        assert main(command) == 130
        assert main(command) == 130
    assert not (tmp_path / "report.html").exists()
    assert main(command) == 0
    assert (tmp_path / "scores.json").read_bytes() == (run / "scores.json").read_bytes()


def test_a_repeated_call_trains_nothing_again(run, recipe_file):
    best = run / "models" / "semdnn" / "best.safetensors"
    before = best.stat().st_mtime_ns
    scores = (run / "scores.json").read_bytes()
    assert main(["reproduce", str(recipe_file), "-o", str(run)]) == 0
    assert best.stat().st_mtime_ns == before
    assert (run / "scores.json").read_bytes() == scores


def test_another_recipe_is_refused_in_the_same_folder(run):
    with pytest.raises(RunError, match=r"another run .*dictionary\.min_count: 2 there"):
        claim(run, load_recipe("quick"), None)


def test_evaluate_writes_the_documented_json(run, tmp_path):
    checkpoint = run / "models" / "semdnn" / "best.safetensors"
    library = run / "library"
    arguments = ["evaluate", str(checkpoint), "--on", f"own={library}", "-o", str(tmp_path)]
    assert main(arguments) == 0
    scores = json.loads((tmp_path / "scores.json").read_text())["semdnn"]["own"]
    facts = json.loads((tmp_path / "evaluation.json").read_text())["sets"]["own"]
    assert scores["n_sounds"] + len(facts["overlap_sounds"]) == 150  # it was trained on the others
    trained_on = {
        line.split(",")[0]
        for line in (run / "sounds.csv").read_text().splitlines()
        if line.split(",")[1] in ("training", "validation")
    }
    assert trained_on <= set(facts["overlap_sounds"])
    assert {"dual", "average", "optimistic", "pessimistic", "cosine"} == set(scores["ranking"])
    assert set(scores["amcss"]) == {str(n) for n in range(5, 16)}
    assert isinstance(scores["zero_shot_accuracy"], float)


def test_the_trained_network_labels(run, capsys):
    checkpoint = run / "models" / "catdnn" / "best.safetensors"
    wav = next((run / "library").rglob("*.wav"))
    assert main(["label", str(wav), "--model", str(checkpoint), "--format", "json"]) == 0
    words = json.loads(capsys.readouterr().out)["words"]
    assert len(words) == 5
    assert all(0 < word["weight"] < 1 for word in words)


def test_networks_may_be_added_to_a_run_and_settings_may_be_newer(recipe_file, tmp_path):
    recipe = load_recipe(recipe_file)
    claim(tmp_path, recipe, None)
    marker = tmp_path / "run.json"
    begun = json.loads(marker.read_text())
    del begun["recipe"]["split"]["by"]  # written before the setting existed
    marker.write_text(json.dumps(begun))
    claim(tmp_path, recipe.model_copy(update={"models": recipe.models[:1]}), None)
    with pytest.raises(
        RunError, match=r"another run .*: seed: 3 there, 4 here; --library: none there, /"
    ):
        claim(tmp_path, recipe.model_copy(update={"seed": 4}), tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"recipe": {"unknown": 1}}'])
def test_a_damaged_run_is_refused(recipe_file, tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"run\.json"):
        claim(tmp_path, load_recipe(recipe_file), None)
