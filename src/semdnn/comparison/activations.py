"""Activations that someone else computed, from an NPZ or HDF5 file, and the way to write one.

The file holds one array [shape=(S, …)] a layer, in the order from input to output, and a list of
texts called ``names`` (or ``stimuli``, ``labels``) that says which row is which stimulus. Rows are
found by name, so the file may be in any order and hold further stimuli. Single texts called
``source``, ``licence`` and ``reference`` are the model's card. HDF5 (``.h5``, ``.hdf5``) needs
``pip install "semdnn[matlab]"``; nested groups give layers names such as ``block1/conv``.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.waveform import is_audio_path
from semdnn.comparison.interface import Card, ComparisonError, Layers, Stimulus
from semdnn.comparison.stimuli import named
from semdnn.files import replacing

NAMES = ("names", "stimuli", "labels")
CARD_FIELDS = ("source", "licence", "reference")
SUFFIXES = (".npz", ".h5", ".hdf5")
_ORDER = "order"  # HDF5 lists its content by the alphabet
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # equal activations give equal files


class ActivationsFile:
    """A file of activations as a comparison model.

    Parameters
    ----------
    path : Path
        NPZ or HDF5 as described above. Names and layer names are read at once, activations only
        when they are asked for.

    Raises
    ------
    ComparisonError
        If the file is missing, is no such file, holds objects instead of numbers, has no names, a
        name twice, no layer, or a layer with another number of rows than there are names.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        with _opened(path) as arrays:
            texts = {key: _texts(array) for key, array in arrays.items() if _is_text(array)}
            shapes = {key: array.shape for key, array in arrays.items() if key not in texts}
            for key in shapes:
                _require_numbers(path, key, arrays[key])
        names = _names(path, texts)
        self._rows = _row_of_name(names)
        if not shapes:
            raise ComparisonError(f"{path}: no layer in it, only names")
        for layer, shape in shapes.items():
            if len(shape) < 2 or shape[0] != len(names) or 0 in shape:
                raise ComparisonError(
                    f"{path}: layer {layer!r} has shape {shape}: {len(names)} names need "
                    f"[{len(names)}, n_units]"
                )
        self.layer_names = tuple(shapes)
        card = {field: " ".join(texts.get(field, ())) for field in CARD_FIELDS}
        self.card = Card(
            card["source"] or f"activations file {path.name}",
            card["licence"] or "as its author states",
            card["reference"],
        )

    def layers(self, stimuli: Sequence[Stimulus]) -> Layers:
        """Return the activations of the stimuli, found by name.

        A row called ``dog.wav`` is also that of the stimulus ``dog``.

        Raises
        ------
        ComparisonError
            If a stimulus is not in the file, or its activation is NaN or infinite.
        """
        missing = [stimulus.name for stimulus in stimuli if stimulus.name not in self._rows]
        if missing or not stimuli:
            raise ComparisonError(
                f"{self.path}: {len(missing)} of {len(stimuli)} stimuli are not among its names: "
                f"{named(missing)}; its names begin with {named(list(self._rows)[:3])}"
            )
        rows = np.array([self._rows[stimulus.name] for stimulus in stimuli])
        with _opened(self.path) as arrays:
            return {
                layer: self._checked(layer, np.asarray(arrays[layer])[rows], stimuli)
                for layer in self.layer_names
            }

    def _checked(
        self, layer: str, values: NDArray[Any], stimuli: Sequence[Stimulus]
    ) -> NDArray[np.float32]:
        with np.errstate(over="ignore"):
            flat: NDArray[np.float32] = values.reshape(len(values), -1).astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(flat).all(axis=1))
        if bad.size:
            raise ComparisonError(
                f"{self.path}: layer {layer!r} holds NaN or infinity for stimulus "
                f"{stimuli[bad[0]].name!r}: compute it again or leave the stimulus out"
            )
        return flat


