"""Multiply-adds of convolutions and matrix products a second of audio: our networks and YAMNet.

    python benchmarks/multiply_adds.py [small …] [--yamnet yamnet_float.onnx]

Each network is counted at its own hop: ours hears a patch every 0.96 s, YAMNet one every 0.48 s.
YAMNet is counted from the shapes in its file (needs onnx).
"""

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from measure import Report, add_yamnet, parser
from semdnn.network.registry import NETWORKS, empty_network, network_spec

HOP_S, YAMNET_HOP_S = 0.96, 0.48
N_DIMS = 300


def of_network(row: str) -> int:
    """Return the multiply-adds of one patch through a semDNN of the row `row`."""
    total = 0

    def count(layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        weight = layer.get_parameter("weight")
        total += output[0].numel() * weight[0].numel()

    network = empty_network(network_spec(row), "semdnn", N_DIMS).eval()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    network(torch.empty(1, 96, 64, device="meta"))
    return total


def of_onnx(path: Path) -> int:
    """Return the multiply-adds of one patch through an ONNX file's convolutions and products."""
    import onnx

    model = onnx.load(str(path))
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    shapes = {
        value.name: tuple(d.dim_value or 1 for d in value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.output)
    }
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":
            total += math.prod(shapes[node.output[0]]) * math.prod(weights[node.input[1]][1:])
        elif node.op_type in ("Gemm", "MatMul"):
            total += math.prod(weights[node.input[1]])
    return total


def main() -> None:
    """Count and print."""
    made = parser(__doc__)
    made.add_argument("rows", nargs="*", default=list(NETWORKS))
    add_yamnet(made)
    options = made.parse_args()
    report = Report(options)
    theirs = None
    if options.yamnet.is_file():
        patch = of_onnx(options.yamnet)
        theirs = patch / YAMNET_HOP_S
        print(f"YAMNet: {patch / 1e6:.1f} M a patch, {theirs / 1e6:.1f} M a second of audio")
    else:
        report.not_run("multiply-adds against YAMNet", "no weights here (--yamnet)")
    for row in options.rows:
        patch = of_network(row)
        second = patch / HOP_S
        ratio = f", ratio {second / theirs:.2f}" if theirs else ""
        if theirs:
            what = f"a second of audio through {row}"
            report.add(what, "multiply-adds", second / theirs, "YAMNet")
        print(f"{row}: {patch / 1e6:.1f} M a patch, {second / 1e6:.1f} M a second of audio{ratio}")
    report.write()


if __name__ == "__main__":
    main()
