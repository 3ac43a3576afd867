"""Arrays out of a pickled file without unpickling it.

Unpickling runs whatever the file asks for. Here its opcodes are only looked at, one by one, and
followed by a small machine that knows containers, numbers, texts and the few constructors that
arrays and tensors are written with; each of those is a function of this module. Nothing that the
file names is ever imported or called. A file that asks for anything else is refused.
"""

import pickletools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from semdnn.comparison.interface import ComparisonError

MAX_LEAVES = 100_000
MAX_DEPTH = 5


class Storage(NamedTuple):
    """A block of numbers that lies elsewhere in the file: its key, type and length."""

    key: str
    dtype: np.dtype[Any]
    size: int


class StoredTensor(NamedTuple):
    """A view on a storage: where it starts, its shape and the step of each axis, in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


class _Kind(NamedTuple):
    """Stands for a class that the file names as an argument: a type of storage, or an array."""

    dtype: np.dtype[Any] | None


class _DtypeParts:
    """A data type in the making: its byte order follows in a second step."""

    def __init__(self, text: Any, *_flags: Any) -> None:
        self.dtype = np.dtype(_known_type(text))

    def complete(self, state: Any) -> None:
        if state[1] not in ("<", "|", "="):
            raise ValueError("big-endian numbers")


class _ArrayParts:
    """An array in the making: its content follows in a second step."""

    def __init__(self, *_ignored: Any) -> None:
        self.content: Any = np.empty(0)

    def complete(self, state: Any) -> None:
        _version, shape, parts, is_fortran, data = state
        dtype = _expect(parts, _DtypeParts).dtype
        if dtype.hasobject:  # a list, of which weights need no more than one dictionary
            (self.content,) = _expect(data, list)
            return
        data = data.encode("latin-1") if isinstance(data, str) else data
        flat = np.frombuffer(data, dtype)
        self.content = flat.reshape(tuple(map(int, shape)), order="F" if is_fortran else "C")


def _known_type(text: Any) -> str:
    if text not in ("f2", "f4", "f8", "i4", "i8", "O4", "O8"):
        raise ValueError(f"numbers of type {str(text)[:20]!r}")
    return str(text)


def _tensor(storage: Any, offset: Any, shape: Any, steps: Any, *_rest: Any) -> StoredTensor:
    return StoredTensor(
        _expect(storage, Storage), int(offset), tuple(map(int, shape)), tuple(map(int, steps))
    )


def _first(value: Any, *_rest: Any) -> Any:
    return value


def _ordered(*pairs: Any) -> dict[Any, Any]:
    return dict(*pairs)


def _encoded(text: str, *_encoding: str) -> bytes:
    return text.encode("latin-1")


_STORAGES = {"Half": "<f2", "Float": "<f4", "Double": "<f8", "Int": "<i4", "Long": "<i8"}
_KNOWN: Mapping[str, Any] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _first,
    **{f"torch.{name}Storage": _Kind(np.dtype(text)) for name, text in _STORAGES.items()},
    "numpy.ndarray": _Kind(None),
    "numpy.dtype": _DtypeParts,
    "numpy.core.multiarray._reconstruct": _ArrayParts,
    "numpy._core.multiarray._reconstruct": _ArrayParts,
    "_codecs.encode": _encoded,
}
_FRESH: Mapping[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_LITERALS = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"}
    | {"BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
)
_DAMAGE = (
    AttributeError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
_IGNORED = frozenset({"PROTO", "FRAME", "STOP"})


class _Machine:
    """Follows opcodes; `stack` holds plain values and this module's own objects only."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def follow(self, opcode: str, argument: Any) -> None:
        if opcode in _FRESH:
            self.stack.append(_FRESH[opcode]())
        elif opcode in _LITERALS:
            self.stack.append(argument)
        elif opcode not in _IGNORED:
            handler = _HANDLERS.get(opcode)
            if handler is None:
                raise ValueError(f"the instruction {opcode}")
            handler(self, argument)

    def marked(self) -> list[Any]:
        start = self.marks.pop()
        found, self.stack[start:] = self.stack[start:], []
        return found

    def name(self, argument: str) -> None:
        name = argument.replace(" ", ".")
        if name not in _KNOWN:
            raise ValueError(f"{name[:60]!r}")
        self.stack.append(_KNOWN[name])

    def stack_name(self, _argument: Any) -> None:
        attribute, module = self.stack.pop(), self.stack.pop()
        self.name(f"{module} {attribute}")

    def mark(self, _argument: Any) -> None:
        self.marks.append(len(self.stack))

    def put(self, argument: int | None) -> None:
        self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]

    def get(self, argument: int) -> None:
        self.stack.append(self.memo[argument])

    def tuple_of_marked(self, _argument: Any) -> None:
        self.stack.append(tuple(self.marked()))

    def tuple_of(self, n: int) -> None:
        self.stack[-n:] = [tuple(self.stack[-n:])]

    def append(self, values: list[Any]) -> None:
        _expect(self.stack[-1], list).extend(values)

    def set_items(self, values: list[Any]) -> None:
        _expect(self.stack[-1], dict).update(zip(values[::2], values[1::2], strict=True))

    def call(self, _argument: Any) -> None:
        arguments, function = _expect(self.stack.pop(), tuple), self.stack.pop()
        if isinstance(function, _Kind) or not any(function is known for known in _KNOWN.values()):
            raise ValueError("a call of something that is no function")
        self.stack.append(function(*arguments))

    def complete(self, _argument: Any) -> None:
        state, value = self.stack.pop(), self.stack[-1]
        if isinstance(value, _DtypeParts | _ArrayParts):
            value.complete(state)
        elif not isinstance(value, dict):  # a dictionary's state is bookkeeping of its author's
            raise TypeError("a state for something that has none")

    def stored(self, _argument: Any) -> None:
        tag, kind, key, _device, size, *view = self.stack.pop()
        dtype = _expect(kind, _Kind).dtype
        if tag != "storage" or dtype is None or any(part is not None for part in view):
            raise ValueError("data kept in a way of its own")
        self.stack.append(Storage(str(key), dtype, int(size)))


