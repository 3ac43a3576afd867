"""How even a choice gets at the paper's scale, how near to the bound, and at what cost.

Synthetic metadata with the paper's counts: 388,211 sounds, 9,960 words whose frequencies follow
Zipf's law, median 3 words a sound (1–15), 300 clusters; 273,940 sounds are chosen. The peer is
the naive cap: the rarest of a sound's clusters takes it, and every cluster is cut to one cap.

Run as ``python benchmarks/balancing.py``.
"""

import resource
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semdnn.semantics.balancing import balance, choose_random, cluster_counts, entropy
from semdnn.semantics.clusters import ward_clusters

N_SOUNDS, N_CHOSEN, N_WORDS, N_CLUSTERS, N_DIMS = 388_211, 273_940, 9_960, 300, 300


def synthetic_words(rng: np.random.Generator) -> list[NDArray[np.int32]]:
    """Return the words of every sound: median 3, 1 … 15, frequencies by Zipf's law."""
    shares = 1 / np.arange(1, N_WORDS + 1)
    lengths = np.clip(np.round(rng.lognormal(np.log(3), 0.55, N_SOUNDS)), 1, 15).astype(int)
    words = rng.choice(N_WORDS, lengths.sum(), p=shares / shares.sum()).astype(np.int32)
    return [np.unique(own) for own in np.split(words, np.cumsum(lengths)[:-1])]


def synthetic_vectors(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return word vectors in loose groups of very different size, as real words are."""
    centres = rng.standard_normal((600, N_DIMS))
    sizes = rng.dirichlet(np.full(600, 0.5))
    noise = rng.standard_normal((N_WORDS, N_DIMS))
    return (centres[rng.choice(600, N_WORDS, p=sizes)] + noise).astype(np.float32)


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
    rng = np.random.default_rng(0)
    word_ids = synthetic_words(rng)
    vectors = synthetic_vectors(rng)
    start, cpu = time.perf_counter(), time.process_time()
    clusters = ward_clusters(vectors, N_CLUSTERS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"Ward, {N_WORDS} words: {wall:.1f} s, {cpu:.1f} s of processor time, peak {peak:.2f} GB")

    start = time.perf_counter()
    capped = naive_cap(word_ids, clusters, N_CHOSEN, rng)
    cap_s = time.perf_counter() - start
    start = time.perf_counter()
    result = balance(word_ids, clusters, N_CHOSEN, rng)
    balance_s = time.perf_counter() - start
    control = choose_random(N_SOUNDS, N_CHOSEN, rng)

    def entropy_of(chosen: NDArray[np.int64]) -> float:
        return entropy(cluster_counts([word_ids[index] for index in chosen], clusters))

    median = int(np.median([len(ids) for ids in word_ids]))
    print(f"{N_CHOSEN} of {N_SOUNDS} sounds, median {median} words, {N_CLUSTERS} clusters; bits:")
    print(f"  even clusters     {np.log2(N_CLUSTERS):.6f}")
    print(f"  bound             {result.entropy_bound:.6f}")
    print(f"  balanced          {result.entropy_after:.6f}")
    print(f"  naive cap         {entropy_of(capped):.6f}")
    print(f"  random control    {entropy_of(control):.6f}")
    print(f"  all sounds        {result.entropy_before:.6f}")
    print(f"balanced {balance_s:.2f} s, naive cap {cap_s:.2f} s: ratio {balance_s / cap_s:.1f}")


if __name__ == "__main__":
    main()
