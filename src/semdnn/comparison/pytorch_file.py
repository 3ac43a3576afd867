"""PyTorch's checkpoint files, old and new, read without unpickling anything.

Since version 1.6 such a file is a zip archive: ``data.pkl`` describes the tensors, ``data/KEY``
holds the numbers. Before, it was a row of pickled objects followed by the numbers.
"""

import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.pickled_arrays import Storage, StoredTensor, named_leaves, read_pickled

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001

Arrays = dict[str, NDArray[Any]]


def read_pytorch_zip(path: Path) -> Arrays:
    """Return the tensors of a file as PyTorch ≥ 1.6 writes it.

    Raises
    ------
    ComparisonError
        If it is damaged, or holds anything but tensors in dictionaries.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            (description,) = (n for n in archive.namelist() if n.endswith("/data.pkl"))
            folder = description.removesuffix("data.pkl")
            with archive.open(description) as stream:
                value = read_pickled(stream, str(path))  # type: ignore[arg-type]

            def numbers(storage: Storage) -> bytes:
                return _zip_block(archive, f"{folder}data/{storage.key}", storage)

            return _arrays(value, numbers, str(path))
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, NotImplementedError) as error:
        raise _damaged(path, error) from error


def read_pytorch_legacy(path: Path) -> Arrays:
    """Return the tensors of a file as PyTorch < 1.6 writes it.

    Raises
    ------
    ComparisonError
        As for `read_pytorch_zip`.
    """
    where = str(path)
    try:
        with path.open("rb") as stream:
            _check_heading([read_pickled(stream, where) for _ in range(3)])
            value = read_pickled(stream, where)
            keys = [str(key) for key in read_pickled(stream, where)]
            sizes = {
                leaf.storage.key: leaf.storage
                for _, leaf in named_leaves(value, where)
                if isinstance(leaf, StoredTensor)
            }
            blocks = {key: _legacy_block(stream, sizes[key]) for key in keys}
            return _arrays(value, lambda storage: blocks[storage.key], where)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from error


def _zip_block(archive: zipfile.ZipFile, name: str, storage: Storage) -> bytes:
    member = archive.getinfo(name)
    if member.file_size != storage.size * storage.dtype.itemsize:
        raise ValueError(f"{name} has the wrong length")
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, which PyTorch never does")
    return archive.read(member)


def _check_heading(heading: list[Any]) -> None:
    magic, protocol, system = heading
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise ValueError("it does not begin as a PyTorch file")
    if system.get("little_endian") is not True:
        raise ValueError("its numbers are big-endian")


def _legacy_block(stream: BinaryIO, storage: Storage) -> bytes:
    size = int.from_bytes(stream.read(8), "little", signed=True)
    if size != storage.size:
        raise ValueError(f"storage {storage.key} has {size} numbers instead of {storage.size}")
    return stream.read(size * storage.dtype.itemsize)


def _arrays(value: Any, numbers: Callable[[Storage], bytes], where: str) -> Arrays:
    return {
        name: _view(leaf, numbers(leaf.storage))
        for name, leaf in named_leaves(value, where)
        if isinstance(leaf, StoredTensor)
    }


def _view(tensor: StoredTensor, data: bytes) -> NDArray[Any]:
    """Return the tensor's numbers, after checking that all of them lie inside `data`."""
    flat = np.frombuffer(data, tensor.storage.dtype)
    if len(tensor.shape) != len(tensor.steps) or min((*tensor.shape, *tensor.steps, 0)) < 0:
        raise ValueError("a tensor whose shape and steps do not fit")
    last = tensor.offset + sum(
        (n - 1) * step for n, step in zip(tensor.shape, tensor.steps, strict=True)
    )
    if flat.size != tensor.storage.size or not 0 <= tensor.offset <= last < flat.size:
        if math.prod(tensor.shape) == 0:
            return np.empty(tensor.shape, flat.dtype)
        raise ValueError("a tensor that reaches beyond its storage")
    if math.prod(tensor.shape) > flat.size:
        raise ValueError("a tensor larger than its storage")
    steps = tuple(step * flat.itemsize for step in tensor.steps)
    return np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, steps).copy()


def _damaged(path: Path, error: Exception) -> ComparisonError:
    reason = " ".join(str(error).split())
    return ComparisonError(f"{path}: a damaged PyTorch file ({reason}): fetch it again")
