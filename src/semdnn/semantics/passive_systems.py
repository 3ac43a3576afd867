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
MAX_STRIKES = 3  # sweeps without a smaller residual before a problem takes a line search
SYSTEMS_PER_SOLVE = 16
SLOTTED = ("words", "passive", "weights", "products")


class Dictionary(NamedTuple):
    """Unit-length (or zero) rows in both precisions [shape=(W, D)]."""

    exact: Floats
    rough: NDArray[np.float32]


class Workspace:
    """Memory for the large arrays of a block, kept for the next one: fresh pages cost time.

    Values of former use stay in it; they are finite, and weigh nothing.
    """

    def __init__(self, n_problems: int, n_dims: int) -> None:
        self.vectors: Floats = np.zeros((n_problems, 48, n_dims))
        self.gram: Floats = np.zeros((n_problems, 48, 48))

    def grow(self, n_slots: int) -> None:
        """Give every problem at least `n_slots` slots, and some more."""
        old = self.gram.shape[1]
        n = max(n_slots, 4 * old // 3)
        vectors, gram = self.vectors, self.gram
        self.vectors = np.zeros((vectors.shape[0], n, vectors.shape[2]))
        self.vectors[:, :old] = vectors
        self.gram = np.zeros((gram.shape[0], n, n))
        self.gram[:, :old, :old] = gram


@dataclass(eq=False)
class Block:
    """State of the unfinished problems of a block (N of them, K slots each)."""

    workspace: "Workspace"  # owns vectors and gram
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
    def start(cls, targets: Floats, workspace: "Workspace") -> "Block":
        """Return the state before the first sweep: no word carries weight."""
        N, n_slots = targets.shape[0], workspace.gram.shape[1]
        return cls(
            workspace=workspace,
            ids=np.arange(N),
            targets=targets,
            words=np.zeros((N, n_slots), np.int64),
            passive=np.zeros((N, n_slots), np.bool_),
            weights=np.zeros((N, n_slots)),
            products=np.zeros((N, n_slots)),
            vectors=workspace.vectors[:N],
            gram=workspace.gram[:N],
            squared=np.full(N, np.inf),
            strikes=np.zeros(N, np.int64),
            done=np.zeros(N, np.bool_),
        )

    @property
    def careful(self) -> Bools:
        """Problems whose weights move by line search [shape=(N,)]."""
        return self.strikes >= MAX_STRIKES

    def residuals(self, rows: Ints | slice = slice(None)) -> Floats:
        """Return target minus reconstruction of `rows` [shape=(n, D)]."""
        n = int(self.extents(rows).max(initial=0))
        fitted: Floats = np.matmul(self.weights[rows, None, :n], self.vectors[rows, :n])[:, 0]
        return self.targets[rows] - fitted

    def gradients(self, rows: Ints, residuals: Floats) -> Floats:
        """Return the gradients of `residuals` at the passive words of `rows` [shape=(n, K)]."""
        n = int(self.extents(rows).max(initial=0))
        found = np.zeros((rows.size, self.words.shape[1]))
        found[:, :n] = np.matmul(self.vectors[rows, :n], residuals[..., None])[..., 0]
        return found * self.passive[rows]

    def finished(self) -> tuple[Ints, Ints, Floats]:
        """Return problem, word and weight of all passive words of the problems that are done."""
        at, slots = np.nonzero(self.passive & self.done[:, None])
        return self.ids[at], self.words[at, slots], self.weights[at, slots]

    def keep(self, rows: Ints) -> None:
        """Forget all problems but `rows`, which ascend."""
        n = int(self.extents(rows).max(initial=0))
        self.vectors[: rows.size, :n] = self.vectors[rows, :n]
        self.gram[: rows.size, :n, :n] = self.gram[rows, :n, :n]
        self.vectors, self.gram = self.vectors[: rows.size], self.gram[: rows.size]
        for name in ("ids", "targets", "squared", "strikes", "done", *SLOTTED):
            setattr(self, name, getattr(self, name)[rows])

    def grow(self, n_slots: int) -> None:
        """Give every problem at least `n_slots` slots."""
        N, old = self.words.shape
        if n_slots <= old:
            return
        self.workspace.grow(n_slots)
        self.vectors, self.gram = self.workspace.vectors[:N], self.workspace.gram[:N]
        for name in SLOTTED:
            added = ((0, 0), (0, self.gram.shape[1] - old))
            setattr(self, name, np.pad(getattr(self, name), added))

    def extents(self, rows: Ints | slice) -> Ints:
        """Return one more than the last passive slot of each of `rows` [shape=(n,)]."""
        passive = self.passive[rows]
        last = passive.shape[1] - passive[:, ::-1].argmax(1)
        return np.where(passive.any(1), last, 0)

    def enter(self, rows: Ints, words: Ints, dictionary: Dictionary) -> None:
        """Make `words[n]` passive, at weight 0, in problem `rows[n]`; `rows` ascend."""
        if not rows.size:
            return
        n_new = np.bincount(rows, minlength=self.ids.size)
        self.grow(int((self.passive.sum(1) + n_new).max()))
        starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        for start, stop in zip(starts, np.r_[starts[1:], rows.size], strict=True):
            self._enter_one(int(rows[start]), words[start:stop], dictionary)

    def _enter_one(self, row: int, words: Ints, dictionary: Dictionary) -> None:
        slots = (~self.passive[row]).nonzero()[0][: words.size]
        new = dictionary.exact[words]
        self.words[row, slots] = words
        passive, vectors, gram = self.passive[row], self.vectors[row], self.gram[row]
        passive[slots] = True
        vectors[slots] = new
        n = passive.size - int(passive[::-1].argmax())
        products = new @ vectors[:n].T
        gram[slots, :n] = products
        gram[:n, slots] = products.T
        self.products[row, slots] = new @ self.targets[row]

    def least_squares(self, rows: Ints, products: Floats) -> Floats:
        """Solve the passive systems of `rows` for right-hand sides `products` [shape=(n, K)]."""
        solution = np.zeros_like(products)
        passive, sizes = self.passive[rows], self.extents(rows)
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
        gradients = self.gradients(rows, self.residuals(rows))
        weights = self.weights[rows] + self.least_squares(rows, gradients)
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
                    weights[careful], solution[careful], negative[careful]
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


def _towards(weights: Floats, solution: Floats, negative: Bools) -> tuple[Floats, Bools]:
    """Go from `weights` towards `solution` until words reach 0; return weights and these words."""
    ratio = np.full(weights.shape, np.inf)
    np.divide(weights, weights - solution, out=ratio, where=negative & (weights > solution))
    ratio[negative & (weights <= 0)] = 0.0
    step = ratio.min(1, keepdims=True)
    moved = weights + step * (solution - weights)
    return moved, negative & ((moved <= 0) | (ratio == step))
