"""Which patches of a log-mel store take part in their sound's mean (`semdnn.audio.silence`)."""

import numpy as np
from numpy.typing import ArrayLike

from semdnn.audio.silence import Mask, counted, is_sounding
from semdnn.features.store import LogMelStore

_BLOCK = 256


def sounding_patches(store: LogMelStore, indices: ArrayLike) -> Mask:
    """Return which patches of a store are not silent; they are read for it.

    Parameters
    ----------
    store : LogMelStore
        Where they lie.
    indices : array of int [shape=(P,)]
        Which patches, as `LogMelStore.read` takes them.

    Returns
    -------
    array of bool [shape=(P,)]
    """
    asked = np.asarray(indices, np.int64)
    found = np.empty(len(asked), np.bool_)
    for start in range(0, len(asked), _BLOCK):
        part = slice(start, start + _BLOCK)
        found[part] = is_sounding(store.read(asked[part]), store.settings.log_offset)
    return found


def counted_patches(store: LogMelStore) -> Mask:
    """Return which of all patches [shape=(N,)] take part in their sound's mean; they are read."""
    sounding = sounding_patches(store, np.arange(store.n_patches))
    return counted(sounding, store.sound_of_patch, len(store))
