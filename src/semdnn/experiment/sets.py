"""Evaluation sets: sounds with true words and classes in the terms of one dictionary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.datasets.registry import EXTERNAL_SETS, read_external
from semdnn.datasets.table import Sound, Table
from semdnn.errors import SemdnnError
from semdnn.experiment.prepare import Prepared
from semdnn.features.store import FeatureSettings, LogMelStore, featurise
from semdnn.files import digest
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.targets import multi_hot
from semdnn.semantics.text import words_of
from semdnn.semantics.word_space import WordSpace, open_word_space


class SetError(SemdnnError):
    """An evaluation set that cannot be scored with this dictionary."""


@dataclass(frozen=True)
class EvaluationSet:
    """Sounds to score; every array is aligned with `names`.

    Attributes
    ----------
    name : str
        Short name, the key in every result.
    names : tuple of str
        Sounds, by their path inside the set's folder.
    store, store_rows
        Their log-mel patches and positions in the store.
    truth : csr_array of bool [shape=(S, W)]
        True words of each sound in the dictionary; a sound may have none (`has_words`).
    classes : tuple of str
        Class names: a published set's own, the categories of another described folder, or the
        distinct descriptions of the library that was trained on.
    class_vectors : float32 [shape=(K, D)]
        Unit mean of the word vectors of each class name, from the whole word space.
    labels : int64 [shape=(S,)]
        Class of each sound.
    groups : tuple of str [shape=(S,)]
        What the class analysis calls each sound: its class, or, where the set has none of its
        own, the one of its words that is commonest in the dictionary.
    missing_words : dict of str to int
        Words of the descriptions that the dictionary lacks, with the number of sounds.
    failures : tuple of (name, reason)
        Sounds that could not be read.
    """

    name: str
    names: tuple[str, ...]
    store: LogMelStore
    store_rows: NDArray[np.int64]
    truth: csr_array
    classes: tuple[str, ...]
    class_vectors: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: tuple[str, ...]
    missing_words: dict[str, int]
    failures: tuple[tuple[str, str], ...]

    @property
    def has_words(self) -> NDArray[np.bool_]:
        """Which sounds have at least one true word in the dictionary [shape=(S,)]."""
        return np.diff(self.truth.indptr) > 0


def external_sounds(name: str, folder: Path) -> Table:
    """Return the sounds of a public set, or of any described folder.

    Parameters
    ----------
    name : str
        ``esc50``, ``urbansound8k``, … or a name of your own for a plain library.
    folder : Path
        Where the set lies.

    Raises
    ------
    SetError
        If there are none.
    """
    table = read_external(name, folder)
    if not table.sounds:
        reasons = "; ".join(sorted({item.reason for item in table.rejected})[:3])
        raise SetError(f"{folder}: {name} has no sound to score; {reasons}")
    return table


def cache_folder(parent: Path, name: str, folder: Path) -> Path:
    """Return where the patches of a set are kept: another folder of one name has another place."""
    return parent / f"{name}-{digest(str(folder.resolve()))[:8]}"


def evaluation_set(
    name: str, table: Table, dictionary: Dictionary, features: FeatureSettings, cache: Path
) -> EvaluationSet:
    """Make a set's sounds ready for scoring with `dictionary`.

    Parameters
    ----------
    name : str
        The key in every result.
    table : Table
        As `external_sounds` reads it.
    dictionary : Dictionary
        The words that the network may predict.
    features : FeatureSettings
        The network's own log-mel settings.
    cache : Path
        Folder for the log-mel patches; made once, reused.

    Raises
    ------
    SetError
        If no sound could be read, or none has a dictionary word.
    """
    store = featurise([(s.name, s.path) for s in table.sounds], cache, features)
    row_of = {sound_name: row for row, sound_name in enumerate(store.names)}
    sounds = [sound for sound in table.sounds if sound.name in row_of]
    if not sounds:
        raise SetError(f"{name}: none of its {len(table.sounds)} sounds could be read")
    rows = np.array([row_of[sound.name] for sound in sounds], dtype=np.int64)
    rejected = tuple((item.name, item.reason) for item in table.rejected)
    unreadable = tuple((item.name, item.reason) for item in store.failures)
    data = _assemble(name, sounds, (store, rows), dictionary, rejected + unreadable)
    if name in EXTERNAL_SETS:
        return data
    return _classed(data, [sound.category for sound in sounds], dictionary)


def internal_set(prepared: Prepared, *, part: str = "test") -> EvaluationSet:
    """Return the held-out `part` (``"test"`` or ``"validation"``) of a prepared library."""
    chosen = getattr(prepared, part)
    sounds = [prepared.sounds[i] for i in chosen]
    stored = (prepared.store, prepared.store_rows[chosen])
    data = _assemble("internal", sounds, stored, prepared.dictionary, ())
    words = prepared.dictionary.words  # by falling count: the smallest id is the commonest word
    commonest = (words[prepared.word_ids[i].min()] for i in chosen)
    return replace(data, groups=tuple(commonest))


def _assemble(
    name: str,
    sounds: Sequence[Sound],
    stored: tuple[LogMelStore, NDArray[np.int64]],
    dictionary: Dictionary,
    failures: tuple[tuple[str, str], ...],
) -> EvaluationSet:
    words = [words_of(sound.description) for sound in sounds]
    position = {word: i for i, word in enumerate(dictionary.words)}
    word_ids = [
        np.array([position[word] for word in own if word in position], dtype=np.int32)
        for own in words
    ]
    missing = Counter(word for own in words for word in own if word not in position)
    if not any(len(ids) for ids in word_ids):
        common = ", ".join(word for word, _ in missing.most_common(5))
        raise SetError(
            f"{name}: no description has one of the {len(dictionary)} words of the dictionary; "
            f"its commonest words: {common}"
        )
    classes, labels = np.unique([sound.description for sound in sounds], return_inverse=True)
    store, rows = stored
    return EvaluationSet(
        name=name,
        names=tuple(sound.name for sound in sounds),
        store=store,
        store_rows=rows,
        truth=multi_hot(word_ids, len(dictionary)),
        classes=tuple(classes.tolist()),
        class_vectors=_class_vectors(classes.tolist(), dictionary),
        labels=labels.astype(np.int64),
        groups=tuple(sound.description for sound in sounds),
        missing_words=dict(missing.most_common()),
        failures=failures,
    )


def _classed(data: EvaluationSet, names: Sequence[str], dictionary: Dictionary) -> EvaluationSet:
    classes, labels = np.unique(names, return_inverse=True)
    return replace(
        data,
        classes=tuple(classes.tolist()),
        class_vectors=_class_vectors(classes.tolist(), dictionary),
        labels=labels.astype(np.int64),
        groups=tuple(names),
    )


def _class_vectors(classes: Sequence[str], dictionary: Dictionary) -> NDArray[np.float32]:
    own_words = [words_of(name) for name in classes]
    vector_of = _vectors({word for own in own_words for word in own}, dictionary)
    vectors = np.zeros((len(classes), dictionary.vectors.shape[1]), dtype=np.float32)
    for row, own in enumerate(own_words):
        known = [vector_of[word] for word in own if word in vector_of]
        if known:
            mean = np.mean(known, axis=0)
            vectors[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return vectors


def _vectors(words: set[str], dictionary: Dictionary) -> dict[str, NDArray[np.float32]]:
    known = dict(zip(dictionary.words, dictionary.vectors, strict=True))
    beyond = sorted(words - set(known))
    space: WordSpace = open_word_space(dictionary.word_space)
    found = space.look_up(beyond) if beyond else None
    if found is not None:
        known.update(zip(found.words, found.vectors, strict=True))
    return known
