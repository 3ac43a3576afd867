"""YAMNet: its front end against the formula, its files checked, real weights on real sounds."""

import csv
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from semdnn.comparison import yamnet_files
from semdnn.comparison.interface import ComparisonError, Stimulus
from semdnn.comparison.yamnet import LAYER_SHAPES, PAPER_LAYERS, Yamnet, yamnet_patches

ONNX, TFLITE = "yamnet_float.onnx", "yamnet_spectra_in.tflite"


def needs(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


def test_sixteen_layers_of_which_the_paper_counts_fourteen():
    assert list(LAYER_SHAPES) == [*PAPER_LAYERS, "embedding", "scores"]
    assert len(PAPER_LAYERS) == 14
    assert LAYER_SHAPES["layer14"][-1:] == LAYER_SHAPES["embedding"] == (1024,)


@pytest.mark.parametrize(
    ("n", "patches"), [(400, 1), (15_600, 1), (15_601, 2), (23_280, 2), (23_281, 3), (80_000, 10)]
)
def test_no_sample_is_left_out(n, patches):
    samples = np.zeros(n, np.float32)
    samples[-200:] = 1.0
    found = yamnet_patches(samples)
    assert found.shape == (patches, 96, 64)
    assert found[-1].max() > np.log(0.001) + 1


def test_patches_equal_the_reference_formula():
    """As the reference does it, in double precision: pad, frame, magnitude, mel, log, patches."""
    samples = (0.1 * np.random.default_rng(3).standard_normal(20_000)).astype(np.float32)
    padded = np.concatenate([samples.astype(float), np.zeros(15_600 + 7680 - 20_000)])
    frames = np.stack([padded[i : i + 400] for i in range(0, padded.size - 399, 160)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    spectrum = np.abs(np.fft.rfft(frames * window, 512))
    bins = 1127 * np.log(1 + np.linspace(0, 8000, 257) / 700)
    edges = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), 66)
    weights = np.stack([np.interp(bins, edges[m : m + 3], [0, 1, 0]) for m in range(64)], axis=1)
    weights[0] = 0
    log_mel = np.log(spectrum @ weights + 0.001)
    expected = np.stack([log_mel[0:96], log_mel[48:144]])
    np.testing.assert_allclose(yamnet_patches(samples), expected, atol=3e-5, rtol=0)


def test_files_that_are_not_yamnet_are_named(tmp_path):
    with pytest.raises(ComparisonError, match=r"none\.onnx: cannot be read"):
        Yamnet(tmp_path / "none.onnx")
    keras = tmp_path / "yamnet.h5"
    keras.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ComparisonError, match="convert it to ONNX with tf2onnx"):
        Yamnet(keras)


@pytest.mark.parametrize(("start", "extra"), [(b"onnxonnx", "yamnet"), (b"0000TFL3", "tflite")])
def test_a_missing_program_is_named_with_the_extra_that_brings_it(
    tmp_path, monkeypatch, start, extra
):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(yamnet_files, "import_module", missing)
    (tmp_path / "a").write_bytes(start)
    with pytest.raises(ComparisonError, match=rf"pip install 'semdnn\[{extra}\]'"):
        Yamnet(tmp_path / "a")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        pytest.param(b"words, not weights", "neither an ONNX nor", marks=needs("onnxruntime")),
        pytest.param(b"0000TFL3....", "a damaged TFLite file", marks=needs("ai_edge_litert")),
    ],
)
def test_damaged_files_are_named(tmp_path, start, message):
    (tmp_path / "a").write_bytes(start)
    with pytest.raises(ComparisonError, match=message) as caught:
        Yamnet(tmp_path / "a")
    assert "\n" not in str(caught.value)


def sounds(shared: Path, category: str, n: int) -> list[Stimulus]:
    folder = shared / "external" / "esc50"
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["category"] == category]
    return [Stimulus(row["path"], folder / row["path"], row["title"]) for row in rows[:n]]


def class_names(shared: Path) -> list[str]:
    path = shared / "weights" / "yamnet" / "yamnet_class_map.csv"
    with path.open(encoding="utf-8") as file:
        return [row["display_name"] for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [
        pytest.param(ONNX, marks=needs("onnxruntime")),
        pytest.param(TFLITE, marks=needs("ai_edge_litert")),
    ],
)
@pytest.mark.parametrize(
    ("category", "expected"), [("dog", "Dog"), ("rain", "Rain"), ("church_bells", "Bell")]
)
def test_real_weights_name_real_sounds(shared, file, category, expected):
    model = Yamnet(shared / "weights" / "yamnet" / file)
    found = model.layers(sounds(shared, category, 3))
    assert {name: values.shape[1] for name, values in found.items()} == {
        name: int(np.prod(shape)) for name, shape in LAYER_SHAPES.items()
    }
    scores = found["scores"]
    assert scores.min() >= 0
    assert scores.max() <= 1
    names = class_names(shared)
    assert len(names) == scores.shape[1]
    hits = [expected in [names[i] for i in row.argsort()[:-9:-1]] for row in scores]
    assert sum(hits) >= 2


@pytest.mark.slow
@needs("onnxruntime")
@needs("ai_edge_litert")
def test_both_files_tell_the_same_of_a_sound(shared):
    """Two programs, two kinds of number, one network: 8-bit steps are all the difference."""
    folder = shared / "weights" / "yamnet"
    stimuli = sounds(shared, "dog", 1) + sounds(shared, "rain", 1)
    floats, bytes_ = (Yamnet(folder / file).layers(stimuli) for file in (ONNX, TFLITE))
    for name in LAYER_SHAPES:
        # Activations beyond 6, which the 8-bit file clips, are rare after the first two layers.
        clipped = np.minimum(floats[name], 6)
        assert np.corrcoef(clipped.ravel(), bytes_[name].ravel())[0, 1] > 0.95, name


@pytest.mark.slow
@needs("onnxruntime")
def test_embedding_is_the_mean_of_the_last_layer(shared):
    model = Yamnet(shared / "weights" / "yamnet" / ONNX)
    found = model.layers(sounds(shared, "dog", 1))
    maps = found["layer14"].reshape(LAYER_SHAPES["layer14"])
    np.testing.assert_allclose(maps.mean(axis=(0, 1)), found["embedding"][0], atol=1e-4)
