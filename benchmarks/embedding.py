"""Embedding in PyTorch, the same network as ONNX, and YAMNet: time and operations a second.

    python benchmarks/embedding.py [--yamnet yamnet_float.onnx] [--seconds 60] [--runs 7]

One thread; the same log-mel front end for all, included in the times, on generated noise. YAMNet
has its own offset and its published hop of 0.48 s; ours has its hop of 0.96 s, and 0.48 s as well.
Ratios are medians over alternating runs. Operations are the multiplications and additions of
convolutions and matrix products, counted from the ONNX graphs, two a multiply-accumulate.
"""

# ruff: noqa: E402 - threads are pinned before NumPy starts
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from measure import Report, add_yamnet, in_turn, median_ratio, parser


def n_operations(path: Path) -> float:
    """Return the operations of one patch: 2 a multiply-accumulate of Conv, Gemm and MatMul."""
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    graph = model.graph
    shapes: dict[str, list[int]] = {t.name: list(t.dims) for t in graph.initializer}
    for value in (*graph.value_info, *graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        shapes[value.name] = [d.dim_value if d.HasField("dim_value") else 1 for d in dims]
    total = 0.0
    for node in graph.node:
        if node.op_type == "Conv":
            out, weight = shapes[node.output[0]], shapes[node.input[1]]
            total += np.prod(out[1:]) * np.prod(weight[1:])
        elif node.op_type in ("Gemm", "MatMul"):
            total += (
                np.prod(shapes[node.output[0]][1:])
                * np.prod(shapes[node.input[1]])
                / (shapes[node.output[0]][-1])
            )
    return 2 * float(total)


def open_session(path: Path) -> Any:
    """Return an onnxruntime session on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)


def main() -> None:
    """Run the comparison and print it."""
    made = parser(__doc__)
    add_yamnet(made)
    made.add_argument("--model", default="semdnn-small")
    made.add_argument("--seconds", type=int, default=60)
    made.add_argument("--runs", type=int, default=7)
    options = made.parse_args()
    report = Report(options)
    import torch

    from semdnn.audio.patches import cut
    from semdnn.export.onnx_file import write_onnx
    from semdnn.features.logmel import log_mel
    from semdnn.model import SemanticModel
    from semdnn.network.inference import predict

    torch.set_num_threads(1)
    model = SemanticModel.load(options.model)
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal(options.seconds * 16_000)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        write_onnx(path, model)
        ours, operations = open_session(path), n_operations(path)

    def in_pytorch(hop_frames: int) -> None:
        predict(model.network, cut(log_mel(sound), hop_frames=hop_frames))

    def in_onnx(session: Any, output: str, offset: float, hop_frames: int) -> None:
        patches = cut(log_mel(sound, log_offset=offset), hop_frames=hop_frames)
        for start in range(0, len(patches), 64):
            batch = np.ascontiguousarray(patches[start : start + 64])
            session.run([output], {"log_mel": batch})

    works: dict[str, tuple[Callable[[], None], float]] = {
        "PyTorch, hop 0.96 s": (lambda: in_pytorch(96), operations / 0.96),
        "ONNX, hop 0.96 s": (lambda: in_onnx(ours, "prediction", 0.01, 96), operations / 0.96),
        "ONNX, hop 0.48 s": (lambda: in_onnx(ours, "prediction", 0.01, 48), operations / 0.48),
    }
    if options.yamnet.is_file():
        yamnet = open_session(options.yamnet)
        works["YAMNet, hop 0.48 s"] = (
            lambda: in_onnx(yamnet, "embedding", 0.001, 48),
            n_operations(options.yamnet) / 0.48,
        )
    else:
        report.not_run("embedding against YAMNet", "no weights here (--yamnet)")
    times = in_turn({name: work for name, (work, _) in works.items()}, options.runs, n_warm_up=1)
    peer = list(works)[-1]
    print(f"{options.model}, one thread, front end included; ratios to {peer}")
    print(f"{'':22}{'time':>8}{'operations':>12}   million operations a second of sound")
    for name, (_, cost) in works.items():
        ratio = median_ratio(times[name], times[peer])
        print(f"{name:22}{ratio:8.2f}{cost / works[peer][1]:12.2f}   {cost / 1e6:.0f}")
        if name != peer:
            what = f"embedding {options.seconds} s with {options.model}: {name}"
            report.add(what, "processor time", ratio, peer)
    report.write()


if __name__ == "__main__":
    main()
