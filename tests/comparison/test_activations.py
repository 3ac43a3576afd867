import numpy as np
import pytest

from semdnn.comparison.activations import ActivationsFile, save_activations
from semdnn.comparison.interface import Card, ComparisonError, Stimulus

NAMES = ["dog", "bell", "rain"]
LAYERS = {
    "conv2": np.arange(24, dtype=np.float64).reshape(3, 2, 4),
    "conv10": np.arange(6, dtype=np.int16).reshape(3, 2),
    "block/fc": np.arange(3, dtype=np.float16).reshape(3, 1),
}
CARD = Card("my network", "CC BY 4.0", "doi 10.1000/1")


def stimuli(*names: str) -> list[Stimulus]:
    return [Stimulus(name, None, name) for name in names]


@pytest.fixture(params=[".npz", ".h5", ".HDF5"])
def path(request, tmp_path):
    if request.param != ".npz":
        pytest.importorskip("h5py")
    return tmp_path / f"mine{request.param}"


def test_what_is_written_is_read_in_the_order_asked_for(path):
    save_activations(path, NAMES, LAYERS, CARD)
    model = ActivationsFile(path)
    found = model.layers(stimuli("rain", "dog"))
    assert (model.name, model.card) == ("mine", CARD)
    assert list(found) == list(LAYERS)
    for layer, values in LAYERS.items():
        np.testing.assert_array_equal(found[layer], values.reshape(3, -1)[[2, 0]])
        assert found[layer].dtype == np.float32


def test_equal_activations_give_equal_files(tmp_path):
    for name in ("a.npz", "b.npz"):
        save_activations(tmp_path / name, NAMES, LAYERS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_plain_npz_of_numpy_will_do(tmp_path):
    np.savez(tmp_path / "x.npz", fc=np.eye(3), stimuli=np.array(["dog.wav", "bell.wav", "1.5"]))
    model = ActivationsFile(tmp_path / "x.npz")
    assert model.layers(stimuli("bell", "1.5"))["fc"].tolist() == [[0, 1, 0], [0, 0, 1]]
    assert model.layers(stimuli("bell.wav"))["fc"].tolist() == [[0, 1, 0]]
    assert model.card.licence == "as its author states"


def test_a_stem_that_two_files_share_is_no_name(tmp_path):
    np.savez(tmp_path / "x.npz", fc=np.eye(2), names=np.array(["dog.wav", "dog.ogg"]))
    with pytest.raises(ComparisonError, match="1 of 1 stimuli are not among its names: 'dog'"):
        ActivationsFile(tmp_path / "x.npz").layers(stimuli("dog"))


def test_stimuli_that_are_missing_are_named(path):
    save_activations(path, NAMES, LAYERS)
    with pytest.raises(
        ComparisonError, match=r"2 of 3 .*: 'cat', 'owl'; its names begin with 'dog'"
    ):
        ActivationsFile(path).layers(stimuli("cat", "dog", "owl"))


def test_nan_is_refused_where_it_is_asked_for(path):
    values = np.ones((3, 2))
    values[1, 1] = np.nan
    save_activations(path, NAMES, {"fc": values})
    assert ActivationsFile(path).layers(stimuli("dog", "rain"))["fc"].shape == (2, 2)
    with pytest.raises(
        ComparisonError, match="layer 'fc' holds NaN or infinity for stimulus 'bell'"
    ):
        ActivationsFile(path).layers(stimuli("dog", "bell"))


def test_numbers_beyond_float32_are_refused(tmp_path):
    save_activations(tmp_path / "x.npz", ["a"], {"fc": np.array([[1e300]])})
    with pytest.raises(ComparisonError, match="holds NaN or infinity"):
        ActivationsFile(tmp_path / "x.npz").layers(stimuli("a"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"fc": np.eye(3)}, r"no list of stimulus names \(names, stimuli, labels\)"),
        ({"names": np.array(NAMES)}, "no layer in it"),
        (
            {"names": np.array(NAMES), "fc": np.eye(2)},
            r"'fc' has shape \(2, 2\): 3 names need \[3,",
        ),
        ({"names": np.array(NAMES), "fc": np.ones(3)}, r"shape \(3,\)"),
        ({"names": np.array(NAMES), "fc": np.ones((3, 0))}, r"shape \(3, 0\)"),
        ({"names": np.array(["a", "b", "a"]), "fc": np.eye(3)}, "name appears twice: 'a'"),
        ({"names": np.array(NAMES), "fc": 1j * np.eye(3)}, "holds complex128, not real numbers"),
        ({"names": np.array(NAMES), "fc": np.array([[None]] * 3)}, "objects are never loaded"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(ComparisonError, match=message):
        ActivationsFile(tmp_path / "x.npz")


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_what_is_no_such_file_is_told_so(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    with pytest.raises(ComparisonError, match="no such file of activations"):
        ActivationsFile(path)
    path.write_bytes(b"nothing")
    with pytest.raises(ComparisonError, match=r"not an (NPZ|HDF5) file"):
        ActivationsFile(path)


@pytest.mark.parametrize(
    ("name", "names", "layers", "message"),
    [
        ("x.csv", NAMES, LAYERS, r"activations come as \.npz, \.h5, \.hdf5"),
        ("x.npz", ["a", "b", "b"], LAYERS, "name appears twice: 'b'"),
        ("x.npz", NAMES, {"names": np.eye(3)}, "no layer can be called 'names'"),
        ("x.npz", NAMES, {"": np.eye(3)}, "no layer can be called ''"),
        ("x.npz", NAMES, {"fc": np.eye(2)}, r"shape \(2, 2\) for 3 names"),
        ("x.npz", NAMES, {"fc": np.array([["a"]] * 3)}, "not real numbers"),
    ],
)
def test_what_cannot_be_read_is_not_written(tmp_path, name, names, layers, message):
    with pytest.raises(ComparisonError, match=message):
        save_activations(tmp_path / name, names, layers)
    assert not (tmp_path / name).exists()
