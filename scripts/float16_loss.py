"""What float16 in the log-mel store loses against float32, on recordings.

    python scripts/float16_loss.py FOLDER --files 60

Prints the largest and the root-mean-square difference and the spread of the log-mels as JSON.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from semdnn.audio import waveform
from semdnn.features.logmel import log_mel

SUFFIXES = {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif"}


def main() -> None:
    """Measure over files that lie evenly in the folder's sorted list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=60)
    chosen = parser.parse_args()
    found = sorted(p for p in chosen.folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    picked = found[:: max(len(found) // chosen.files, 1)][: chosen.files]
    largest, squares, total, total_squares, n = 0.0, 0.0, 0.0, 0.0, 0
    for path in picked:
        frames = log_mel(waveform.read(path)).astype(np.float64)
        lost = frames.astype(np.float32).astype(np.float16).astype(np.float64) - frames
        largest = max(largest, float(np.abs(lost).max()))
        squares += float((lost**2).sum())
        total += float(frames.sum())
        total_squares += float((frames**2).sum())
        n += frames.size
    report = {
        "files": len(picked),
        "values": n,
        "largest": round(largest, 5),
        "root_mean_square": round((squares / n) ** 0.5, 6),
        "standard_deviation_of_log_mel": round((total_squares / n - (total / n) ** 2) ** 0.5, 3),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
