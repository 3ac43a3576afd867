"""Does a model predict listeners better than chance? Joint permutations of stimuli.

Under the null hypothesis a model's dissimilarities have nothing to do with which stimulus is
which, so its stimuli can be reordered, rows and columns of every layer together. All models get
the same orders. The statistic is R²cv, the mean over all splits, computed for every order without
a single regression: reordering a model's stimuli is reordering the listeners' pairs back, the
model's orthonormal basis stays, and the mean over splits is linear in two small matrices of its
products with the listeners (`rsa_fit`).

References
----------
Maximum statistic: Westfall & Young (1993), ISBN 978-0-471-55761-6; Nichols & Holmes (2002),
doi:10.1002/hbm.1058; p-values: Phipson & Smyth (2010), doi:10.2202/1544-6115.1585.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semdnn.evaluation.rsa_data import (
    RsaSettings,
    checked_layers,
    checked_listeners,
    stimulus_pairs,
)
from semdnn.evaluation.rsa_fit import Basis, HalfMoments, basis, draw_splits, half_moments

Array = NDArray[np.float64]

_CELLS = 2_000_000  # reordered dissimilarities in one go
_TOLERANCE = 1e-10  # R² that differ by rounding only are ties


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """R²cv of several models and of the same models with their stimuli reordered.

    Attributes
    ----------
    names : tuple of str
        The models.
    observed : array [shape=(n_models,)]
        R²cv of every model.
    null : array [shape=(n_permutations, n_models)]
        R²cv under every order. Its mean is what a model with as many and as smooth layers
        reaches by chance, which is above 0: compare `observed` with it, not with 0.
    """

    names: tuple[str, ...]
    observed: Array
    null: Array

    @property
    def chance(self) -> Array:
        """Mean R²cv of every model over the permutations [shape=(n_models,)]."""
        return np.asarray(self.null.mean(axis=0))

    @property
    def p(self) -> Array:
        """One-sided p of every model by itself [shape=(n_models,)].

        Share of orders, the observed one counted in, whose R²cv reaches that of the model: the
        probability of it or more if the model were unrelated to the listeners. Not corrected
        for the number of models.
        """
        return _shares(self.observed, self.null)

    @property
    def p_corrected(self) -> Array:
        """One-sided p against the largest R²cv of any model in each order [shape=(n_models,)].

        If no model is related to the listeners, the chance that any of these is below α is α.
        """
        return _shares(self.observed, self.null.max(axis=1, keepdims=True))

    @property
    def p_corrected_standardised(self) -> Array:
        """As `p_corrected`, with every model's R²cv in units of its own null distribution.

        Models with many layers have larger R²cv by chance and dominate the plain maximum;
        here each has the same weight.
        """
        stacked = np.vstack([self.observed, self.null])
        deviations = stacked - stacked.mean(axis=0)
        z = deviations / np.maximum(deviations.std(axis=0), np.finfo(float).tiny)
        return _shares(z[0], z[1:].max(axis=1, keepdims=True))

    @property
    def difference_p(self) -> Array:
        """Two-sided p of every difference of two models [shape=(n_models, n_models)].

        Against the same difference under reordering, less its mean, and the largest over all
        pairs of models. The null hypothesis is that neither model is related to the listeners:
        it says that a difference is more than chance, not that two good models differ beyond
        these stimuli and listeners (`rsa_interval.contrast` is for that). The diagonal is 1.
        """
        chance = np.vstack([self.observed, self.null]).mean(axis=0)
        values = self.null - chance
        # The largest |difference| of two models in an order is the range of their values.
        largest = np.ptp(values, axis=1)
        own = self.observed - chance
        differences = np.abs(own[:, None] - own)
        reached = np.sort(largest)
        n_below = np.searchsorted(reached, differences - _TOLERANCE)
        result = np.asarray((1 + reached.size - n_below) / (1 + reached.size))
        np.fill_diagonal(result, 1)
        return result


def permutation_test(
    behaviour: ArrayLike,
    models: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    n_splits: int = 1_000,
    n_permutations: int = 10_000,
    settings: RsaSettings | None = None,
) -> PermutationTest:
    """Return R²cv of every model, and its distribution when stimuli are reordered.

    Parameters
    ----------
    behaviour : array [shape=(L, n_pairs)]
        Dissimilarities by listener. A single one (a group's mean) is allowed: the statistic is
        then R² of the fit to it.
    models : mapping of str to array [shape=(n_layers, n_pairs)]
        Layers of every model, at least one model.
    rng : numpy.random.Generator
        For the halves, drawn first and so those of `rsa.models_r2`, and then the orders.
    n_splits, n_permutations : int
        Split-halves, and random orders; the smallest p is 1/(1 + n_permutations).
    settings : RsaSettings, optional
        Transform, ridge, stimulus sets (an order each). `held_out` is not used: the statistic
        is that without held-out stimuli.

    Raises
    ------
    RsaError
        If listeners and layers do not fit, a value is missing, or a listener is constant.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = rng.random(45)
    >>> listeners = layer + 0.1 * rng.standard_normal((8, 45))
    >>> permutation_test(listeners, {"good": [layer]}, rng=rng, n_permutations=99).p
    array([0.01])
    """
    options = settings or RsaSettings()
    listeners = checked_listeners(behaviour, options.transform)
    n_pairs = listeners.shape[1]
    pairs = stimulus_pairs(n_pairs, options.set_sizes)
    bases = [
        basis(checked_layers(layers, n_pairs, options.transform, what=name), options.ridge)
        for name, layers in models.items()
    ]
    moments = half_moments(listeners, draw_splits(len(listeners), n_splits, rng))
    as_observed = np.arange(pairs.n_stimuli)[None]
    null = np.empty((n_permutations, len(bases)))
    size = max(1, _CELLS // listeners.size)
    for start in range(0, n_permutations, size):
        stop = min(start + size, n_permutations)
        orders = pairs.random_orders(stop - start, rng)
        null[start:stop] = _reordered_r2(moments, bases, pairs.permuted(orders))
    observed = _reordered_r2(moments, bases, pairs.permuted(as_observed))[0]
    return PermutationTest(tuple(models), observed, null)


def _reordered_r2(moments: HalfMoments, models: list[Basis], places: NDArray[np.int64]) -> Array:
    """Return the mean R² of every model for reordered listeners [shape=(n_orders, n_models)]."""
    n_orders, L = len(places), len(moments.centred)
    constant, once, twice = moments.kernels()
    by_pair = np.ascontiguousarray(moments.centred.T)
    reordered = by_pair[places.T].reshape(places.shape[1], n_orders * L)
    vectors = np.concatenate([model.vectors for model in models], axis=1)
    shrinkage = np.concatenate([model.shrinkage for model in models])[:, None, None]
    fitted = (vectors.T @ reordered).reshape(-1, n_orders, L)
    weighted = shrinkage * (fitted @ once) + shrinkage**2 * (fitted @ twice)
    gains = np.einsum("kol,kol->ko", weighted, fitted)
    starts = np.cumsum([0] + [model.shrinkage.size for model in models[:-1]])
    return np.asarray(constant + np.add.reduceat(gains, starts, axis=0).T)


def _shares(observed: Array, null: Array) -> Array:
    n_reached = np.count_nonzero(null >= observed - _TOLERANCE, axis=0)
    return np.asarray((1 + n_reached) / (1 + len(null)))
