"""Training patches held on the device that trains, so that no step waits for a disk or a bus."""

import dataclasses
from typing import Literal

import numpy as np
import torch

from semdnn.features.store import LogMelStore
from semdnn.progress import track
from semdnn.training.batches import LabelledPatches

Choice = Literal["auto", "on", "off"]

LARGEST_SHARE = 0.5
"""Of the device's free memory, what "auto" takes at most: the rest is for the network."""
_BLOCK = 1024


def hold(patches: LabelledPatches, device: torch.device, choice: Choice) -> LabelledPatches:
    """Return the same patches, held on `device` if that is wanted.

    Parameters
    ----------
    patches : LabelledPatches
        What is trained with.
    device : torch.device
        Where the network is.
    choice : "auto", "on" or "off"
        "auto": on a GPU, if they take half of its free memory at most.

    Returns
    -------
    LabelledPatches
        Equal batches to the bit; patches of a store are held in its half precision.
    """
    dtype = torch.float16 if isinstance(patches.source, LogMelStore) else torch.float32
    if not (choice == "on" or (choice == "auto" and _has_room(patches, device, dtype))):
        return patches
    n_patches = len(patches)
    held = torch.empty((n_patches, 96, 64), dtype=dtype, device=device)
    starts = range(0, n_patches, _BLOCK)
    for start in track(starts, label=f"patches to {device}", total=len(starts)):
        part = slice(start, start + _BLOCK)
        held[part] = torch.from_numpy(np.asarray(patches.source.read(patches.indices[part])))
    return dataclasses.replace(patches, held=held)


def _has_room(patches: LabelledPatches, device: torch.device, dtype: torch.dtype) -> bool:
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return len(patches) * 96 * 64 * dtype.itemsize <= LARGEST_SHARE * free
