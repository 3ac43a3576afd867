"""Recipes: the settings of every stage, composed, in one strict TOML file.

A recipe lies above the stages because it composes their settings classes; no stage knows it.
"""

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from semdnn.datasets.library import LibrarySettings
from semdnn.errors import SemdnnError
from semdnn.features.store import FeatureSettings
from semdnn.recipe_faults import as_plain, faults_in, told
from semdnn.semantics.dictionary import DictionarySettings
from semdnn.settings import Settings
from semdnn.training.settings import TrainingSettings

Kind = Literal["semdnn", "catdnn", "cae"]
Choice = Literal["balanced", "random"]


class RecipeError(SemdnnError):
    """A recipe that cannot be read: names the file, the key and the known keys."""


class ProceduralSettings(Settings):
    """The synthesised library that stands in where no folder of recordings is given."""

    n_sounds: int = Field(default=1500, ge=10)
    seed: int = 0


class WordSettings(Settings):
    """Which words of a description count.

    ``part_of_speech = true`` keeps nouns, verbs and adjectives only, as spaCy tags the description
    (``pip install "semdnn[spacy]"`` and its English model).
    """

    part_of_speech: bool = False


class SplitSettings(Settings):
    """Which sounds are kept apart.

    Sounds of one recording, or near-duplicates by content, always fall into one part; with
    ``by = "source"`` whole sources do (harder: it asks for generalisation to unseen libraries).
    """

    by: Literal["recording", "source"] = "recording"
    validation: float = Field(default=0.05, gt=0, lt=0.5)
    test: float = Field(default=0.05, gt=0, lt=0.5)


class BalanceSettings(Settings):
    """How many of the training sounds are kept, chosen so that word clusters are even.

    The paper keeps 273,940 of 388,211 sounds (0.706). ``share = 1.0`` keeps all.
    ``choice = "random"`` is the paper's control of the same size. ``draw`` says what an epoch
    shows: every patch once, or patches drawn so that every sound counts the same, however long.
    """

    share: float = Field(default=1.0, gt=0, le=1)
    choice: Choice = "balanced"
    draw: Literal["patches", "sounds"] = "patches"


class ModelRow(Settings):
    """One network of the recipe: what kind it is and what differs from ``[training]``.

    Attributes
    ----------
    kind : str
        "semdnn", "catdnn" or "cae", the autoencoder.
    name : str
        Key in folders and results; by default the kind.
    seeds : tuple of int
        The network is trained once with each; the first keeps the name, the others are called
        ``NAME-seedN``. Empty: once, with the seed of the training settings.
    word_space : str
        Where its targets come from, if not from the recipe's (the paper's semDNN-GloVe): dictionary
        words that this space lacks are left out.
    choice : str, optional
        Training sounds: "random" is the paper's unbalanced control of the same size. By default
        as in ``[balance]``.
    training : dict
        Settings that differ from ``[training]``; ``max_epochs = 0`` leaves a network untrained.
    """

    kind: Kind
    name: str = ""
    seeds: tuple[int, ...] = ()
    word_space: str = ""
    choice: Choice | None = None
    training: dict[str, Any] = Field(default_factory=dict)

    def repeats(self) -> tuple["ModelRow", ...]:
        """Return a row for every seed, the row itself where it names none."""
        if not self.seeds:
            return (self,)
        return tuple(
            self.model_copy(
                update={
                    "name": f"{self.name}-seed{seed}" if position else self.name,
                    "seeds": (),
                    "training": {**self.training, "seed": seed},
                }
            )
            for position, seed in enumerate(self.seeds)
        )


class EvaluationSettings(Settings):
    """Resampling of the scores."""

    n_bootstrap: int = Field(default=1000, ge=1)
    n_permutations: int = Field(default=1000, ge=1)


