"""From a library folder to what training needs: words, dictionary, split, patches, targets."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.datasets.library import read_library
from semdnn.datasets.procedural.library import write_library
from semdnn.datasets.table import Rejected, Sound
from semdnn.errors import SemdnnError
from semdnn.features.duplicates import near_duplicate_groups
from semdnn.features.store import LogMelStore, featurise
from semdnn.files import write_json, write_text
from semdnn.recipe import Recipe
from semdnn.semantics.balancing import (
    choose_balanced,
    choose_random,
    cluster_counts,
    entropy,
)
from semdnn.semantics.dictionary import Dictionary, build_dictionary
from semdnn.semantics.part_of_speech import keep_parts_of_speech
from semdnn.semantics.splitting import join_groups, split_by_recording
from semdnn.semantics.text import words_of
from semdnn.semantics.word_space import open_word_space

MIN_SOUNDS = 20
"""Sounds that a library must have for three parts to be told apart."""


class LibraryError(SemdnnError):
    """A library from which nothing can be learned."""


@dataclass(frozen=True)
class Balance:
    """Word occurrences in each cluster of the dictionary, in the training part.

    Attributes
    ----------
    before, after : int64 arrays [shape=(K,)]
        Over all training sounds, and over those that balancing kept.
    n_before, n_after : int
        Sounds.
    """

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    n_before: int
    n_after: int

    def as_json(self) -> dict[str, float]:
        """Return sizes and entropies in bits; the limit is that of equal counts."""
        return {
            "n_before": self.n_before,
            "n_after": self.n_after,
            "entropy_before_bits": entropy(self.before),
            "entropy_after_bits": entropy(self.after),
            "entropy_limit_bits": float(np.log2(len(self.before))),
        }


@dataclass(frozen=True)
class Prepared:
    """A library made ready for training; every array is aligned with `sounds`.

    Attributes
    ----------
    sounds : tuple of Sound
        The sounds that have audio, a description and at least one dictionary word.
    word_ids : tuple of int32 arrays
        Dictionary words of each sound.
    store : LogMelStore
        Their log-mel patches.
    store_rows : int64 [shape=(S,)]
        Position of each sound in `store.names`.
    training, validation, test : int64 arrays
        Positions in `sounds`; `training` is already balanced.
    control : int64 array
        As many training sounds as `training`, chosen at random.
    rejected : tuple of Rejected
        Every sound that was left out, with the reason.
    balance : Balance
        Word counts of the clusters before and after balancing.
    """

    sounds: tuple[Sound, ...]
    dictionary: Dictionary
    word_ids: tuple[NDArray[np.int32], ...]
    store: LogMelStore
    store_rows: NDArray[np.int64]
    training: NDArray[np.int64]
    control: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    rejected: tuple[Rejected, ...]
    out_of_vocabulary: dict[str, int]
    balance: Balance


class _Parts(NamedTuple):
    training: NDArray[np.int64]
    control: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    balance: Balance


def prepare(
    recipe: Recipe,
    library: Path | None,
    folder: Path,
    *,
    executor: Executor | None = None,
    is_done: bool = False,
) -> Prepared:
    """Read, featurise and describe a library; resumable, and the same for the same input.

    Parameters
    ----------
    recipe : Recipe
        Settings of every stage.
    library : Path or None
        Folder of described recordings; None synthesises the recipe's procedural library.
    folder : Path
        The run's folder; patches go to ``features/``, tables and lists beside them.
    executor : Executor, optional
        Runs the featurising in place of a local process pool.
    is_done : bool
        Another process has made the call before: read its patches and write nothing.

    Raises
    ------
    LibraryError
        If fewer than 20 sounds with words remain, or no library is given and the recipe has
        no ``[procedural]`` table.
    """
    table = read_library(_library_folder(recipe, library, folder), recipe.library)
    named = [(sound.name, sound.path) for sound in table.sounds]
    if is_done:
        store = LogMelStore(folder / "features")
    else:
        store = featurise(named, folder / "features", recipe.features, executor=executor)
    row_of = {name: row for row, name in enumerate(store.names)}
    readable = [sound for sound in table.sounds if sound.name in row_of]
    rejected = [*table.rejected, *(Rejected(item.name, item.reason) for item in store.failures)]
    _require_sounds(library, readable, rejected, folder)
    words = _words(recipe, [sound.description for sound in readable])
    build = build_dictionary(words, open_word_space(recipe.word_space), recipe.dictionary)
    kept = [i for i, ids in enumerate(build.word_ids) if len(ids)]
    wordless = sorted(set(range(len(readable))) - set(kept))
    rejected += [Rejected(readable[i].name, "no dictionary word") for i in wordless]
    _require_sounds(library, kept, rejected, folder)
    sounds = tuple(readable[i] for i in kept)
    word_ids = tuple(build.word_ids[i] for i in kept)
    rows = np.array([row_of[sound.name] for sound in sounds], np.int64)
    parts = _split(recipe, sounds, word_ids, build.dictionary, near_duplicate_groups(store)[rows])
    prepared = Prepared(
        sounds=sounds,
        dictionary=build.dictionary,
        word_ids=word_ids,
        store=store,
        store_rows=rows,
        training=parts.training,
        control=parts.control,
        validation=parts.validation,
        test=parts.test,
        rejected=tuple(rejected),
        out_of_vocabulary=build.out_of_vocabulary,
        balance=parts.balance,
    )
    if not is_done:
        _write_lists(prepared, folder)
    return prepared


def _words(recipe: Recipe, descriptions: Sequence[str]) -> Sequence[Sequence[str]]:
    words = [words_of(description) for description in descriptions]
    if not recipe.words.part_of_speech:
        return words
    return keep_parts_of_speech(descriptions, words)


def patches_of(store: LogMelStore, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices of all patches that belong to the store's sounds `rows`."""
    wanted = np.zeros(len(store.names), dtype=bool)
    wanted[rows] = True
    return np.flatnonzero(wanted[store.sound_of_patch])


