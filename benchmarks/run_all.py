"""Run all benchmarks and write their ratios as one table and as JSON: what `make bench` does.

    python benchmarks/run_all.py [--quick] [--again [NAME ...]]

Each program runs in a process of its own, one after the other, with the arguments below. Its
ratios go to ``runs/bench/NAME.json`` and what it prints to ``NAME.txt``; a program that has
finished on this machine, with these arguments, versions and sources, is not run again unless
``--again`` is given. A failure stops nothing: it is reported at the end, and by the exit status.
The table goes between two marks of ``docs/benchmarks.md``, everything else to
``docs/benchmarks.json``; with ``--quick``, which shows that all programs run and whose figures
mean little, into the folder of the results.
"""

import argparse
import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import semdnn
from measure import CLIPS, YAMNET
from semdnn.files import write_json, write_text

ROOT = Path(__file__).resolve().parents[1]
N_THREADS = {"full": 2, "quick": 1}  # of the libraries' own pools; some programs take fewer
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BEGIN = "<!-- from here to the next mark: written by `make bench` -->"
END = "<!-- end of what `make bench` writes -->"
PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "onnx",
    "onnxruntime",
    "librosa",
    "torchvggish",
    "soundfile",
    "soxr",
    "scikit-learn",
    "faiss-cpu",
    "gensim",
    "simplemma",
    "sentence-transformers",
)


class Program(NamedTuple):
    """A benchmark, and the arguments it gets in the full and in the quick run."""

    name: str  # of its results
    file: str
    full: str
    quick: str

    def arguments(self, is_quick: bool) -> list[str]:
        """Return the program's file and its arguments."""
        return [f"benchmarks/{self.file}", *shlex.split(self.quick if is_quick else self.full)]

    def command(self, is_quick: bool) -> str:
        """Return what one types at the root of the repository."""
        return shlex.join(["python", *self.arguments(is_quick)])


PROGRAMS = (
    Program("decoding", "decoding.py", "", "--seconds 2 --runs 3"),
    Program("front_end", "front_end.py", "--repeats 40", "--repeats 3 --seconds 5"),
    Program("store", "store.py", "", "--rounds 2"),
    Program("loader", "loader.py", "", "--network tiny --batch 16 --shards 2 --rounds 2"),
    Program(
        "training_small",
        "training.py",
        "--network small --threads 2",
        "--network tiny --batch 16 --rounds 2",
    ),
    Program(
        "training_paper",
        "training.py",
        "--network paper --threads 2 --steps 1 --rounds 2",
        "--network paper --batch 4 --steps 1 --rounds 1",
    ),
    Program("multiply_adds", "multiply_adds.py", "", "small"),
    Program("embedding", "embedding.py", "", "--seconds 4 --runs 2"),
    Program("labelling", "labelling.py", "", "--n 2 --runs 1"),
    Program(
        "nnls", "nnls.py", "--threads 2", "--words 1000 --problems 16 --peer-problems 1 --threads 1"
    ),
    Program(
        "scoring",
        "scoring.py",
        "--threads 2",
        "--sounds 64 --words 500 --peer-sounds 1 --threads 1",
    ),
    Program("rsa", "rsa.py", "", "--permutations 100 --loop-permutations 1 --loop-splits 2"),
    Program("rdm", "rdm.py", "", "--sounds 200 --permutations 10"),
    Program("text", "text.py", "", "--n 2000"),
    Program("word2vec_reader", "word2vec_reader.py", "", "--entries 20000"),
    Program("word_spaces", "word_spaces.py", "", "--resamples 20"),
    Program("balancing", "balancing.py", "", "--sounds 4000 --words 1000"),
    Program("search", "search.py", "", "--n 20000 --queries 2"),
)


