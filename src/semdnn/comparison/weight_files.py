"""Named arrays out of whatever file a network's weights came in.

The content decides how a file is read, not its suffix. Nothing in any of them is executed.
"""

import zipfile
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.pickled_arrays import named_leaves, read_pickled
from semdnn.comparison.pytorch_file import read_pytorch_legacy, read_pytorch_zip
from semdnn.comparison.tensorflow_checkpoint import MAGIC, read_tensorflow_checkpoint

Arrays = dict[str, NDArray[Any]]

FORMATS = (
    "safetensors, NPZ, Keras HDF5, PyTorch (.pth, .pt), TensorFlow 1 checkpoint in one file, NPY"
)


def read_arrays(path: Path) -> Arrays:
    """Return the arrays in a weights file, or in all ``*.npy`` files of a folder, by name.

    Parameters
    ----------
    path : Path
        A file in one of `FORMATS`, or a folder of NPY files.

    Returns
    -------
    dict of str to array
        Names as the file has them; the parts of a name that was nested are joined by "/".

    Raises
    ------
    ComparisonError
        If the file is missing, of no known format, damaged, or asks to run something.
    """
    if path.is_dir():
        files = sorted(path.glob("*.npy"))
        if not files:
            raise ComparisonError(f"{path}: a folder without .npy files: name the weights file")
        return {name: array for file in files for name, array in read_arrays(file).items()}
    try:
        reader = _reader(path)
    except OSError as error:
        raise ComparisonError(f"{path}: cannot be read ({error.strerror})") from error
    return reader(path)


def _reader(path: Path) -> Callable[[Path], Arrays]:
    with path.open("rb") as file:
        start = file.read(16)
        size = file.seek(0, 2)
        file.seek(max(0, size - len(MAGIC)))
        end = file.read()
    if end == MAGIC:
        return read_tensorflow_checkpoint
    for beginning, reader in _BEGINNINGS.items():
        if start.startswith(beginning):
            return reader
    if 0 < int.from_bytes(start[:8], "little") <= size and start[8:9] == b"{":
        return _read_safetensors
    raise ComparisonError(f"{path}: not a weights file of a known format ({FORMATS})")


def _read_safetensors(path: Path) -> Arrays:
    try:
        with safe_open(path, framework="np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError) as error:
        raise ComparisonError(f"{path}: a damaged safetensors file ({error})") from error


def _read_zip(path: Path) -> Arrays:
    try:
        # NumPy leaves a damaged archive open if it opened it itself.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            if any(name.endswith("/data.pkl") for name in file.files):
                return read_pytorch_zip(path)
            return {name: np.asarray(file[name]) for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ComparisonError(
            f"{path}: a damaged NPZ file, or one with pickled objects ({error})"
        ) from error


def _read_npy(path: Path) -> Arrays:
    """Read a plain array, or a dictionary of arrays that NumPy pickled."""
    try:
        with path.open("rb") as stream:
            version = npy_format.read_magic(stream)
            read_header: Callable[[BinaryIO], Any] = (
                npy_format.read_array_header_1_0
                if version == (1, 0)
                else npy_format.read_array_header_2_0
            )
            _shape, _, dtype = read_header(stream)
            if not dtype.hasobject:
                return {path.stem: np.load(path, allow_pickle=False)}
            value = read_pickled(stream, str(path))
    except (OSError, ValueError, EOFError) as error:
        raise ComparisonError(f"{path}: a damaged NPY file ({error})") from error
    return {
        name: leaf for name, leaf in named_leaves(value, str(path)) if isinstance(leaf, np.ndarray)
    }


def _read_hdf5(path: Path) -> Arrays:
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise ComparisonError(f"{path}: an HDF5 file needs h5py: pip install h5py") from error
    found: Arrays = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            found[name] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise ComparisonError(f"{path}: a damaged HDF5 file ({error})") from error
    return found


_BEGINNINGS: Mapping[bytes, Callable[[Path], Arrays]] = {
    b"PK\x03\x04": _read_zip,
    b"\x89HDF\r\n": _read_hdf5,
    b"\x93NUMPY": _read_npy,
    b"\x80\x02\x8a\x0a": read_pytorch_legacy,
}
