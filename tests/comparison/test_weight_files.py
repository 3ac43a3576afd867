"""Every format that weights come in is read to the bit, and nothing in any file is executed."""

import io
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.weight_files import read_arrays


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "conv1/weights": rng.standard_normal((3, 3, 1, 4)).astype(np.float32),
        "conv1/biases": rng.standard_normal(4).astype(np.float32),
        "fc1/fc1_1/weights": rng.standard_normal((5, 300)).astype(np.float32),
    }


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert sorted(found) == sorted(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_safetensors_and_npz(tmp_path, arrays):
    save_file(arrays, tmp_path / "a.bin")
    assert_same(read_arrays(tmp_path / "a.bin"), arrays)
    np.savez_compressed(tmp_path / "b.npz", **arrays)
    assert_same(read_arrays(tmp_path / "b.npz"), arrays)


def test_keras_hdf5(tmp_path, arrays):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, array in arrays.items():
            file[f"{name}:0"] = array
        file["names"] = np.array([b"conv1"])
    found = read_arrays(tmp_path / "a.h5")
    assert_same({name.removesuffix(":0"): array for name, array in found.items()}, arrays)


@pytest.mark.parametrize("zipped", [True, False])
def test_pytorch(tmp_path, arrays, zipped):
    path = tmp_path / "a.pth"
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    module = torch.nn.Linear(3, 2)
    state = {name: torch.from_numpy(array) for name, array in arrays.items()}
    state |= {"view": base.T[1:4, ::2], "shared": base, "half": base.half(), "empty": base[:0]}
    torch.save(state | module.state_dict(), path, _use_new_zipfile_serialization=zipped)
    expected = {name: tensor.numpy() for name, tensor in (state | module.state_dict()).items()}
    assert_same(read_arrays(path), expected)


def test_pytorch_state_inside_a_training_checkpoint(tmp_path):
    module = torch.nn.Linear(3, 2)
    saved = {"epoch": 3, "best": 0.5, "note": "x", "model": module.state_dict(), "steps": [1, 2]}
    torch.save(saved, tmp_path / "a.pth")
    assert sorted(read_arrays(tmp_path / "a.pth")) == ["model/bias", "model/weight"]


@pytest.mark.parametrize("fortran", [False, True])
def test_numpy_dictionary_pickled_as_the_authors_of_kell_2018_did(tmp_path, fortran):
    weights = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)
    weights = np.asfortranarray(weights) if fortran else weights
    layers = {"conv1": {"W": weights, "b": np.arange(4.0)}}
    np.save(tmp_path / "a.npy", np.array(layers, dtype=object))
    found = read_arrays(tmp_path / "a.npy")
    assert_same(found, {"conv1/W": weights, "conv1/b": np.arange(4.0)})


def python_2_pickle() -> bytes:
    """What Python 2 writes for {'c': {'W': array([1, 2], '<f4')}}: texts are byte strings."""
    return (
        b"\x80\x02}q\x00U\x01cq\x01}q\x02U\x01Wq\x03cnumpy.core.multiarray\n_reconstruct\nq\x04"
        b"cnumpy\nndarray\nq\x05K\x00\x85q\x06U\x01bq\x07\x87q\x08Rq\x09(K\x01K\x02\x85q\x0a"
        b"cnumpy\ndtype\nq\x0bU\x02f4q\x0cK\x00K\x01\x87q\x0dRq\x0e(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x08" + np.array([1, 2], "<f4").tobytes() + b"tbss."
    )


def test_numpy_dictionary_written_by_python_2(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|O", "fortran_order": False, "shape": ()}
    )
    (tmp_path / "a.npy").write_bytes(header.getvalue() + python_2_pickle())
    found = read_arrays(tmp_path / "a.npy")
    assert_same(found, {"c/W": np.array([1, 2], np.float32)})


def test_folder_of_npy_files(tmp_path):
    for name in ("early", "words"):
        np.save(tmp_path / f"{name}.npy", np.array({name: {"W": np.ones(2)}}, dtype=object))
    assert sorted(read_arrays(tmp_path)) == ["early/W", "words/W"]
    (tmp_path / "none").mkdir()
    with pytest.raises(ComparisonError, match=r"a folder without \.npy files"):
        read_arrays(tmp_path / "none")


