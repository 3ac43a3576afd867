"""YAMNet asked about patches that were made for another network."""

import hashlib
from importlib.util import find_spec

import numpy as np
import pytest

from semdnn.audio.patches import cut
from semdnn.comparison import yamnet_teacher
from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.yamnet import LAYER_SHAPES, Yamnet
from semdnn.comparison.yamnet_teacher import YamnetTeacher
from semdnn.features.logmel import log_mel


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Open a teacher whose program notes what it is given, and says `scores` everywhere."""

    def make(scores=0.5):
        given = []

        def run(patches):
            given.append(patches)
            full = {name: (len(patches), *LAYER_SHAPES[name]) for name in ("scores", "embedding")}
            return {name: np.full(shape, scores, np.float32) for name, shape in full.items()}

        monkeypatch.setattr(yamnet_teacher, "open_yamnet", lambda path, shapes, n_threads: run)
        (tmp_path / "weights").write_bytes(b"weights")
        return YamnetTeacher(tmp_path / "weights"), given

    return make


def test_only_the_constant_in_the_logarithm_changes(opened):
    teacher, given = opened()
    magnitudes = np.random.default_rng(0).uniform(0, 20, size=(3, 96, 64))
    magnitudes[0] = 0  # digital silence
    patches = np.log(magnitudes + 0.01).astype(np.float32)
    heard = teacher.hear(patches, 0.01)
    np.testing.assert_allclose(given[0], np.log(magnitudes + 0.001), atol=1e-4)
    assert heard.scores.shape == (3, 521)
    assert heard.embedding.shape == (3, 1024)


def test_half_precision_near_silence_never_asks_for_a_negative_magnitude(opened):
    teacher, given = opened()
    below = np.full((1, 96, 64), np.log(0.01) - 0.01, np.float32)
    teacher.hear(below, 0.01)
    np.testing.assert_allclose(given[0], np.log(0.001), atol=1e-6)


def test_the_checksum_is_of_the_weights(opened):
    assert opened()[0].checksum == hashlib.sha256(b"weights").hexdigest()


def test_an_answer_that_is_not_finite_is_refused(opened):
    with pytest.raises(ComparisonError, match="not finite"):
        opened(np.nan)[0].hear(np.zeros((1, 96, 64), np.float32), 0.01)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ComparisonError, match=r"none\.onnx: cannot be read"):
        YamnetTeacher(tmp_path / "none.onnx")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_real_weights_hear_our_patches_as_their_own(shared):
    path = shared / "weights" / "yamnet" / "yamnet_float.onnx"
    rng = np.random.default_rng(0)
    samples = (0.2 * rng.standard_normal(15_600)).astype(np.float32)
    samples *= np.linspace(1, 0, len(samples), dtype=np.float32)
    heard = YamnetTeacher(path).hear(cut(log_mel(samples, log_offset=0.01)), 0.01)
    own = next(iter(Yamnet(path)._respond(samples)))
    np.testing.assert_allclose(heard.scores, own["scores"], atol=2e-3)
    np.testing.assert_allclose(heard.embedding, own["embedding"], atol=0.05)
