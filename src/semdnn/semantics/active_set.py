"""A block of non-negative least-squares problems, advanced together by an active-set method.

All rows of the dictionary and all predictions have unit length here (or are zero), so every
tolerance is relative. One sweep

1. takes the gradient of the residual for all words of all problems by one float32 product,
2. makes the words with the largest gradients passive, several at once,
3. solves for the passive words in float64 and drops negative ones until none is left.

A problem whose float32 gradients leave no certain candidate is *certified* in float64: its
weights are refined against the true residual, and the gradient is taken again for every word
that the worst-case rounding error of the float32 product cannot rule out. A problem whose
residual stops falling goes over to a line search from feasible weights to feasible weights, in
which the residual only falls, so that it cannot cycle; if rounding still keeps it from falling,
to the textbook rule in which one word enters; and at last it is given up.

References
----------
Lawson, C. L. & Hanson, R. J. (1995). Solving Least Squares Problems, chapter 23.
doi:10.1137/1.9781611971217
Kim, J. & Park, H. (2011). Fast nonnegative matrix factorization. SIAM J. Sci. Comput. 33,
3261-3281. doi:10.1137/110821172 (several exchanges a step with a fall-back to one)
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.semantics.passive_systems import (
    MAX_STRIKES,
    Block,
    Bools,
    Dictionary,
    Floats,
    Ints,
    Workspace,
    place_in_run,
)

TOLERANCE = 1e-10  # a gradient up to this counts as zero
ACCEPTED = 1e-8  # the largest gradient with which a problem that cannot improve still converged
ENTER_ABOVE = 0.4  # words enter whose gradient exceeds this share of the problem's largest
MOST_CANDIDATES = 64  # words that are looked at to enter one problem in one sweep
MATCHED = 1e-9  # a residual up to this is a match, as no gradient can be larger
SINGLY_AFTER = MAX_STRIKES + 5  # sweeps without a smaller residual; then one word enters a sweep
GIVE_UP_AFTER = MAX_STRIKES + 15


class Solved(NamedTuple):
    """Solutions of one block; entry `n` says that problem `rows[n]` weighs `words[n]`."""

    rows: Ints
    words: Ints
    weights: Floats
    converged: Bools
    n_sweeps: NDArray[np.int32]


class Gradients(NamedTuple):
    """Gradients of the residual in float32, passive words at -inf, and how wrong they may be."""

    values: NDArray[np.float32]  # [N, W]
    largest: NDArray[np.float32]  # [N]
    residuals: Floats  # [N, D]
    error: Floats  # [N]


def solve_block(
    targets: Floats, dictionary: Dictionary, workspace: Workspace, max_sweeps: int
) -> Solved:
    """Solve all problems of a block [shape=(S, D)] against the dictionary [shape=(W, D)]."""
    S = targets.shape[0]
    block = Block.start(targets, workspace)
    converged, n_sweeps = np.zeros(S, np.bool_), np.zeros(S, np.int32)
    parts: list[tuple[Ints, Ints, Floats]] = []
    for sweep in range(1, max_sweeps + 1):
        n_sweeps[block.ids[~block.done]] = sweep
        _sweep(block, dictionary, converged)
        if sweep == max_sweeps:
            block.done[:] = True
        if block.done.sum() * 4 >= block.done.size:
            parts.append(block.finished())
            block.keep(np.flatnonzero(~block.done))
        if not block.ids.size:
            break
    rows, words, weights = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Solved(rows, words, weights, converged, n_sweeps)


def _sweep(block: Block, dictionary: Dictionary, converged: Bools) -> None:
    gradients = _gradients(block, dictionary)
    stalled = (block.strikes >= GIVE_UP_AFTER) & ~block.done
    converged[block.ids[stalled & (gradients.largest + gradients.error <= ACCEPTED)]] = True
    block.done |= stalled
    certain = (gradients.largest > gradients.error) & (block.squared > MATCHED**2)
    rows, words = _candidates(gradients, block, certain & ~block.done)
    unsure = np.flatnonzero(~certain & ~block.done)
    changed = rows
    if unsure.size:
        bent, late_rows, late_words = _certify(block, unsure, gradients, dictionary, converged)
        rows, words = np.concatenate([rows, late_rows]), np.concatenate([words, late_words])
        by_row = np.argsort(rows, kind="stable")
        rows, words = rows[by_row], words[by_row]
        changed = np.concatenate([rows, bent])
    block.enter(rows, words, dictionary)
    block.settle(np.unique(changed))


def _gradients(block: Block, dictionary: Dictionary) -> Gradients:
    residuals = block.residuals()
    squared = np.einsum("nd,nd->n", residuals, residuals)
    block.strikes += squared > block.squared * (1 - 1e-14)
    block.squared = squared
    values = residuals.astype(np.float32) @ dictionary.rough.T
    at, slots = np.nonzero(block.passive)
    values[at, block.words[at, slots]] = -np.inf
    error = (residuals.shape[1] + 4) * 2.0**-24 * np.sqrt(squared)
    return Gradients(values, values.max(1), residuals, error)


def _candidates(gradients: Gradients, block: Block, wanted: Bools) -> tuple[Ints, Ints]:
    """Return the problems and words that enter, by problem and falling gradient."""
    share = np.where(block.strikes >= SINGLY_AFTER, 1.0, ENTER_ABOVE).astype(np.float32)
    above = np.where(wanted, gradients.largest * share, np.float32(np.inf))
    W = gradients.values.shape[1]
    crowded = np.flatnonzero((gradients.values >= above[:, None]).sum(1) > MOST_CANDIDATES)
    if crowded.size:
        ranked = np.partition(gradients.values[crowded], W - MOST_CANDIDATES, axis=1)
        above[crowded] = ranked[:, W - MOST_CANDIDATES]
    flat = np.flatnonzero((gradients.values >= above[:, None]).ravel())
    rows, words = np.divmod(flat, W)
    return _strongest(rows, words, gradients.values.ravel()[flat], block)


def _strongest(
    rows: Ints, words: Ints, values: NDArray[np.floating], block: Block
) -> tuple[Ints, Ints]:
    """Leave each problem as many of its candidates as may enter at once, largest first."""
    by_size = np.lexsort((-values, rows))
    rows, words = rows[by_size], words[by_size]
    limit = np.where(block.strikes >= SINGLY_AFTER, 1, 8 + block.passive.sum(1) // 3)
    kept = place_in_run(rows) < limit[rows]
    return rows[kept], words[kept]


def _certify(
    block: Block, rows: Ints, gradients: Gradients, dictionary: Dictionary, converged: Bools
) -> tuple[Ints, Ints, Ints]:
    """Decide in float64 which of the settled problems `rows` are solved.

    Returns the problems in which a refined weight turned negative, then the problems and words
    that enter.
    """
    bent = block.refine(rows)
    residuals = block.residuals(rows)
    moved = np.linalg.norm(residuals - gradients.residuals[rows], axis=1)
    slack = (gradients.error[rows] + moved) * 1.01
    at, words = np.nonzero(gradients.values[rows] > (TOLERANCE - slack)[:, None])
    exact = np.einsum("nd,nd->n", dictionary.exact[words], residuals[at])
    matched = np.linalg.norm(residuals, axis=1) <= MATCHED
    violating = (exact > TOLERANCE) & ~matched[at]
    at, words, exact = at[violating], words[violating], exact[violating]
    solved = np.ones(rows.size, np.bool_)
    solved[at] = False
    solved &= ~np.isin(rows, bent) & (np.abs(block.gradients(rows, residuals)).max(1) <= ACCEPTED)
    block.done[rows[solved]] = True
    converged[block.ids[rows[solved]]] = True
    return bent, *_strongest(rows[at], words, exact, block)
