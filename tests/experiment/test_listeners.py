"""Models against listeners: known answers, models that fail, what is kept and what is written."""

import csv
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from semdnn.comparison.interface import Card, ComparisonError, Stimulus
from semdnn.evaluation.behaviour_data import Behaviour
from semdnn.evaluation.rsa import cross_validated_r2
from semdnn.evaluation.rsa_data import RsaError, RsaSettings
from semdnn.experiment.listener_models import Candidate, ListenersError, candidates
from semdnn.experiment.listeners import compare_with_listeners
from semdnn.experiment.listeners_fit import holm
from semdnn.experiment.listeners_report import ListenersTask, listeners_section, write_listeners
from semdnn.experiment.listeners_result import ListenerSettings
from semdnn.experiment.listeners_tables import as_csv, as_plain, results_table

NAMES = tuple(f"s{number}" for number in range(12))
QUICK = ListenerSettings(n_splits=20, n_permutations=99)


@dataclass
class Fixed:
    """A model whose activations are given."""

    name: str
    values: dict
    n_calls: int = 0
    card: Card = field(default_factory=lambda: Card("a test", "none needed"))

    def layers(self, stimuli):
        self.n_calls += 1
        return self.values


def quiet(_line):
    pass


def points(seed, n_units=4):
    return 3 + np.random.default_rng(seed).random((12, n_units))


def listeners_of(activations, n_listeners=6, noise=0.3):
    truth = pdist(activations, "cosine")
    random = np.random.default_rng(9).standard_normal((n_listeners, truth.size))
    return truth + noise * truth.std() * random


@pytest.fixture
def behaviour():
    return Behaviour("heard", NAMES, listeners_of(points(0)), (12,))


@pytest.fixture
def stimuli():
    return tuple(Stimulus(name, None, name) for name in NAMES)


@pytest.fixture
def models():
    return {
        "good": Fixed("good", {"early": points(1), "late": points(0)}),
        "other": Fixed("other", {"only": points(2)}),
    }


def opened(models):
    return tuple(Candidate(name, lambda name=name: models[name]) for name in models)


def test_the_model_that_made_the_listeners_wins(behaviour, stimuli, models, tmp_path):
    settings = QUICK.model_copy(update={"partitions": (("good", "other"),)})
    result = compare_with_listeners(behaviour, stimuli, opened(models), settings, tmp_path, quiet)
    good, other = result.scores
    layers = [pdist(values, "cosine") for values in models["good"].values.values()]
    alone = cross_validated_r2(
        behaviour.listeners, layers, rng=np.random.default_rng(0), n_splits=20
    )
    assert good.r2 == pytest.approx(alone.mean)
    assert result.ceiling == pytest.approx(alone.noise_ceiling)
    assert good.best_layer == "late"
    assert good.low < good.r2 < good.high
    assert (good.p_corrected, result.failures) == (pytest.approx(0.01), ())
    assert other.p > 0.05
    (contrast,) = result.contrasts
    assert contrast.difference == pytest.approx(good.r2 - other.r2)
    assert contrast.p_corrected < 0.05
    (partition,) = result.partitions
    assert partition.unique_a.value > 0.5 > abs(partition.unique_b.value)


def test_each_layer_can_be_a_model(behaviour, stimuli, models, tmp_path):
    settings = QUICK.model_copy(update={"layers": "each"})
    result = compare_with_listeners(behaviour, stimuli, opened(models), settings, tmp_path, quiet)
    good = result.scores[0]
    assert good.r2 == max(layer.r2 for layer in good.layers)
    assert [layer.name for layer in good.layers] == ["early", "late"]


def test_one_broken_model_stops_no_other_and_is_listed(behaviour, stimuli, models, tmp_path):
    def broken():
        raise ComparisonError("broken: no such file")

    short = Fixed("short", {"layer": points(3)[:5]})
    asked = (Candidate("broken", broken), Candidate("short", lambda: short), *opened(models))
    result = compare_with_listeners(behaviour, stimuli, asked, QUICK, tmp_path, quiet)
    assert [item.spec for item in result.failures] == ["broken", "short"]
    assert result.failures[0].reason == "no such file"
    assert "5 rows for 12 stimuli" in result.failures[1].reason
    assert [item.name for item in result.scores] == ["good", "other"]
    with pytest.raises(ListenersError, match="no model is left: broken: no such file"):
        compare_with_listeners(behaviour, stimuli, asked[:1], QUICK, tmp_path, quiet)


