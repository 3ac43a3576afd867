"""What one row of the recipe is trained on: its own targets, its own choice of sounds."""

from dataclasses import replace

import numpy as np

from semdnn.experiment.prepare import Prepared
from semdnn.recipe import ModelRow, Recipe
from semdnn.semantics.vocabulary import respaced
from semdnn.semantics.word_space import open_word_space


def prepared_for(recipe: Recipe, row: ModelRow, prepared: Prepared) -> Prepared:
    """Return the prepared library as one network of the recipe sees it.

    Raises
    ------
    WordSpaceError
        If the row's word space is not at hand.
    DictionaryError
        If it has none of the dictionary's words.
    """
    choice = row.choice or recipe.balance.choice
    if choice == "random" and recipe.balance.choice == "balanced":
        prepared = replace(prepared, training=prepared.control)
    if row.word_space and row.word_space != recipe.word_space:
        prepared = in_word_space(prepared, row.word_space)
    return prepared


def in_word_space(prepared: Prepared, word_space: str) -> Prepared:
    """Return the library with its words' vectors from another word space.

    Words that the space lacks are left out, and from the three parts the sounds that then have
    no word; everything else stays, so that networks of different spaces hear the same sounds.
    """
    dictionary = respaced(prepared.dictionary, open_word_space(word_space))
    position = {word: i for i, word in enumerate(dictionary.words)}
    new_id = np.array([position.get(word, -1) for word in prepared.dictionary.words])
    word_ids = tuple(new_id[ids][new_id[ids] >= 0].astype(np.int32) for ids in prepared.word_ids)
    has_words = np.array([len(ids) > 0 for ids in word_ids])
    parts = {
        part: getattr(prepared, part)[has_words[getattr(prepared, part)]]
        for part in ("training", "control", "validation", "test")
    }
    return replace(prepared, dictionary=dictionary, word_ids=word_ids, **parts)