class Attack:
    """Unpickled, this makes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


class Evaluation(Attack):
    def __reduce__(self):
        return (eval, (f"open({str(self.target)!r}, 'w')",))


@pytest.mark.parametrize("attack", [Attack, Evaluation])
@pytest.mark.parametrize("kind", ["zip", "legacy", "npy"])
def test_a_file_that_wants_something_run_is_refused(tmp_path, attack, kind):
    target, path = tmp_path / "harm", tmp_path / "weights"
    value = {"conv1": torch.ones(2), "more": attack(target)}
    if kind == "npy":
        with path.open("wb") as file:
            np.save(file, np.array({"more": attack(target)}, dtype=object))
    else:
        torch.save(value, path, _use_new_zipfile_serialization=kind == "zip")
    with pytest.raises(ComparisonError, match="refused, nothing in it was run") as caught:
        read_arrays(path)
    assert "\n" not in str(caught.value)
    assert not target.exists()
    if attack is Attack and kind == "npy":  # the attack is a real one
        np.load(path, allow_pickle=True)
        assert target.exists()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "payload", [Path.home, print, {"x": open}, b"".join, np.load, complex(1, 2), {1, 2}]
)
def test_names_outside_the_list_are_refused(tmp_path, payload, protocol):
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps({"w": payload}, protocol))
    with pytest.raises(ComparisonError, match="refused, nothing in it was run"):
        read_arrays(tmp_path / "a.pth")


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=60), start=st.sampled_from([b"", b"\x80\x02", b"\x80\x02}q\x00("]))
def test_noise_is_refused_in_one_way_only(noise, start):
    from semdnn.comparison.pickled_arrays import named_leaves, read_pickled

    try:
        leaves = list(named_leaves(read_pickled(io.BytesIO(start + noise), "noise"), "noise"))
    except ComparisonError:
        return
    assert all(isinstance(name, str) for name, _ in leaves)


def test_a_dictionary_inside_itself_is_refused(tmp_path):
    endless: dict = {}
    endless["again"] = endless
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps(endless, 2))
    with pytest.raises(ComparisonError, match="nested too deep"):
        read_arrays(tmp_path / "a.pth")


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path):
    torch.save({"w": torch.arange(6.0).reshape(2, 3)}, tmp_path / "a.pth")
    with zipfile.ZipFile(tmp_path / "a.pth") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (described,) = (name for name in parts if name.endswith("data.pkl"))
    assert b"K\x02K\x03\x86" in parts[described]  # the shape (2, 3)
    for shape in (b"K\x09K\x03\x86", b"K\x03K\x03\x86"):
        changed = parts | {described: parts[described].replace(b"K\x02K\x03\x86", shape)}
        with zipfile.ZipFile(tmp_path / "b.pth", "w") as archive:
            for name, content in changed.items():
                archive.writestr(name, content)
        with pytest.raises(ComparisonError, match="beyond its storage"):
            read_arrays(tmp_path / "b.pth")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors", "hdf5", "npz"])
def test_a_file_that_was_cut_short_is_named(tmp_path, arrays, kind):
    path = tmp_path / "weights"
    if kind in ("zip", "legacy"):
        state = {name: torch.from_numpy(array) for name, array in arrays.items()}
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    elif kind == "safetensors":
        save_file(arrays, path)
    elif kind == "hdf5":
        with h5py.File(path, "w") as file:
            file["w"] = arrays["fc1/fc1_1/weights"]
    else:
        np.savez(path, **arrays)
        path = path.with_suffix(".npz")
    whole = path.read_bytes()
    for share in (0.3, 0.7, 0.95):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ComparisonError, match=str(path)) as caught:
            read_arrays(path)
        assert "\n" not in str(caught.value)


def test_unknown_format_and_missing_file(tmp_path):
    (tmp_path / "a.txt").write_text("weights?")
    with pytest.raises(ComparisonError, match=r"a\.txt: not a weights file of a known format"):
        read_arrays(tmp_path / "a.txt")
    with pytest.raises(ComparisonError, match="cannot be read"):
        read_arrays(tmp_path / "nothing.pth")
