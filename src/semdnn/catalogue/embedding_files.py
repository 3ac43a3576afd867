"""Embeddings as files: NPZ for NumPy, Parquet for data frames, CSV for everything else.

Equal embeddings give equal bytes: no times, no machine, no order but the given one. A map of
several dimensions keeps its shape in NPZ; in the tables it is flattened, last index fastest.
"""

import csv
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semdnn.catalogue.embedding_spool import Embeddings
from semdnn.errors import SemdnnError
from semdnn.files import replacing

_CHUNK_BYTES = 1 << 25
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class EmbeddingFileError(SemdnnError):
    """A file that embeddings cannot be written to."""


def write_embeddings(path: Path, embeddings: Embeddings) -> None:
    """Write embeddings in the format that the suffix of `path` names, atomically.

    Raises
    ------
    EmbeddingFileError
        As for `check_format`.
    """
    check_format(path)
    with replacing(path) as part:
        _WRITERS[path.suffix.lower()](part, embeddings)


def check_format(path: Path) -> None:
    """Raise if embeddings cannot be written to a file with the suffix of `path`.

    Raises
    ------
    EmbeddingFileError
        The suffix is not ``.npz``, ``.parquet`` or ``.csv``, or Parquet needs a package.
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise EmbeddingFileError(f"{path}: its suffix must be one of {', '.join(_WRITERS)}")
    if suffix == ".parquet":
        try:
            import pyarrow.parquet  # noqa: F401, PLC0415 - an extra
        except ImportError as error:
            raise EmbeddingFileError(
                f'{path}: Parquet needs another package: pip install "semdnn[parquet]"'
            ) from error


def write_npz(path: Path, embeddings: Embeddings) -> None:
    """Write an uncompressed NPZ archive, array after array, without holding any in memory.

    Arrays: ``names`` [S], ``duration_s`` [S], ``layers`` [n_layers] (their names, from input to
    output), one array a layer, and of patches ``sound_of_patch`` [P] and ``start_s`` [P].
    """
    arrays: dict[str, Any] = {
        "names": np.array(embeddings.names),
        "duration_s": embeddings.duration_s,
        "layers": np.array(list(embeddings.layers)),
    }
    if embeddings.sound_of_patch is not None:
        arrays["sound_of_patch"] = embeddings.sound_of_patch
        arrays["start_s"] = embeddings.start_s
    arrays |= embeddings.layers
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _ZIP_EPOCH)
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def write_csv(path: Path, embeddings: Embeddings) -> None:
    """Write a table: name, duration_s, of patches start_s, then LAYER_0, LAYER_1 … by layer.

    Numbers have the nine digits that tell any two float32 apart.
    """
    header = list(_keys(embeddings, slice(0, 0)))
    for name, array in embeddings.layers.items():
        header += [f"{name}_{i}" for i in range(int(np.prod(array.shape[1:])))]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for rows in _chunks(embeddings):
            keys = _keys(embeddings, rows)
            columns = [[_text(value) for value in column] for column in keys.values()]
            values = np.concatenate(
                [array[rows].reshape(len(columns[0]), -1) for array in embeddings.layers.values()],
                axis=1,
            )
            for i, row in enumerate(values.tolist()):
                writer.writerow([column[i] for column in columns] + [f"{v:.9g}" for v in row])


def write_parquet(path: Path, embeddings: Embeddings) -> None:
    """Write a table: name, duration_s, of patches start_s, and one column of vectors a layer.

    The shapes of the layers are in the schema's metadata, JSON under the key ``semdnn``.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    sizes = {name: int(np.prod(a.shape[1:])) for name, a in embeddings.layers.items()}
    shapes = {name: array.shape[1:] for name, array in embeddings.layers.items()}
    types = {"name": pa.string(), "duration_s": pa.float64(), "start_s": pa.float64()}
    keys = _keys(embeddings, slice(0, 0))
    fields = [pa.field(name, types[name]) for name in keys]
    fields += [pa.field(name, pa.list_(pa.float32(), size)) for name, size in sizes.items()]
    schema = pa.schema(fields, {"semdnn": json.dumps({"layers": shapes})})
    with parquet.ParquetWriter(path, schema) as writer:
        for rows in _chunks(embeddings):
            columns = [pa.array(v, types[k]) for k, v in _keys(embeddings, rows).items()]
            for name, array in embeddings.layers.items():
                flat = pa.array(np.asarray(array[rows]).ravel())
                columns.append(pa.FixedSizeListArray.from_arrays(flat, sizes[name]))
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


_WRITERS: Mapping[str, Callable[[Path, Embeddings], None]] = {
    ".npz": write_npz,
    ".parquet": write_parquet,
    ".csv": write_csv,
}


def _chunks(embeddings: Embeddings) -> Iterator[slice]:
    """Yield slices of rows whose layers together take some 32 MiB."""
    arrays = list(embeddings.layers.values())
    n_rows = len(arrays[0])
    row_bytes = sum(array[:1].nbytes for array in arrays)
    step = max(1, _CHUNK_BYTES // max(row_bytes, 1))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def _keys(embeddings: Embeddings, rows: slice) -> dict[str, list[Any]]:
    """Return the columns before the layers, for some rows."""
    if embeddings.sound_of_patch is None or embeddings.start_s is None:
        return {
            "name": list(embeddings.names[rows]),
            "duration_s": embeddings.duration_s[rows].tolist(),
        }
    sounds = embeddings.sound_of_patch[rows]
    return {
        "name": [embeddings.names[i] for i in sounds],
        "duration_s": embeddings.duration_s[sounds].tolist(),
        "start_s": embeddings.start_s[rows].tolist(),
    }


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6f}"
