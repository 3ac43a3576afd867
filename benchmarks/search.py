"""The exact nearest of a million vectors, against plain NumPy and faiss, in the same run.

    python benchmarks/search.py [--n 1000000] [--dims 300] [--queries 7]

Generated unit vectors without any structure: the worst case for a bound. Every answer is compared
with that of a full sort. Each time is the median over queries that alternate between the ways;
"processor" is time of all cores together, which other work on the machine hardly moves, "wall" is
what a person waits. Memory is what each way holds beyond the mapped float32 file.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from semdnn.catalogue.nearest import Nearest, encode, has_code_kernel, nearest

TOP = 20


def generated(path: Path, n: int, n_dims: int) -> np.ndarray:
    """Write n unit vectors to `path` and map them."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, n, 50_000):
            block = rng.standard_normal((min(50_000, n - start), n_dims), dtype=np.float32)
            block /= np.linalg.norm(block, axis=1, keepdims=True)
            file.write(block.tobytes())
    return np.memmap(path, np.float32, "r", shape=(n, n_dims)).view(np.ndarray)


def timed(work: Callable[[], Nearest]) -> tuple[Nearest, float, float]:
    """Return a call's result, wall and processor time in ms."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--dims", type=int, default=300)
    parser.add_argument("--queries", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        vectors = generated(Path(folder) / "vectors", options.n, options.dims)
        compare(vectors, options.queries)


def compare(vectors: np.ndarray, n_queries: int) -> None:
    """Print times, ratios and memory of every way."""
    start = time.perf_counter()
    codes = encode(vectors)
    n_bytes = sum(part.nbytes for part in codes)
    print(f"{len(vectors):,} vectors x {vectors.shape[1]}, {vectors.nbytes / 1e9:.2f} GB;")
    print(f"codes made in {time.perf_counter() - start:.1f} s, {n_bytes / 1e9:.2f} GB")

    def plain(query: np.ndarray) -> Nearest:
        scores = vectors @ query
        rows = np.argsort(-scores)[:TOP]
        return Nearest(rows, scores[rows])

    ways: dict[str, Callable[[np.ndarray], Nearest]] = {
        "numpy argsort(-(V @ q))": plain,
        "semDNN, first search": lambda query: nearest(vectors, query, TOP),
    }
    if has_code_kernel():
        ways["semDNN, further searches"] = lambda query: nearest(vectors, query, TOP, codes=codes)
    if (faiss_way := with_faiss(vectors)) is not None:
        ways["faiss IndexFlatIP"] = faiss_way
    rng = np.random.default_rng(1)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(n_queries + 1):
        query = rng.standard_normal(vectors.shape[1]).astype(np.float32)
        query /= np.linalg.norm(query)
        exact = nearest(vectors, query, len(vectors)) if number == 0 else None
        answers = {}
        for name, way in ways.items():
            answers[name], wall, cpu = timed(lambda way=way, query=query: way(query))
            if number:
                times[name].append((wall, cpu))
        truth = exact.rows[:TOP] if exact else answers["semDNN, first search"].rows
        for name, answer in answers.items():
            if list(answer.rows) != list(truth):
                print(f"  query {number}: {name} orders {sorted(set(answer.rows) ^ set(truth))}")
    report(times)


def with_faiss(vectors: np.ndarray) -> Callable[[np.ndarray], Nearest] | None:
    """Return a search by faiss, which holds a copy; None where it is not installed."""
    try:
        import faiss
    except ImportError:
        print("faiss is not here: pip install faiss-cpu")
        return None
    index = faiss.IndexFlatIP(vectors.shape[1])
    for start in range(0, len(vectors), 50_000):
        index.add(vectors[start : start + 50_000])

    def search(query: np.ndarray) -> Nearest:
        scores, rows = index.search(query[np.newaxis], TOP)
        return Nearest(rows[0], scores[0])

    return search


def report(times: dict[str, list[tuple[float, float]]]) -> None:
    """Print a line a way; ratios are medians over queries of processor times, to NumPy's."""
    base = times["numpy argsort(-(V @ q))"]
    print(f"{'':<28}{'wall':>9}{'processor':>12}{'ratio':>8}")
    for name, rows in times.items():
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        ratio = statistics.median(a[1] / b[1] for a, b in zip(rows, base, strict=True))
        print(f"{name:<28}{wall:6.0f} ms{cpu:9.0f} ms{ratio:8.2f}")


if __name__ == "__main__":
    main()