def _library_folder(recipe: Recipe, library: Path | None, folder: Path) -> Path:
    if library is not None:
        return library
    if recipe.procedural is None:
        raise LibraryError(
            f"recipe {recipe.name} has no [procedural] library: give one with --library DIR"
        )
    return write_library(
        folder / "library", n_sounds=recipe.procedural.n_sounds, seed=recipe.procedural.seed
    )


def _require_sounds(
    library: Path | None, usable: Sequence[object], rejected: Sequence[Rejected], folder: Path
) -> None:
    """Refuse to go on with too few sounds; a list says why the others are rejected."""
    if len(usable) < MIN_SOUNDS:
        _write_csv(folder / "rejected.csv", ("name", "reason"), rejected)
        common = Counter(item.reason for item in rejected).most_common(3)
        reasons = "; ".join(f"{reason} ({n})" for reason, n in common) or "there are no others"
        raise LibraryError(
            f"{library or 'procedural library'}: {len(usable)} usable sounds, at least "
            f"{MIN_SOUNDS} are needed; left out: {reasons}; all in {folder / 'rejected.csv'}; add "
            "a metadata.csv that describes the sounds (docs/train_your_own.md)"
        )


def _split(
    recipe: Recipe,
    sounds: Sequence[Sound],
    word_ids: Sequence[NDArray[np.int32]],
    dictionary: Dictionary,
    duplicates: NDArray[np.int32],
) -> _Parts:
    rng = np.random.default_rng(recipe.seed)
    recordings = [sound.recording or sound.name for sound in sounds]
    labelings: list[Sequence[object]] = [recordings, [int(group) for group in duplicates]]
    if recipe.split.by == "source":
        labelings.append([sound.source for sound in sounds])
    groups = join_groups(*labelings)
    held_out = (recipe.split.validation, recipe.split.test)
    split = split_by_recording(
        [str(group) for group in groups], (1.0 - sum(held_out), *held_out), rng
    )
    train_ids = [word_ids[i] for i in split.train]
    n_kept = round(recipe.balance.share * len(split.train))
    if n_kept == len(split.train):
        chosen = np.arange(n_kept)
    elif recipe.balance.choice == "random":
        chosen = choose_random(len(split.train), n_kept, rng)
    else:
        chosen = choose_balanced(train_ids, dictionary.clusters, n_kept, rng)
    balance = Balance(
        before=cluster_counts(train_ids, dictionary.clusters),
        after=cluster_counts([train_ids[i] for i in chosen], dictionary.clusters),
        n_before=len(split.train),
        n_after=len(chosen),
    )
    control = choose_random(len(split.train), n_kept, np.random.default_rng([recipe.seed, 1]))
    return _Parts(
        training=np.sort(split.train[chosen]),
        control=np.sort(split.train[control]),
        validation=split.validation,
        test=split.test,
        balance=balance,
    )


def _write_lists(prepared: Prepared, folder: Path) -> None:
    part = np.full(len(prepared.sounds), "left out by balancing", dtype=object)
    for name in ("training", "validation", "test"):
        part[getattr(prepared, name)] = name
    words = prepared.dictionary.words
    rows = [
        (
            sound.name,
            part[i],
            "; ".join(words[j] for j in prepared.word_ids[i]),
            sound.source,
            sound.licence,
        )
        for i, sound in enumerate(prepared.sounds)
    ]
    _write_csv(folder / "rejected.csv", ("name", "reason"), prepared.rejected)
    _write_csv(folder / "sounds.csv", ("name", "part", "words", "source", "licence"), rows)
    dictionary = prepared.dictionary
    _write_csv(
        folder / "dictionary.csv",
        ("word", "n_sounds", "cluster"),
        zip(words, dictionary.counts.tolist(), dictionary.clusters.tolist(), strict=True),
    )
    write_json(folder / "out_of_vocabulary.json", prepared.out_of_vocabulary)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())