def save_activations(
    path: Path,
    names: Sequence[str],
    layers: Mapping[str, NDArray[np.floating]],
    card: Card | None = None,
) -> None:
    """Write activations that `ActivationsFile` reads, atomically.

    Parameters
    ----------
    path : Path
        NPZ, or HDF5 where it ends in ``.h5`` or ``.hdf5``.
    names : sequence of str [length S]
        Of the stimuli, all different.
    layers : mapping of str to array [shape=(S, …)]
        From input to output.
    card : Card, optional
        Where they come from.

    Raises
    ------
    ComparisonError
        If names are repeated, a layer has another number of rows or no numbers, a layer's name is
        one of those that mean something else, or the path's ending is unknown.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.npz"
    >>> save_activations(path, ["dog", "bell"], {"fc1": np.eye(2)})
    >>> ActivationsFile(path).layers([Stimulus("bell", None, "bell")])["fc1"].tolist()
    [[0.0, 1.0]]
    """
    if len(set(names)) < len(names):
        raise ComparisonError(f"{path}: a stimulus name appears twice: {_repeated(names)!r}")
    arrays: dict[str, NDArray[Any]] = {"names": np.array(names, dtype=np.str_)}
    if card is not None:
        arrays |= {field: np.array(getattr(card, field)) for field in CARD_FIELDS}
    for layer, values in layers.items():
        if layer in (*NAMES, *CARD_FIELDS) or not layer.strip("/"):
            raise ComparisonError(f"{path}: no layer can be called {layer!r}: rename it")
        array = np.asarray(values)
        _require_numbers(path, layer, array)
        if array.ndim < 2 or len(array) != len(names):
            raise ComparisonError(
                f"{path}: layer {layer!r} has shape {array.shape} for {len(names)} names"
            )
        arrays[layer] = array
    write = _write_npz if _kind(path) == ".npz" else _write_hdf5
    with replacing(path) as temporary:
        write(temporary, arrays)


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ComparisonError(f"{path}: activations come as {', '.join(SUFFIXES)}")
    return suffix


@contextmanager
def _opened(path: Path) -> Iterator[Mapping[str, Any]]:
    """Open a file as a mapping from names to arrays, or to what `np.asarray` makes one of."""
    suffix = _kind(path)
    if not path.is_file():
        raise ComparisonError(f"{path}: no such file of activations")
    if suffix == ".npz":
        yield _read_npz(path)
        return
    h5py = _h5py(path)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ComparisonError(f"{path}: not an HDF5 file ({error}): write it again") from error
    with file:
        arrays: dict[str, Any] = {}
        _collect(h5py, file, "", arrays)
        order = [str(name) for name in file.attrs.get(_ORDER, ()) if name in arrays]
        yield {name: arrays[name] for name in dict.fromkeys([*order, *arrays])}


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ComparisonError(
            f"{path}: not an NPZ file of plain arrays ({error}): objects are never loaded, save "
            "numbers and texts"
        ) from error


def _collect(h5py: Any, group: Any, prefix: str, arrays: dict[str, Any]) -> None:
    for key, item in group.items():
        if isinstance(item, h5py.Group):
            _collect(h5py, item, f"{prefix}{key}/", arrays)
        elif h5py.check_string_dtype(item.dtype) is not None:
            arrays[prefix + key] = np.array(item.asstr()[()], dtype=np.str_)
        else:
            arrays[prefix + key] = item


def _h5py(path: Path) -> Any:
    try:
        return import_module("h5py")  # an extra
    except ImportError as error:
        raise ComparisonError(
            f'{path}: HDF5 needs h5py: pip install "semdnn[matlab]", or save as NPZ'
        ) from error


def _is_text(array: Any) -> bool:
    return bool(array.dtype.kind in "US")


def _texts(array: Any) -> tuple[str, ...]:
    values = np.asarray(array)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    return tuple(map(str, values.ravel()))


def _require_numbers(path: Path, layer: str, array: Any) -> None:
    if array.dtype.kind not in "biuf":
        raise ComparisonError(f"{path}: layer {layer!r} holds {array.dtype}, not real numbers")


def _names(path: Path, texts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found = next((texts[key] for key in NAMES if key in texts), None)
    if not found:
        raise ComparisonError(
            f"{path}: no list of stimulus names ({', '.join(NAMES)}): add one, a name a row"
        )
    if len(set(found)) < len(found):
        raise ComparisonError(f"{path}: a stimulus name appears twice: {_repeated(found)!r}")
    return found


def _row_of_name(names: Sequence[str]) -> dict[str, int]:
    rows = {name: row for row, name in enumerate(names)}
    stems = [Path(name).stem for name in names if is_audio_path(Path(name))]
    once = {stem for stem in stems if stems.count(stem) == 1}
    for name, row in list(rows.items()):
        if is_audio_path(Path(name)) and Path(name).stem in once:
            rows.setdefault(Path(name).stem, row)
    return rows


def _repeated(names: Sequence[str]) -> str:
    return next(name for row, name in enumerate(names) if name in names[:row])


def _write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _NO_TIME)
            with file.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _write_hdf5(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    h5py = _h5py(path)
    with h5py.File(path, "w", locking=False) as file:  # `replacing` holds the lock
        file.attrs.create(_ORDER, list(arrays), dtype=h5py.string_dtype("utf-8"))
        for name, array in arrays.items():
            is_text = array.dtype.kind == "U"
            data = array.astype(h5py.string_dtype("utf-8")) if is_text else array
            file.create_dataset(name, data=data)
