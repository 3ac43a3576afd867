"""Two networks on three miniature sets, from the command line to the files."""

import csv
import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from folder_content import bytes_of
from semdnn.cli.main import main
from semdnn.experiment.external import ExternalError, load_checkpoints
from semdnn.experiment.tables import class_rows
from semdnn.network.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow


def rows_of(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def done(tiny_checkpoint, esc50, fsd50k, msos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    sets = [f"esc50={esc50}", f"fsd50k={fsd50k}", f"msos={msos}"]
    on = [word for name in sets for word in ("--on", name)]
    command = ["evaluate", f"semdnn={tiny_checkpoint}", f"other={tiny_checkpoint}", *on]
    (folder / "trained.csv").write_text("recording\nfreesound:11\n")
    command += ["-o", str(folder), "--exclude-from", str(folder / "trained.csv")]
    assert main([*command, "--layer", "pool1"]) == 0
    return folder


def test_every_model_has_every_score_of_every_set(done):
    scores = json.loads((done / "scores.json").read_text())
    assert set(scores) == {"semdnn", "other", "train mean", "chance"}
    for sets in scores.values():
        assert set(sets) == {"esc50", "fsd50k", "msos"}
        for own in sets.values():
            assert set(own["amcss"]) == {str(n) for n in range(5, 16)}
            for key, (low, high) in own["intervals"].items():
                assert low <= high, key
            assert 0 <= own["mean_average_precision"] <= 1
    assert scores["semdnn"] == scores["other"]
    assert scores["semdnn"]["esc50"]["n_recordings"] == 14


def test_the_long_table_says_what_the_json_says(done):
    scores = json.loads((done / "scores.json").read_text())
    table = {
        (r["model"], r["set"], r["score"]): float(r["value"]) for r in rows_of(done / "scores.csv")
    }
    own = scores["semdnn"]["fsd50k"]
    assert table["semdnn", "fsd50k", "amcss.10"] == own["amcss"]["10"]
    assert table["semdnn", "fsd50k", "mean_average_precision"] == own["mean_average_precision"]
    assert len(table) == 4 * 3 * (5 + 11 + 11 + 2)


def test_a_network_does_not_differ_from_itself(done):
    rows = rows_of(done / "paired.csv")
    assert {row["set"] for row in rows} == {"esc50", "fsd50k", "msos"}
    assert {float(row["difference"]) for row in rows} == {0.0}
    assert {float(row["p"]) for row in rows} == {1.0}


def test_classes_add_up_to_the_set(done):
    scores = json.loads((done / "scores.json").read_text())
    rows = [
        r for r in rows_of(done / "classes.csv") if (r["model"], r["set"]) == ("semdnn", "msos")
    ]
    assert [(r["name"], r["macro_class"], r["n_sounds"]) for r in rows] == [
        ("bell", "Urban", "3"),
        ("dog", "Nature", "3"),
        ("engine", "Urban", "3"),
        ("rain", "Nature", "3"),
    ]
    own = scores["semdnn"]["msos"]
    mean = np.mean([float(r["zero_shot_accuracy"]) for r in rows])
    assert mean == pytest.approx(own["zero_shot_accuracy"])
    precision = np.mean([float(r["average_precision"]) for r in rows])
    assert precision == pytest.approx(own["mean_average_precision"])


def test_layers_are_compared_with_classes_and_macro_classes(done):
    rows = rows_of(done / "macro_classes.csv")
    esc50 = {(r["layer"], r["grouping"]) for r in rows if r["set"] == "esc50"}
    assert {layer for layer, _ in esc50} >= {"pool1"}
    assert {grouping for _, grouping in esc50} == {"class", "macro-class"}
    assert len(esc50) == 4
    assert all(0 < float(row["pearson_p"]) <= 1 for row in rows)


def test_overlap_and_missing_words_are_reported(done):
    facts = json.loads((done / "evaluation.json").read_text())["sets"]
    assert len(facts["esc50"]["overlap_sounds"]) == 2
    assert facts["fsd50k"]["overlap_recordings"] == ["freesound:11"]
    assert facts["fsd50k"]["missing_words"]["animal"] == 2


def test_figures_are_drawn(done):
    for name in ("fig4", "fig5", "fig5-esc50"):
        assert (done / f"{name}.svg").read_text().count("</svg>") == 1


def test_a_cluster_finds_the_same_to_the_bit(tiny_checkpoint, esc50, msos, tmp_path, cluster):
    from dask_cluster import executed

    address, _ = cluster
    sets = ["--on", f"esc50={esc50}", "--on", f"msos={msos}"]
    command = ["evaluate", str(tiny_checkpoint), *sets, "-o"]
    assert main([*command, str(tmp_path / "local")]) == 0
    assert executed(address) == [0, 0, 0]
    assert main([*command, str(tmp_path / "cluster"), "--cluster", address]) == 0
    assert sum(executed(address)) == 2  # each set is one shard
    assert bytes_of(tmp_path / "cluster") == bytes_of(tmp_path / "local")


def test_a_cluster_featurises_for_the_baseline_too(shared, esc50, tmp_path, cluster):
    pytest.importorskip("onnxruntime")
    from dask_cluster import executed
    from semdnn.experiment.sets import external_sounds
    from semdnn.experiment.yamnet_baseline import yamnet_scores
    from semdnn.features.cluster import cluster_executor

    weights = shared / "weights" / "yamnet" / "yamnet_float.onnx"
    table = external_sounds("esc50", esc50).table
    yamnet_scores(weights, table, tmp_path / "local")
    with cluster_executor(cluster[0]) as executor:
        yamnet_scores(weights, table, tmp_path / "cluster", executor=executor)
    assert sum(executed(cluster[0])) == 1
    assert bytes_of(tmp_path / "cluster") == bytes_of(tmp_path / "local")


def test_the_folder_of_a_run_is_left_alone(tiny_checkpoint, esc50, tmp_path, capsys):
    (tmp_path / "run.json").write_text("{}")
    assert (
        main(["evaluate", str(tiny_checkpoint), "--on", f"esc50={esc50}", "-o", str(tmp_path)]) == 2
    )
    assert "choose another -o" in capsys.readouterr().err


def test_checkpoints_have_different_names(tiny_checkpoint):
    path = str(tiny_checkpoint)
    assert list(load_checkpoints([path])) == ["semdnn"]
    assert list(load_checkpoints([path, f"mine={path}", path])) == ["semdnn 1", "mine", "semdnn 2"]
    with pytest.raises(ExternalError, match="'mine' names two models"):
        load_checkpoints([f"mine={path}", f"mine={path}"])


def test_a_table_of_classes_is_what_a_loop_finds(tiny_checkpoint, fsd50k, tmp_path):
    from semdnn.experiment.evaluate import predict_set, score_set
    from semdnn.experiment.sets import evaluation_set, external_sounds, featurise_set

    checkpoint = load_checkpoint(tiny_checkpoint)
    words = checkpoint.dictionary
    sounds = external_sounds("fsd50k", fsd50k)
    store = featurise_set(sounds, tmp_path, checkpoint.features)
    data = evaluation_set("fsd50k", sounds, words, store)
    predictions = predict_set(checkpoint, data)
    scores = score_set(predictions, words, data)
    cosines = predictions.embeddings @ data.class_vectors.T
    cosines /= np.linalg.norm(predictions.embeddings, axis=1)[:, None]
    truth = data.class_truth.toarray()
    for k, row in enumerate(class_rows("semdnn", scores, words)):
        members = np.flatnonzero(truth[:, k])
        hits = [truth[i, cosines[i].argmax()] for i in members]
        assert row.n_sounds == len(members)
        assert row.zero_shot_accuracy == np.mean(hits)
        assert row.average_precision == pytest.approx(
            average_precision_score(truth[:, k], cosines[:, k])
        )
        wrong = [
            data.classes[cosines[i].argmax()]
            for i, hit in zip(members, hits, strict=True)
            if not hit
        ]
        assert row.confused_with == "; ".join(
            f"{name} ({wrong.count(name)})"
            for name in dict.fromkeys(
                sorted(wrong, key=lambda name: (-wrong.count(name), wrong.index(name)))
            )
        )
        dual = scores.per_sound["ranking.dual"][members]  # every sound has a word
        assert row.ranking_dual == pytest.approx(dual.mean())