class ListenersSettings(Settings):
    """How a run's networks are compared with listeners, and with which other models.

    `models` are specs as ``semdnn rsa --models`` takes them; the run's networks come first.
    The ridge steadies networks whose layers outnumber what a few stimuli bear.
    """

    models: tuple[str, ...] = ("log-mel", "spectral", "modulation", "words:minilm")
    metric: Literal["cosine", "correlation"] = "cosine"
    ridge: float = Field(default=0.1, ge=0)
    n_splits: int = Field(default=1000, ge=1)
    n_permutations: int = Field(default=10_000, ge=1)


class Recipe(Settings):
    """Everything that decides a run's result, apart from the recordings themselves."""

    name: str
    seed: int = 0
    network: str = "small"
    word_space: str = "minilm"
    licence: str = "unstated"
    procedural: ProceduralSettings | None = None
    library: LibrarySettings = LibrarySettings()
    features: FeatureSettings = FeatureSettings()
    words: WordSettings = WordSettings()
    dictionary: DictionarySettings = DictionarySettings()
    split: SplitSettings = SplitSettings()
    balance: BalanceSettings = BalanceSettings()
    training: TrainingSettings = TrainingSettings()
    models: tuple[ModelRow, ...] = Field(
        default=(ModelRow(kind="semdnn"), ModelRow(kind="catdnn")),
        min_length=1,
        validate_default=True,
    )
    evaluation: EvaluationSettings = EvaluationSettings()
    listeners: ListenersSettings = ListenersSettings()

    @field_validator("models")
    @classmethod
    def _name_models(cls, rows: tuple[ModelRow, ...]) -> tuple[ModelRow, ...]:
        named = tuple(row.model_copy(update={"name": row.name or row.kind}) for row in rows)
        names = [each.name for row in named for each in row.repeats()]
        if len(set(names)) < len(names):
            raise ValueError(f"two networks share a name, give each its own: {', '.join(names)}")
        return named

    def rows(self) -> tuple[ModelRow, ...]:
        """Return all networks of the recipe, a row for every seed."""
        return tuple(each for row in self.models for each in row.repeats())

    def training_of(self, row: ModelRow) -> TrainingSettings:
        """Return the training settings of one network: ``[training]`` and the row's own.

        Raises
        ------
        RecipeError
            If the row names a setting that training does not have.
        """
        merged = {**self.training.model_dump(mode="json"), **row.training}
        try:
            return TrainingSettings.model_validate_json(json.dumps(merged))
        except ValidationError as error:
            raise RecipeError(
                f"recipe {self.name}: models.{row.name}.training: "
                f"{told(faults_in(error, TrainingSettings))}"
            ) from error


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Read a recipe from a TOML file, or one that ships with the package by its name.

    Raises
    ------
    RecipeError
        If there is no such file or name, the TOML is malformed, a key is unknown (the known
        ones are listed) or missing, or a value has the wrong type or range; names up to 5 faults.
    """
    path = Path(name_or_path)
    shipped = files("semdnn") / "recipes" / f"{name_or_path}.toml"
    if path.is_file():
        text = _text_of(path)
    elif "/" not in str(name_or_path) and shipped.is_file():
        text = shipped.read_text(encoding="utf-8")
    else:
        names = ", ".join(shipped_recipes())
        raise RecipeError(f"{name_or_path}: no such recipe; give a TOML file or one of: {names}")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name_or_path}: not valid TOML: {error}") from error
    plain, faults = as_plain(content)
    try:
        recipe = Recipe.model_validate_json(json.dumps(plain))
    except ValidationError as error:
        faults = faults_in(error, Recipe, faults)
    else:
        if not faults:
            return recipe
    raise RecipeError(f"{name_or_path}: {told(faults)}")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{path}: not UTF-8 at byte {error.start}: save the recipe as UTF-8"
        ) from error


def shipped_recipes() -> tuple[str, ...]:
    """Return the names of the recipes inside the package."""
    folder = files("semdnn") / "recipes"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".toml")))