def cpu_model() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def vector_instructions() -> list[str]:
    """Return which of the instruction sets that matter here NumPy has found."""
    from numpy._core._multiarray_umath import __cpu_features__ as found

    wanted = ("AVX2", "FMA3", "AVX512F", "AVX512_SPR", "NEON", "SVE")
    return [name for name in wanted if found.get(name)]


def gpus() -> list[str]:
    """Return the names of NVIDIA's GPUs; without its driver, none."""
    try:
        command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return []
    return told.stdout.splitlines()


def installed(package: str) -> str | None:
    """Return a package's version, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def surroundings(n_threads: int) -> dict[str, Any]:
    """Return hardware and versions; PyTorch is not imported, so that this process stays small."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "hardware": {
            "processor": cpu_model(),
            "architecture": platform.machine(),
            "instructions": vector_instructions(),
            "usable_cores": n_cores,
            "threads": n_threads,
            "memory_gib": round(memory / 2**30),
            "gpus": gpus(),
        },
        "versions": {
            "python": platform.python_version(),
            "semdnn": semdnn.__version__,
            **{package: installed(package) for package in PACKAGES},
        },
    }


def run(program: Program, options: argparse.Namespace) -> dict[str, Any]:
    """Run a program; return what it reports, or why there is nothing."""
    folder: Path = options.output
    name, *arguments = program.arguments(options.quick)
    command = [sys.executable, str(ROOT / name), *arguments]
    written = folder / f"{program.name}.part"
    written.unlink(missing_ok=True)
    environment = os.environ | dict.fromkeys(THREADS, str(options.threads)) | options.paths
    with (folder / f"{program.name}.txt").open("wb") as text:
        done = subprocess.run(
            [*command, "--json", str(written)],
            env=environment,
            stdout=text,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode or not written.is_file():
        return {"failed": f"exit status {done.returncode}, see {program.name}.txt of its run"}
    found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    written.unlink()
    return found


def checksum_of_sources() -> str:
    """Return the SHA-256 of the programs, the package and its weights: what the figures are of."""
    total = hashlib.sha256()
    package = Path(semdnn.__file__).parent
    for folder in (ROOT / "benchmarks", package):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in {".py", ".safetensors"}:
                total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def kept(path: Path, told: dict[str, Any]) -> dict[str, Any] | None:
    """Return an earlier result if it is whole and `told`, of the same command and machine."""
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    same = all(found.get(key) == value for key, value in told.items())
    return found if same and not found["not_run"] else None


def results(
    programs: Sequence[Program], options: argparse.Namespace, around: dict[str, Any]
) -> Iterator[tuple[Program, dict[str, Any]]]:
    """Yield each program with what it reports; how far it is goes to stderr."""
    sources = checksum_of_sources()
    for number, program in enumerate(programs, 1):
        command = program.command(options.quick)
        path = options.output / f"{program.name}.json"
        told = around | {"command": command, "sources": sources}
        print(f"[{number}/{len(programs)}] {command}", end=" … ", file=sys.stderr, flush=True)
        is_again = options.again is not None and program.name in (options.again or [program.name])
        found, how = (None if is_again else kept(path, told)), "kept"
        if found is None:
            started = time.monotonic()
            found = run(program, options)
            how = found.get("failed") or f"{time.monotonic() - started:.0f} s"
            if "failed" not in found:
                write_json(path, told | found)
        print(how, file=sys.stderr)
        yield program, found


def summary(
    found: Sequence[tuple[Program, dict[str, Any]]], around: dict[str, Any], is_quick: bool
) -> dict[str, Any]:
    """Return everything that is known as one table of rows, for JSON."""
    rows, not_run, failed = [], [], []
    for program, result in found:
        who = {"benchmark": program.name, "command": program.command(is_quick)}
        if "failed" in result:
            failed.append(who | {"reason": result["failed"]})
            continue
        settings = {"settings": result["settings"]}
        rows += [who | settings | row for row in result["rows"]]
        not_run += [who | left_out for left_out in result["not_run"]]
    return around | {"rows": rows, "not_run": not_run, "failed": failed}


def as_markdown(known: dict[str, Any]) -> str:
    """Return hardware, versions, the table, and what is missing from it."""
    hardware = known["hardware"]
    sets = ", ".join(hardware["instructions"])
    packages = {name: number for name, number in known["versions"].items() if number}
    gpu = ", ".join(hardware["gpus"]) or "no GPU"
    lines = [
        f"Measured on {hardware['usable_cores']} usable cores of {hardware['processor']} "
        f"({hardware['architecture']}{', ' + sets if sets else ''}), {hardware['memory_gib']} GiB, "
        f"{gpu}; threads: at most {hardware['threads']}; one run each.",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in packages.items()) + ".",
        "Settings and all figures: [benchmarks.json](benchmarks.json).",
        "",
        "| command | what | quantity over the peer's | ratio | better |",
        "|---|---|---|---|---|",
    ]
    for command, rows in groupby(known["rows"], key=lambda row: row["command"]):
        first = f"`{command}`"
        for row in rows:
            ratio = f"{row['ratio']:,.0f}" if row["ratio"] >= 100 else f"{row['ratio']:.3g}"
            over = f"{row['quantity']} over {row['peer']}"
            lines.append(f"| {first} | {row['what']} | {over} | {ratio} | {row['better']} |")
            first = ""
    missing = [f"- `{one['command']}`: {one['what']}: {one['reason']}" for one in known["not_run"]]
    missing += [f"- `{one['command']}`: failed, {one['reason']}" for one in known["failed"]]
    return "\n".join([*lines, *(["", "Not run:", "", *missing] if missing else [])])


