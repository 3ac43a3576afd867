"""A network as one ONNX file that says how to feed it and what its output means.

Input ``log_mel`` [n, 96, 64]; outputs ``prediction`` [n, n_outputs] and the layers that were asked
for. Metadata: ``semdnn``, the JSON of `describe`, and ``semdnn.vectors``, the dictionary's vectors
[W, D] as little-endian float32 in base64.
"""

import base64
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from semdnn.errors import SemdnnError
from semdnn.export.description import describe
from semdnn.files import canonical_json, replacing
from semdnn.model import SemanticModel
from semdnn.network.sound_network import NetworkError, SoundNetwork

TOLERANCE = 1e-4
"""Largest difference from PyTorch, as a share of the layer's largest absolute value."""


class OnnxError(SemdnnError):
    """A network that cannot be written as ONNX, or does not give PyTorch's numbers there."""


class _Layers(nn.Module):
    """The network with `layers` as a tuple of outputs."""

    def __init__(self, network: SoundNetwork, layers: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.layers = tuple(layers)

    def forward(self, log_mel: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.network.activations(log_mel, self.layers).values())


def write_onnx(path: Path, model: SemanticModel, layers: Sequence[str] = ()) -> float:
    """Write a network, after comparing it with PyTorch in onnxruntime.

    Parameters
    ----------
    path : Path
        The file, by custom ``*.onnx``.
    model : SemanticModel
        The network.
    layers : sequence of str
        Layers to give out beside the prediction, names out of ``network.layer_shapes()``.

    Returns
    -------
    float
        Largest difference that was found, as a share of the layer's largest absolute value.

    Raises
    ------
    NetworkError
        If the network lacks a layer.
    OnnxError
        If the packages of the extra ``onnx`` are missing, or the difference is above `TOLERANCE`.
    """
    _require_packages()
    known = model.network.layer_shapes()
    for name in layers:
        if name not in known:
            raise NetworkError(f"unknown layer {name!r}; this network has {', '.join(known)}")
    wanted = ["output", *(name for name in known if name in layers and name != "output")]
    proto = _plain(_exported(_Layers(model.network, wanted).eval(), wanted))
    properties = {
        "semdnn": canonical_json(describe(model.checkpoint)),
        "semdnn.vectors": base64.b64encode(
            model.checkpoint.dictionary.vectors.astype("<f4").tobytes()
        ).decode(),
    }
    for key, value in properties.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    content: bytes = proto.SerializeToString(deterministic=True)
    difference = largest_difference(content, model.network, wanted)
    if not difference <= TOLERANCE:
        raise OnnxError(
            f"{path}: in onnxruntime the network differs from PyTorch by {difference:.1e} of a "
            f"layer's largest value, allowed is {TOLERANCE:g}: not written"
        )
    with replacing(path) as part:
        part.write_bytes(content)
    return difference


def largest_difference(content: bytes, network: SoundNetwork, layers: Sequence[str]) -> float:
    """Return how far an ONNX network is from PyTorch's on random patches, batches of 1 and 5.

    Returns
    -------
    float
        Largest absolute difference of any layer, divided by its largest absolute value.
    """
    import onnxruntime  # noqa: PLC0415 - an extra

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for n in (1, 5):
        patches: NDArray[np.float32] = (2 * rng.standard_normal((n, 96, 64)) - 3).astype("f4")
        found = session.run(None, {"log_mel": patches})
        expected = network.activations(torch.from_numpy(patches), layers)
        for own, theirs in zip(expected.values(), found, strict=True):
            largest = max(float(own.abs().max()), 1e-12)
            worst = max(worst, float(np.abs(own.numpy() - theirs).max()) / largest)
    return worst


def _exported(network: _Layers, layers: Sequence[str]) -> Any:
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it tells of packages that nobody needs here
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore", category=FutureWarning)  # torch's own calls
            warnings.simplefilter("ignore", category=DeprecationWarning)
            program = torch.onnx.export(
                network,
                (torch.zeros(2, 96, 64),),
                input_names=["log_mel"],
                output_names=["prediction", *layers[1:]],
                dynamic_shapes={"log_mel": {0: torch.export.Dim("n")}},
                dynamo=True,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    if program is None:
        raise OnnxError("PyTorch returned no ONNX network")
    return program.model_proto


def _plain(proto: Any) -> Any:
    """Return the network without the exporter's notes, which name source files."""
    graph = proto.graph
    for part in (proto, graph, *graph.node, *graph.input, *graph.output):
        del part.metadata_props[:]
    for part in (*graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    for node in graph.node:
        node.doc_string = ""
    return proto


def _require_packages() -> None:
    try:
        import onnx  # noqa: F401, PLC0415 - an extra
        import onnxruntime  # noqa: F401, PLC0415
        import onnxscript  # noqa: F401, PLC0415
    except ImportError as error:
        raise OnnxError(
            f'ONNX needs more packages ({error.name}): pip install "semdnn[onnx]"'
        ) from error
