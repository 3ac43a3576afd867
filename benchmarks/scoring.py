"""Scoring at the size of FSD50K's evaluation set, against scipy and literal loops.

    python benchmarks/scoring.py [--sounds 10231] [--words 9960] [--peer-sounds 8] [--threads 2]

10,231 sounds of 1 to 6 words each, 9,960 words of the shipped MiniLM table (300 dimensions,
offset 1). Network A predicts the mean of a sound's words, three tenths of them mistaken for others,
with noise that leaves about 11 words with weight; network B errs more. A is scored as `semdnn
evaluate` does it (`score_set`: NNLS, every ranking rule, cosine order, AMCSS 5 to 15 in both
orders, bootstrap intervals), B stage by stage with the same functions, and then the paired
permutation test. The peer decodes with `scipy.optimize.nnls` and ranks, and takes maxima, in
loops, on a sample of B's sounds; it computes only the dual ranking and AMCSS, which favours it.
Peak memory is of the whole process. The ratio is of processor time, which a busy machine leaves
as it is; the times by the clock are not worth reading on one.
"""

import argparse
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls as peer_nnls
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from measure import Report, parser
from semdnn.evaluation.amcss import amcss
from semdnn.evaluation.ranking import ranking_scores
from semdnn.evaluation.resampling import bootstrap_interval, paired_permutation_test
from semdnn.experiment.evaluate import Predictions, score_set
from semdnn.experiment.word_scores import BLOCK_SOUNDS, TOP_N
from semdnn.semantics import nnls
from semdnn.semantics.decoding import cosine_scores, decode, top_words
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.minilm import open_minilm

NETWORKS = {"A": (0.7, 0.3), "B": (1.0, 0.4)}  # noise, share of words mistaken for others
MOST_WORDS = 6
N_CLASSES = 200  # as FSD50K has
N_BOOTSTRAP = 1_000  # as a recipe has
N_PERMUTATIONS = 10_000
AIM_SECONDS = 180


class Times(NamedTuple):
    """Seconds by the clock and of the processor, of all threads."""

    wall: float
    cpu: float


