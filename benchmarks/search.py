"""The exact nearest of a million vectors, against plain NumPy and faiss, in the same run.

    python benchmarks/search.py [--n 1000000] [--dims 300] [--queries 7]

First generated unit vectors without any structure: the worst case for a bound. Every answer is
compared with that of a full sort. Each time is the median over queries that alternate between the
ways; "processor" is time of all cores together, which other work on the machine moves little,
"wall" is what a person waits. Memory is what each way holds beyond the mapped float32 file.
"Bound" is the time that reading the same bytes once takes, by inner products of the vectors with
themselves.

Then the approximate search, on vectors as sounds have them: means of 1 to 15 words (median 3), with
as much noise as mean. Its lists are fitted to one half of the questions (1 or 2 words) and judged
by the other half: the share of the exact first 20 that is found. Peers are faiss's usual index,
which holds a copy of all vectors in memory, with as many lists of its own and as many of them read,
and the same lists read row by row from the catalogue's own vectors, without faiss.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from measure import Report, parser
from semdnn.catalogue.inverted_file import InvertedFile, nearest_in_lists, write_inverted_file
from semdnn.catalogue.lists import Lists, build_lists, has_faiss
from semdnn.catalogue.nearest import Nearest, encode, has_code_kernel, nearest
from semdnn.catalogue.query import unit_each
from semdnn.semantics.word_space import open_word_space

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
    made = parser(__doc__)
    made.add_argument("--n", type=int, default=1_000_000)
    made.add_argument("--dims", type=int, default=300)
    made.add_argument("--queries", type=int, default=7)
    options = made.parse_args()
    found = Report(options)
    if not has_faiss():
        found.not_run("search against faiss", "it is not installed")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "vectors"
        compare(generated(place, options.n, options.dims), options.queries, found)
        place.unlink()
        if has_faiss():
            vectors, questions = generated_from_words(place, options.n)
            lists_place = place.with_name("lists")
            compare_lists(vectors, questions, lists_place, options.queries, found)
    found.write()


def compare(vectors: np.ndarray, n_queries: int, found: Report) -> None:
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
    ways |= {
        "bound, float32": lambda _: read_once(vectors),
        "bound, one byte a number": lambda _: read_once(vectors[: len(vectors) // 4]),
    }
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
            if name.startswith("bound"):
                continue
            if list(answer.rows) != list(truth):
                print(f"  query {number}: {name} orders {sorted(set(answer.rows) ^ set(truth))}")
    report(times, f"exact search of {len(vectors):,} x {vectors.shape[1]}", found)


def read_once(vectors: np.ndarray) -> Nearest:
    """Read every byte once, with as little else as can be."""
    flat = vectors.reshape(-1)
    for start in range(0, len(flat), 1 << 22):
        part = flat[start : start + (1 << 22)]
        np.dot(part, part)
    return Nearest(np.zeros(0, np.int64), np.zeros(0))


def generated_from_words(path: Path, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Write n vectors such as sounds have, map them, and return them with 200 questions."""
    words = unit_each(open_word_space("minilm").table.vectors)
    rng = np.random.default_rng(0)

    def means(n_rows: int, n_words: np.ndarray) -> np.ndarray:
        owner = np.repeat(np.arange(n_rows), n_words)
        chosen = rng.integers(len(words), size=len(owner))
        ones = np.ones(len(owner), np.float32)
        return unit_each(csr_array((ones, (owner, chosen)), shape=(n_rows, len(words))) @ words)

    with path.open("wb") as file:
        for start in range(0, n, 50_000):
            n_rows = min(50_000, n - start)
            block = means(n_rows, np.minimum(rng.geometric(0.21, n_rows), 15))
            block += unit_each(rng.standard_normal(block.shape, dtype=np.float32))
            file.write(unit_each(block).tobytes())
    vectors = np.memmap(path, np.float32, "r", shape=(n, words.shape[1])).view(np.ndarray)
    return vectors, means(200, rng.integers(1, 3, 200))


