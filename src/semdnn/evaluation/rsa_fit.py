"""R² of fits to half of the listeners, tested on the other half, from small matrices.

Half means are linear in the listeners, so nothing as long as the number of pairs is needed once
a model is reduced to its fit of every listener. With listeners Y [L, n_pairs], centred, a fit
ŷ = U D Uᵀ y (U orthonormal, D = 1 for ordinary least squares, s²/(s² + penalty) for ridge),
A = Uᵀ Yᵀ and half means given by weights r (train) and t (test) over listeners,

    SST = tᵀ (Y Yᵀ) t
    SSE = SST − 2 tᵀ (Aᵀ D A) r + rᵀ (Aᵀ D² A) r + n_pairs (mean_t − mean_r)²

for every split. The mean of R² = 1 − SSE/SST over splits is linear in the two matrices in
brackets, which is what makes permutations cheap.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.rsa_data import RsaError

Array = NDArray[np.float64]

_VARIANCE = 1e-12  # of a half's mean, relative to the listeners': less is rounding


class Splits(NamedTuple):
    """Random halves of the listeners, as the weights that average within a half.

    Attributes
    ----------
    train, test : arrays [shape=(n_splits, L)]
        1/(size of the half) for its listeners, 0 for the others.
    """

    train: Array
    test: Array


def draw_splits(n_listeners: int, n_splits: int, rng: np.random.Generator) -> Splits:
    """Return random split-halves; of an odd number the train half has one listener more.

    A single listener (a group's mean) cannot be split, and is both halves.

    Parameters
    ----------
    n_listeners, n_splits : int
        At least 1 each.
    rng : numpy.random.Generator
        For the halves.
    """
    if n_listeners < 1 or n_splits < 1:
        raise ValueError(f"{n_listeners} listeners and {n_splits} splits: at least 1 each")
    if n_listeners == 1:
        return Splits(np.ones((n_splits, 1)), np.ones((n_splits, 1)))
    n_train = n_listeners - n_listeners // 2
    places = rng.permuted(np.tile(np.arange(n_listeners), (n_splits, 1)), axis=1)
    in_train = places < n_train
    return Splits(in_train / n_train, ~in_train / (n_listeners - n_train))


@dataclass(frozen=True, eq=False)
class Basis:
    """A model reduced to what its fit needs.

    Attributes
    ----------
    vectors : array [shape=(n_pairs, k)]
        Orthonormal basis of the standardised layers; k is their rank.
    shrinkage : array [shape=(k,)]
        Share of each direction that the fit keeps: 1 without ridge.
    """

    vectors: Array
    shrinkage: Array


def standardised(layers: Array) -> tuple[Array, Array, Array]:
    """Return the layers as columns of mean 0 and variance 1, with means and scales.

    A constant layer becomes zeros, with scale 1.
    """
    means = layers.mean(axis=1)
    centred = layers - means[:, None]
    scales = centred.std(axis=1)
    constant = scales <= 1e-10 * np.abs(layers).max(axis=1)
    centred[constant], scales[constant] = 0, 1
    return (centred / scales[:, None]).T, means, scales


def basis(layers: Array, ridge: float) -> Basis:
    """Return the basis of a model's layers [shape=(n_layers, n_pairs)]."""
    columns, _, _ = standardised(layers)
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    kept = singular > singular[0] * max(columns.shape) * np.finfo(float).eps
    squares = singular[kept] ** 2
    return Basis(left[:, kept], squares / (squares + len(columns) * ridge))


@dataclass(frozen=True, eq=False)
class HalfMoments:
    """What R² needs of the listeners, whatever the model.

    Attributes
    ----------
    centred : array [shape=(L, n_pairs)]
        Listeners less their means.
    splits : Splits
        The halves.
    total : array [shape=(n_splits,)]
        SST of every test half.
    offset : array [shape=(n_splits,)]
        n_pairs times the squared difference between the means of the halves.
    """

    centred: Array
    splits: Splits
    total: Array
    offset: Array

    def kernels(self) -> tuple[float, Array, Array]:
        """Return c, K₁ and K₂ such that the mean R² is c + Σ K₁·(AᵀDA) + Σ K₂·(AᵀD²A)."""
        train, test = self.splits
        weighted = train / (self.total[:, None] * len(self.total))
        cross = test.T @ weighted
        constant = -float(np.mean(self.offset / self.total))
        return constant, cross + cross.T, -(train.T @ weighted)


def half_moments(listeners: Array, splits: Splits) -> HalfMoments:
    """Return the moments of `listeners` [shape=(L, n_pairs)] under `splits`.

    Raises
    ------
    RsaError
        If the mean of a test half is the same for all pairs.
    """
    means = listeners.mean(axis=1)
    centred = listeners - means[:, None]
    gram = centred @ centred.T
    total = _quadratic(splits.test, gram, splits.test)
    if not (total > _VARIANCE * gram.trace()).all():
        raise RsaError("half of the listeners average to one value for all pairs: check the data")
    differences = (splits.test - splits.train) @ means
    return HalfMoments(centred, splits, total, listeners.shape[1] * differences**2)


def split_r2(moments: HalfMoments, model: Basis) -> Array:
    """Return R² of the model's fit for every split [shape=(n_splits,)]."""
    train, test = moments.splits
    fitted = model.vectors.T @ moments.centred.T
    once = fitted.T @ (model.shrinkage[:, None] * fitted)
    twice = fitted.T @ (model.shrinkage[:, None] ** 2 * fitted)
    gain = 2 * _quadratic(test, once, train) - _quadratic(train, twice, train)
    return np.asarray((gain - moments.offset) / moments.total)


def mean_r2(moments: HalfMoments, models: list[Basis]) -> Array:
    """Return the mean R² over splits of every model [shape=(n_models,)]."""
    constant, once, twice = moments.kernels()
    fits = [model.vectors.T @ moments.centred.T for model in models]
    return np.array(
        [
            constant
            + float(np.einsum("kl,lm,km,k->", fit, once, fit, model.shrinkage, optimize=True))
            + float(np.einsum("kl,lm,km,k->", fit, twice, fit, model.shrinkage**2, optimize=True))
            for fit, model in zip(fits, models, strict=True)
        ]
    )


def ceilings(moments: HalfMoments) -> tuple[Array, Array]:
    """Return R² of the test half regressed on the train half, and on the whole group's mean.

    Both by ordinary least squares with intercept on the test half itself, so squared
    correlations [shape=(n_splits,) each].
    """
    gram = moments.centred @ moments.centred.T
    train, test = moments.splits
    group = np.full_like(train, 1 / train.shape[1])
    bounds = []
    for half in (train, group):
        variance = _quadratic(half, gram, half)
        covariance = _quadratic(test, gram, half)
        varies = variance > _VARIANCE * gram.trace()  # else the mean predicts nothing
        ratio = np.zeros_like(variance)
        np.divide(covariance**2, moments.total * variance, out=ratio, where=varies)
        bounds.append(ratio)
    return bounds[0], bounds[1]


def _quadratic(left: Array, matrix: Array, right: Array) -> Array:
    return np.asarray(((left @ matrix) * right).sum(axis=1))