def test_a_dead_layer_is_left_out_with_its_reason(behaviour, stimuli, tmp_path):
    model = Fixed("m", {"dead": np.zeros((12, 3)), "alive": points(0)})
    result = compare_with_listeners(
        behaviour, stimuli, opened({"m": model}), QUICK, tmp_path, quiet
    )
    (score,) = result.scores
    assert [layer.name for layer in score.layers] == ["alive"]
    assert "dead: row 0 is zero" in score.left_out[0]


def test_a_model_is_heard_once_until_a_recording_or_the_metric_changes(behaviour, models, tmp_path):
    paths = [tmp_path / f"{name}.wav" for name in NAMES]
    for path in paths:
        path.write_bytes(b"sound")
    stimuli = tuple(Stimulus(name, path, name) for name, path in zip(NAMES, paths, strict=True))
    model = models["good"]

    def run(settings=QUICK):
        folder = tmp_path / "run"
        return compare_with_listeners(
            behaviour, stimuli, opened({"good": model}), settings, folder, quiet
        )

    first, again = run(), run()
    assert model.n_calls == 1
    assert as_plain(first) == as_plain(again)
    run(QUICK.model_copy(update={"metric": "correlation"}))
    assert model.n_calls == 2
    paths[3].write_bytes(b"another sound")
    run()
    assert model.n_calls == 3


def test_a_group_mean_is_tested_on_held_out_stimuli_and_says_so(stimuli, models, tmp_path):
    mean = listeners_of(points(0), n_listeners=1, noise=0.1)
    behaviour = Behaviour("group", NAMES, mean, (12,), is_group_mean=True)
    settings = QUICK.model_copy(update={"ridge": 0.01})
    result = compare_with_listeners(behaviour, stimuli, opened(models), settings, tmp_path, quiet)
    assert result.held_out == 0.3
    assert np.isnan(result.ceiling).all()
    assert any("held-out stimuli (30%)" in note for note in result.notes)
    assert result.scores[0].r2 > 0.5 > result.scores[1].r2
    expected = cross_validated_r2(
        mean,
        pdist(models["other"].values["only"], "cosine"),
        rng=np.random.default_rng(0),
        n_splits=20,
        settings=RsaSettings(held_out=0.3, ridge=0.01),
    )
    assert result.scores[1].r2 == pytest.approx(expected.mean)
    assert "no noise ceiling" in results_table(result)


def test_sets_of_stimuli_have_distances_within_a_set(stimuli, models, tmp_path):
    truth = np.concatenate([pdist(points(0)[:6], "cosine"), pdist(points(0)[6:], "cosine")])
    noise = np.random.default_rng(1).standard_normal((5, truth.size))
    behaviour = Behaviour("two", NAMES, truth + 0.2 * truth.std() * noise, (6, 6))
    result = compare_with_listeners(behaviour, stimuli, opened(models), QUICK, tmp_path, quiet)
    assert result.scores[0].best_layer == "late"
    assert result.scores[0].r2 > 0.8
    assert write_listeners(tmp_path / "out", result).is_file()


def test_what_cannot_be_compared_is_told_in_one_line(behaviour, stimuli, models, tmp_path):
    asked = opened(models)
    gap = behaviour.listeners.copy()
    gap[0, 0] = np.nan
    with pytest.raises(ListenersError, match="judgements are missing"):
        compare_with_listeners(
            replace(behaviour, listeners=gap), stimuli, asked, QUICK, tmp_path, quiet
        )
    with pytest.raises(ListenersError, match="not the listeners' 12 in their order"):
        compare_with_listeners(behaviour, stimuli[::-1], asked, QUICK, tmp_path, quiet)
    settings = QUICK.model_copy(update={"partitions": (("good", "better"),)})
    with pytest.raises(ListenersError, match="no model 'better' to take variance apart"):
        compare_with_listeners(behaviour, stimuli, asked, settings, tmp_path, quiet)


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (([2], "abcdef"), "^listener 'c' gave every pair the same value: leave it out of the file"),
        (([2], ""), "^listener 3 gave every pair the same value: leave it out"),
        ((range(6), "abcdef"), "^every listener gave every pair the same value: there is nothing"),
    ],
)
def test_constant_listeners_are_told_before_a_model_is_heard(
    behaviour, stimuli, models, tmp_path, spoilt, message
):
    rows, (constant, names) = behaviour.listeners.copy(), spoilt
    rows[list(constant)] = 1
    odd = replace(behaviour, listeners=rows, listener_names=tuple(names))
    with pytest.raises(RsaError, match=message):
        compare_with_listeners(odd, stimuli, opened(models), QUICK, tmp_path, quiet)
    assert models["good"].n_calls == 0


