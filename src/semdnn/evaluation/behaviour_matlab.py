"""Variables of MATLAB files: v4 to v7 by SciPy, v7.3 (HDF5) by h5py, the extra `matlab`."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from semdnn.evaluation.behaviour_arrays import Variables
from semdnn.evaluation.judgements import BehaviourError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK = 512  # bytes of MATLAB's own header before the HDF5 one


def read_matlab(path: Path) -> Variables:
    """Return the variables of a MATLAB file, with axes in MATLAB's order.

    Fields of a struct are called ``struct.field``; those of a struct array are stacked along a
    new first axis where they are of one shape (v7 and earlier).

    Raises
    ------
    BehaviourError
        If the file is no MATLAB file, or is of v7.3 and h5py is not installed.
    """
    with path.open("rb") as file:
        head = file.read(_USER_BLOCK + len(_HDF5))
    if head.startswith(_HDF5) or head[_USER_BLOCK:] == _HDF5:
        return _read_hdf5(path)
    try:
        content = loadmat(path, simplify_cells=True)
    except Exception as error:  # SciPy raises whatever its parser stumbles over
        raise BehaviourError(f"{path}: not a MATLAB file that can be read ({error})") from error
    arrays: dict[str, NDArray[np.generic]] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for name, value in content.items():
        if not name.startswith("__"):
            _collect(name, value, arrays, texts)
    return Variables(arrays, texts)


def _collect(
    name: str, value: Any, arrays: dict[str, NDArray[np.generic]], texts: dict[str, tuple[str, ...]]
) -> None:
    if isinstance(value, dict):
        for field, inner in value.items():
            _collect(f"{name}.{field}", inner, arrays, texts)
        return
    items = np.ravel(value) if isinstance(value, np.ndarray) else value
    if isinstance(value, (list, np.ndarray)) and len(items) and isinstance(items[0], dict):
        for field in items[0]:
            _collect(f"{name}.{field}", [item.get(field) for item in items], arrays, texts)
        return
    try:
        array = np.asarray(value)
    except ValueError:  # cells of different shapes
        return
    if array.dtype.kind in "US" or (
        array.dtype.kind == "O" and array.size and all(isinstance(v, str) for v in array.flat)
    ):
        texts[name] = tuple(str(text).strip() for text in array.flat)
    elif array.dtype.kind in "biuf" and array.size > 1:
        arrays[name] = array


def _read_hdf5(path: Path) -> Variables:
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise BehaviourError(
            f"{path}: a MATLAB v7.3 file needs h5py: pip install 'semdnn[matlab]', "
            "or save it in MATLAB with -v7"
        ) from error
    arrays: dict[str, NDArray[np.generic]] = {}
    texts: dict[str, tuple[str, ...]] = {}

    def visit(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or name.startswith("#"):
            return
        label, kind = name.replace("/", "."), _matlab_class(item)
        if kind == "char":
            texts[label] = _lines(item)
        elif kind == "cell":
            cells = [file[reference] for reference in item[()].ravel()]
            if cells and all(_matlab_class(cell) == "char" for cell in cells):
                texts[label] = tuple(" ".join(_lines(cell)) for cell in cells)
        elif item.dtype.kind in "biuf" and item.size > 1 and "MATLAB_empty" not in item.attrs:
            # HDF5 has the axes in the opposite order; singleton axes are dropped as SciPy does.
            arrays[label] = np.squeeze(item[()].T)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise BehaviourError(f"{path}: a damaged MATLAB v7.3 file ({error})") from error
    return Variables(arrays, texts)


def _matlab_class(item: Any) -> str:
    value = item.attrs.get("MATLAB_class", b"")
    return value.decode() if isinstance(value, bytes) else str(value)


def _lines(item: Any) -> tuple[str, ...]:
    """Return the rows of a char array, stored column by column as numbers."""
    rows = np.atleast_2d(item[()]).T
    return tuple("".join(map(chr, row)).strip() for row in rows)