def compare_lists(
    vectors: np.ndarray, questions: np.ndarray, place: Path, n_queries: int, found: Report
) -> None:
    """Print time and recall of approximate ways, beside the exact one."""
    start = time.process_time()
    lists = build_lists(vectors, questions[:100], np.random.default_rng(0))
    write_inverted_file(place, vectors, lists)
    print(f"\nmeans of words: lists made in {time.process_time() - start:.0f} s of processor time;")
    print(f"{len(lists.centres):,} lists, {lists.n_probes:,} read, to find {lists.recall:.3f}")
    start = time.perf_counter()
    index = InvertedFile(place, lists.centres, np.diff(lists.starts), lists.n_probes)
    print(f"opened in {1e3 * (time.perf_counter() - start):.0f} ms; ", end="")
    print(f"{place.stat().st_size / 1e9:.2f} GB on disk beside {vectors.nbytes / 1e9:.2f} GB")
    codes = encode(vectors)
    ways: dict[str, Callable[[np.ndarray], Nearest]] = {
        "semDNN, exact": lambda query: nearest(vectors, query, TOP, codes=codes),
        "semDNN, approximate": lambda query: nearest_in_lists(vectors, index, query, TOP),
        "the same lists, row by row": lambda query: row_by_row(vectors, lists, query),
        "faiss IndexIVFFlat": with_faiss_lists(vectors, lists),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    recalls: dict[str, list[float]] = {name: [] for name in ways}
    for query in questions[100 : 100 + max(50, n_queries)]:
        answers = {}
        for name, way in ways.items():
            answers[name], wall, cpu = timed(lambda way=way, query=query: way(query))
            times[name].append((wall, cpu))
        exact = set(answers["semDNN, exact"].rows)
        for name, answer in answers.items():
            recalls[name].append(len(exact & set(answer.rows)) / TOP)
    what = f"approximate search of {len(vectors):,} x {vectors.shape[1]}"
    report(times, what, found, "semDNN, exact")
    for name, shares in recalls.items():
        print(f"{name:<28}finds {np.mean(shares):.3f} of the exact first {TOP}")
        if name != "semDNN, exact":
            found.add(f"{what}: {name}", "share found", float(np.mean(shares)), "semDNN, exact")


def row_by_row(vectors: np.ndarray, lists: Lists, query: np.ndarray) -> Nearest:
    """Search the lists by their rows of the catalogue's own vectors."""
    chosen = np.argsort(-(lists.centres @ query), kind="stable")[: lists.n_probes]
    parts = [lists.rows[lists.starts[i] : lists.starts[i + 1]] for i in chosen]
    rows = np.sort(np.concatenate(parts))
    found = nearest(vectors[rows], query, TOP)
    return Nearest(rows[found.rows], found.scores)


def with_faiss_lists(vectors: np.ndarray, lists: Lists) -> Callable[[np.ndarray], Nearest]:
    """Return faiss with as many lists, as many of them read."""
    import faiss

    n_lists, n_dims = lists.centres.shape
    quantiser = faiss.IndexFlatIP(n_dims)
    index = faiss.IndexIVFFlat(quantiser, n_dims, n_lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid, index.cp.niter, index.cp.spherical = 40, 6, True
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(vectors), min(len(vectors), 40 * n_lists), replace=False)
    index.train(vectors[np.sort(chosen)])
    for start in range(0, len(vectors), 50_000):
        index.add(vectors[start : start + 50_000])
    index.nprobe = lists.n_probes

    def search(query: np.ndarray) -> Nearest:
        scores, rows = index.search(query[np.newaxis], TOP)
        return Nearest(rows[0], scores[0])

    return search


def with_faiss(vectors: np.ndarray) -> Callable[[np.ndarray], Nearest] | None:
    """Return a search by faiss, which holds a copy; None where it is not installed."""
    try:
        import faiss
    except ImportError:
        print("faiss is not here: pip install 'semdnn[approximate]'")
        return None
    index = faiss.IndexFlatIP(vectors.shape[1])
    for start in range(0, len(vectors), 50_000):
        index.add(vectors[start : start + 50_000])

    def search(query: np.ndarray) -> Nearest:
        scores, rows = index.search(query[np.newaxis], TOP)
        return Nearest(rows[0], scores[0])

    return search


def report(
    times: dict[str, list[tuple[float, float]]],
    what: str,
    found: Report,
    against: str = "numpy argsort(-(V @ q))",
) -> None:
    """Print a line a way; ratios are medians over queries of processor times."""
    base = times[against]
    print(f"{'':<28}{'wall':>9}{'processor':>12}{'ratio':>8}")
    for name, rows in times.items():
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        ratio = statistics.median(a[1] / b[1] for a, b in zip(rows, base, strict=True))
        print(f"{name:<28}{wall:6.0f} ms{cpu:9.0f} ms{ratio:8.2f}")
        if name != against and not name.startswith("bound"):
            waited = statistics.median(a[0] / b[0] for a, b in zip(rows, base, strict=True))
            found.add(f"{what}: {name}", "time", waited, against)
            found.add(f"{what}: {name}", "processor time", ratio, against)


if __name__ == "__main__":
    main()