_HANDLERS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.stack_name,
    "MARK": _Machine.mark,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "TUPLE": _Machine.tuple_of_marked,
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.marked()),
    "SETITEM": lambda machine, _: machine.set_items([machine.stack.pop() for _ in "kv"][::-1]),
    "SETITEMS": lambda machine, _: machine.set_items(machine.marked()),
    "REDUCE": _Machine.call,
    "BUILD": _Machine.complete,
    "BINPERSID": _Machine.stored,
}


def read_pickled(stream: BinaryIO, where: str) -> Any:
    """Return the value of one pickled object, up to its end in `stream`.

    Tensors come as `StoredTensor`; `named_leaves` finds the arrays.

    Raises
    ------
    ComparisonError
        If it asks for anything but containers, numbers, texts, arrays and tensors, or is damaged.
    """
    machine = _Machine()
    try:
        for opcode, argument, _position in pickletools.genops(stream):
            machine.follow(opcode.name, argument)
        return machine.stack.pop()
    except _DAMAGE as error:
        raise ComparisonError(
            f"{where}: refused, nothing in it was run: a weights file holds arrays only, this one "
            f"has {' '.join(str(error).split())[:120]}: fetch the published file again"
        ) from error


def named_leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield name and value of everything in nested dictionaries, names joined by "/".

    Arrays come as such; a dictionary inside itself, or too deep to be weights, is refused.
    """
    pending: list[tuple[tuple[str, ...], Any]] = [((), value)]
    n_found = 0
    while pending:
        names, found = pending.pop()
        n_found += 1
        if n_found > MAX_LEAVES or len(names) > MAX_DEPTH:
            raise ComparisonError(f"{where}: refused: nested too deep or too often for weights")
        item = found.content if isinstance(found, _ArrayParts) else found
        if isinstance(item, dict):
            # A key that is neither text nor number names no weights.
            named = [(key, inner) for key, inner in item.items() if isinstance(key, str | int)]
            pending += [((*names, str(key)), inner) for key, inner in named]
        else:
            yield "/".join(names), item


def _expect(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value
