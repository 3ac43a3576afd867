"""Every layout of listeners' data as an array file: NPZ, MATLAB's old and new."""

import sys

import numpy as np
import pytest
from scipy.io import savemat
from scipy.spatial.distance import squareform

from listeners_files import HEIGHTS, NAMES, ROWS, SQUARES, refused, write
from semdnn.evaluation.behaviour import (
    read_behaviour,
)

LAYOUTS = [
    ({"condensed": ROWS}, {}),
    ({"data": ROWS.T, "names": np.array(NAMES)}, {}),
    ({"rdms": SQUARES}, {}),
    ({"rdms": np.moveaxis(SQUARES, 0, 2)}, {}),
    ({"similarities": 6 - ROWS}, {}),
    ({"similarities": 6 - SQUARES}, {}),
    ({"x": 6 - ROWS, "y": np.arange(3)}, {"variable": "x", "kind": "similarity"}),
]


@pytest.mark.parametrize(("content", "options"), LAYOUTS)
@pytest.mark.parametrize("suffix", ["npz", "mat", "hdf5"])
def test_arrays_in_every_layout(tmp_path, content, options, suffix) -> None:
    path = tmp_path / f"data.{suffix.replace('hdf5', 'mat')}"
    if suffix == "npz":
        np.savez(path, **content)
    elif suffix == "mat":
        savemat(
            path, {k: v.astype(object) if v.dtype.kind == "U" else v for k, v in content.items()}
        )
    else:
        write_v73(path, content)
    behaviour = read_behaviour(path, **options)
    is_similarity = "similarities" in content or "kind" in options
    np.testing.assert_allclose(behaviour.listeners, ROWS - is_similarity)  # the most similar: 0
    assert behaviour.stimuli == (NAMES if "names" in content else ("1", "2", "3", "4"))


