import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from semdnn.features.store import FeatureSettings
from semdnn.network.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_checkpoint,
    network_of,
    save_checkpoint,
)
from semdnn.network.registry import build_network, network_spec
from semdnn.semantics.dictionary import Dictionary

N_WORDS, N_DIMS = 6, 4


def a_dictionary():
    vectors = np.random.default_rng(0).normal(size=(N_WORDS, N_DIMS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Dictionary(
        words=("rain", "wind", "größe", "bell", "dog", "cat"),
        vectors=vectors.astype(np.float32),
        counts=np.arange(N_WORDS, dtype=np.int64),
        clusters=np.arange(N_WORDS, dtype=np.int32) // 2,
        word_space="minilm",
        offset=1.0,
    )


def a_checkpoint(kind="semdnn", network="tiny"):
    n_outputs = N_WORDS if kind == "catdnn" else N_DIMS
    built = build_network(network, kind, n_outputs, torch.Generator().manual_seed(0))
    return Checkpoint(
        network=network,
        kind=kind,
        state=built.state_dict(),
        features=FeatureSettings(max_patches_per_sound=3),
        dictionary=a_dictionary(),
        provenance={"trained_on": ["a", "b"], "epoch": 3},
        licence="CC-BY-4.0",
    )


@pytest.mark.parametrize("kind", ["semdnn", "catdnn", "cae"])
def test_what_is_saved_is_loaded_bit_for_bit(tmp_path, kind):
    saved = a_checkpoint(kind)
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, saved)
    loaded = load_checkpoint(path)
    assert (loaded.network, loaded.kind, loaded.licence) == ("tiny", kind, "CC-BY-4.0")
    assert loaded.features == saved.features
    assert loaded.provenance == saved.provenance
    assert loaded.row == network_spec("tiny")
    for field in dataclasses.fields(Dictionary):
        ours, theirs = (getattr(d, field.name) for d in (saved.dictionary, loaded.dictionary))
        np.testing.assert_array_equal(theirs, ours)
    assert all(torch.equal(loaded.state[name], value) for name, value in saved.state.items())
    network = network_of(loaded)
    assert not network.training
    original = build_network("tiny", kind, loaded.n_outputs, torch.Generator().manual_seed(0))
    patches = torch.randn(2, 96, 64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(network(patches), original.eval()(patches))


def test_equal_checkpoints_are_equal_files(tmp_path):
    for name in "ab":
        save_checkpoint(tmp_path / name, a_checkpoint())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_half_takes_half_the_room_and_little_of_the_precision(tmp_path):
    saved = a_checkpoint()
    save_checkpoint(tmp_path / "full", saved)
    save_checkpoint(tmp_path / "half", saved, half=True)
    assert (tmp_path / "half").stat().st_size < 0.6 * (tmp_path / "full").stat().st_size
    loaded = load_checkpoint(tmp_path / "half")
    np.testing.assert_allclose(np.linalg.norm(loaded.dictionary.vectors, axis=1), 1, atol=1e-6)
    patches = torch.randn(2, 96, 64, generator=torch.Generator().manual_seed(1))
    exact = build_network("tiny", "semdnn", N_DIMS, torch.Generator().manual_seed(0)).eval()
    torch.testing.assert_close(network_of(loaded)(patches), exact(patches), atol=0.01, rtol=0.01)


def test_a_row_that_has_changed_since_is_loaded_as_it_was(tmp_path):
    saved = a_checkpoint()
    wider = dataclasses.replace(network_spec("tiny"), fully_connected=(32, 16))
    generator = torch.Generator().manual_seed(0)
    state = {**saved.state}
    del state["output.weight"]
    state["encoder.dense.0.linear.weight"] = torch.randn(32, 64, generator=generator)
    for name in (
        "linear.bias",
        "norm.weight",
        "norm.bias",
        "norm.running_mean",
        "norm.running_var",
    ):
        state[f"encoder.dense.0.{name}"] = torch.ones(32)
        state[f"encoder.dense.1.{name}"] = torch.ones(16)
    state["encoder.dense.1.linear.weight"] = torch.randn(16, 32, generator=generator)
    state["encoder.dense.1.norm.num_batches_tracked"] = torch.zeros((), dtype=torch.int64)
    state["output.weight"] = torch.randn(N_DIMS, 16, generator=generator)
    path = tmp_path / "old"
    save_checkpoint(path, dataclasses.replace(saved, state=state, spec=wider))
    assert network_of(load_checkpoint(path)).layer_shapes()["fc2"] == (16,)


def _rewritten(path, change):
    """Save a checkpoint of which `change` has altered tensors and description."""
    save_checkpoint(path, a_checkpoint())
    tensors = load_file(path)
    header = json.loads(path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")])
    described = json.loads(header["__metadata__"]["semdnn"])
    change(tensors, described)
    save_file(tensors, path, metadata={"semdnn": json.dumps(described)})
    return path


DAMAGES = {
    "tensor network.output.bias is missing": lambda t, d: t.pop("network.output.bias"),
    r"tensor network.output.bias is \(9,\), expected \(4,\)": lambda t, d: t.update(
        {"network.output.bias": torch.zeros(9)}
    ),
    "unknown tensor network.extra": lambda t, d: t.update({"network.extra": torch.zeros(9)}),
    "format 99 is newer": lambda t, d: d.update(format_version=99),
    "no format version": lambda t, d: d.pop("format_version"),
    r"damaged checkpoint \('dictionary.vectors'\)": lambda t, d: t.pop("dictionary.vectors"),
    "damaged checkpoint.*5 words": lambda t, d: d["dictionary"]["words"].pop(),
    "damaged checkpoint.*hop": lambda t, d: d["features"].update(hop_length=3),
    "damaged checkpoint.*unknown kind 'dnn'": lambda t, d: d.update(kind="dnn"),
    "damaged checkpoint.*depth": lambda t, d: d["spec"].update(depth=3),
    "damaged checkpoint.*valid dictionary": lambda t, d: d.update(spec=[]),
    r"damaged checkpoint.*widths\.0": lambda t, d: d["spec"].update(widths=["8"] * 4),
    r"damaged checkpoint.*widths\.1": lambda t, d: d["spec"].update(widths=[8, -1, 8, 8]),
    r"damaged checkpoint.*widths\.2": lambda t, d: d["spec"].update(widths=[8, 8, 10**12, 8]),
    "damaged checkpoint.*2 widths": lambda t, d: d["spec"].update(widths=[8, 8]),
    "damaged checkpoint.*fully_connected": lambda t, d: d["spec"].update(fully_connected=[]),
    r"damaged checkpoint.*convolutions\.0": lambda t, d: d["spec"].update(convolutions=[500] * 4),
    r"damaged checkpoint \(dropout": lambda t, d: d["spec"].update(dropout=5),
    "damaged checkpoint.*map_dropout": lambda t, d: d["spec"].update(map_dropout=float("nan")),
    r"damaged checkpoint \(4: ": lambda t, d: d["dictionary"].update(words=["a"] * 4 + [5]),
    r"damaged checkpoint \(a text": lambda t, d: d.update(licence=7),
    "damaged checkpoint.*dictionary": lambda t, d: d.update(provenance="x"),
    "network.output.bias is not finite": lambda t, d: t["network.output.bias"].fill_(torch.nan),
    "network.input_scale is not above 0": lambda t, d: t["network.input_scale"].fill_(0.0),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_a_damaged_checkpoint_is_told_in_one_line(tmp_path, message):
    path = _rewritten(tmp_path / "a", DAMAGES[message])
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_checkpoint(path)
    for content in (b"", b"RIFF....WAVE" * 9, b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="not a readable safetensors file"):
            load_checkpoint(path)
    save_checkpoint(path, a_checkpoint())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        load_checkpoint(path)
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="not one written by semDNN"):
        load_checkpoint(path)
    save_file({"a": torch.zeros(2)}, path, metadata={"semdnn": "[" * 200_000})
    with pytest.raises(CheckpointError, match="damaged description"):
        load_checkpoint(path)
    save_file({"a": torch.zeros(2)}, path, metadata={"semdnn": "[1]"})
    with pytest.raises(CheckpointError, match="damaged description"):
        load_checkpoint(path)
