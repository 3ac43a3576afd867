"""Throughput of `semdnn.semantics.nnls` against `scipy.optimize.nnls`, and equality with it.

    python benchmarks/nnls.py [--words 9960] [--problems 256] [--peer-problems 4] [--threads 2]

Word vectors are drawn from the shipped MiniLM table (15,900 words, 300 dimensions). Predictions
are means of three words with noise that leaves about 10, and about 110, words with weight. Both
solvers run in the same process, on the same cores: scipy on a sample, in a loop (it uses one core)
and from as many threads as ours has. Throughput ratios are of wall-clock time and suffer on a busy
machine; the ratio of CPU times does not, and multiplied by the number of cores says what an idle
one gives. The products' share is that of the float32 gradient products in the CPU time: the floor
of the method.
"""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.optimize import nnls as peer
from threadpoolctl import threadpool_limits

from measure import Report, parser, timed
from semdnn.semantics import nnls
from semdnn.semantics.minilm import open_minilm

REGIMES = {"about 10": (1.0, 0.7), "about 110": (0.2, 4.0)}  # offset, noise


def unit(rows):
    """Scale rows to unit length."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def word_vectors(W, rng):
    """Return W unit vectors of the shipped table, drawn at random."""
    vectors = open_minilm().table.vectors
    chosen = np.sort(rng.choice(len(vectors), W, replace=False))
    return unit(vectors[chosen].astype(np.float64))


def problems(vectors, S, regime, rng):
    """Return dictionary and predictions with the offset appended."""
    offset, noise = regime
    means = unit(np.array([vectors[rng.choice(len(vectors), 3, False)].mean(0) for _ in range(S)]))
    noisy = unit(means + noise * unit(rng.normal(size=means.shape)))
    return tuple(np.pad(a, ((0, 0), (0, 1)), constant_values=offset) for a in (vectors, noisy))


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


def compare(name, problem, n_peer, cores, report):
    """Print speed, distance to the floor, equality and memory in one regime."""
    dictionary, predictions = problem
    S = len(predictions)

    def solve():
        return nnls.solve(dictionary, predictions, n_jobs=cores)

    nnls.solve(dictionary, predictions[:8], n_jobs=cores)
    sample = predictions[:n_peer]
    expected, serial, serial_cpu = timed(lambda: peer_all(dictionary, sample, 1))
    result, wall, cpu = timed(solve)
    _, again, again_cpu = timed(solve)
    _, threaded, _ = timed(lambda: peer_all(dictionary, sample, cores))
    wall, cpu = min(wall, again), min(cpu, again_cpu)
    ratio, fair, cpu_ratio = (
        t / n_peer * S / own for t, own in ((serial, wall), (threaded, wall), (serial_cpu, cpu))
    )
    floor = sweep_seconds(dictionary) * result.n_iterations.sum() / cpu
    sizes = np.diff(result.betas.indptr)
    print(f"\n{name} non-zeros: median {np.median(sizes):.0f}, S = {S}, threads = {cores}")
    print(f"  throughput over scipy called in a loop:            {ratio:6.0f}")
    print(f"  throughput over scipy called from {cores} threads:        {fair:6.0f}")
    print(f"  scipy's CPU time a prediction over ours:           {cpu_ratio:6.0f}")
    print(f"  sweeps: median {np.median(result.n_iterations):.0f}; products' share: {floor:.0%}")
    print(f"  memory: {peak_bytes(solve) / 1e6:.0f} MB")
    check(result, dictionary, predictions, np.array(expected))
    what = f"NNLS, {len(dictionary):,} words, {name} with weight, threads: {cores}"
    scipy = "scipy.optimize.nnls"
    report.add(what, "speed", ratio, f"{scipy} in a loop")
    report.add(what, "speed", fair, f"{scipy}, threads: {cores}")
    report.add(what, "speed in processor time", cpu_ratio, f"{scipy} in a loop")


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
    made = parser(__doc__)
    made.add_argument("--words", type=int, default=9960)
    made.add_argument("--problems", type=int, default=256)
    made.add_argument("--peer-problems", type=int, default=4)
    made.add_argument("--threads", type=int, default=nnls.usable_cores())
    options = made.parse_args()
    report = Report(options)
    rng = np.random.default_rng(0)
    vectors = word_vectors(options.words, rng)
    print("shipped vectors, dictionary {} x {} and the offset".format(*vectors.shape))
    for name, regime in REGIMES.items():
        pair = problems(vectors, options.problems, regime, rng)
        with threadpool_limits(options.threads):
            compare(name, pair, options.peer_problems, options.threads, report)
    report.write()


if __name__ == "__main__":
    main()
