"""Every layout of listeners' data as a miniature file, and the real folders."""

import json
import sys

import numpy as np
import pytest
from scipy.io import savemat
from scipy.spatial.distance import squareform

from semdnn.evaluation.behaviour import (
    Behaviour,
    BehaviourError,
    leave_out_incomplete,
    read_behaviour,
    select_listeners,
    select_stimuli,
)

NAMES = ("dog", "cat", "rain", "bell")
ROWS = np.array([[1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5], [3, 3, 1, 1, 2, 2.0]])  # L x pairs
SQUARES = np.array([squareform(row) for row in ROWS])
HEIGHTS = np.array([[0, 1, 1.0], [2, 3, 2.0], [4, 5, 3.0]])


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def refused(path, message, **options):
    with pytest.raises(BehaviourError, match=message) as caught:
        read_behaviour(path, **options)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


# ---------- CSV


def square_text(delimiter=",", rows=NAMES, corner=None):
    lines = [delimiter.join(([corner] if corner is not None else []) + list(NAMES))]
    for name in rows:
        cells = [f"{v:g}" for v in SQUARES[0][NAMES.index(name)]]
        lines.append(delimiter.join(([name] if corner is not None else []) + cells))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        square_text(),
        square_text(";"),
        square_text("\t", corner=""),
        square_text(corner="stimulus"),
        square_text(corner="", rows=NAMES[::-1]),
        "\ufeff" + square_text(),
    ],
)
def test_square_tables(tmp_path, text) -> None:
    behaviour = read_behaviour(write(tmp_path / "one.csv", text))
    assert behaviour.name == "one"
    assert behaviour.stimuli == NAMES
    assert behaviour.set_sizes == (4,)
    np.testing.assert_array_equal(behaviour.listeners, ROWS[:1])


def test_numbers_may_be_names_of_stimuli(tmp_path) -> None:
    text = "3,1,2\n0,1,2\n1,0,3\n2,3,0\n"
    behaviour = read_behaviour(write(tmp_path / "one.csv", text))
    assert behaviour.stimuli == ("3", "1", "2")
    np.testing.assert_array_equal(behaviour.listeners, [[1, 2, 3]])
    text = ",1,2,3\n1,0,1,2\n2,1,0,3\n3,2,3,0\n"
    behaviour = read_behaviour(write(tmp_path / "two.csv", text))
    assert behaviour.stimuli == ("1", "2", "3")


def test_table_of_pairs_in_any_order(tmp_path) -> None:
    text = "stimulus_1,stimulus_2,Ann,Bob\nb,a,1,2\nc,b,5,NA\na,c,3,\n"
    behaviour = read_behaviour(write(tmp_path / "pairs.csv", text))
    assert behaviour.stimuli == ("b", "a", "c")
    assert behaviour.listener_names == ("Ann", "Bob")
    np.testing.assert_array_equal(behaviour.listeners, [[1, 5, 3], [2, np.nan, np.nan]])
    ordered = select_stimuli(behaviour, ("a", "b", "c"))
    np.testing.assert_array_equal(ordered.listeners, [[1, 3, 5], [2, np.nan, np.nan]])


def test_table_of_listeners_and_pairs(tmp_path) -> None:
    text = (
        "participant,first,second,rating\n"
        "x,a,b,1\nx,a,c,2\nx,b,c,7\nx,a,d,1\nx,b,d,1\nx,c,d,1\ny,c,b,3\n"
    )
    path = write(tmp_path / "long.csv", text)
    behaviour = read_behaviour(path, kind="similarity")
    assert behaviour.stimuli == ("a", "b", "c", "d")
    assert behaviour.listener_names == ("x", "y")
    nan = np.nan
    expected = [[6, 5, 6, 0, 6, 6], [nan, nan, nan, 4, nan, nan]]
    np.testing.assert_array_equal(behaviour.listeners, expected)


