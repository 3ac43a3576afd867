"""YAMNet's files and the programs that run them: ONNX by onnxruntime, TFLite by LiteRT.

**ONNX.** One input of log-mel patches [shape=(n, 96, 64)]; outputs named ``layer1`` … ``layer14``
(after ReLU), ``embedding`` and ``scores``, with maps before or after the other axes. Google
publishes no such file; exporting the Keras model with these outputs by tf2onnx gives one.

**TFLite.** Google's file for phones, whose input is one log-mel patch [shape=(1, 96, 64)]. Its
weights and activations are 8-bit numbers, so that activations are steps of about 0.024, clipped
at 6. Layers are found by the names that the file gives its tensors: YAMNet's layer k ends in
``tower0/network/layer{2k − 1}/conv``.
"""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import ComparisonError

Floats = NDArray[np.float32]
Run = Callable[[Floats], Mapping[str, Floats]]
Shapes = Mapping[str, tuple[int, ...]]

_TFLITE_MARK = b"TFL3"
_TFLITE_LAYER = re.compile(r"tower0/network/layer(\d+)/conv/Relu6")


def open_yamnet(path: Path, shapes: Shapes, *, n_threads: int = 0) -> Run:
    """Return a function from patches [shape=(P, 96, 64)] to activations [shape=(P, *layer shape)].

    Parameters
    ----------
    path : Path
        The file.
    shapes : mapping of str to shape
        The layers that are wanted, and their shape for one patch.
    n_threads : int
        Of onnxruntime; 0 leaves them to it. LiteRT always has one.

    Raises
    ------
    ComparisonError
        If the file is missing or of no known kind, its program is not installed, or a layer is
        missing or has another shape than `shapes` says.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ComparisonError(f"{path}: cannot be read ({error.strerror})") from error
    if start[4:8] == _TFLITE_MARK:
        run = _open_tflite(path, shapes)
    elif start.startswith(b"\x89HDF") or path.suffix.lower() in (".h5", ".keras", ".pb"):
        raise ComparisonError(
            f"{path}: a TensorFlow file: convert it to ONNX with tf2onnx, with the outputs "
            f"{', '.join(shapes)}"
        )
    else:
        run = _open_onnx(path, shapes, n_threads)
    _check(path, run(np.zeros((1, 96, 64), np.float32)), shapes)
    return run


def _check(path: Path, found: Mapping[str, Floats], shapes: Shapes) -> None:
    for name, shape in shapes.items():
        if found[name].shape[1:] != shape:
            raise ComparisonError(
                f"{path}: {name} has shape {found[name].shape[1:]} instead of YAMNet's {shape}"
            )


def _open_onnx(path: Path, shapes: Shapes, n_threads: int) -> Run:
    runtime = _import("onnxruntime", "yamnet", path)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = n_threads
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class but this one
        raise ComparisonError(
            f"{path}: neither an ONNX nor a TFLite file of YAMNet ({str(error).splitlines()[0]})"
        ) from error
    given = [output.name for output in session.get_outputs()]
    missing = [name for name in shapes if name not in given]
    if missing or len(session.get_inputs()) != 1:
        raise ComparisonError(
            f"{path}: an ONNX file of YAMNet has one input and the outputs {', '.join(shapes)}; "
            f"this one lacks {', '.join(missing) or 'that'}"
        )
    (patches_in,) = session.get_inputs()

    def run(patches: Floats) -> Mapping[str, Floats]:
        try:
            values = session.run(list(shapes), {patches_in.name: np.ascontiguousarray(patches)})
        except Exception as error:
            raise ComparisonError(
                f"{path}: does not take patches of 96 x 64 ({str(error).splitlines()[0]})"
            ) from error
        return {
            name: _maps_last(value, shape)
            for (name, shape), value in zip(shapes.items(), values, strict=True)
        }

    return run


def _maps_last(values: Floats, shape: tuple[int, ...]) -> Floats:
    """Return maps behind frames and bands, where the file has them in front."""
    if values.ndim == 4 and values.shape[1:] == (shape[-1], *shape[:-1]):
        return values.transpose(0, 2, 3, 1)
    return values


def _open_tflite(path: Path, shapes: Shapes) -> Run:
    module = _import("ai_edge_litert.interpreter", "tflite", path)
    try:
        interpreter = module.Interpreter(
            str(path),
            num_threads=1,
            # Without these the layers in between are gone once the last one is there.
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ComparisonError(f"{path}: a damaged TFLite file ({error})") from error
    (patch_in,) = interpreter.get_input_details()
    tensors = _tflite_layers(interpreter)
    missing = [name for name in shapes if name not in tensors]
    if missing or tuple(patch_in["shape"]) != (1, 96, 64):
        raise ComparisonError(
            f"{path}: not Google's TFLite file of YAMNet that takes log-mel patches"
        )

    def run(patches: Floats) -> Mapping[str, Floats]:
        found: dict[str, list[Floats]] = {name: [] for name in shapes}
        for patch in patches:
            interpreter.set_tensor(patch_in["index"], patch[np.newaxis])
            interpreter.invoke()
            for name, parts in found.items():
                parts.append(_real(interpreter, tensors[name]).reshape(shapes[name]))
        return {name: np.stack(parts) for name, parts in found.items()}

    return run


def _tflite_layers(interpreter: Any) -> dict[str, Any]:
    """Return the details of every layer's tensor, by YAMNet's name of the layer."""
    (scores,) = interpreter.get_output_details()
    found = {"scores": scores}
    for tensor in interpreter.get_tensor_details():
        match = _TFLITE_LAYER.match(tensor["name"])
        if match:
            found[f"layer{(int(match[1]) + 1) // 2}"] = tensor
        elif tensor["name"] == "tower0/network/layer28/reduce_mean":
            found["embedding"] = tensor
    return found


def _real(interpreter: Any, tensor: Any) -> Floats:
    """Return a tensor's values; 8-bit numbers as the real numbers that they stand for."""
    values = interpreter.get_tensor(tensor["index"])
    scale, zero = tensor["quantization"]
    if values.dtype == np.float32:
        return np.asarray(values)
    return np.asarray((values.astype(np.float32) - zero) * scale, dtype=np.float32)


def _import(module: str, extra: str, path: Path) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ComparisonError(
            f"{path}: needs {module.partition('.')[0]}: pip install 'semdnn[{extra}]'"
        ) from error
