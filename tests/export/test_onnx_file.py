"""An ONNX file gives PyTorch's numbers, and says what they mean."""

import base64
import json

import numpy as np
import pytest
import torch

from semdnn.export import onnx_file
from semdnn.export.onnx_file import OnnxError, write_onnx
from semdnn.model import SemanticModel
from semdnn.network.sound_network import NetworkError


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


@pytest.mark.slow
def test_any_batch_gives_pytorch_s_numbers(model, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    path = tmp_path / "m.onnx"
    assert write_onnx(path, model, ["fc1", "pool4"]) <= 1e-4
    session = onnxruntime.InferenceSession(path)
    assert [o.name for o in session.get_outputs()] == ["prediction", "pool4", "fc1"]
    patches = np.random.default_rng(7).standard_normal((3, 96, 64)).astype(np.float32)
    found = session.run(["prediction", "fc1"], {"log_mel": patches})
    expected = model.network.activations(torch.from_numpy(patches), ["output", "fc1"])
    for own, theirs in zip(found, expected.values(), strict=True):
        np.testing.assert_allclose(own, theirs, atol=1e-4 * float(theirs.abs().max()))
    metadata = session.get_modelmeta().custom_metadata_map
    dictionary = json.loads(metadata["semdnn"])["dictionary"]
    assert tuple(dictionary["words"]) == model.dictionary.words
    vectors = np.frombuffer(base64.b64decode(metadata["semdnn.vectors"]), "<f4")
    np.testing.assert_array_equal(
        vectors.reshape(-1, dictionary["n_dims"]), model.dictionary.vectors
    )
    assert b".py" not in path.read_bytes()


@pytest.mark.slow
def test_other_numbers_than_pytorch_s_are_refused(model, tmp_path, monkeypatch):
    pytest.importorskip("onnxscript")
    monkeypatch.setattr(onnx_file, "largest_difference", lambda *_: 0.01)
    with pytest.raises(OnnxError, match="not written"):
        write_onnx(tmp_path / "m.onnx", model)
    assert not (tmp_path / "m.onnx").exists()


def test_an_unknown_layer_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "_require_packages", lambda: None)
    with pytest.raises(NetworkError, match="fc9"):
        write_onnx(tmp_path / "m.onnx", model, ["fc9"])


def test_missing_packages_are_named(model, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(OnnxError, match=r"semdnn\[onnx\]"):
        write_onnx(tmp_path / "m.onnx", model)
