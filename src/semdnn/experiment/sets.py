"""Evaluation sets: sounds with true words and classes in the terms of one dictionary."""

from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from semdnn.datasets.registry import SoundClasses, classes_of, read_external
from semdnn.datasets.table import Sound, Table
from semdnn.errors import SemdnnError
from semdnn.experiment.meanings import name_vectors
from semdnn.experiment.overlap import NO_OVERLAP, Overlap, find_overlap, recording_key
from semdnn.experiment.prepare import Prepared
from semdnn.features.store import FeatureSettings, LogMelStore, featurise
from semdnn.files import digest
from semdnn.semantics.dictionary import Dictionary
from semdnn.semantics.targets import multi_hot
from semdnn.semantics.text import words_of


class SetError(SemdnnError):
    """An evaluation set that cannot be scored with this dictionary."""


@dataclass(frozen=True)
class ExternalSounds:
    """A test set as it was read.

    Attributes
    ----------
    table : Table
        Its sounds, and what was rejected.
    classes : tuple of SoundClasses
        What each sound is, in the order of the table's sounds.
    """

    table: Table
    classes: tuple[SoundClasses, ...]


@dataclass(frozen=True)
class EvaluationSet:
    """Sounds to score; every array is aligned with `names`.

    Attributes
    ----------
    name : str
        Short name, the key in every result.
    names : tuple of str
        Sounds, by their path inside the set's folder.
    recordings : tuple of str [shape=(S,)]
        What each sound was cut from: sounds of one recording are not independent.
    store, store_rows
        Their log-mel patches and positions in the store.
    truth : csr_array of bool [shape=(S, W)]
        True words of each sound in the dictionary; a sound may have none (`has_words`).
    classes : tuple of str
        Class names: a published set's own, the categories of another described folder, or the
        distinct descriptions of the library that was trained on.
    class_vectors : float32 [shape=(K, D)]
        Unit mean of the word vectors of each class name, from the whole word space; zeros where
        no word of the name is known, and such a class is never predicted.
    class_truth : csr_array of bool [shape=(S, K)]
        Classes of each sound: one, or several in a multi-label set.
    groups : tuple of str [shape=(S,)]
        What the class analysis calls each sound: its class (none where it has several), or, where
        the set has none of its own, the one of its words that is commonest in the dictionary.
    macro_classes : tuple of str [shape=(S,)]
        The larger group of each sound's class; empty where the set has none.
    missing_words : dict of str to int
        Words of the descriptions that the dictionary lacks, with the number of sounds.
    failures : tuple of (name, reason)
        Sounds that could not be read.
    overlap : Overlap
        Recordings that were trained on as well, and the sounds that are left out for it.
    """

    name: str
    names: tuple[str, ...]
    recordings: tuple[str, ...]
    store: LogMelStore
    store_rows: NDArray[np.int64]
    truth: csr_array
    classes: tuple[str, ...]
    class_vectors: NDArray[np.float32]
    class_truth: csr_array
    groups: tuple[str, ...]
    macro_classes: tuple[str, ...]
    missing_words: dict[str, int]
    failures: tuple[tuple[str, str], ...] = ()
    overlap: Overlap = NO_OVERLAP

    @property
    def has_words(self) -> NDArray[np.bool_]:
        """Which sounds have at least one true word in the dictionary [shape=(S,)]."""
        return np.diff(self.truth.indptr) > 0

    @property
    def unknown_classes(self) -> tuple[str, ...]:
        """Classes without a word that the word space knows."""
        unknown = np.flatnonzero(~self.class_vectors.any(axis=1))
        return tuple(self.classes[k] for k in unknown)


def external_sounds(name: str, folder: Path) -> ExternalSounds:
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
    return ExternalSounds(table, classes_of(name, folder, table))


def cache_folder(parent: Path, name: str, folder: Path) -> Path:
    """Return where the patches of a set are kept: another folder of one name has another place."""
    return parent / f"{name}-{digest(str(folder.resolve()))[:8]}"