@pytest.mark.parametrize("header", ["", "s1,s2,s3\n"])
def test_pairs_by_listeners_without_stimuli(tmp_path, header) -> None:
    lines = "\n".join(",".join(f"{v:g}" for v in column) for column in ROWS.T)
    behaviour = read_behaviour(write(tmp_path / "numbers.csv", header + lines + "\n"))
    np.testing.assert_array_equal(behaviour.listeners, ROWS)
    assert behaviour.stimuli == ("1", "2", "3", "4")
    assert behaviour.listener_names == (("s1", "s2", "s3") if header else ())
    named = read_behaviour(tmp_path / "numbers.csv", stimuli=NAMES)
    assert named.stimuli == NAMES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty table"),
        ("a,b,c\n0,1,2\n1,0\n2,3,0\n", "row 3 has 2 cells and the first has 3"),
        ("a,b,c\n0,1,2\n1,0,much\n2,3,0\n", "row 3, column 3: 'much' is not a number"),
        ("a,b,a\n0,1,2\n1,0,3\n2,3,0\n", "name 'a' is empty or occurs twice"),
        ("a,b,c\n0,1,2\n1,0,3\n2,9,0\n", "'b' and 'c' have 3 above and 9 below"),
        (",a,b,c\na,0,1,2\nb,1,0,3\nx,2,3,0\n", "names a row or a column, but not both"),
        ("first,second,v\na,b,1\nb,a,2\nc,a,1\n", "row 3 has a pair for the second time"),
        ("first,second,v\na,a,1\n", "row 2 has a stimulus with itself"),
        ("listener,first,second,v,w\nx,a,b,1,2\n", "2 columns of values"),
        ("first,second,v\na,b,NA\na,c,\nb,c,nan\n", "listener 1 has no judgement at all"),
        ("p,q\n1,2\n3,4\n5,6\n7,8\n", "no axis is a number of pairs"),
        ("a,b,c\n0,inf,2\ninf,0,3\n2,3,0\n", "infinite values"),
    ],
)
def test_bad_tables_are_told_with_their_place(tmp_path, text, message) -> None:
    refused(write(tmp_path / "bad.csv", text), message)


def test_tables_in_another_encoding_are_refused(tmp_path) -> None:
    (tmp_path / "latin.csv").write_bytes("é,b,c\n".encode("latin-1"))
    refused(tmp_path / "latin.csv", "not UTF-8")


# ---------- NPZ and MATLAB


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


def test_one_listeners_tree_in_a_table(tmp_path) -> None:
    expected = [1, 3, 3, 3, 3, 2]
    steps = "1,1,2,3\n1,1,2,2\n1,1,1,1\n"
    for text in (steps, "dog,cat,rain,bell\n" + steps, "dog,cat,rain,bell\n1,2,3,4\n" + steps):
        behaviour = read_behaviour(write(tmp_path / "steps.csv", text), kind="partitions")
        first = min(behaviour.listeners[0])
        np.testing.assert_array_equal(behaviour.listeners[0], np.array(expected) + first - 1)
        assert behaviour.stimuli == (NAMES if "dog" in text else ("1", "2", "3", "4"))
    merges = "0,1,1\n2,3,2\n4,5,3\n"
    for text in (merges, "one,other,height\n" + merges):
        behaviour = read_behaviour(write(tmp_path / "tree.csv", text), kind="merges")
        np.testing.assert_array_equal(behaviour.listeners, [expected])


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


# ---------- folders


@pytest.fixture
def folder(tmp_path):
    """A study as in ../shared/behaviour: listeners in another order than the matrix."""
    study = tmp_path / "study"
    (study / "audio").mkdir(parents=True)
    for name in NAMES:
        write(study / "audio" / f"{name}.ogg", "")
    mean = squareform(ROWS.mean(axis=0))
    lines = [",".join(NAMES)] + [",".join(f"{v:.6g}" for v in row) for row in mean]
    write(study / "rdm.csv", "\n".join(lines))
    order = [2, 0, 3, 1]
    moved = np.array([squareform(square[order][:, order]) for square in SQUARES])
    np.savez(study / "subjects.npz", condensed=moved, names=np.array(NAMES)[order])
    write(study / "meta.json", json.dumps({"citation": "nobody"}))
    return study


def test_folders_join_matrix_listeners_audio_and_meta(folder) -> None:
    behaviour = read_behaviour(folder)
    assert behaviour.name == "study"
    assert behaviour.stimuli == NAMES
    np.testing.assert_array_equal(behaviour.listeners, ROWS)
    assert [path.name for path in behaviour.audio] == [f"{name}.ogg" for name in NAMES]
    assert behaviour.meta == {"citation": "nobody"}
    assert not behaviour.is_group_mean


def test_folders_may_hold_the_matrix_alone(folder) -> None:
    (folder / "subjects.npz").unlink()
    (folder / "meta.json").unlink()
    for path in (folder / "audio").iterdir():
        path.unlink()
    (folder / "audio").rmdir()
    behaviour = read_behaviour(folder)
    assert behaviour.is_group_mean
    assert (behaviour.audio, behaviour.meta, behaviour.n_listeners) == ((), {}, 1)


