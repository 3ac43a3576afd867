"""A library on a plane: sounds of like meaning near each other, in clusters named by their words.

Unit vectors are reduced to 50 principal components and laid out by t-SNE (cosine of the vectors,
through their Euclidean distance). Clusters are k-means clusters of the vectors themselves, not of
the picture. A cluster's name is made of the words that stand out in it: share of its sounds in
which a word was heard times the logarithm of how much larger that share is than in the whole map.

References
----------
van der Maaten, L. & Hinton, G. (2008). Visualizing data using t-SNE. Journal of Machine Learning
Research 9, 2579–2605.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_SOUNDS = 3000
"""Sounds on a map; of a larger library, this many drawn at random."""
MAX_CLUSTERS = 8
_N_COMPONENTS = 50
_NAME_WORDS = 3
_SEED = 0

Floats = NDArray[np.float32]


class Clusters(NamedTuple):
    """`of_sound` [shape=(S,)]: numbers from 0, the largest cluster first; `names` of each."""

    of_sound: NDArray[np.int64]
    names: tuple[str, ...]


def sampled(n_sounds: int, most: int = MAX_SOUNDS) -> NDArray[np.int64]:
    """Return which sounds are on the map, ascending; the same ones for the same number.

    Examples
    --------
    >>> sampled(4), len(sampled(10_000, 100))
    (array([0, 1, 2, 3]), 100)
    """
    if n_sounds <= most:
        return np.arange(n_sounds)
    return np.sort(np.random.default_rng(_SEED).choice(n_sounds, most, replace=False))


def laid_out(vectors: Floats) -> NDArray[np.float64]:
    """Return places [shape=(S, 2)] in the unit square, centred, for unit vectors [shape=(S, D)].

    The larger extent fills the square. Fewer than five sounds lie along their main components.
    """
    n_sounds = len(vectors)
    if n_sounds == 0:
        return np.zeros((0, 2))
    if n_sounds < 5:
        return _fitted(_components(vectors, 2))
    from sklearn.manifold import TSNE  # noqa: PLC0415 - slow to import

    reduced = _components(vectors, _N_COMPONENTS)
    perplexity = min(30.0, (n_sounds - 1) / 3)
    layout = TSNE(init=_start(reduced), perplexity=perplexity, random_state=_SEED)
    return _fitted(layout.fit_transform(reduced))


def clustered(vectors: Floats, words: Sequence[Sequence[str]]) -> Clusters:
    """Return clusters of unit vectors [shape=(S, D)], named by the words heard in their sounds.

    There are √(S / 2) of them, 8 at most.
    """
    n_sounds = len(vectors)
    n_clusters = min(MAX_CLUSTERS, max(1, round(np.sqrt(n_sounds / 2))))
    n_clusters = min(n_clusters, len(np.unique(vectors, axis=0)))
    if n_clusters < 2:
        found = np.zeros(n_sounds, np.int64)
    else:
        from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import

        found = KMeans(n_clusters, n_init=4, random_state=_SEED).fit_predict(vectors)
    order = np.argsort(-np.bincount(found), kind="stable")
    of_sound = np.argsort(order)[found].astype(np.int64)
    return Clusters(of_sound, names_of(of_sound, words))


def names_of(of_sound: NDArray[np.int64], words: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return a name for each cluster: up to three of its words, none of them in two names.

    Examples
    --------
    >>> names_of(np.array([0, 0, 1]), [["dog", "bark"], ["dog"], ["rain"]])
    ('dog, bark', 'rain')
    """
    n_sounds = len(of_sound)
    everywhere = Counter(word for heard in words for word in set(heard))
    taken, names = set[str](), list[str]()
    for cluster in range(int(of_sound.max(initial=-1)) + 1):
        inside = [words[int(i)] for i in np.flatnonzero(of_sound == cluster)]
        shares = Counter(word for heard in inside for word in set(heard))
        standing_out = {
            word: n / len(inside) * np.log1p(n / len(inside) * n_sounds / everywhere[word])
            for word, n in shares.items()
            if word not in taken
        }
        best = sorted(standing_out, key=lambda word: (-standing_out[word], word))[:_NAME_WORDS]
        taken |= set(best)
        names.append(", ".join(best) or f"group {cluster + 1}")
    return tuple(names)


def _components(vectors: Floats, most: int) -> NDArray[np.float64]:
    """Return principal components [shape=(S, ≤ most)], signs fixed so that repeats agree."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    components: NDArray[np.float64] = (left * sizes * signs)[:, :most]
    return components


def _start(components: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return where t-SNE begins: the first two components, small, apart from each other."""
    two = np.zeros((len(components), 2))
    two[:, : components.shape[1]] = components[:, :2]
    jitter = np.random.default_rng(_SEED).normal(0, 1e-6, two.shape)
    start: NDArray[np.float32] = (two / max(two[:, 0].std(), 1e-12) * 1e-4 + jitter).astype(
        np.float32
    )
    return start


def _fitted(places: NDArray[np.floating]) -> NDArray[np.float64]:
    two = np.zeros((len(places), 2))
    two[:, : places.shape[1]] = places[:, :2]
    low, high = two.min(axis=0, initial=np.inf), two.max(axis=0, initial=-np.inf)
    extent = float(np.max(high - low, initial=0.0)) if len(two) else 0.0
    scaled: NDArray[np.float64] = (two - (low + high) / 2) / (extent or 1.0) + 0.5
    return scaled