def write_v73(path, content):
    """Write a file as MATLAB's v7.3: axes reversed, cells as references, a header of its own."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in content.items():
            if value.dtype.kind == "U":
                references = np.empty((1, value.size), dtype=h5py.ref_dtype)
                for number, text in enumerate(value):
                    codes = np.array([[ord(letter)] for letter in text], dtype=np.uint16)
                    item = file.create_dataset(f"#refs#/{name}{number}", data=codes)
                    item.attrs["MATLAB_class"] = np.bytes_("char")
                    references[0, number] = item.ref
                item = file.create_dataset(name, data=references, dtype=h5py.ref_dtype)
                item.attrs["MATLAB_class"] = np.bytes_("cell")
            else:
                file[name] = value.T
                file[name].attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))


@pytest.mark.parametrize("suffix", ["npz", "mat", "hdf5"])
def test_pairs_listeners_and_sets(tmp_path, suffix) -> None:
    two = np.stack([ROWS.T, 10 + ROWS.T], axis=2)  # pairs x listeners x sets
    path = tmp_path / f"sets.{suffix.replace('hdf5', 'mat')}"
    if suffix == "npz":
        np.savez(path, rdms=two)
    elif suffix == "mat":
        savemat(path, {"behavior": two})
    else:
        write_v73(path, {"behavior": two})
    behaviour = read_behaviour(path)
    assert behaviour.set_sizes == (4, 4)
    assert behaviour.stimuli[:5] == ("1.1", "1.2", "1.3", "1.4", "2.1")
    np.testing.assert_array_equal(behaviour.listeners, np.hstack([ROWS, 10 + ROWS]))


def test_struct_arrays_of_matrices(tmp_path) -> None:
    rdms = np.empty(3, dtype=[("RDM", object), ("name", object)])
    for number in range(3):
        rdms[number] = (SQUARES[number], f"listener {number}")
    savemat(tmp_path / "toolbox.mat", {"rdms_behav": rdms})
    behaviour = read_behaviour(tmp_path / "toolbox.mat")
    np.testing.assert_array_equal(behaviour.listeners, ROWS)


@pytest.mark.parametrize("stack", [True, False])
def test_trees_and_confusions(tmp_path, stack) -> None:
    partitions = np.array([[1, 1, 2, 3], [1, 1, 2, 2], [1, 1, 1, 1]])
    counts = np.array([[9, 1, 0, 0], [1, 9, 0, 0], [0, 0, 8, 2], [0, 0, 2, 8]])
    for name, value, expected in (
        ("merges", HEIGHTS, [1, 3, 3, 3, 3, 2]),
        ("partitions", partitions, [1, 3, 3, 3, 3, 2]),
        ("confusions", counts, None),
    ):
        np.savez(tmp_path / "d.npz", **{name: np.stack([value, value]) if stack else value})
        behaviour = read_behaviour(tmp_path / "d.npz")
        assert behaviour.listeners.shape == (2 if stack else 1, 6)
        if expected:
            np.testing.assert_array_equal(behaviour.listeners[0], expected)
        else:
            assert behaviour.listeners[0].argmin() == 5


def test_merges_in_matlabs_order(tmp_path) -> None:
    five = np.array([[1, 2, 1.0], [3, 4, 2.0], [6, 7, 3.0], [5, 8, 4.0]])
    savemat(tmp_path / "trees.mat", {"linkage": np.stack([five, five], axis=2)})
    behaviour = read_behaviour(tmp_path / "trees.mat")
    np.testing.assert_array_equal(behaviour.listeners[1], [1, 3, 3, 4, 3, 3, 4, 2, 4, 4])


def test_a_cube_is_told_by_symmetry(tmp_path) -> None:
    cube = np.array([squareform(row) for row in (ROWS[:, :3])])  # three listeners, three stimuli
    for stacked in (cube, np.moveaxis(cube, 0, 2)):
        np.savez(tmp_path / "cube.npz", rdms=stacked)
        behaviour = read_behaviour(tmp_path / "cube.npz")
        np.testing.assert_array_equal(behaviour.listeners, ROWS[:, :3])


def test_ten_listeners_of_five_stimuli_need_names(tmp_path) -> None:
    # 10 x 15: ten pairs of five stimuli, or fifteen of six.
    values = np.random.default_rng(0).random((10, 15))
    np.savez(tmp_path / "both.npz", rdms=values)
    refused(tmp_path / "both.npz", "either axis could be the pairs")
    five = read_behaviour(tmp_path / "both.npz", stimuli=list("abcde"))
    np.testing.assert_array_equal(five.listeners, values.T)
    six = read_behaviour(tmp_path / "both.npz", stimuli=list("abcdef"))
    np.testing.assert_array_equal(six.listeners, values)
    refused(tmp_path / "both.npz", "no axis is a number of pairs of 7", stimuli=list("abcdefg"))


def test_as_many_listeners_as_pairs_are_no_matrix(tmp_path) -> None:
    values = np.random.default_rng(0).random((6, 6))
    np.savez(tmp_path / "six.npz", condensed=values)
    refused(tmp_path / "six.npz", "either axis could be the pairs")
    np.savez(tmp_path / "six.npz", condensed=values, names=np.array(NAMES))
    refused(tmp_path / "six.npz", "either axis could be the pairs of 4 stimuli")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ({"a": ROWS, "b": ROWS}, {}, "2 candidates .* name one of a, b"),
        ({"a": ROWS}, {"variable": "c"}, "no variable 'c' .* name one of a"),
        ({"names": np.array(NAMES)}, {}, "0 candidates .* none"),
        ({"rdms": ROWS, "names": np.array(["a", "b", "b", "c"])}, {}, "3 different stimulus names"),
        ({"rdms": ROWS}, {"stimuli": list("aabc")}, "3 different stimulus names"),
        ({"rdms": ROWS, "names": np.array(NAMES)}, {"stimuli": list("wxyz")}, "not those given"),
        ({"rdms": np.ones((2, 3, 4, 5))}, {}, r"shape \(2, 3, 4, 5\)"),
        ({"rdms": np.ones((5, 3, 2))}, {}, "5 values a listener are not all pairs"),
        ({"confusions": np.ones((2, 3, 4))}, {}, "holds no square matrices"),
        ({"rdms": 1 - np.eye(4) * 2}, {}, "to itself, which is no dissimilarity"),
    ],
)
def test_unclear_arrays_are_refused(tmp_path, content, options, message) -> None:
    np.savez(tmp_path / "bad.npz", **content)
    refused(tmp_path / "bad.npz", message, **options)


def test_files_that_are_none_are_refused(tmp_path) -> None:
    refused(tmp_path / "absent.csv", "no such file")
    refused(write(tmp_path / "data.docx", "x"), "come as .csv, .tsv")
    refused(write(tmp_path / "text.npz", "x"), "not an NPZ file")
    refused(write(tmp_path / "text.mat", "x" * 600), "not a MATLAB file")
    np.savez(tmp_path / "objects.npz", rdms=np.array([{"a": 1}], dtype=object))
    refused(tmp_path / "objects.npz", "not an NPZ file of plain arrays")
    (tmp_path / "broken.mat").write_bytes(b"MATLAB".ljust(512) + b"\x89HDF\r\n\x1a\n" + b"0" * 99)
    pytest.importorskip("h5py")
    refused(tmp_path / "broken.mat", "damaged MATLAB v7.3")


def test_v73_without_h5py_says_what_to_install(tmp_path, monkeypatch) -> None:
    write_v73(tmp_path / "new.mat", {"rdms": ROWS})
    monkeypatch.setitem(sys.modules, "h5py", None)
    refused(tmp_path / "new.mat", r"pip install 'semdnn\[matlab\]'")
