"""Weights under other people's names come out under one set of names, in one layout."""

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from semdnn.comparison import conversion
from semdnn.comparison.interface import Card, ComparisonError
from semdnn.comparison.kell import KELL
from semdnn.comparison.vggish import VGGISH
from semdnn.comparison.weights import PublishedNetwork, arrange

TINY = PublishedNetwork(
    name="tiny",
    shapes={
        "conv3_1.weight": (2, 3, 4, 5),
        "conv3_1.bias": (2,),
        "fc2.weight": (7, 6),
        "fc2.bias": (7,),
    },
    card=Card("somebody", "CC0-1.0"),
    aliases={"features.6": "conv3_1", "embeddings.4": "fc2"},
)


@pytest.fixture
def canonical() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {n: rng.standard_normal(s).astype(np.float32) for n, s in TINY.shapes.items()}


def turned(array: np.ndarray) -> np.ndarray:
    """TensorFlow's layout: height, width, in, out; or in, out."""
    if array.ndim == 1:
        return array
    return np.moveaxis(array, (2, 3, 1, 0), (0, 1, 2, 3)) if array.ndim == 4 else array.T


STYLES = {
    "canonical": ("{}.weight", "{}.bias", ("conv3_1", "fc2"), False),
    "PyTorch copy": ("{}.weight", "{}.bias", ("features.6", "embeddings.4"), False),
    "TF-slim": ("tiny/{}/weights", "tiny/{}/biases", ("conv3/conv3_1", "fc2"), True),
    "Keras": (
        "{0}/{0}/kernel:0",
        "{0}/{0}/bias:0",
        ("conv3/conv3_1", "tiny_fc2"),
        True,
    ),
    "Kell 2018": ("{}/W", "{}/b", ("conv3_1", "fc2"), True),
}


@pytest.mark.parametrize("style", STYLES)
def test_every_known_way_to_name_weights(canonical, style):
    weight, bias, layers, is_turned = STYLES[style]
    stored = {}
    for canonical_layer, layer in zip(("conv3_1", "fc2"), layers, strict=True):
        array = canonical[f"{canonical_layer}.weight"]
        stored[weight.format(layer)] = turned(array) if is_turned else array
        stored[bias.format(layer)] = canonical[f"{canonical_layer}.bias"]
    stored |= {"other/weights": np.ones(3), "fc2/weights/Adam": np.ones(2), "step": np.ones(1)}
    found = arrange(TINY, stored, "file")
    assert list(found) == list(TINY.shapes)
    for name, array in canonical.items():
        np.testing.assert_array_equal(found[name], array)


def test_missing_doubled_misshapen_and_broken_weights_are_named(canonical):
    with pytest.raises(ComparisonError, match=r"f: .* fc2\.weight is missing and 1 more"):
        arrange(TINY, {n: a for n, a in canonical.items() if "fc2" not in n}, "f")
    with pytest.raises(ComparisonError, match=r"fc2\.bias and fc2/b are both fc2\.bias"):
        arrange(TINY, canonical | {"fc2/b": canonical["fc2.bias"]}, "f")
    with pytest.raises(ComparisonError, match=r"shape \(6, 7\) instead of \(7, 6\)"):
        arrange(TINY, canonical | {"fc2.weight": canonical["fc2.weight"].T}, "f")
    broken = canonical["fc2.bias"].copy()
    broken[3] = np.nan
    with pytest.raises(ComparisonError, match=r"fc2\.bias holds values that are no numbers"):
        arrange(TINY, canonical | {"fc2.bias": broken}, "f")
    with pytest.raises(ComparisonError, match="no arrays"):
        arrange(TINY, {}, "f")


def test_half_precision_becomes_single(canonical):
    found = arrange(TINY, {n: a.astype(np.float16) for n, a in canonical.items()}, "f")
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


def test_conversion_writes_the_weights_their_source_and_licence(tmp_path, canonical, monkeypatch):
    monkeypatch.setattr(conversion, "NETWORKS", {"tiny": TINY})
    convolution = {n: a for n, a in canonical.items() if n.startswith("conv")}
    np.savez(tmp_path / "a.npz", **convolution, unused=np.ones(3))
    np.savez(tmp_path / "b.npz", **{n: a for n, a in canonical.items() if n.startswith("fc")})
    target = tmp_path / "out.safetensors"
    conversion.convert_weights("tiny", [tmp_path / "a.npz", tmp_path / "b.npz"], target)
    found = load_file(target)
    assert sorted(found) == sorted(canonical)
    for name, array in canonical.items():
        np.testing.assert_array_equal(found[name], array)
    with safe_open(target, framework="np") as file:
        described = file.metadata()["semdnn"]
    assert '"CC0-1.0"' in described
    assert '"b.npz"' in described


def test_a_failed_conversion_leaves_the_old_file(tmp_path, canonical, monkeypatch):
    monkeypatch.setattr(conversion, "NETWORKS", {"tiny": TINY})
    target = tmp_path / "out.safetensors"
    target.write_text("old")
    np.savez(tmp_path / "a.npz", **{"fc2.bias": canonical["fc2.bias"]})
    with pytest.raises(ComparisonError, match="is missing"):
        conversion.convert_weights("tiny", [tmp_path / "a.npz"], target)
    assert target.read_text() == "old"
    with pytest.raises(ComparisonError, match="no network 'yam': one of tiny"):
        conversion.convert_weights("yam", [], target)


def test_command(tmp_path, canonical, monkeypatch):
    from click.testing import CliRunner

    from semdnn.cli.convert_weights import command

    monkeypatch.setattr(conversion, "NETWORKS", {"vggish": TINY})
    np.savez(tmp_path / "a.npz", **canonical)
    arguments = ["vggish", str(tmp_path / "a.npz"), "-o", str(tmp_path / "b.safetensors")]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert "licence: Apache-2.0" in done.output
    assert sorted(load_file(tmp_path / "b.safetensors")) == sorted(canonical)


def test_published_numbers_of_weights():
    n_weights = {
        row.name: sum(int(np.prod(shape)) for shape in row.shapes.values())
        for row in (VGGISH, KELL)
    }
    assert n_weights["vggish"] == 72_141_184
    layers = [(81, 96), (2400, 256), (2304, 512)]
    layers += 2 * [(4608, 1024), (9216, 512), (18_432, 1024)]
    assert n_weights["kell"] == sum(n_in * n_out + n_out for n_in, n_out in layers)
