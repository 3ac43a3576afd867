"""Splitting sounds in parts that share no source recording."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from semdnn.errors import SemdnnError


class SplitError(SemdnnError):
    """A split that cannot be made: why, and what to do."""


class Split(NamedTuple):
    """Indices of the sounds of each part, ascending."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    @property
    def training(self) -> NDArray[np.int64]:
        """The training part, by its full name."""
        return self.train


def join_groups(*labelings: Sequence[Hashable] | NDArray[Any]) -> NDArray[np.int64]:
    """Return groups in which sounds are together that share a label in any labelling.

    Parameters
    ----------
    *labelings : sequences of str or int [shape=(S,)]
        For example source recordings, and near-duplicate groups. The empty string stands for
        no group: such a sound is joined to none by this labelling.

    Returns
    -------
    array of int64 [shape=(S,)]
        Group ids from 0, numbered by first appearance.

    Raises
    ------
    ValueError
        If there is no labelling, or their lengths differ.

    Examples
    --------
    >>> join_groups(["a", "a", "b", "", ""], [1, 2, 2, 3, 4])
    array([0, 0, 0, 1, 2])
    """
    lengths = {len(labels) for labels in labelings}
    if len(lengths) != 1:
        raise ValueError(f"labellings of one length are needed, not of lengths {sorted(lengths)}")
    (n_sounds,) = lengths
    nodes: dict[tuple[int, Hashable], int] = {}
    edges = [
        (sound, n_sounds + nodes.setdefault((which, label), len(nodes)))
        for which, labels in enumerate(labelings)
        for sound, label in enumerate(labels)
        if label != ""
    ]
    rows, columns = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    n_nodes = n_sounds + len(nodes)
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), (n_nodes, n_nodes))
    labels = connected_components(graph, directed=False)[1][:n_sounds]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def split_by_recording(
    recordings: Sequence[Hashable] | NDArray[Any],
    fractions: tuple[float, float, float],
    rng: np.random.Generator,
) -> Split:
    """Split sounds into training, validation and test so that no group is in two parts.

    Groups come in random order; each goes to validation, then to test, while there is room for
    all of it, and else to training. So the parts are as large as asked where groups are small;
    a part that would stay empty gets the smallest group.

    Parameters
    ----------
    recordings : sequence of str or int [shape=(S,)]
        Group of every sound: its source recording, or ids of `join_groups`. The empty string
        stands for a recording of its own.
    fractions : three floats
        Shares of training (above 0), validation and test; sum 1. The paper's: 0.9, 0.05, 0.05.
    rng : numpy.random.Generator
        Same state, same split.

    Raises
    ------
    SplitError
        If there are fewer groups than parts asked for, or the fractions do not sum to 1.
    """
    if min(fractions) < 0 or fractions[0] == 0 or abs(sum(fractions) - 1) > 1e-6:
        raise SplitError(f"fractions of a split must sum to 1, some to train, not {fractions}")
    groups = join_groups(recordings)
    sizes = np.bincount(groups)
    to_come = sum(fraction > 0 for fraction in fractions)
    if len(sizes) < to_come:
        raise SplitError(
            f"{len(sizes)} source recordings cannot fill {to_come} parts of a split: add recordings"
        )
    part = np.zeros(len(sizes), dtype=np.int8)
    order = rng.permutation(len(sizes))
    for number in (1, 2):
        if fractions[number] > 0:
            to_come -= 1
            quota = max(1, round(fractions[number] * len(groups)))
            part[_fill(order[part[order] == 0], sizes, quota, n_left=to_come)] = number
    return Split(*(np.flatnonzero(part[groups] == number) for number in (0, 1, 2)))


def _fill(
    candidates: NDArray[np.int64], sizes: NDArray[np.int64], quota: int, *, n_left: int
) -> list[int]:
    """Return groups, in order of `candidates`, that fit `quota` sounds together, at least one.

    At least `n_left` groups are left for the other parts.
    """
    taken: list[int] = []
    room = quota
    for group in candidates:
        if len(taken) == len(candidates) - n_left or room == 0:
            break
        if sizes[group] <= room:
            taken.append(int(group))
            room -= int(sizes[group])
    return taken or [int(candidates[np.argmin(sizes[candidates])])]