@pytest.mark.parametrize(
    ("shape", "held_out", "message"),
    [
        ((6, 2), None, "too few pairs of stimuli, 1: at least 3 stimuli"),
        ((6, 3), None, "3 stimuli are too few for intervals and tests: 4 are the least"),
        ((1, 5), None, "set of 5 stimuli is too small to hold out stimuli: 6 are the least"),
        ((1, 8), 0.0, "cannot be split: hold out stimuli"),
    ],
)
def test_too_little_data_is_told_before_a_model_is_heard(
    models, tmp_path, shape, held_out, message
):
    n_listeners, n_stimuli = shape
    n_pairs = n_stimuli * (n_stimuli - 1) // 2
    rows = np.random.default_rng(0).random((n_listeners, n_pairs))
    names = NAMES[:n_stimuli]
    few = Behaviour("few", names, rows, (n_stimuli,))
    stimuli = tuple(Stimulus(name, None, name) for name in names)
    settings = QUICK.model_copy(update={"held_out": held_out})
    with pytest.raises(RsaError, match=message):
        compare_with_listeners(few, stimuli, opened(models), settings, tmp_path, quiet)
    assert models["good"].n_calls == 0


def test_a_single_constant_listener_is_not_to_be_left_out(stimuli, models, tmp_path):
    one = Behaviour("one", NAMES, np.ones((1, 66)), (12,), ("a",))
    with pytest.raises(RsaError, match=r"^listener 'a' gave .* value: there is nothing to fit$"):
        compare_with_listeners(one, stimuli, opened(models), QUICK, tmp_path, quiet)


def test_listeners_and_notes_are_told_before_models(behaviour, stimuli, models, tmp_path):
    told = []
    odd = replace(
        behaviour, listener_names=("a", "b", "c", "d", "e", "trial"), notes=("it is odd",)
    )
    result = compare_with_listeners(odd, stimuli, opened(models), QUICK, tmp_path, told.append)
    assert told[0].startswith("6 listeners, 12 stimuli; listeners: 'a', 'b', ")
    assert told[0].endswith("'e', 'trial'")
    assert told[1] == "  note: it is odd"
    assert told[2].startswith("1/2 ")
    assert "note: it is odd" in results_table(result)
    told.clear()
    compare_with_listeners(behaviour, stimuli, opened(models), QUICK, tmp_path, told.append)
    assert told[0] == "6 listeners, 12 stimuli"  # who have no names


def test_everything_found_is_written(behaviour, stimuli, models, tmp_path):
    result = compare_with_listeners(behaviour, stimuli, opened(models), QUICK, tmp_path, quiet)
    page = write_listeners(tmp_path, result).read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "noise ceiling: lower" in page
    assert "--ink:" in page  # the run report's style sheet
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [item["name"] for item in content["models"]] == ["good", "other"]
    text = (tmp_path / "results.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["model"], row["layer"]) for row in rows] == [
        ("good", ""), ("good", "early"), ("good", "late"), ("other", ""), ("other", "only"),
    ]  # fmt: skip
    assert float(rows[0]["r2cv"]) == result.scores[0].r2
    assert as_csv(result).startswith("model,layer,r2cv")
    assert results_table(result).splitlines()[4].startswith("good")


def test_a_section_for_a_larger_report(behaviour, models, tmp_path):
    path = tmp_path / "heard.npz"
    np.savez(path, condensed=behaviour.listeners, names=np.array(NAMES))
    task = ListenersTask(path, None, ("good", "other", "good"), QUICK)
    section = listeners_section(task, tmp_path, open_model=models.__getitem__, tell=quiet)
    assert [row["model"] for row in section.rows] == ["good", "other"]
    assert [item.name for item in section.figures] == [
        "heard-models", "heard-layers", "heard-matrices", "heard-maps",
    ]  # fmt: skip
    assert section.title == "heard: 6 listeners, 12 stimuli"


def test_specs_are_opened_late_and_once():
    asked = candidates(["a", "b", "a"], lambda spec: spec.upper())
    assert [(item.spec, item.open()) for item in asked] == [("a", "A"), ("b", "B")]


def test_holm_is_the_step_down_rule():
    assert holm([0.5, 0.01, 0.02]) == [0.5, 0.03, 0.04]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_real_listeners_of_timbres(shared: Path, tmp_path):
    from semdnn.evaluation.behaviour import read_behaviour

    behaviour = read_behaviour(shared / "behaviour" / "timbre_Lakatos2000_Harm")
    stimuli = tuple(Stimulus(name, None, name) for name in behaviour.stimuli)
    model = Fixed("random", {"layer": np.random.default_rng(0).random((17, 5))})
    result = compare_with_listeners(
        behaviour, stimuli, opened({"random": model}), QUICK, tmp_path, quiet
    )
    assert 0.7 < result.ceiling.lower < result.ceiling.upper < 1
    assert result.scores[0].p > 0.01
