"""Time and memory of reading a dictionary's words from a word2vec binary of millions of words.

    python benchmarks/word2vec_reader.py [--entries 300000] [--folder DIR] [--alone]

A file of random vectors is written (``--entries 3000000`` makes the 3.4 GB of GoogleNews) and
9,960 of its words are read from it, each reader in a process of its own so that its peak memory
is its own. The peer is gensim where it is installed, else numpy reading the whole file; either
holds the whole file in memory, so ``--alone`` leaves it out where that is too much.
"""

import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from measure import Report, parser

N_WORDS, N_DIMS, BLOCK = 9_960, 300, 10_000
PREAMBLE = """
import json, resource, sys, time
path, words = sys.argv[1], json.load(open(sys.argv[2]))
"""
REPORT = """
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": took, "peak_mb": peak, "before_mb": before, "sum": float(total)}))
"""
BEFORE = """
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
start = time.perf_counter()
"""
READERS = {
    "semdnn": (
        "from semdnn.semantics.word_space import open_word_space",
        "found = open_word_space(path).look_up(words); total = abs(found.vectors).sum()",
    ),
    "gensim": (
        "from gensim.models import KeyedVectors",
        "space = KeyedVectors.load_word2vec_format(path, binary=True)\n"
        "total = abs(space[words]).sum()",
    ),
    # Words of one length make the file a plain array: the least that any reader of all can do.
    "numpy": (
        "import numpy as np",
        "data = open(path, 'rb').read(); head = data.index(b'\\n') + 1\n"
        "rows = np.frombuffer(data, [('word', 'S8'), ('blank', 'S1'), ('vector', '<f4', 300)],"
        " offset=head)\n"
        "at = {word: row for row, word in enumerate(rows['word'].tolist())}\n"
        "total = abs(rows['vector'][[at[word.encode()] for word in words]]).sum()",
    ),
}


def write(path: Path, n_entries: int, rng: np.random.Generator) -> None:
    """Write a word2vec binary whose words are their numbers, all of one length."""
    record = np.dtype([("word", "S8"), ("blank", "S1"), ("vector", "<f4", N_DIMS)])
    with path.open("wb") as stream:
        stream.write(f"{n_entries} {N_DIMS}\n".encode())
        for start in range(0, n_entries, BLOCK):
            rows = np.empty(min(BLOCK, n_entries - start), record)
            rows["word"] = [f"w{number:07d}" for number in range(start, start + len(rows))]
            rows["blank"] = b" "
            rows["vector"] = rng.random((len(rows), N_DIMS), dtype=np.float32)
            stream.write(rows.tobytes())


def measure(reader: str, path: Path, words: Path) -> dict[str, float]:
    """Return seconds, peak memory and a checksum of one reader in a process of its own."""
    imports, body = READERS[reader]
    code = f"{PREAMBLE}{imports}{BEFORE}{body}{REPORT}"
    done = subprocess.run(
        [sys.executable, "-c", code, path, words], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Write the file, read from it, print."""
    made = parser(__doc__)
    made.add_argument("--entries", type=int, default=300_000)
    made.add_argument("--folder", type=Path, help="where the file is written for the time")
    made.add_argument("--alone", action="store_true", help="without the peer")
    options = made.parse_args()
    report = Report(options)
    if find_spec("gensim") is None:
        report.not_run("reading against gensim", "pip install gensim")
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, words = Path(folder) / "vectors.bin", Path(folder) / "words.json"
        write(path, options.entries, rng)
        n_words = min(N_WORDS, options.entries)
        chosen = np.sort(rng.choice(options.entries, n_words, replace=False))
        words.write_text(json.dumps([f"w{number:07d}" for number in chosen]))
        size = path.stat().st_size / 1e9
        print(f"{options.entries:,} entries, {size:.2f} GB; {n_words:,} words of it")
        peer = "gensim" if find_spec("gensim") else "numpy"
        readers = ("semdnn",) if options.alone else ("semdnn", peer)
        took = {reader: measure(reader, path, words) for reader in readers}
    for reader, one in took.items():
        print(
            f"{reader:<8} {one['seconds']:7.2f} s   peak {one['peak_mb']:6.0f} MB, of which "
            f"{one['before_mb']:.0f} MB before reading"
        )
    if not options.alone:
        ours, theirs = took["semdnn"], took[peer]
        time, memory = (ours[key] / theirs[key] for key in ("seconds", "peak_mb"))
        same = "equal" if np.isclose(ours["sum"], theirs["sum"], rtol=1e-5) else "DIFFERENT"
        print(f"ratio semdnn / {peer}: time {time:.2f}, peak memory {memory:.2f}; vectors {same}")
        what = f"reading {n_words:,} words of a word2vec file of {options.entries:,}"
        report.add(what, "time", time, peer)
        report.add(what, "peak memory", memory, peer)
    report.write()


if __name__ == "__main__":
    main()
