"""The small least-squares systems of a block of problems, kept in padded arrays.

Every problem has *slots*: words that take part in its system, of which the *passive* ones carry
weight. Arrays hold all problems of the block (N), so that one NumPy call serves them all.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RIDGE = 1e-12  # keeps the systems solvable where words depend on each other; refined away
MAX_STRIKES = 3  # sweeps without a smaller residual before a problem goes one word at a time
SYSTEMS_PER_SOLVE = 16


class Dictionary(NamedTuple):
    """Unit-length (or zero) rows in both precisions [shape=(W, D)]."""

    exact: Floats
    rough: NDArray[np.float32]


@dataclass(eq=False)
class Block:
    """State of the unfinished problems of a block (N of them, K slots each)."""

    ids: Ints  # [N], the problem's place in the block
    targets: Floats  # [N, D]
    words: Ints  # [N, K]
    passive: Bools  # [N, K]
    weights: Floats  # [N, K], zero where not passive
    vectors: Floats  # [N, K, D]
    gram: Floats  # [N, K, K]
    products: Floats  # [N, K], vectors · target
    squared: Floats  # [N], squared residual at the last sweep
    strikes: Ints  # [N], sweeps that did not make it smaller
    done: Bools  # [N]

    @classmethod
    def start(cls, targets: Floats, n_slots: int) -> "Block":
        """Return the state before the first sweep: no word carries weight."""
        N, D = targets.shape
        return cls(
            ids=np.arange(N),
            targets=targets,
            words=np.zeros((N, n_slots), np.int64),
            passive=np.zeros((N, n_slots), np.bool_),
            weights=np.zeros((N, n_slots)),
            vectors=np.zeros((N, n_slots, D)),
            gram=np.zeros((N, n_slots, n_slots)),
            products=np.zeros((N, n_slots)),
            squared=np.full(N, np.inf),
            strikes=np.zeros(N, np.int64),
            done=np.zeros(N, np.bool_),
        )

    @property
    def careful(self) -> Bools:
        """Problems that go one word at a time [shape=(N,)]."""
        return self.strikes >= MAX_STRIKES

    def residuals(self) -> Floats:
        """Return target minus reconstruction [shape=(N, D)]."""
        fitted: Floats = np.matmul(self.weights[:, None, :], self.vectors)[:, 0]
        return self.targets - fitted

    def residuals_of(self, rows: Ints) -> Floats:
        """Return target minus reconstruction of `rows` [shape=(n, D)]."""
        fitted: Floats = np.matmul(self.weights[rows][:, None, :], self.vectors[rows])[:, 0]
        return self.targets[rows] - fitted

    def imbalance(self, rows: Ints, residuals: Floats) -> Floats:
        """Return the largest gradient, either sign, among the passive words of `rows`."""
        gradients = np.matmul(self.vectors[rows], residuals[..., None])[..., 0]
        largest: Floats = np.abs(gradients * self.passive[rows]).max(1)
        return largest

    def finished(self) -> tuple[Ints, Ints, Floats]:
        """Return problem, word and weight of all passive words of the problems that are done."""
        at, slots = np.nonzero(self.passive & self.done[:, None])
        return self.ids[at], self.words[at, slots], self.weights[at, slots]

    def keep(self, rows: Ints) -> None:
        """Forget all problems but `rows`, and the slots that none of these needs."""
        n_slots = min(self.words.shape[1], int(self.passive[rows].sum(1).max(initial=0)) + 32)
        slots = np.argsort(~self.passive[rows], axis=1, kind="stable")[:, :n_slots]
        at = rows[:, None]
        self.words, self.passive = self.words[at, slots], self.passive[at, slots]
        self.weights, self.products = self.weights[at, slots], self.products[at, slots]
        self.vectors = self.vectors[at, slots]
        self.gram = self.gram[at[:, :, None], slots[:, :, None], slots[:, None, :]]
        self.ids, self.targets, self.done = self.ids[rows], self.targets[rows], self.done[rows]
        self.squared, self.strikes = self.squared[rows], self.strikes[rows]

    def grow(self, n_slots: int) -> None:
        """Add empty slots until every problem has `n_slots`."""
        extra = n_slots - self.words.shape[1]
        for name in ("words", "passive", "weights", "products"):
            setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, extra))))
        self.vectors = np.pad(self.vectors, ((0, 0), (0, extra), (0, 0)))
        self.gram = np.pad(self.gram, ((0, 0), (0, extra), (0, extra)))

    def enter(self, rows: Ints, words: Ints, dictionary: Dictionary) -> None:
        """Make `words[n]` passive, at weight 0, in problem `rows[n]`; `rows` ascend."""
        if not rows.size:
            return
        n_new = np.bincount(rows, minlength=self.ids.size)
        needed = int((self.passive.sum(1) + n_new).max())
        if needed > self.words.shape[1]:
            self.grow(max(needed, int(1.3 * self.words.shape[1])))
        ends = np.flatnonzero(np.r_[rows[1:] != rows[:-1], True]) + 1
        for start, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
            self._enter_one(int(rows[start]), words[start:end], dictionary)

    def _enter_one(self, row: int, words: Ints, dictionary: Dictionary) -> None:
        slots = np.flatnonzero(~self.passive[row])[: words.size]
        vectors = dictionary.exact[words]
        self.words[row, slots] = words
        self.vectors[row, slots] = vectors
        self.weights[row, slots] = 0.0
        self.passive[row, slots] = True
        gram = vectors @ self.vectors[row].T
        self.gram[row, slots] = gram
        self.gram[row][:, slots] = gram.T
        self.products[row, slots] = vectors @ self.targets[row]

    def least_squares(self, rows: Ints, products: Floats) -> Floats:
        """Solve the passive systems of `rows` for right-hand sides `products` [shape=(n, K)]."""
        solution = np.zeros_like(products)
        passive = self.passive[rows]
        K = passive.shape[1]
        sizes = np.where(passive.any(1), K - passive[:, ::-1].argmax(1), 0)
        by_size = np.argsort(sizes, kind="stable")
        for start in range(0, rows.size, SYSTEMS_PER_SOLVE):
            chunk = by_size[start : start + SYSTEMS_PER_SOLVE]
            n = int(sizes[chunk[-1]])
            if n == 0:
                continue
            used = passive[chunk, :n]
            system = self.gram[rows[chunk], :n, :n]
            hole, slot = np.nonzero(~used)
            system[hole, slot] = 0.0
            system[hole, :, slot] = 0.0
            system[:, np.arange(n), np.arange(n)] += np.where(used, RIDGE, 1.0)
            right = products[chunk, :n] * used
            solution[chunk, :n] = np.linalg.solve(system, right[..., None])[..., 0]
        return solution

    def refine(self, rows: Ints) -> Ints:
        """Correct the weights of `rows` by the true residual; return rows that lost a word."""
        residuals = self.residuals_of(rows)
        products = np.matmul(self.vectors[rows], residuals[..., None])[..., 0]
        weights = self.weights[rows] + self.least_squares(rows, products)
        negative = self.passive[rows] & (weights <= 0)
        weights[negative] = 0.0
        self.weights[rows] = weights
        self.passive[rows] &= ~negative
        return rows[negative.any(1)]

    def settle(self, rows: Ints) -> None:
        """Solve for the passive words of `rows`, dropping those that would turn negative."""
        while rows.size:
            solution = self.least_squares(rows, self.products[rows])
            passive, weights = self.passive[rows], self.weights[rows]
            negative = passive & (solution <= 0)
            drop = negative
            careful = self.careful[rows] & negative.any(1)
            if careful.any():
                solution[careful], drop[careful] = _towards(
                    weights[careful], solution[careful], negative[careful], passive[careful]
                )
            solution[drop] = 0.0
            self.weights[rows] = solution
            self.passive[rows] = passive & ~drop
            rows = rows[drop.any(1)]


def place_in_run(values: Ints) -> Ints:
    """Return how many equal values precede each entry of ascending `values`."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    lengths = np.diff(np.r_[starts, values.size])
    return np.arange(values.size) - np.repeat(starts, lengths)


def _towards(
    weights: Floats, solution: Floats, negative: Bools, passive: Bools
) -> tuple[Floats, Bools]:
    """Go from `weights` towards `solution` until words reach 0; return weights and these words."""
    ratio = np.full(weights.shape, np.inf)
    np.divide(weights, weights - solution, out=ratio, where=negative & (weights > solution))
    ratio[negative & (weights <= 0)] = 0.0
    step = ratio.min(1, keepdims=True)
    moved = weights + step * (solution - weights)
    return moved, passive & ((moved <= 0) | (ratio == step))
