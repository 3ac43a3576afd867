"""The small least-squares systems of a block of problems as padded tensors on one device.

Every problem has *slots*: words that take part in its system, of which the *passive* ones carry
weight. It is to `semdnn.network.nnls` what `semantics.passive_systems` is to the NumPy solver.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor

from semdnn.semantics.active_set import SINGLY_AFTER
from semdnn.semantics.passive_systems import MAX_STRIKES, RIDGE


class Words(NamedTuple):
    """Unit-length (or zero) rows in both precisions [shape=(W, D)]."""

    exact: Tensor
    rough: Tensor


class Entering(NamedTuple):
    """Words that may enter each problem [shape=(N, C)], and which of them do."""

    words: Tensor
    chosen: Tensor


@dataclass(eq=False)
class Block:
    """State of the unfinished problems of a block (N of them, K slots each)."""

    ids: Tensor  # [N], the problem's place in the block
    targets: Tensor  # [N, D]
    words: Tensor  # [N, K]
    passive: Tensor  # [N, K], slots that carry weight
    weights: Tensor  # [N, K], zero where not passive
    vectors: Tensor  # [N, K, D]
    squared: Tensor  # [N], squared residual at the last sweep
    strikes: Tensor  # [N], sweeps that did not make it smaller
    done: Tensor  # [N]

    @classmethod
    def start(cls, targets: Tensor) -> "Block":
        """Return the state before the first sweep: no word carries weight."""
        N, D = targets.shape
        whole = targets.new_zeros(N, dtype=torch.int64)
        return cls(
            ids=torch.arange(N, device=targets.device),
            targets=targets,
            words=whole.new_zeros((N, 0)),
            passive=whole.new_zeros((N, 0), dtype=torch.bool),
            weights=targets.new_zeros((N, 0)),
            vectors=targets.new_zeros((N, 0, D)),
            squared=targets.new_full((N,), torch.inf),
            strikes=whole,
            done=whole.to(torch.bool),
        )

    def keep(self, rows: Tensor) -> None:
        """Forget all problems but `rows`."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[rows])

    def residuals(self) -> Tensor:
        """Return target minus reconstruction [shape=(N, D)]."""
        return self.targets - (self.weights[:, None] @ self.vectors)[:, 0]

    def most_entering(self) -> Tensor:
        """Return how many words may enter each problem in a sweep [shape=(N,)]."""
        n_passive = self.passive.sum(1)
        return torch.where(self.strikes >= SINGLY_AFTER, 1, 8 + n_passive // 3)

    def enter(self, entering: Entering, words: Words) -> None:
        """Make the chosen words passive, at weight 0, and close up the slots."""
        grown = torch.cat([self.words, entering.words], 1)
        passive = torch.cat([self.passive, entering.chosen], 1)
        fresh = torch.zeros_like(entering.words, dtype=self.weights.dtype)
        weights = torch.cat([self.weights, fresh], 1)
        n_slots = max(passive.sum(1).tolist(), default=0)
        order = torch.argsort(~passive, dim=1, stable=True)[:, :n_slots]
        self.words, self.passive = grown.gather(1, order), passive.gather(1, order)
        self.weights = weights.gather(1, order)
        self.vectors = words.exact[self.words]

    def least_squares(self, rows: Tensor, right: Tensor) -> Tensor:
        """Solve the passive systems of `rows` for right-hand sides `right` [shape=(n, K)]."""
        used = self.passive[rows]
        vectors = self.vectors[rows] * used[..., None]
        system = vectors @ vectors.mT
        system.diagonal(dim1=1, dim2=2).add_(torch.where(used, RIDGE, 1.0))
        return solve_systems(system, right * used)

    def refine(self, rows: Tensor, residuals: Tensor) -> Tensor:
        """Correct the weights of `rows` by their residuals; return which lost a word."""
        gradients = (self.vectors[rows] @ residuals[..., None])[..., 0]
        weights = self.weights[rows] + self.least_squares(rows, gradients)
        negative = self.passive[rows] & (weights <= 0)
        self.weights[rows] = torch.where(negative, 0.0, weights)
        self.passive[rows] &= ~negative
        return negative.any(1)

    def settle(self, rows: Tensor) -> None:
        """Solve for the passive words of `rows`, dropping those that would turn negative."""
        products = (self.vectors @ self.targets[..., None])[..., 0]
        while rows.numel():
            solution = self.least_squares(rows, products[rows])
            passive, weights = self.passive[rows], self.weights[rows]
            negative = passive & (solution <= 0)
            moved, reached = _towards(weights, solution, negative)
            careful = ((self.strikes[rows] >= MAX_STRIKES) & negative.any(1))[:, None]
            drop = torch.where(careful, reached, negative)
            solution = torch.where(careful, moved, solution)
            self.weights[rows] = torch.where(drop | ~passive, 0.0, solution)
            self.passive[rows] = passive & ~drop
            rows = rows[drop.any(1)]


def solve_systems(systems: Tensor, right: Tensor) -> Tensor:
    """Solve symmetric systems by Cholesky; by LU where rounding made one indefinite."""
    if not right.numel():
        return right
    factors, failed = torch.linalg.cholesky_ex(systems)
    solution = torch.cholesky_solve(right[..., None], factors)[..., 0]
    rows = torch.nonzero(failed)[:, 0]
    if rows.numel():
        solution[rows] = torch.linalg.solve_ex(systems[rows], right[rows, :, None])[0][..., 0]
    return solution


def _towards(weights: Tensor, solution: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """Go from `weights` towards `solution` until words reach 0; return weights and these words."""
    if not weights.numel():
        return solution, negative
    ratio = torch.where(negative & (weights > solution), weights / (weights - solution), torch.inf)
    ratio = torch.where(negative & (weights <= 0), 0.0, ratio)
    step = ratio.amin(1, keepdim=True)
    moved = weights + step * (solution - weights)
    return moved, negative & ((moved <= 0) | (ratio == step))
