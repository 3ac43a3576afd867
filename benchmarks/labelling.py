"""Start-up, loading and labelling against YAMNet in onnxruntime, on the same clips and cores.

    python benchmarks/labelling.py --yamnet yamnet_float.onnx --clips FOLDER [--n 100]

Prints ratios, semDNN over YAMNet: below 1 means that semDNN takes less time. Each figure is the
median over alternating runs; whole processes for start-up, one process for the rest. YAMNet gets
the same file reader and front end (with its own offset and hop of 0.48 s), so that the
comparison is between the networks and the decoding into words.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"


def seconds(work: Callable[[], object]) -> float:
    """Return the wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(ours: Callable[[], object], theirs: Callable[[], object], n_runs: int) -> float:
    """Return the median over runs of ours / theirs, the two called in turn."""
    ours(), theirs()
    return statistics.median(seconds(ours) / seconds(theirs) for _ in range(n_runs))


def process(code: str) -> Callable[[], object]:
    """Return a call that runs `code` in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--yamnet", type=Path, default=SHARED / "weights/yamnet/yamnet_float.onnx")
    parser.add_argument("--clips", type=Path, default=SHARED / "external/esc50/audio")
    parser.add_argument("--n", type=int, default=100)
    options = parser.parse_args()
    if not options.yamnet.is_file() or not options.clips.is_dir():
        print("labelling: skipped, no YAMNet weights or clips here (--yamnet, --clips)")
        return

    import onnxruntime
    import torch

    from semdnn.audio.patches import cut
    from semdnn.audio.waveform import read
    from semdnn.features.logmel import log_mel
    from semdnn.model import SemanticModel

    torch.set_num_threads(1)
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = 1

    def load_yamnet() -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(str(options.yamnet), session_options)

    model, session = SemanticModel.load(), load_yamnet()
    clips = sorted(options.clips.glob("*.*"))[: options.n]
    audio_s = sum(len(read(clip)) for clip in clips) / 16_000

    def label_ours() -> None:
        for clip in clips:
            model.label(clip)

    def label_yamnet() -> None:
        for clip in clips:
            patches = cut(log_mel(read(clip), log_offset=0.001), hop_frames=48)
            session.run(["scores"], {"log_mel": patches.astype(np.float32)})

    load_ours = "from semdnn.model import SemanticModel; SemanticModel.load()"
    load_theirs = f"import onnxruntime; onnxruntime.InferenceSession({str(options.yamnet)!r})"
    rows = [
        (
            "import semdnn / import onnxruntime (process)",
            alternate(process("import semdnn"), process("import onnxruntime"), 7),
        ),
        (
            "semdnn --help / import onnxruntime (process)",
            alternate(
                process("from semdnn.cli.main import main; main(['--help'])"),
                process("import onnxruntime"),
                7,
            ),
        ),
        (
            "load network (process, imports included)",
            alternate(process(load_ours), process(load_theirs), 7),
        ),
        ("load network (imports done)", alternate(SemanticModel.load, load_yamnet, 7)),
        (
            f"label {len(clips)} clips ({audio_s:.0f} s), one thread",
            alternate(label_ours, label_yamnet, 5),
        ),
    ]
    print(f"semDNN {SemanticModel.load().n_parameters:,} parameters; YAMNet 3.7 M; ratio of times")
    for name, ratio in rows:
        print(f"{name:<52} {ratio:6.2f}")


if __name__ == "__main__":
    main()