def test_folders_that_contradict_themselves_are_refused(folder) -> None:
    np.savez(folder / "subjects.npz", condensed=-ROWS, names=np.array(NAMES))
    refused(folder, "correlate by -1.00: .* different orders")
    np.savez(folder / "subjects.npz", condensed=ROWS, names=np.array(list("wxyz")))
    refused(folder, "name different stimuli")
    (folder / "subjects.npz").unlink()
    (folder / "audio" / "dog.ogg").unlink()
    with pytest.raises(BehaviourError, match="0 files for stimulus 'dog'"):
        read_behaviour(folder)
    write(folder / "audio" / "dog.ogg", "")
    write(folder / "audio" / "dog.wav", "")
    with pytest.raises(BehaviourError, match="2 files for stimulus 'dog'"):
        read_behaviour(folder)
    (folder / "audio" / "dog.wav").unlink()
    for text, message in (("{", "not JSON"), ("[]", "not a JSON object")):
        write(folder / "meta.json", text)
        with pytest.raises(BehaviourError, match=message):
            read_behaviour(folder)
    (folder / "rdm.csv").unlink()
    refused(folder, "neither rdm.csv .* nor subjects.npz")


def test_real_folders(shared) -> None:
    folders = [path for path in (shared / "behaviour").iterdir() if (path / "rdm.csv").is_file()]
    assert len(folders) > 20
    n_separate = 0
    for path in folders:
        behaviour = read_behaviour(path)
        group = read_behaviour(path / "rdm.csv")
        assert len(behaviour.stimuli) == behaviour.meta.get("n_stimuli", len(behaviour.stimuli))
        assert behaviour.stimuli == group.stimuli
        assert behaviour.is_complete
        np.testing.assert_allclose(
            np.corrcoef(behaviour.mean, group.listeners[0])[0, 1], 1, atol=1e-3
        )
        if not behaviour.is_group_mean:
            n_separate += 1
            assert behaviour.n_listeners == behaviour.meta["n_participants_in_file"]
        if (path / "audio").is_dir():
            assert [file.stem for file in behaviour.audio] == list(behaviour.stimuli)
    assert n_separate > 10


def test_real_tables_of_other_kinds(shared) -> None:
    folder = shared / "behaviour/esc10_confusion_classes"
    counts = read_behaviour(folder / "counts.csv", kind="confusion")
    np.testing.assert_allclose(counts.listeners, read_behaviour(folder).listeners, atol=2e-5)
    morse = shared / "behaviour/morse_rothkopf1957"
    refused(morse / "asymmetric.csv", "'A' and 'B' have 0.96 above and 0.95 below")
    averaged = read_behaviour(morse / "asymmetric.csv", asymmetric="mean")
    np.testing.assert_allclose(averaged.listeners, read_behaviour(morse).listeners, atol=1e-6)


# ---------- parts of the data


def incomplete():
    rows = ROWS.copy()
    rows[1, 5] = rows[2, 5] = np.nan  # rain–bell
    rows[2, 4] = np.nan  # cat–bell
    return Behaviour("set", NAMES, rows, (4,), ("a", "b", "c"))


def test_missing_judgements_are_left_out_never_filled_in() -> None:
    behaviour = incomplete()
    assert not behaviour.is_complete
    np.testing.assert_allclose(behaviour.mean, [2, 2, 8 / 3, 8 / 3, 5.5, 6])
    listeners = leave_out_incomplete(behaviour)
    assert listeners.listener_names == ("a",)
    np.testing.assert_array_equal(listeners.listeners, ROWS[:1])
    stimuli = leave_out_incomplete(behaviour, "stimuli")
    assert stimuli.stimuli == NAMES[:3]
    np.testing.assert_array_equal(stimuli.listeners, ROWS[:, [0, 1, 3]])
    assert stimuli.is_complete


def test_mean_is_missing_where_nobody_judged() -> None:
    behaviour = Behaviour("set", ("a", "b", "c"), np.array([[1.0, np.nan, 2.0]]), (3,))
    np.testing.assert_array_equal(behaviour.mean, [1, np.nan, 2])


def test_selections_that_leave_nothing_are_refused() -> None:
    behaviour = incomplete()
    with pytest.raises(BehaviourError, match="no listener is left"):
        leave_out_incomplete(select_listeners(behaviour, [1, 2]))
    with pytest.raises(BehaviourError, match="no stimulus 'cow'"):
        select_stimuli(behaviour, ("dog", "cow", "cat"))
    with pytest.raises(BehaviourError, match="fewer than 3 different"):
        select_stimuli(behaviour, ("dog", "dog", "cat"))
    two = Behaviour("sets", tuple("abcdef"), np.ones((1, 6)), (3, 3))
    with pytest.raises(BehaviourError, match="one set at a time"):
        select_stimuli(two, ("a", "b", "c"))
