"""Time the log-mel front end against librosa, torchvggish, SciPy and NumPy, on one thread.

Run with ``python benchmarks/front_end.py [--repeats N] [--seconds S]``. All compute the same
formula: the rivals in single precision with one matrix product for the mel bands, ours as shipped.
"""

# ruff: noqa: E402 - threads are pinned before NumPy starts
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import platform
import time
import warnings
from collections.abc import Callable
from functools import partial

import librosa
import numpy as np
import scipy
import scipy.fft
from numpy.typing import NDArray

from measure import Report, best, in_turn, parser
from semdnn.features.logmel import log_mel, mel_filterbank

with warnings.catch_warnings():  # it loads what it does not need here
    warnings.simplefilter("ignore")
    from torchvggish import mel_features

OFFSET = np.float32(0.01)
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)).astype(np.float32)
WEIGHTS = mel_filterbank().astype(np.float32)
FrontEnd = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def with_librosa(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute log-mel with ``librosa.stft``; the padded window gives exactly the same frames."""
    window = np.zeros(512, np.float32)
    window[:400] = HANN
    spectrum = librosa.stft(samples, n_fft=512, hop_length=160, window=window, center=False)
    return np.log(WEIGHTS.T @ np.abs(spectrum) + OFFSET).T


def _windows(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.lib.stride_tricks.sliding_window_view(samples, 400)[::160] * HANN


def with_scipy(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute log-mel with ``scipy.fft.rfft`` in single precision."""
    return np.log(np.abs(scipy.fft.rfft(_windows(samples), 512)) @ WEIGHTS + OFFSET)


def with_numpy(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute log-mel with ``numpy.fft.rfft``."""
    return np.log(np.abs(np.fft.rfft(_windows(samples), 512)) @ WEIGHTS + OFFSET)


def with_torchvggish(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute log-mel with the NumPy code of torchvggish, in double precision, as it ships."""
    return mel_features.log_mel_spectrogram(
        samples,
        audio_sample_rate=16_000,
        log_offset=0.01,
        window_length_secs=0.025,
        hop_length_secs=0.010,
        num_mel_bins=64,
        lower_edge_hertz=125,
        upper_edge_hertz=7500,
    )


RIVALS: dict[str, FrontEnd] = {
    "librosa": with_librosa,
    "torchvggish": with_torchvggish,
    "scipy float32": with_scipy,
    "numpy": with_numpy,
}


def best_times(samples: NDArray[np.float32], repeats: int) -> dict[str, float]:
    """Return the best of `repeats` alternating runs of each front end, in CPU seconds."""
    front_ends: dict[str, FrontEnd] = {"semdnn": log_mel, **RIVALS}
    works = {name: partial(front_end, samples) for name, front_end in front_ends.items()}
    return best(in_turn(works, repeats, clock=time.thread_time))


def main() -> None:
    """Print times real time and ratios for several clip lengths."""
    made = parser(__doc__)
    made.add_argument("--repeats", type=int, default=40)
    made.add_argument("--seconds", type=float, nargs="+", default=[5.0, 30.0, 120.0])
    options = made.parse_args()
    report = Report(options)
    print(f"{platform.processor() or platform.machine()}, one thread; numpy {np.__version__},")
    print(f"scipy {scipy.__version__}, librosa {librosa.__version__}")
    rng = np.random.default_rng(0)
    for seconds in options.seconds:
        samples = (0.1 * rng.standard_normal(int(seconds * 16_000))).astype(np.float32)
        frames = log_mel(samples)
        for name, rival in RIVALS.items():
            theirs = rival(samples)  # librosa's last frame needs 512 samples: one frame fewer
            np.testing.assert_allclose(theirs, frames[: len(theirs)], atol=1e-3, err_msg=name)
        taken_by = best_times(samples, options.repeats)
        print(f"\n{seconds:g} s clip      times real time   semdnn is faster by")
        for name, taken in taken_by.items():
            ratio = taken / taken_by["semdnn"]
            print(f"{name:15s} {seconds / taken:15.0f}   {ratio:.2f}")
            if name in RIVALS:
                report.add(
                    f"log-mel of {seconds:g} s, one thread", "speed in processor time", ratio, name
                )
    report.write()


if __name__ == "__main__":
    main()
