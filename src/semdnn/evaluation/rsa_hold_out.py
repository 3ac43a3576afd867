"""R² on stimuli that the fit has not seen, as well as on listeners that it has not."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.evaluation.rsa_data import RsaError, StimulusPairs
from semdnn.evaluation.rsa_fit import Splits, ceilings, half_moments, standardised

Array = NDArray[np.float64]

MIN_STIMULI = 3  # fewer leave too few pairs for a variance


def draw_test_stimuli(
    pairs: StimulusPairs, share: float, n_splits: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return which stimuli test the fit, the given share of every set, anew for each split.

    Parameters
    ----------
    pairs : StimulusPairs
        The stimuli's sets.
    share : float
        Of every set, above 0, at most 0.5; rounded to at least 3 stimuli.
    n_splits : int
        Rows to draw.
    rng : numpy.random.Generator
        For the draw.

    Returns
    -------
    array of bool [shape=(n_splits, n_stimuli)]

    Raises
    ------
    RsaError
        If a set has fewer than 6 stimuli.
    """
    if min(pairs.set_sizes) < 2 * MIN_STIMULI:
        raise RsaError(
            f"a set of {min(pairs.set_sizes)} stimuli is too small to hold out stimuli: "
            f"{2 * MIN_STIMULI} are the least"
        )
    chosen = np.zeros((n_splits, pairs.n_stimuli), dtype=bool)
    for members in pairs.sets:
        n_test = max(MIN_STIMULI, round(share * members.size))
        places = rng.permuted(np.tile(np.arange(members.size), (n_splits, 1)), axis=1)
        chosen[:, members] = places < n_test
    return chosen


def held_out_r2(
    listeners: Array,
    models: Mapping[str, Array],
    splits: Splits,
    pairs: StimulusPairs,
    chosen: NDArray[np.bool_],
    ridge: float,
) -> dict[str, tuple[Array, Array, Array]]:
    """Return, for every model, R² and both ceilings of every split [shape=(n_splits,) each].

    The fit is made on the train half and pairs of train stimuli, and tested on the test half and
    pairs of test stimuli; SST is about the mean of these. R² of a split is 1 − SSE over the mean
    SST of all splits: few pairs can have nearly one value, and a split with hardly any variance
    would swamp the others. So the mean over splits is 1 − ΣSSE/ΣSST. Ceilings are of the test
    pairs.

    Parameters
    ----------
    listeners : array [shape=(L, n_pairs)]
        Checked dissimilarities.
    models : mapping of str to array [shape=(n_layers, n_pairs)]
        Checked layers.
    splits : Splits
        Halves of the listeners.
    pairs : StimulusPairs
        What the pairs are of.
    chosen : array of bool [shape=(n_splits, n_stimuli)]
        Test stimuli of every split.
    ridge : float
        Penalty, see `RsaSettings`.
    """
    n_splits = len(chosen)
    errors = {name: np.empty(n_splits) for name in models}
    totals = np.empty(n_splits)
    bounds = np.full((2, n_splits), np.nan)
    for split, test_stimuli in enumerate(chosen):
        halves = Splits(splits.train[[split]], splits.test[[split]])
        train, test = pairs.among(~test_stimuli), pairs.among(test_stimuli)
        if len(listeners) > 1:
            bounds[:, split] = np.concatenate(ceilings(half_moments(listeners[:, test], halves)))
        target = (halves.train @ listeners)[0, train]
        truth = (halves.test @ listeners)[0, test]
        totals[split] = ((truth - truth.mean()) ** 2).sum()
        for name, layers in models.items():
            fit = linear_fit(layers[:, train], layers[:, test], ridge)
            errors[name][split] = ((truth - fit.predict(target)) ** 2).sum()
    if not totals.any():
        raise RsaError("test stimuli all have one dissimilarity: hold out more of them")
    return {
        name: (1 - values / totals.mean(), bounds[0], bounds[1]) for name, values in errors.items()
    }


class LinearFit(NamedTuple):
    """A regression on the layers, as the linear map from what is fitted to what is predicted.

    Attributes
    ----------
    left : array [shape=(n_train, k)]
        Orthonormal basis of the layers on the pairs that are fitted.
    right : array [shape=(n_test, k)]
        What a unit along each basis vector predicts for the pairs that are tested.
    """

    left: Array
    right: Array

    def predict(self, targets: Array) -> Array:
        """Return predictions [shape=(…, n_test)] from targets [shape=(…, n_train)]."""
        means = targets.mean(axis=-1, keepdims=True)
        return np.asarray(means + ((targets - means) @ self.left) @ self.right.T)


def linear_fit(layers: Array, new_layers: Array, ridge: float) -> LinearFit:
    """Return the fit on `layers` [shape=(n_layers, n_train)] that predicts for `new_layers`."""
    columns, means, scales = standardised(layers)
    left, singular, right = np.linalg.svd(columns, full_matrices=False)
    kept = singular > singular[0] * max(columns.shape) * np.finfo(float).eps
    weights = singular[kept] / (singular[kept] ** 2 + columns.shape[0] * ridge)
    coefficients = right[kept].T * weights
    coefficients[~columns.any(axis=0)] = 0
    new_columns = ((new_layers - means[:, None]) / scales[:, None]).T
    return LinearFit(left[:, kept], new_columns @ coefficients)
