"""How even a choice gets at the paper's scale, how near to the bound, and at what cost.

Synthetic metadata with the paper's counts: 388,211 sounds, 9,960 words whose frequencies follow
Zipf's law, median 3 words a sound (1–15), 300 clusters; 273,940 sounds are chosen. The peer is
the naive cap: the rarest of a sound's clusters takes it, and every cluster is cut to one cap.

Run as ``python benchmarks/balancing.py [--sounds 388211] [--words 9960]``.
"""

import resource
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from measure import Report, parser, timed
from semdnn.semantics.balancing import balance, choose_random, cluster_counts, entropy
from semdnn.semantics.clusters import ward_clusters

N_SOUNDS, N_CHOSEN, N_WORDS, N_CLUSTERS, N_DIMS = 388_211, 273_940, 9_960, 300, 300
CHOSEN_SHARE = N_CHOSEN / N_SOUNDS


def synthetic_words(
    n_sounds: int, n_words: int, rng: np.random.Generator
) -> list[NDArray[np.int32]]:
    """Return the words of every sound: median 3, 1 … 15, frequencies by Zipf's law."""
    shares = 1 / np.arange(1, n_words + 1)
    lengths = np.clip(np.round(rng.lognormal(np.log(3), 0.55, n_sounds)), 1, 15).astype(int)
    words = rng.choice(n_words, lengths.sum(), p=shares / shares.sum()).astype(np.int32)
    return [np.unique(own) for own in np.split(words, np.cumsum(lengths)[:-1])]


def synthetic_vectors(n_words: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return word vectors in loose groups of very different size, as real words are."""
    centres = rng.standard_normal((600, N_DIMS))
    sizes = rng.dirichlet(np.full(600, 0.5))
    noise = rng.standard_normal((n_words, N_DIMS))
    return (centres[rng.choice(600, n_words, p=sizes)] + noise).astype(np.float32)


def naive_cap(
    word_ids: Sequence[NDArray[np.int32]],
    clusters: NDArray[np.int32],
    n_chosen: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return a choice with at most so many sounds a cluster that `n_chosen` are left."""
    counts = cluster_counts(word_ids, clusters)
    lengths = np.array([len(ids) for ids in word_ids])
    own = clusters[np.concatenate(word_ids)]
    starts = np.cumsum(lengths) - lengths
    rarest = np.argsort(np.argsort(counts, kind="stable"), kind="stable")
    of_sound = np.minimum.reduceat(rarest[own], starts)
    order = np.lexsort((rng.random(len(word_ids)), of_sound))
    sizes = np.bincount(of_sound)
    place = np.empty(len(word_ids), dtype=np.int64)
    place[order] = np.arange(len(word_ids)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(np.argsort(place, kind="stable")[:n_chosen])


def main() -> None:
    """Print entropies in bits, and times as ratios to the naive cap's."""
    made = parser(__doc__)
    made.add_argument("--sounds", type=int, default=N_SOUNDS)
    made.add_argument("--words", type=int, default=N_WORDS)
    options = made.parse_args()
    n_chosen = round(CHOSEN_SHARE * options.sounds)
    rng = np.random.default_rng(0)
    word_ids = synthetic_words(options.sounds, options.words, rng)
    vectors = synthetic_vectors(options.words, rng)
    clusters, wall, cpu = timed(lambda: ward_clusters(vectors, N_CLUSTERS))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"Ward, {options.words} words: {wall:.1f} s, {cpu:.1f} s of processor time, "
        f"peak {peak:.2f} GB"
    )

    capped, cap_s, _ = timed(lambda: naive_cap(word_ids, clusters, n_chosen, rng))
    result, balance_s, _ = timed(lambda: balance(word_ids, clusters, n_chosen, rng))
    control = choose_random(options.sounds, n_chosen, rng)

    def entropy_of(chosen: NDArray[np.int64]) -> float:
        return entropy(cluster_counts([word_ids[index] for index in chosen], clusters))

    median = int(np.median([len(ids) for ids in word_ids]))
    what = f"{n_chosen:,} of {options.sounds:,} sounds chosen evenly"
    print(f"{what}, median {median} words, {N_CLUSTERS} clusters; bits:")
    print(f"  even clusters     {np.log2(N_CLUSTERS):.6f}")
    print(f"  bound             {result.entropy_bound:.6f}")
    print(f"  balanced          {result.entropy_after:.6f}")
    print(f"  naive cap         {entropy_of(capped):.6f}")
    print(f"  random control    {entropy_of(control):.6f}")
    print(f"  all sounds        {result.entropy_before:.6f}")
    print(f"balanced {balance_s:.2f} s, naive cap {cap_s:.2f} s: ratio {balance_s / cap_s:.1f}")
    report = Report(options)
    report.add(what, "time", balance_s / cap_s, "naive cap a cluster")
    report.write()


if __name__ == "__main__":
    main()
