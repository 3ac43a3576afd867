"""Write tests/features/golden_logmel.npz: a second of sound and its log-mel by the plain formula.

The values come from NumPy in double precision, written from the definition and not from
``semdnn.features.logmel``, so that the test compares two pieces of code.
"""

from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "tests" / "features" / "golden_logmel.npz"


def main() -> None:
    """Write the golden file."""
    t = np.arange(15_760) / 16_000
    samples = 0.5 * np.sin(2 * np.pi * (200 * t + 2500 * t**2)) * np.exp(-3 * t)
    samples += 0.01 * np.random.default_rng(2023).standard_normal(t.size)
    samples = samples.astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    edges = np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7500 / 700), 66)
    bins = 1127 * np.log1p(np.arange(257) * 31.25 / 700)
    weights = np.array([np.interp(bins, edges[m : m + 3], [0, 1, 0]) for m in range(64)]).T
    weights[0] = 0
    frames = np.array([samples[s : s + 400].astype(float) for s in range(0, 15_361, 160)])
    log_mel = np.log(np.abs(np.fft.rfft(frames * window, 512)) @ weights + 0.01)
    np.savez_compressed(TARGET, samples=samples, log_mel=log_mel.astype(np.float32))


if __name__ == "__main__":
    main()
