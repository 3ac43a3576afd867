"""TensorFlow 1 checkpoints, written here as small as the format allows, and read back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.tensorflow_checkpoint import _tensors
from semdnn.comparison.weight_files import read_arrays

MAGIC = 0xDB4775248B80FB57


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A table block: keys leave out what they share with the one before, except every 16th."""
    out, restarts, last = b"", [], b""
    for index, (key, value) in enumerate(entries):
        shared = 0
        if index % 16 == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(last), len(key)) and last[shared] == key[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:]
        out, last = out + value, key
    numbers = [*restarts, len(restarts)]
    return out + b"".join(n.to_bytes(4, "little") for n in numbers)


def shape_message(shape: tuple[int, ...]) -> bytes:
    return b"".join(field(2, field(1, size)) for size in shape)


def checkpoint(arrays: dict[str, np.ndarray], *, compression: int = 0, raw: bool = False) -> bytes:
    """The bytes of a checkpoint; `raw` keeps numbers as tensor_content instead of float_val."""
    types = {np.dtype(np.float32): 1, np.dtype(np.int64): 9}
    whole = {name: b"".join(field(1, b"") for _ in a.shape) for name, a in arrays.items()}
    listed = b"".join(
        field(
            1,
            field(1, name.encode())
            + field(2, shape_message(array.shape))
            + field(3, types[array.dtype])
            + field(4, whole[name]),
        )
        for name, array in arrays.items()
    )
    entries = [(b"", field(1, listed))]
    for name, array in sorted(arrays.items()):
        if array.dtype == np.int64:
            tensor = field(10, b"".join(varint(int(n)) for n in array.ravel()))
        else:
            tensor = field(4 if raw else 5, array.tobytes())
        saved = field(1, name.encode()) + field(2, whole[name]) + field(3, tensor)
        entries.append((b"\x00" + name.encode() + b"\x00\x01", field(2, saved)))
    out, index = b"", []
    for part in (entries[:2], entries[2:]):
        if part:
            content = block(part)
            index.append((part[-1][0], varint(len(out)) + varint(len(content))))
            out += content + bytes([compression]) + b"\x00" * 4
    meta, content = block([]), block(index)
    handles = varint(len(out)) + varint(len(meta))
    out += meta + b"\x00" * 5
    handles += varint(len(out)) + varint(len(content))
    out += content + b"\x00" * 5
    return out + handles.ljust(40, b"\x00") + MAGIC.to_bytes(8, "little")


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    few = {
        "conv1/weights": rng.standard_normal((3, 3, 1, 4)).astype(np.float32),
        "conv1/biases": rng.standard_normal(4).astype(np.float32),
    }
    return few | {f"more/tensor_{i}": np.full((i + 1, 2), i, np.float32) for i in range(40)}


@pytest.mark.parametrize("raw", [False, True])
def test_every_float_tensor_is_read_to_the_bit(tmp_path, arrays, raw):
    path = tmp_path / "vggish_model.ckpt"
    path.write_bytes(checkpoint(arrays | {"global_step": np.array([300])}, raw=raw))
    found = read_arrays(path)
    assert sorted(found) == sorted(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_compressed_blocks_and_a_file_cut_short_are_refused(tmp_path, arrays):
    path = tmp_path / "a.ckpt"
    path.write_bytes(checkpoint(arrays, compression=1))
    with pytest.raises(ComparisonError, match="its blocks are compressed"):
        read_arrays(path)
    whole = checkpoint(arrays)
    path.write_bytes(whole[-200:])
    with pytest.raises(ComparisonError, match=r"a\.ckpt: not a TensorFlow 1 checkpoint"):
        read_arrays(path)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_damaged_checkpoint_is_an_error_or_another_number(data):
    content = bytearray(checkpoint({"a/weights": np.ones((2, 3), np.float32)}))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    try:
        found = _tensors(memoryview(bytes(content)))
    except (ValueError, IndexError, KeyError, UnicodeDecodeError):
        return
    assert all(array.dtype == np.float32 for array in found.values())
