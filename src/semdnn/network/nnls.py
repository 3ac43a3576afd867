"""Non-negative least squares of many predictions at once on a PyTorch device, exactly.

The problem, the conditions of optimality and the precision in which they are decided are those
of `semdnn.semantics.nnls`, which needs no PyTorch and is the faster on a CPU. Here every step is
one operation on the padded arrays of all problems of a block, as a GPU wants it: gradients in
float32 choose the words that enter, and a problem counts as solved only where the gradients of
all words, taken again in float64 from refined weights, say so. Small systems are solved by a
batched Cholesky factorisation in float64.

References
----------
Lawson, C. L. & Hanson, R. J. (1995). Solving Least Squares Problems.
doi:10.1137/1.9781611971217
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from semdnn.network.nnls_block import Block, Entering, Words
from semdnn.semantics.active_set import (
    ACCEPTED,
    ENTER_ABOVE,
    GIVE_UP_AFTER,
    MATCHED,
    MOST_CANDIDATES,
    SINGLY_AFTER,
    TOLERANCE,
    Solved,
)
from semdnn.semantics.nnls import NnlsError, NnlsResult, scaled, sweep_limit

BLOCK_SIZE = 1024


def solve_on(
    device: str | torch.device,
    dictionary: ArrayLike,
    predictions: ArrayLike,
    *,
    max_iterations: int | None = None,
    block_size: int = BLOCK_SIZE,
) -> NnlsResult:
    """Return argmin ‖Dᵀβ − y‖² subject to β ≥ 0 for every prediction y, solved on `device`.

    Parameters
    ----------
    device : str or torch.device
        Where to compute, such as "cuda"; it must know float64.
    dictionary : array_like [shape=(W, D)]
        A word vector a row, of any length; rows of zeros never take weight.
    predictions : array_like [shape=(S, D)]
        A problem a row.
    max_iterations : int, optional
        As of `semdnn.semantics.nnls.solve`.
    block_size : int
        Problems that are solved together. With n weighted words in the largest of them, a
        problem takes about 12 W + 16 n (n + D) bytes on the device.

    Returns
    -------
    NnlsResult
        On the CPU, as of `semdnn.semantics.nnls.solve`.

    Raises
    ------
    NnlsError
        If shapes do not agree, a value is NaN or infinite, or the device cannot be used.

    Examples
    --------
    >>> solve_on("cpu", [[1.0, 0.0], [0.0, 1.0]], [[2.0, -1.0]]).betas.toarray()
    array([[2., 0.]])
    """
    problems = scaled(dictionary, predictions)
    limit = sweep_limit(problems.vectors.shape) if max_iterations is None else max_iterations
    starts = range(0, max(len(problems.targets), 1), block_size)
    with _full_precision(torch.device(device)):
        exact = _on(device, problems.vectors)
        words = Words(exact, exact.to(torch.float32))
        solved = [
            _solve_block(_on(device, problems.targets[start : start + block_size]), words, limit)
            for start in starts
        ]
    return problems.result(solved, starts)


def _solve_block(targets: Tensor, words: Words, max_sweeps: int) -> Solved:
    N = len(targets)
    block = Block.start(targets)
    converged = torch.zeros(N, dtype=torch.bool, device=targets.device)
    n_sweeps = torch.zeros(N, dtype=torch.int32, device=targets.device)
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    for sweep in range(1, max_sweeps + 1):
        n_sweeps[block.ids[~block.done]] = sweep
        _sweep(block, words, converged)
        if sweep == max_sweeps:
            block.done[:] = True
        if int(block.done.sum()) * 4 >= block.done.numel():
            at, slots = torch.nonzero(block.passive & block.done[:, None], as_tuple=True)
            parts.append((block.ids[at], block.words[at, slots], block.weights[at, slots]))
            block.keep(torch.nonzero(~block.done)[:, 0])
        if not block.ids.numel():
            break
    arrays = (torch.cat(tensors).cpu().numpy() for tensors in zip(*parts, strict=True))
    rows, words_of, weights = arrays
    return Solved(rows, words_of, weights, converged.cpu().numpy(), n_sweeps.cpu().numpy())


def _sweep(block: Block, words: Words, converged: Tensor) -> None:
    residuals = block.residuals()
    squared = residuals.square().sum(1)
    block.strikes += squared > block.squared * (1 - 1e-14)
    block.squared = squared
    values = _without_passive(residuals.to(torch.float32) @ words.rough.T, block, slice(None))
    largest = values.amax(1)
    error = (residuals.shape[1] + 4) * 2.0**-24 * squared.sqrt()
    stalled = (block.strikes >= GIVE_UP_AFTER) & ~block.done
    converged[block.ids[stalled & (largest + error <= ACCEPTED)]] = True
    block.done |= stalled
    certain = (largest > error) & (squared > MATCHED**2)
    share = torch.where(block.strikes >= SINGLY_AFTER, 1.0, ENTER_ABOVE)
    wanted = certain & ~block.done
    entering = _strongest(values, largest * share, block.most_entering(), wanted)
    changed = entering.chosen.any(1)
    unsure = torch.nonzero(~certain & ~block.done)[:, 0]
    if unsure.numel():
        bent, late = _certify(block, unsure, words, converged)
        entering.words[unsure], entering.chosen[unsure] = late
        changed[unsure] = bent | late.chosen.any(1)
    block.enter(entering, words)
    block.settle(torch.nonzero(changed)[:, 0])


def _certify(
    block: Block, rows: Tensor, words: Words, converged: Tensor
) -> tuple[Tensor, Entering]:
    """Decide in float64 which of `rows` are solved; return which lost a word, and what enters."""
    bent = block.refine(rows, block.residuals()[rows])
    residuals = block.residuals()[rows]
    own = (block.vectors[rows] @ residuals[..., None])[..., 0] * block.passive[rows]
    values = _without_passive(residuals @ words.exact.T, block, rows)
    violated = (values.amax(1) > TOLERANCE) & (residuals.norm(dim=1) > MATCHED)
    above = torch.full_like(block.squared[rows], TOLERANCE)
    late = _strongest(values, above, block.most_entering()[rows], violated)
    at_words = torch.linalg.vector_norm(own, ord=torch.inf, dim=1) if own.numel() else 0.0 * above
    solved = rows[~violated & ~bent & (at_words <= ACCEPTED)]
    block.done[solved] = True
    converged[block.ids[solved]] = True
    return bent, late


def _without_passive(values: Tensor, block: Block, rows: Tensor | slice) -> Tensor:
    """Put -inf at the passive words of gradients `values` [shape=(n, W)], in place."""
    bounds = torch.where(block.passive[rows], -torch.inf, torch.inf).to(values.dtype)
    return values.scatter_reduce_(1, block.words[rows], bounds, "amin")


def _strongest(values: Tensor, above: Tensor, n_most: Tensor, wanted: Tensor) -> Entering:
    """Return as many of the largest gradients as may enter each wanted problem at once."""
    found = values.topk(min(MOST_CANDIDATES, values.shape[1]), dim=1)
    place = torch.arange(found.values.shape[1], device=values.device)
    chosen = (found.values >= above[:, None]) & (place < n_most[:, None]) & wanted[:, None]
    return Entering(found.indices, chosen)


def _on(device: str | torch.device, rows: np.ndarray) -> Tensor:
    try:
        return torch.from_numpy(rows).to(device)
    except (AssertionError, RuntimeError, TypeError) as error:
        raise NnlsError(f"device {device} cannot solve in float64 ({error}): use cpu") from error


@contextmanager
def _full_precision(device: torch.device) -> Iterator[None]:
    """Keep the products in the precision of their arrays, whatever training has set."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
