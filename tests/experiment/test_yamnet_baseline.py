"""A tagger's classes as words of the dictionary."""

import numpy as np
import pytest

from semdnn.experiment.meanings import name_vectors
from semdnn.experiment.sets import external_sounds
from semdnn.experiment.yamnet_baseline import (
    YamnetError,
    class_names,
    yamnet_predictions,
    yamnet_scores,
)
from semdnn.network.checkpoint import load_checkpoint

NAMES = ("Dog", "Rain, drizzle", "Zzxqj", "Bell")


def test_embeddings_are_the_weighted_mean_of_known_classes(tiny_checkpoint):
    dictionary = load_checkpoint(tiny_checkpoint).dictionary
    scores = np.array([[0.6, 0.2, 0.9, 0.0], [0.0, 0.0, 1.0, 0.3]], np.float32)
    vectors = name_vectors(NAMES, dictionary)
    known = [0, 1, 3]
    if vectors[2].any():
        pytest.skip("this word space knows every word")
    literal = np.array([sum(row[k] * vectors[k] for k in known) for row in scores])
    literal /= np.linalg.norm(literal, axis=1)[:, None]
    found = yamnet_predictions(scores, NAMES, dictionary)
    np.testing.assert_allclose(found.embeddings, literal, atol=1e-6)
    assert found.probabilities is None
    with pytest.raises(YamnetError, match="4 scores a patch do not fit 1 class"):
        yamnet_predictions(scores, ("Dog",), dictionary)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(YamnetError, match="class map belongs beside"):
        class_names(tmp_path / "yamnet.onnx")
    (tmp_path / "yamnet_class_map.csv").write_text("index,name\n0,Dog\n")
    with pytest.raises(YamnetError, match="no column display_name"):
        class_names(tmp_path / "yamnet.onnx")


@pytest.mark.slow
def test_scores_are_made_once(shared, esc50, tmp_path):
    pytest.importorskip("onnxruntime")
    weights = shared / "weights" / "yamnet" / "yamnet_float.onnx"
    table = external_sounds("esc50", esc50).table
    names, scores = yamnet_scores(weights, table, tmp_path)
    assert names == tuple(sound.name for sound in table.sounds)
    assert scores.shape == (len(names), len(class_names(weights)))
    assert (scores >= 0).all()
    assert (scores <= 1).all()
    (kept,) = tmp_path.glob("scores-*.npy")
    before = kept.stat().st_mtime_ns
    np.testing.assert_array_equal(yamnet_scores(weights, table, tmp_path)[1], scores)
    assert kept.stat().st_mtime_ns == before