class Clock:
    """Adds up the time of each stage."""

    def __init__(self) -> None:
        self.stages: defaultdict[str, Times] = defaultdict(lambda: Times(0.0, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time within to stage `name`."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        before = self.stages[name]
        self.stages[name] = Times(
            before.wall + time.perf_counter() - wall, before.cpu + time.process_time() - cpu
        )


def unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scale rows to unit length."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def shipped_dictionary(n_words: int, rng: np.random.Generator) -> Dictionary:
    """Return some words of the shipped table."""
    space = open_minilm()
    chosen = np.sort(rng.choice(len(space.table.words), n_words, replace=False))
    return Dictionary(
        tuple(space.table.words[i] for i in chosen),
        unit(space.table.vectors[chosen].astype(np.float64)).astype(np.float32),
        np.ones(n_words, np.int64),
        np.zeros(n_words, np.int32),
        space.name,
        space.offset,
    )


def generated_set(dictionary: Dictionary, n_sounds: int, rng: np.random.Generator):
    """Return sounds of 1 to 6 words, as much of an evaluation set as scoring looks at."""
    lengths = rng.integers(1, MOST_WORDS + 1, n_sounds)
    words = [rng.choice(len(dictionary), n, replace=False) for n in lengths]
    rows = np.repeat(np.arange(n_sounds), lengths)
    cells = (np.ones(len(rows), np.bool_), (rows, np.concatenate(words)))
    return SimpleNamespace(
        names=range(n_sounds),
        name="generated",
        truth=csr_array(cells, shape=(n_sounds, len(dictionary))),
        has_words=np.ones(n_sounds, np.bool_),
        classes=range(N_CLASSES),
        class_vectors=dictionary.vectors[:N_CLASSES],
        class_truth=csr_array(
            np.eye(N_CLASSES, dtype=bool)[rng.integers(N_CLASSES, size=n_sounds)]
        ),
        recordings=tuple(map(str, range(n_sounds))),
    )


def generated_predictions(
    dictionary: Dictionary, truth: csr_array, errors: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the mean of each sound's words, some mistaken for others, and noise around it."""
    noise, mistaken = errors
    heard = truth.astype(np.float64)
    wrong = rng.random(heard.nnz) < mistaken
    heard.indices[wrong] = rng.integers(len(dictionary), size=wrong.sum())
    means = unit(heard @ dictionary.vectors.astype(np.float64))
    return (means + noise * unit(rng.normal(size=means.shape))).astype(np.float32)


def score_by_stage(
    predictions: NDArray[np.float32], dictionary: Dictionary, truth: csr_array, clock: Clock
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score block by block; return the dual ranking [S] and AMCSS [S, N] of each sound."""
    dual, nearness = [], []
    for start in range(0, len(predictions), BLOCK_SOUNDS):
        rows = slice(start, start + BLOCK_SOUNDS)
        with clock.stage("decode (NNLS)"):
            words = decode(dictionary.vectors, predictions[rows], offset=dictionary.offset)
        with clock.stage("rank, four tie rules"):
            dual.append(ranking_scores(words.primary, words.tiebreak, truth[rows]).dual)
        with clock.stage("AMCSS 5 to 15"):
            top = top_words(words, TOP_N[-1])
            nearness.append(amcss(top, truth[rows], dictionary.vectors, top_n=TOP_N))
        with clock.stage("cosine order, its rank and AMCSS"):
            cosine = cosine_scores(dictionary.vectors, predictions[rows])
            ranking_scores(cosine.primary, None, truth[rows])
            amcss(top_words(cosine, TOP_N[-1]), truth[rows], dictionary.vectors, top_n=TOP_N)
    return np.concatenate(dual), np.concatenate(nearness)


def literal_scores(
    vectors: NDArray[np.float64], offset: float, prediction: NDArray[np.float64], true: list[int]
) -> tuple[float, list[float]]:
    """Return dual ranking and AMCSS of one sound by scipy and loops over words."""
    rows = np.pad(vectors, ((0, 0), (0, 1)), constant_values=offset)
    target = np.append(prediction / np.linalg.norm(prediction), offset)
    beta, _ = peer_nnls(rows.T, target)
    gradient = rows @ (target - beta @ rows)
    keys = list(zip(beta.tolist(), gradient.tolist(), strict=True))
    ranks = [1 + sum(key > keys[word] for key in keys) for word in true]
    best = sorted(range(len(keys)), key=lambda word: keys[word], reverse=True)
    nearest = [
        float(np.mean([max(float(vectors[word] @ vectors[w]) for w in best[:n]) for word in true]))
        for n in TOP_N
    ]
    return float(np.mean([1 - (rank - 1) / (len(keys) - 1) for rank in ranks])), nearest


def main() -> None:
    """Print seconds a stage, the total against the aim, memory, and the ratio to the peer."""
    made = parser(__doc__)
    made.add_argument("--sounds", type=int, default=10_231)
    made.add_argument("--words", type=int, default=9_960)
    made.add_argument("--peer-sounds", type=int, default=8)
    made.add_argument("--threads", type=int, default=nnls.usable_cores())
    options = made.parse_args()
    nnls.usable_cores = lambda: options.threads
    with threadpool_limits(options.threads):
        run(options)


def run(options: argparse.Namespace) -> None:
    """Score both networks and the peer's sample."""
    rng, clock = np.random.default_rng(0), Clock()
    dictionary = shipped_dictionary(options.words, rng)
    data = generated_set(dictionary, options.sounds, rng)
    predicted = {
        name: generated_predictions(dictionary, data.truth, errors, rng)
        for name, errors in NETWORKS.items()
    }
    before = peak_megabytes()
    with clock.stage("network A, whole"):
        whole = score_set(Predictions(predicted["A"]), dictionary, data)
        whole.as_json(rng, N_BOOTSTRAP)
    dual, nearness = score_by_stage(predicted["B"], dictionary, data.truth, clock)
    with clock.stage(f"bootstrap intervals of {1 + nearness.shape[1]} scores"):
        for values in (dual, *nearness.T):
            bootstrap_interval(values, rng, n_resamples=N_BOOTSTRAP)
    with clock.stage("permutation test of A against B"):
        first = whole.per_sound["ranking.dual"]
        p = paired_permutation_test(first, dual, rng, n_permutations=N_PERMUTATIONS)
    print(f"{options.sounds:,} sounds x {options.words:,} words, {options.threads} threads")
    print(f"words with weight in A: median {whole.extra['median_n_weights']:.0f}")
    print(f"ranking (dual): A {first.mean():.3f}, B {dual.mean():.3f}, p = {p:.4f}")
    print(f"AMCSS10: A {whole.mean('amcss.10'):.3f}, B {nearness[:, 5].mean():.3f}")
    for name, took in clock.stages.items():
        print(f"  {name:<36} {took.wall:7.1f} s   {took.cpu:7.1f} s of processor time")
    wall = clock.stages["network A, whole"].wall
    print(f"one network, all scores: {wall / AIM_SECONDS:.2f} of the aim of {AIM_SECONDS} s")
    print(f"peak memory {peak_megabytes():.0f} MB, of which {before:.0f} MB before scoring")
    compare(dictionary, data.truth, predicted["B"], (dual, nearness), clock, options)


def compare(dictionary, truth, predictions, scores, clock, options) -> None:
    """Print how much longer the peer takes for a sound, and that its scores are the same."""
    stages = ("decode (NNLS)", "rank, four tie rules", "AMCSS 5 to 15")
    own = sum(clock.stages[name].cpu for name in stages) / options.sounds
    vectors = unit(dictionary.vectors.astype(np.float64))
    differences = []
    with clock.stage("peer"):
        for sound in range(options.peer_sounds):
            true = truth[[sound]].indices.tolist()
            target = predictions[sound].astype(np.float64)
            rank, nearest = literal_scores(vectors, dictionary.offset, target, true)
            differences += [rank - scores[0][sound], *(np.array(nearest) - scores[1][sound])]
    theirs = clock.stages["peer"].cpu / options.peer_sounds
    print(f"ratio of processor time a sound, scipy and loops over ours: {theirs / own:.0f}")
    report = Report(options)
    what = f"a sound decoded and scored, {len(dictionary):,} words"
    report.add(what, "speed in processor time", theirs / own, "scipy and loops")
    report.write()
    print(f"scores of {options.peer_sounds} sounds differ by {np.abs(differences).max():.1e}")


def peak_megabytes() -> float:
    """Return the most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
