"""TensorFlow 1 checkpoints in one file ("V1"), such as ``vggish_model.ckpt``, without TensorFlow.

The file is a sorted string table. Its last 48 bytes say where the index block lies; the index
says where the data blocks lie; each entry of those is a key and a protocol-buffer message. The
message under the empty key lists the tensors with type and shape, every other one holds the
numbers of a tensor. Only whole float32 tensors in blocks without compression are read, which is
what TensorFlow writes; other types (step counters) are left out.

The format is TensorFlow's ``saved_tensor_slice.proto`` in LevelDB's table format. Checksums of
blocks are not verified; lengths and shapes are.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import ComparisonError

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER_BYTES = 48
_BLOCK_TRAILER_BYTES = 5
_FLOAT32 = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_tensorflow_checkpoint(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the float32 tensors of a checkpoint by name.

    Raises
    ------
    ComparisonError
        If the file is not such a checkpoint, is damaged, or holds compressed or partial tensors.
    """
    try:
        return _tensors(memoryview(path.read_bytes()))
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise ComparisonError(
            f"{path}: not a TensorFlow 1 checkpoint that can be read "
            f"({' '.join(str(error).split())}): fetch it again, or convert it to NPZ"
        ) from error


def _tensors(data: memoryview) -> dict[str, NDArray[np.float32]]:
    if data[-8:] != MAGIC:
        raise ValueError("its end is missing")
    shapes: dict[str, tuple[int, ...]] = {}
    found: dict[str, NDArray[np.float32]] = {}
    for key, message in _entries(data):
        if not key:
            shapes = _shapes(message)
            continue
        name, values = _saved_slice(message)
        if name not in shapes:
            continue  # another type of number
        if values.size != math.prod(shapes[name]):
            raise ValueError(f"{name} is not whole")
        found[name] = values.reshape(shapes[name])
    if missing := shapes.keys() - found.keys():
        raise ValueError(f"{min(missing)} is listed but not there")
    return found


def _entries(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield key and message of every entry of the table."""
    footer = data[-_FOOTER_BYTES:]
    _meta_offset, at = _varint(footer, 0)
    _meta_size, at = _varint(footer, at)
    index_offset, at = _varint(footer, at)
    index_size, at = _varint(footer, at)
    for _, handle in _block(data, index_offset, index_size):
        offset, at = _varint(handle, 0)
        size, _ = _varint(handle, at)
        yield from _block(data, offset, size)


def _block(data: memoryview, offset: int, size: int) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the entries of a block; each key leaves out what it shares with the one before."""
    if offset + size + _BLOCK_TRAILER_BYTES > len(data):
        raise ValueError("a block reaches beyond the end")
    if data[offset + size] != 0:
        raise ValueError("its blocks are compressed")
    block = data[offset : offset + size]
    n_restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 * (n_restarts + 1)
    at, key = 0, b""
    while at < end:
        n_shared, at = _varint(block, at)
        n_own, at = _varint(block, at)
        n_value, at = _varint(block, at)
        if at + n_own + n_value > end:
            raise ValueError("an entry reaches beyond its block")
        key = key[:n_shared] + bytes(block[at : at + n_own])
        at += n_own
        yield key, block[at : at + n_value]
        at += n_value


def _shapes(message: memoryview) -> dict[str, tuple[int, ...]]:
    """Return the shape of every float32 tensor that the table of contents lists."""
    shapes = {}
    for tensor in _all(_one(message, 1), 1):
        fields = list(_fields(tensor))
        if dict(fields).get(3) == _FLOAT32:
            sizes = [_number(size, 1) for size in _all(_one(tensor, 2), 2)]
            shapes[bytes(_one(tensor, 1)).decode()] = tuple(sizes)
    return shapes


def _saved_slice(message: memoryview) -> tuple[str, NDArray[np.float32]]:
    """Return a tensor's name and its numbers, flat."""
    saved = _one(message, 2)
    name = bytes(_one(saved, 1)).decode()
    content = [field for field in _fields(_one(saved, 3)) if field[0] in (4, 5)]
    parts = [np.frombuffer(part, "<f4") for _, part in content]
    return name, parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, "<f4"), *parts])


def _one(message: memoryview, number: int) -> memoryview:
    found = _all(message, number)
    if len(found) != 1:
        raise ValueError(f"field {number} occurs {len(found)} times")
    inner: memoryview = found[0]
    return inner


def _all(message: memoryview, number: int) -> list[Any]:
    return [value for field, value in _fields(message) if field == number]


def _number(message: memoryview, number: int) -> int:
    return int(dict(_fields(message)).get(number, 0))


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Yield number and value of every field of a protocol-buffer message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + size > len(message):
            raise ValueError("a field reaches beyond its message")
        yield number, message[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins at `at`, seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number without end")