def parts_of(page: Path) -> tuple[str, str]:
    """Return what stands before and after the marks of a page; a new page has a head only."""
    if not page.is_file():
        return "# Benchmarks\n\n", "\n"
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"run_all: {page} lacks a line {BEGIN!r} and, below it, {END!r}")
    return before, after


def main(arguments: Sequence[str] | None = None, programs: Sequence[Program] = PROGRAMS) -> int:
    """Run all programs, write page and JSON, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all run")
    parser.add_argument("--again", nargs="*", metavar="NAME", help="run these again; none: all")
    parser.add_argument("--output", type=Path, help="folder of results [runs/bench]")
    parser.add_argument("--docs", type=Path, help="folder of page and JSON [docs]")
    parser.add_argument("--yamnet", type=Path, help="YAMNet's weights, ONNX")
    parser.add_argument("--clips", type=Path, help="folder of sounds to label")
    options = parser.parse_args(arguments)
    if unknown := set(options.again or ()) - {program.name for program in programs}:
        known = " ".join(program.name for program in programs)
        parser.error(f"no benchmark {' '.join(sorted(unknown))}: there are {known}")
    paths = {YAMNET: options.yamnet, CLIPS: options.clips}
    options.paths = {name: str(path.resolve()) for name, path in paths.items() if path}
    options.threads = N_THREADS["quick" if options.quick else "full"]
    options.output = options.output or ROOT / "runs" / ("bench-quick" if options.quick else "bench")
    options.output.mkdir(parents=True, exist_ok=True)
    docs = options.docs or (options.output if options.quick else ROOT / "docs")
    page = docs / "benchmarks.md"
    parts_of(page)  # before hours of work, not after
    around = surroundings(options.threads)
    found = list(results(programs, options, around))
    known = summary(found, around, options.quick)
    write_json(docs / "benchmarks.json", known)
    before, after = parts_of(page)
    write_text(page, f"{before}{BEGIN}\n{as_markdown(known)}\n{END}{after}")
    print(f"{len(known['rows'])} ratios in {page}", file=sys.stderr)
    for one in (*known["not_run"], *known["failed"]):
        told = one.get("what", "failed")
        print(f"{one['benchmark']}: {told}: {one['reason']}", file=sys.stderr)
    return 1 if known["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
