"""Reading sound files as 16 kHz mono against librosa, on one thread.

    python benchmarks/decoding.py [--seconds 30] [--runs 7]

Files are synthesised: harmonic tones with noise, in the formats and rates that sound libraries
have. The peer is ``librosa.load(path, sr=16000)``: the same decoder (libsndfile) and the same
resampler (soxr, HQ), the whole file at once where ours goes block by block and looks for silence,
NaN and missing ends. Ratios are medians over alternating runs, in processor time; the files are in
the page cache. What both read agrees within 1e-5, or the program fails.
"""

# ruff: noqa: E402 - threads are pinned before NumPy starts
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from measure import Report, in_turn, median_ratio, parser
from semdnn.audio.waveform import SAMPLE_RATE, read


class Kind(NamedTuple):
    """A file format as a sound library has it."""

    suffix: str
    subtype: str
    rate: int
    n_channels: int

    @property
    def name(self) -> str:
        """Return what the table calls it."""
        channels = {1: "mono", 2: "stereo"}[self.n_channels]
        return f"{self.suffix.upper()} {self.subtype}, {self.rate / 1000:g} kHz, {channels}"


KINDS = (
    Kind("wav", "PCM_16", 16_000, 1),
    Kind("wav", "PCM_16", 44_100, 2),
    Kind("wav", "PCM_24", 96_000, 2),
    Kind("flac", "PCM_16", 48_000, 2),
    Kind("ogg", "VORBIS", 44_100, 2),
)


def sound(kind: Kind, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a tone of eight harmonics with noise [n, n_channels], within ±1."""
    time = np.arange(int(seconds * kind.rate)) / kind.rate
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 9))
    noise = rng.standard_normal((len(time), kind.n_channels))
    return 0.1 * tone[:, np.newaxis] + 0.02 * noise


def peer(path: Path) -> NDArray[np.float32]:
    """Read with librosa."""
    return librosa.load(path, sr=SAMPLE_RATE)[0]


def main() -> None:
    """Write the files, compare what is read, and print ratios."""
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, default=30.0)
    made.add_argument("--runs", type=int, default=7)
    options = made.parse_args()
    report = Report(options)
    rng = np.random.default_rng(0)
    print(f"{options.seconds:g} s to 16 kHz mono, one thread; speed over librosa.load")
    with tempfile.TemporaryDirectory() as folder:
        for number, kind in enumerate(KINDS):
            path = Path(folder) / f"{number}.{kind.suffix}"
            samples = sound(kind, options.seconds, rng)
            soundfile.write(path, samples, kind.rate, subtype=kind.subtype)
            np.testing.assert_allclose(read(path), peer(path), atol=1e-5, err_msg=kind.name)
            works = {"ours": partial(read, path), "librosa": partial(peer, path)}
            taken = in_turn(works, options.runs, n_warm_up=1)
            ratio = median_ratio(taken["librosa"], taken["ours"])
            print(f"{kind.name:<36} {ratio:6.2f}")
            what = f"reading {options.seconds:g} s: {kind.name}"
            report.add(what, "speed in processor time", ratio, "librosa.load")
    report.write()


if __name__ == "__main__":
    main()
