"""YAMNet through ConSE: what a tagger of 521 fixed classes says in words of the dictionary.

Each patch gets YAMNet's 521 scores, their mean over a sound's patches (silent ones aside, as for
the networks) weighs the vectors of the ten best classes' names, and the result is scored like any
other embedding.

References
----------
Plakal & Ellis, YAMNet, https://github.com/tensorflow/models/tree/master/research/audioset/yamnet;
Norouzi, M. et al. (2014), doi:10.48550/arXiv.1312.5650.
"""

import csv
import hashlib
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.patches import pool
from semdnn.datasets.table import Table
from semdnn.errors import SemdnnError
from semdnn.experiment.evaluate import Predictions
from semdnn.experiment.meanings import name_vectors
from semdnn.features.silence import counted_patches
from semdnn.features.store import FeatureSettings, LogMelStore, featurise
from semdnn.files import replacing
from semdnn.progress import track
from semdnn.semantics.decoding import conse
from semdnn.semantics.dictionary import Dictionary

FEATURES = FeatureSettings(hop_s=0.48, max_patches_per_sound=20, log_offset=0.001)
"""YAMNet's own: ln(mel + 0.001), a patch every 0.48 s; as many seconds as the networks hear."""
CLASS_MAP = "yamnet_class_map.csv"
N_TOP = 10
_BATCH = 64
_MEAN_OVER = "sounding patches"  # part of what kept scores are of


class YamnetError(SemdnnError):
    """YAMNet's files are not there, or not what they should be."""


def class_names(weights: Path) -> tuple[str, ...]:
    """Return YAMNet's class names from the class map that lies beside the weights.

    Raises
    ------
    YamnetError
        If there is none, or it has no column ``display_name``.
    """
    path = weights.parent / CLASS_MAP
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            names = tuple(row["display_name"] for row in csv.DictReader(lines))
    except OSError as error:
        raise YamnetError(f"{path}: YAMNet's class map belongs beside its weights") from error
    except KeyError as error:
        raise YamnetError(f"{path}: no column display_name: not YAMNet's class map") from error
    return names


def yamnet_scores(
    weights: Path, table: Table, cache: Path, *, executor: Executor | None = None
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the names of the sounds that could be read and their mean scores, made once.

    Parameters
    ----------
    weights : Path
        An ONNX file with the input ``log_mel`` [n, 96, 64] and the output ``scores`` [n, 521].
    table : Table
        The sounds.
    cache : Path
        Folder for the log-mel patches and the scores.
    executor : Executor, optional
        Featurises in place of a local process pool.

    Returns
    -------
    names : tuple of str
    scores : array of float32 [shape=(S, 521)]
        0 … 1.

    Raises
    ------
    YamnetError
        If the weights cannot be used, or onnxruntime is not installed.
    """
    if not weights.is_file():
        raise YamnetError(f"{weights}: no such file; give YAMNet's weights as ONNX")
    named = [(sound.name, sound.path) for sound in table.sounds]
    store = featurise(named, cache, FEATURES, executor=executor)
    key = hashlib.sha256(weights.read_bytes())
    key.update("\n".join((_MEAN_OVER, *store.names, *store.content)).encode())
    kept = cache / f"scores-{key.hexdigest()[:16]}.npy"
    if kept.is_file():
        return store.names, np.load(kept, allow_pickle=False)
    scores = _run(weights, store)
    with replacing(kept) as temporary, temporary.open("wb") as out:
        np.save(out, scores, allow_pickle=False)
    return store.names, scores


def yamnet_predictions(
    scores: NDArray[np.float32], names: tuple[str, ...], dictionary: Dictionary
) -> Predictions:
    """Return the convex combination of the ten best classes' vectors of each sound.

    Parameters
    ----------
    scores : array [shape=(S, 521)]
        As `yamnet_scores` gives them.
    names : tuple of str
        YAMNet's classes; one without a word that the word space knows never takes part.
    dictionary : Dictionary
        What says which word space.
    """
    if scores.shape[1] != len(names):
        raise YamnetError(f"{scores.shape[1]} scores a patch do not fit {len(names)} class names")
    vectors = name_vectors(names, dictionary)
    known = np.flatnonzero(vectors.any(axis=1))
    return Predictions(conse(scores[:, known], vectors[known], n_top=N_TOP))


def _run(weights: Path, store: LogMelStore) -> NDArray[np.float32]:
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise YamnetError("YAMNet needs onnxruntime: pip install onnxruntime") from error
    try:
        session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class of their own
        raise YamnetError(f"{weights}: onnxruntime cannot read it ({error})") from error
    parts = []
    starts = range(0, store.n_patches, _BATCH)
    for start in track(starts, label="YAMNet", total=len(starts)):
        indices = np.arange(start, min(start + _BATCH, store.n_patches))
        (values,) = session.run(["scores"], {"log_mel": store.read(indices)})
        parts.append(np.asarray(values, np.float32))
    mask, owner = counted_patches(store), store.sound_of_patch
    return pool(np.concatenate(parts), owner, len(store), counted=mask).astype(np.float32)
