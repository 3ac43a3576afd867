import subprocess
import sys

import numpy as np
import pytest

from semdnn.comparison.activations import save_activations
from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.registry import FILES, MODELS, known_models, open_model, open_models
from semdnn.model import MODELS as SHIPPED


def test_every_shipped_network_has_a_row():
    rows = {row.given for row in MODELS.values() if row.opener == "open_network"}
    assert rows == set(SHIPPED)


def test_every_row_says_what_it_is():
    known = known_models()
    assert [k.spec for k in known if k.spec.startswith("log-mel")] == ["log-mel"]
    assert "words:WORD_SPACE" in [k.spec for k in known]
    assert "FILE.npz or FILE.h5 or FILE.hdf5" in [k.spec for k in known]
    assert all(k.summary for k in known)


def test_the_table_imports_no_torch():
    code = (
        "import sys; from semdnn.comparison.registry import known_models; known_models();"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_label_replaces_the_name_and_nothing_else(stimuli):
    plain, labelled = open_model("spectral"), open_model("my acoustics=spectral")
    assert (plain.name, labelled.name) == ("spectral", "my acoustics")
    assert labelled.card == plain.card
    assert labelled.mixes_units
    np.testing.assert_array_equal(
        labelled.layers(stimuli)["statistics"], plain.layers(stimuli)["statistics"]
    )


def test_files_are_opened_by_their_ending(tmp_path, tiny_checkpoint):
    path = tmp_path / "a=b:c.NPZ"
    save_activations(path, ["x"], {"fc1": np.ones((1, 2))})
    assert open_model(str(path)).name == "a=b:c"
    assert open_model(f"mine={path}").name == "mine"
    assert open_model(str(tiny_checkpoint)).name == "tiny"
    assert set(FILES) == {".safetensors", ".npz", ".h5", ".hdf5"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("perceptron", "perceptron: unknown model; known: semdnn-small, .*words:WORD_SPACE"),
        ("x=perceptron", "perceptron: unknown model"),
        ("nowhere/best.safetensors", "best.safetensors: no such file; known: "),
        ("words", "words: write words:WORD_SPACE"),
        ("words:", "words:: write words:WORD_SPACE"),
        ("log-mel:", "log-mel:: write log-mel"),
        ("log-mel:64", "log-mel:64: write log-mel"),
        ("yamnet", "yamnet: write yamnet:ONNX_FILE"),
        ("yamnet:absent.onnx", "yamnet:absent.onnx: no such file absent.onnx"),
        ("", ": unknown model"),
    ],
)
def test_what_is_not_known_is_told_in_one_line(spec, message):
    with pytest.raises(ComparisonError, match=message) as caught:
        open_model(spec)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_model_is_told_so(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"1")
    with pytest.raises(ComparisonError, match=r"of this kind is no model; known: .*yamnet:ONNX"):
        open_model(str(tmp_path / "net.onnx"))


def test_several_models_have_several_names():
    assert [m.name for m in open_models(["log-mel", "b=log-mel"])] == ["log-mel", "b"]
    with pytest.raises(ComparisonError, match=r"'log-mel' is there already.*LABEL=log-mel"):
        open_models(["log-mel", "log-mel"])
