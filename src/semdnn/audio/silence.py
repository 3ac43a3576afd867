"""Which patches of a sound are silent, and the mean over the others.

A patch is silent where no band of it rises above the constant that the front end adds in the
logarithm: there the picture shows the constant and not the sound (noise of about -80 dB of full
scale with the networks' 0.01). Clips are often filled up with such patches, training hardly ever
shows one, and what a network says of it is about nothing. So it takes no part in a sound's mean and
in no timeline. Of a sound that is silent throughout, the mean is over all patches.
"""

import math

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def is_sounding(patches: NDArray[np.floating], log_offset: float) -> Mask:
    """Return which patches are not silent.

    Parameters
    ----------
    patches : array of float [shape=(P, T, F)]
        ln(mel + log_offset).
    log_offset : float
        Constant of the front end, > 0.

    Returns
    -------
    array of bool [shape=(P,)]
        True where a band at some time has mel > log_offset.

    Examples
    --------
    >>> patches = np.log(np.full((2, 96, 64), 0.01))
    >>> patches[1, 40, 3] = np.log(0.01 + 0.02)
    >>> is_sounding(patches, 0.01)
    array([False,  True])
    """
    sounding: Mask = patches.max(axis=(1, 2), initial=-math.inf) > math.log(2 * log_offset)
    return sounding


def counted(sounding: Mask, patch_to_sound: NDArray[np.integer], n_sounds: int) -> Mask:
    """Return which patches take part in their sound's mean.

    Parameters
    ----------
    sounding : array of bool [shape=(P,)]
        As `is_sounding` gives it.
    patch_to_sound : array of int [shape=(P,)]
        Sound of each patch, 0 … n_sounds − 1.
    n_sounds : int
        Number of sounds.

    Returns
    -------
    array of bool [shape=(P,)]
        The sounding ones, and all patches of sounds that have none.

    Examples
    --------
    >>> counted(np.array([True, False, False, False]), np.array([0, 0, 1, 1]), 2)
    array([ True, False,  True,  True])
    """
    some = np.bincount(patch_to_sound[sounding], minlength=n_sounds) > 0
    return np.asarray(sounding | ~some[patch_to_sound], dtype=np.bool_)


class SoundMean:
    """The mean over the patches of one sound that arrive in parts.

    Sums are taken in double precision, patch after patch.

    Attributes
    ----------
    n_patches : int
        Patches so far.
    n_sounding : int
        Those of them that are not silent.

    Examples
    --------
    >>> mean = SoundMean()
    >>> mean.add(np.array([[1.0], [9.0], [3.0]]), np.array([True, False, True]))
    >>> mean.value(), mean.n_sounding
    (array([2.], dtype=float32), 2)
    """

    def __init__(self) -> None:
        self.n_patches = 0
        self.n_sounding = 0
        self._sounding: NDArray[np.float64] = np.zeros(1)
        self._silent: NDArray[np.float64] = np.zeros(1)

    def add(self, values: NDArray[np.floating], sounding: Mask) -> None:
        """Take in consecutive patches' values [shape=(P, ...)]; `sounding` [shape=(P,)]."""
        self.n_patches += len(values)
        self.n_sounding += int(np.count_nonzero(sounding))
        self._sounding = self._sounding + values[sounding].sum(axis=0, dtype=np.float64)
        self._silent = self._silent + values[~sounding].sum(axis=0, dtype=np.float64)

    def value(self) -> NDArray[np.float32]:
        """Return the mean [shape=(...)] over the sounding patches, or over all if none is.

        Raises
        ------
        ValueError
            If there was no patch.
        """
        if not self.n_patches:
            raise ValueError("no patch to take the mean of")
        if self.n_sounding:
            return (self._sounding / self.n_sounding).astype(np.float32)
        return (self._silent / self.n_patches).astype(np.float32)
