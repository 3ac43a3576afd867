"""Training patches held on the device that trains, so that no step waits for a disk or a bus."""

import dataclasses
from typing import Literal

import numpy as np
import torch

from semdnn.features.store import LogMelStore
from semdnn.progress import track
from semdnn.training.batches import LabelledPatches, TrainingError

Choice = Literal["auto", "on", "off"]

LARGEST_SHARE = 0.5
"""Of the device's free memory, what "auto" takes at most: the rest is for the network."""
_BLOCK = 1024


def hold(
    patches: LabelledPatches, device: torch.device, choice: Choice, *, shown: bool = True
) -> LabelledPatches:
    """Return the same patches, held on `device` if that is wanted.

    Parameters
    ----------
    patches : LabelledPatches
        What is trained with.
    device : torch.device
        Where the network is.
    choice : "auto", "on" or "off"
        "auto": on a GPU, if they take half of its free memory at most.
    shown : bool
        Show a progress bar, where a person is watching.

    Returns
    -------
    LabelledPatches
        Equal batches to the bit; patches of a store are held in its half precision.

    Raises
    ------
    TrainingError
        "on", and they do not fit into the device's memory.
    """
    dtype = torch.float16 if isinstance(patches.source, LogMelStore) else torch.float32
    if not (choice == "on" or (choice == "auto" and _has_room(patches, device, dtype))):
        return patches
    n_patches = len(patches)
    try:
        held = torch.empty((n_patches, 96, 64), dtype=dtype, device=device)
    except RuntimeError as error:  # out of memory
        raise TrainingError(_too_large(patches, device, dtype)) from error
    starts = range(0, n_patches, _BLOCK)
    bar = track(starts, label=f"patches to {device}", total=len(starts)) if shown else starts
    for start in bar:
        part = slice(start, start + _BLOCK)
        held[part] = torch.from_numpy(np.asarray(patches.source.read(patches.indices[part])))
    return dataclasses.replace(patches, held=held)


def _has_room(patches: LabelledPatches, device: torch.device, dtype: torch.dtype) -> bool:
    if device.type != "cuda":
        return False
    torch.cuda.empty_cache()  # what an earlier network left would count as taken
    free, _ = torch.cuda.mem_get_info(device)
    return _n_bytes(patches, dtype) <= LARGEST_SHARE * free


def _n_bytes(patches: LabelledPatches, dtype: torch.dtype) -> int:
    return len(patches) * 96 * 64 * dtype.itemsize


def _too_large(patches: LabelledPatches, device: torch.device, dtype: torch.dtype) -> str:
    free = ""
    if device.type == "cuda":
        free = f", of which {torch.cuda.mem_get_info(device)[0] / 1e9:.1f} GB are free"
    return (
        f"{len(patches)} patches need {_n_bytes(patches, dtype) / 1e9:.1f} GB of the memory of "
        f'{device}{free}: set resident = "off"'
    )