def featurise_set(
    sounds: ExternalSounds,
    cache: Path,
    features: FeatureSettings,
    *,
    executor: Executor | None = None,
) -> LogMelStore:
    """Return the log-mel patches of a set; made once in the folder `cache`, then reused.

    Parameters
    ----------
    sounds : ExternalSounds
        As `external_sounds` reads them.
    cache : Path
        Folder for the patches (`cache_folder`).
    features : FeatureSettings
        The network's own log-mel settings.
    executor : Executor, optional
        Featurises in place of a local process pool.

    Raises
    ------
    StoreError
        If the folder cannot be written, or a worker dies.
    """
    named = [(sound.name, sound.path) for sound in sounds.table.sounds]
    return featurise(named, cache, features, executor=executor)


def evaluation_set(
    name: str,
    sounds: ExternalSounds,
    dictionary: Dictionary,
    store: LogMelStore,
    trained_on: Collection[str] = (),
) -> EvaluationSet:
    """Make a set's sounds ready for scoring with `dictionary`.

    Parameters
    ----------
    name : str
        The key in every result.
    sounds : ExternalSounds
        As `external_sounds` reads them.
    dictionary : Dictionary
        The words that the network may predict.
    store : LogMelStore
        Their patches by the network's own settings (`featurise_set`).
    trained_on : collection of str
        Keys of the recordings that the network was trained on (`recording_keys`): sounds cut
        from them are left out, and listed in `overlap`.

    Raises
    ------
    SetError
        If no sound could be read, all were trained on, or none has a dictionary word.
    """
    table = sounds.table
    row_of = {sound_name: row for row, sound_name in enumerate(store.names)}
    overlap = find_overlap(table.sounds, trained_on)
    left_out = set(overlap.sounds)
    pairs = zip(table.sounds, sounds.classes, strict=True)
    kept = [(s, c) for s, c in pairs if s.name in row_of and s.name not in left_out]
    if not kept:
        raise SetError(
            f"{name}: none of its {len(table)} sounds can be scored: {len(store.failures)} could "
            f"not be read, {len(left_out)} are from recordings that were trained on"
        )
    rows = np.array([row_of[sound.name] for sound, _ in kept], dtype=np.int64)
    data = _assemble(name, kept, (store, rows), dictionary)
    rejected = tuple((item.name, item.reason) for item in table.rejected)
    unreadable = tuple((item.name, item.reason) for item in store.failures)
    return replace(data, failures=rejected + unreadable, overlap=overlap)


def internal_set(prepared: Prepared, *, part: str = "test") -> EvaluationSet:
    """Return the held-out `part` (``"test"`` or ``"validation"``) of a prepared library."""
    chosen = getattr(prepared, part)
    sounds = [prepared.sounds[i] for i in chosen]
    described = [(sound, SoundClasses((sound.description,))) for sound in sounds]
    stored = (prepared.store, prepared.store_rows[chosen])
    data = _assemble("internal", described, stored, prepared.dictionary)
    words = prepared.dictionary.words  # by falling count: the smallest id is the commonest word
    commonest = (words[prepared.word_ids[i].min()] for i in chosen)
    return replace(data, groups=tuple(commonest))


def _assemble(
    name: str,
    described: Sequence[tuple[Sound, SoundClasses]],
    stored: tuple[LogMelStore, NDArray[np.int64]],
    dictionary: Dictionary,
) -> EvaluationSet:
    words = [words_of(sound.description) for sound, _ in described]
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
    classes = sorted({text for _, own in described for text in own.classes})
    number = {text: k for k, text in enumerate(classes)}
    class_ids = [np.array([number[t] for t in own.classes], np.int32) for _, own in described]
    store, rows = stored
    return EvaluationSet(
        name=name,
        names=tuple(sound.name for sound, _ in described),
        recordings=tuple(recording_key(sound) or sound.name for sound, _ in described),
        store=store,
        store_rows=rows,
        truth=multi_hot(word_ids, len(dictionary)),
        classes=tuple(classes),
        class_vectors=name_vectors(classes, dictionary),
        class_truth=multi_hot(class_ids, len(classes)),
        groups=tuple(own.classes[0] if own.n_specific == 1 else "" for _, own in described),
        macro_classes=tuple(own.macro_class for _, own in described),
        missing_words=dict(missing.most_common()),
    )
