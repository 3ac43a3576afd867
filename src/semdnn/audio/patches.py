"""Patches: the 0.96 s log-mel examples that a network sees, and the way back to whole sounds.

A patch is 96 consecutive frames of 10 ms. Its last frame's window ends 15,600 samples (0.975 s)
after its first sample.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

FRAME_S = 0.01
PATCH_FRAMES = 96
PATCH_SAMPLES = 15_600


def cut(log_mel: NDArray[np.float32], *, hop_frames: int = PATCH_FRAMES) -> NDArray[np.float32]:
    """Return every whole patch of a sound; frames after the last whole patch are left out.

    Parameters
    ----------
    log_mel : array of float32 [shape=(T, F)]
        Frames of one sound, T ≥ 96.
    hop_frames : int
        Frames from the start of one patch to the start of the next; ≥ 1.

    Returns
    -------
    array of float32 [shape=(P, 96, F)], read-only
        P = 1 + (T − 96) // hop_frames, a view of `log_mel`: nothing is copied.

    Raises
    ------
    ValueError
        If `log_mel` is not two-dimensional, has fewer than 96 frames, or `hop_frames` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> cut(np.zeros((200, 64), np.float32), hop_frames=48).shape
    (3, 96, 64)
    """
    if log_mel.ndim != 2 or log_mel.shape[0] < PATCH_FRAMES:
        raise ValueError(f"log_mel has shape {log_mel.shape}: at least (96, F) is needed")
    _require_positive("hop_frames", hop_frames)
    windows = np.lib.stride_tricks.sliding_window_view(log_mel, PATCH_FRAMES, axis=0)
    return windows[::hop_frames].transpose(0, 2, 1)


def cut_stream(
    frame_blocks: Iterable[NDArray[np.float32]],
    *,
    hop_frames: int = PATCH_FRAMES,
    n_patches: int = 64,
) -> Iterator[NDArray[np.float32]]:
    """Yield the patches of a sound whose log-mel frames arrive in blocks.

    Joined, they are the patches that `cut` gives for the joined frames.

    Parameters
    ----------
    frame_blocks : iterable of arrays of float32 [shape=(any, 64)]
        Consecutive frames.
    hop_frames : int
        Frames from the start of one patch to the start of the next, ≥ 1.
    n_patches : int
        Patches to wait for before any are yielded: what is held in memory.

    Yields
    ------
    array of float32 [shape=(P, 96, 64)]
        About `n_patches` consecutive patches; the last array has the rest.
    """
    wanted = PATCH_FRAMES + (n_patches - 1) * hop_frames
    parts: list[NDArray[np.float32]] = []
    n_held = n_to_skip = 0
    for frames in frame_blocks:
        n_dropped = min(n_to_skip, len(frames))
        n_to_skip -= n_dropped
        parts.append(frames[n_dropped:])
        n_held += len(frames) - n_dropped
        if n_held < wanted:
            continue
        held = np.concatenate(parts)
        patches = cut(held, hop_frames=hop_frames)
        yield patches
        n_used = len(patches) * hop_frames
        n_to_skip = max(0, n_used - n_held)
        parts = [held[n_used:]]
        n_held = len(parts[0])
    if n_held >= PATCH_FRAMES:
        yield cut(np.concatenate(parts), hop_frames=hop_frames)


def count(n_frames: int, *, hop_frames: int = PATCH_FRAMES) -> int:
    """Return how many patches `cut` finds in `n_frames` frames (0 below 96).

    Examples
    --------
    >>> count(95), count(96), count(200, hop_frames=48)
    (0, 1, 3)
    """
    _require_positive("hop_frames", hop_frames)
    return 0 if n_frames < PATCH_FRAMES else 1 + (n_frames - PATCH_FRAMES) // hop_frames


def start_times(n_patches: int, hop_s: float = 0.96) -> NDArray[np.float64]:
    """Return when each patch starts.

    Parameters
    ----------
    n_patches : int
        Number of patches P ≥ 0.
    hop_s : float
        Seconds from one patch to the next, > 0.

    Returns
    -------
    array of float64 [shape=(P,)]
        Seconds from the start of the sound.

    Examples
    --------
    >>> start_times(3, 0.48)
    array([0.  , 0.48, 0.96])
    """
    if n_patches < 0 or not hop_s > 0:
        raise ValueError(f"n_patches={n_patches}, hop_s={hop_s}: need n_patches ≥ 0 and hop_s > 0")
    return np.arange(n_patches, dtype=np.float64) * hop_s


def spread(n_patches: int, max_patches: int) -> NDArray[np.int64]:
    """Return which patches to keep of a sound that has too many: evenly spaced, first to last.

    Parameters
    ----------
    n_patches : int
        Patches that the sound has, ≥ 0.
    max_patches : int
        Patches to keep at most, ≥ 1. One alone is the middle one.

    Returns
    -------
    array of int64 [shape=(min(n_patches, max_patches),)]
        Ascending, without repeats.

    Examples
    --------
    >>> spread(10, 4), spread(3, 10), spread(9, 1)
    (array([0, 3, 6, 9]), array([0, 1, 2]), array([4]))
    """
    _require_positive("max_patches", max_patches)
    if n_patches <= max_patches:
        return np.arange(max(n_patches, 0))
    if max_patches == 1:
        return np.array([(n_patches - 1) // 2])
    # Whole-number rounding of i (P − 1) / (n − 1), so that no platform rounds another way.
    last, gaps = n_patches - 1, max_patches - 1
    kept: NDArray[np.int64] = (2 * np.arange(max_patches) * last + gaps) // (2 * gaps)
    return kept


def pool(
    predictions: NDArray[np.floating],
    patch_to_sound: ArrayLike,
    n_sounds: int,
    *,
    counted: NDArray[np.bool_] | None = None,
) -> NDArray[np.floating]:
    """Return the mean over the patches of each sound.

    Parameters
    ----------
    predictions : array of float [shape=(P, D)]
        One row a patch.
    patch_to_sound : array of int [shape=(P,)]
        Sound of each patch, 0 … n_sounds − 1, in any order.
    n_sounds : int
        Number of sounds S; each must have at least one patch.
    counted : array of bool [shape=(P,)], optional
        Patches that take part, at least one a sound (`semdnn.audio.silence.counted`); all by
        default.

    Returns
    -------
    array of `predictions`' type [shape=(S, D)]
        Sums are taken in double precision, patch after patch.

    Raises
    ------
    ValueError
        If shapes disagree, an index is out of range, or a sound has no patch.

    Examples
    --------
    >>> import numpy as np
    >>> pool(np.array([[1.0], [3.0], [5.0]]), [0, 0, 1], 2)
    array([[2.],
           [5.]])
    """
    sound = np.asarray(patch_to_sound)
    if predictions.ndim != 2 or sound.shape != predictions.shape[:1]:
        raise ValueError(
            f"predictions {predictions.shape} and patch_to_sound {sound.shape} disagree"
        )
    if sound.size and not (sound.min() >= 0 and sound.max() < n_sounds):
        raise ValueError(f"patch_to_sound must lie in 0 … {n_sounds - 1}")
    if counted is not None:
        sound, predictions = sound[counted], predictions[counted]
    n_patches = np.bincount(sound, minlength=n_sounds) if sound.size else np.zeros(n_sounds, int)
    if not n_patches.all():
        raise ValueError(f"sound {int(np.argmin(n_patches))} has no patch")
    sums = np.zeros((n_sounds, predictions.shape[1]))
    np.add.at(sums, sound, predictions)
    return (sums / n_patches[:, np.newaxis]).astype(predictions.dtype)


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} is {value}: at least 1 is needed")
