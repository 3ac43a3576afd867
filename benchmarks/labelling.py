"""Start-up, loading and labelling against YAMNet in onnxruntime, on the same clips and cores.

    python benchmarks/labelling.py --yamnet yamnet_float.onnx --clips FOLDER [--n 100]

Prints ratios, semDNN over YAMNet: below 1 means that semDNN takes less time. Each figure is the
median over alternating runs; whole processes for start-up, one process for the rest. YAMNet gets
the same file reader and front end (with its own offset and hop of 0.48 s), so that the
comparison is between the networks and the decoding into words.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from measure import CLIPS, Report, add_yamnet, in_turn, median_ratio, parser, path_of


def alternate(ours: Callable[[], object], theirs: Callable[[], object], n_runs: int) -> float:
    """Return the median over runs of ours / theirs, the two called in turn."""
    works = {"ours": ours, "theirs": theirs}
    return median_ratio(*in_turn(works, n_runs, clock=time.perf_counter, n_warm_up=1).values())


def process(code: str) -> Callable[[], object]:
    """Return a call that runs `code` in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def main() -> None:
    """Run the comparison and print it."""
    made = parser(__doc__)
    add_yamnet(made)
    made.add_argument("--clips", type=Path, default=path_of(CLIPS, "external/esc50/audio"))
    made.add_argument("--n", type=int, default=100, help="clips")
    made.add_argument("--runs", type=int, default=7)
    options = made.parse_args()
    report = Report(options)
    if not options.yamnet.is_file() or not options.clips.is_dir():
        report.not_run("labelling", "no YAMNet weights or clips here (--yamnet, --clips)")
        report.write()
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
    help_page = process("from semdnn.cli.main import main; main(['--help'])")
    runtime = process("import onnxruntime")
    works = (
        ("import semdnn (process)", process("import semdnn"), runtime, "import onnxruntime"),
        ("semdnn --help (process)", help_page, runtime, "import onnxruntime"),
        (
            "load network (process, imports included)",
            process(load_ours),
            process(load_theirs),
            "YAMNet in onnxruntime",
        ),
        (
            "load network (imports done)",
            SemanticModel.load,
            load_yamnet,
            "YAMNet in onnxruntime",
        ),
        (
            f"label {len(clips)} clips ({audio_s:.0f} s), one thread",
            label_ours,
            label_yamnet,
            "YAMNet's scores in onnxruntime",
        ),
    )
    print(f"semDNN {SemanticModel.load().n_parameters:,} parameters; YAMNet 3.7 M; ratio of times")
    for what, ours, theirs, peer in works:
        ratio = alternate(ours, theirs, options.runs)
        print(f"{what + ' / ' + peer:<80} {ratio:6.2f}")
        report.add(what, "time", ratio, peer)
    report.write()


if __name__ == "__main__":
    main()
