"""From predictions in a word space back to words: how well each word fits, and in which order.

Conventions: vectors and predictions are scaled to unit length here; `offset` is the constant
coordinate that is then appended to both (0 for raw word2vec and GloVe, 1 for centred spaces,
whose vectors would otherwise match any prediction exactly with arbitrary words). Words rank by
the primary score; equal words by the tie-break; words still equal by their place in the
dictionary.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semdnn.errors import SemdnnError
from semdnn.semantics import nnls
from semdnn.semantics.nnls import Solver

CHUNK_SIZE = 1024


class DecodingError(SemdnnError):
    """Predictions, scores or word vectors that cannot be decoded (shape, NaN, zero vector)."""


class WordScores(NamedTuple):
    """Scores of W words for S predictions; larger fits better.

    Attributes
    ----------
    primary : ndarray of float [shape=(S, W)]
        β ≥ 0 of `decode`, cosine similarity in [-1, 1] or probability in [0, 1].
    tiebreak : ndarray of float32 [shape=(S, W)] or None
        Orders words of equal primary score. Of `decode`: the gradient of the residual, at most 0
        (within rounding), which says how near a word at β = 0 is to entering.
    residuals : ndarray of float64 [shape=(S,)] or None
        Of `decode`: ‖Dᵀβ − y‖. Near 0, the prediction lies in the cone of the words and β is one
        of many solutions: report the share of such predictions.
    converged : ndarray of bool [shape=(S,)] or None
        Of `decode`: the optimality conditions were verified.
    """

    primary: NDArray[np.floating]
    tiebreak: NDArray[np.float32] | None = None
    residuals: NDArray[np.float64] | None = None
    converged: NDArray[np.bool_] | None = None


class TopWords(NamedTuple):
    """The best words of S predictions.

    Attributes
    ----------
    words : ndarray of int32 [shape=(S, n)]
        Dictionary indices, best first.
    weights : ndarray of float32 [shape=(S, n)]
        Their β; 0 where a word follows by its gradient alone.
    residuals, converged : ndarrays [shape=(S,)]
        As in `WordScores`.
    """

    words: NDArray[np.int32]
    weights: NDArray[np.float32]
    residuals: NDArray[np.float64]
    converged: NDArray[np.bool_]


def decode(
    vectors: ArrayLike, predictions: ArrayLike, *, offset: float, solver: Solver = nnls.solve
) -> WordScores:
    """Return each word's non-negative least-squares weight in each prediction, and its gradient.

    The result takes 8 S W bytes (815 MB for 10,231 predictions of 9,960 words). Where that is too
    much, use `decode_top` or `decode_chunks`.

    Parameters
    ----------
    vectors : array_like [shape=(W, D)]
        Word vectors of any length but zero.
    predictions : array_like [shape=(S, D)]
        Predictions of any length; one of zeros stays zero.
    offset : float
        The word space's constant coordinate, at least 0.
    solver : callable
        What solves the problems; on a GPU, ``partial(semdnn.network.nnls.solve_on, "cuda")``.

    Returns
    -------
    WordScores
        β (of Lawson and Hanson, see `nnls.solve`), gradient, residuals and status.

    Raises
    ------
    DecodingError
        If the arrays do not fit each other, or a word has a zero vector.
    nnls.NnlsError
        If a value is NaN or infinite.

    Examples
    --------
    >>> scores = decode([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], [[0.6, 0.8]], offset=0.0)
    >>> scores.primary.round(2)
    array([[0.6, 0.8, 0. ]], dtype=float32)
    >>> top_words(scores, 2)
    array([[1, 0]], dtype=int32)
    """
    rows, targets = _in_one_space(vectors, predictions, offset)
    shape = (S := targets.shape[0], rows.shape[0])
    primary, gradients = np.empty(shape, np.float32), np.empty(shape, np.float32)
    residuals, converged = np.empty(S), np.empty(S, np.bool_)
    for at, part in _decode_rows(rows, targets, solver):
        primary[at], gradients[at] = part.primary, part.tiebreak
        residuals[at], converged[at] = part.residuals, part.converged
    return WordScores(primary, gradients, residuals, converged)


def decode_chunks(
    vectors: ArrayLike, predictions: ArrayLike, *, offset: float, chunk_size: int = CHUNK_SIZE
) -> Iterator[WordScores]:
    """Yield what `decode` returns for `chunk_size` predictions at a time, in order."""
    rows, targets = _in_one_space(vectors, predictions, offset)
    for _, part in _decode_rows(rows, targets, nnls.solve, chunk_size):
        yield part


def decode_top(
    vectors: ArrayLike,
    predictions: ArrayLike,
    n: int,
    *,
    offset: float,
    solver: Solver = nnls.solve,
) -> TopWords:
    """Return the best `n` words of each prediction, in memory that does not grow with S times W.

    Parameters are those of `decode`; `n` is at most the number of words.
    """
    rows, targets = _in_one_space(vectors, predictions, offset)
    S = targets.shape[0]
    words, weights = np.empty((S, n), np.int32), np.empty((S, n), np.float32)
    residuals, converged = np.empty(S), np.empty(S, np.bool_)
    for at, part in _decode_rows(rows, targets, solver):
        words[at] = top_words(part, n)
        weights[at] = np.take_along_axis(part.primary, words[at], axis=1)
        residuals[at], converged[at] = part.residuals, part.converged
    return TopWords(words, weights, residuals, converged)


def cosine_scores(vectors: ArrayLike, predictions: ArrayLike) -> WordScores:
    """Return the cosine similarity of each word to each prediction [shape=(S, W)].

    A prediction of zeros has similarity 0 to every word.
    """
    rows, targets = _in_one_space(vectors, predictions, 0.0)
    return WordScores(targets.astype(np.float32) @ rows.astype(np.float32).T)


def conse(probabilities: ArrayLike, vectors: ArrayLike, *, n_top: int = 10) -> NDArray[np.float32]:
    """Return the convex combination of the most probable words' vectors, at unit length.

    Parameters
    ----------
    probabilities : array_like [shape=(S, W)]
        At least 0; a row need not sum to 1.
    vectors : array_like [shape=(W, D)]
        Word vectors of any length but zero; directions count.
    n_top : int
        How many words are combined (T in the paper), all where W is smaller.

    Returns
    -------
    ndarray of float32 [shape=(S, D)]
        Unit length; zeros where every probability is 0.

    References
    ----------
    Norouzi, M. et al. (2014). Zero-shot learning by convex combination of semantic embeddings.
    ICLR. doi:10.48550/arXiv.1312.5650
    """
    weights: NDArray[np.float64] = np.asarray(probabilities, np.float64)
    rows = _unit_words(vectors)
    if weights.ndim != 2 or weights.shape[-1] != rows.shape[0]:
        raise DecodingError(
            f"probabilities have shape {weights.shape} and there are {rows.shape[0]} words:"
            " give one column a word"
        )
    if not (weights >= 0).all():
        raise DecodingError("probabilities hold NaN or negative values: give values of at least 0")
    words = top_words(WordScores(weights), min(n_top, rows.shape[0]))
    chosen = np.take_along_axis(weights, words, axis=1)
    combined = np.empty((weights.shape[0], rows.shape[1]))
    for start in range(0, len(words), CHUNK_SIZE):
        part = slice(start, start + CHUNK_SIZE)
        combined[part] = np.matmul(chosen[part, None, :], rows[words[part]])[:, 0]
    return _unit(combined).astype(np.float32)


def order(scores: WordScores) -> NDArray[np.int32]:
    """Return all words of each prediction, best first [shape=(S, W)]."""
    _check_scores(scores)
    ranked = np.empty(scores.primary.shape, dtype=np.int32)
    for start in range(0, len(ranked), CHUNK_SIZE):
        part = slice(start, start + CHUNK_SIZE)
        keys = [-scores.primary[part]]
        if scores.tiebreak is not None:
            keys.insert(0, -scores.tiebreak[part])
        ranked[part] = np.lexsort(keys, axis=-1)
    return ranked


def top_words(scores: WordScores, n: int) -> NDArray[np.int32]:
    """Return the best `n` words of each prediction, as `order` begins [shape=(S, n)].

    Raises
    ------
    DecodingError
        If `n` is not between 1 and the number of words, or a score is NaN.
    """
    _check_scores(scores)
    S, W = scores.primary.shape
    if not 1 <= n <= W:
        raise DecodingError(f"asked for the best {n} of {W} words: ask for 1 to {W}")
    words = np.empty((S, n), np.int32)
    for s in range(S):
        tiebreak = None if scores.tiebreak is None else scores.tiebreak[s]
        words[s] = _top(scores.primary[s], tiebreak, n)
    return words


def _top(
    primary: NDArray[np.floating], tiebreak: NDArray[np.float32] | None, n: int
) -> NDArray[np.intp]:
    last = np.partition(primary, -n)[-n]
    words = np.flatnonzero(primary >= last)
    if tiebreak is None:
        best = np.argsort(-primary[words], kind="stable")
    else:
        ties = np.where(primary[words] > last, np.float32(np.inf), tiebreak[words])
        words = words[ties >= np.partition(ties, -n)[-n]]
        best = np.lexsort((-tiebreak[words], -primary[words]))
    return np.take(words, best[:n])


def _decode_rows(
    rows: NDArray[np.float64],
    targets: NDArray[np.float64],
    solver: Solver,
    chunk_size: int = CHUNK_SIZE,
) -> Iterator[tuple[slice, WordScores]]:
    rough = rows.astype(np.float32).T
    for start in range(0, targets.shape[0], chunk_size):
        part = targets[start : start + chunk_size]
        result = solver(rows, part)
        primary = np.zeros((part.shape[0], rows.shape[0]), np.float32)
        at = np.repeat(np.arange(part.shape[0]), np.diff(result.betas.indptr))
        primary[at, result.betas.indices] = result.betas.data
        gradient = (part - result.betas @ rows).astype(np.float32) @ rough
        scores = WordScores(primary, gradient, result.residuals, result.converged)
        yield slice(start, start + part.shape[0]), scores


def _in_one_space(
    vectors: ArrayLike, predictions: ArrayLike, offset: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both at unit length with the offset appended."""
    rows, targets = _unit_words(vectors), np.asarray(predictions, np.float64)
    if targets.ndim != 2 or targets.shape[1] != rows.shape[1]:
        raise DecodingError(
            f"predictions have shape {targets.shape} and word vectors {rows.shape}:"
            " give both with the same number of dimensions"
        )
    if not 0 <= offset < np.inf:
        raise DecodingError(f"offset is {offset}: give the word space's, 0 or more")
    targets = _unit(targets)
    if offset > 0:
        rows = np.pad(rows, ((0, 0), (0, 1)), constant_values=offset)
        targets = np.pad(targets, ((0, 0), (0, 1)), constant_values=offset)
    return rows, targets


def _unit_words(vectors: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(vectors, np.float64)
    if rows.ndim != 2 or not rows.size:
        raise DecodingError(f"word vectors have shape {rows.shape}: give a filled [W, D] array")
    empty = np.flatnonzero(~rows.any(axis=1))
    if empty.size:
        raise DecodingError(f"word {empty[0]} has a zero vector: leave it out of the dictionary")
    return _unit(rows)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1.0, lengths)


def _check_scores(scores: WordScores) -> None:
    for name, values in (("primary", scores.primary), ("tiebreak", scores.tiebreak)):
        if values is not None and np.isnan(values).any():
            raise DecodingError(f"{name} scores hold NaN: check the predictions they come from")
