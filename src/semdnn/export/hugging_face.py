"""A network as a folder in Hugging Face's layout: weights, configuration, card. Nothing is sent."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semdnn.export.description import describe
from semdnn.files import write_json, write_text
from semdnn.model import FOLDER_FILE, SemanticModel
from semdnn.network.checkpoint import Checkpoint, save_checkpoint
from semdnn.semantics.dictionary import Dictionary

KNOWN_LICENCES = frozenset(
    {"apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "gpl-3.0"}
)
"""Licence names that Hugging Face knows; another one is written as "other" with its name."""

_WHAT = {
    "semdnn": "A semDNN: from 0.96 s of sound to a point in a space of word embeddings.",
    "catdnn": "A catDNN: from 0.96 s of sound to the probability of each word of its dictionary.",
    "cae": "A convolutional autoencoder of log-mel patches.",
}

N_COMMON_WORDS = 30
_LIMITS = (
    "## Limits",
    "",
    "It knows the words of its dictionary alone, and sounds of the kinds that it was trained on; "
    "any other gets words too, with the same confidence. Speech is heard as a voice, and not "
    "understood. Take its words as a help for sorting and searching, and listen before you rely on "
    "one.",
    "",
)


def write_folder(folder: Path, model: SemanticModel) -> None:
    """Write ``model.safetensors``, ``config.json`` and ``README.md``.

    ``SemanticModel.load(folder)`` reads it; weights are float32, exactly those of `model`.

    Parameters
    ----------
    folder : Path
        Made if it is missing; files of these names are replaced.
    model : SemanticModel
        The network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(folder / FOLDER_FILE, model.checkpoint)
    write_json(folder / "config.json", describe(model.checkpoint))
    write_text(folder / "README.md", model_card(model))


def model_card(model: SemanticModel) -> str:
    """Return the card as Markdown with YAML front matter, from what the checkpoint carries."""
    checkpoint = model.checkpoint
    name = str(checkpoint.provenance.get("name", checkpoint.kind))
    words = checkpoint.dictionary
    lines = [
        *_front_matter(checkpoint),
        f"# {name}",
        "",
        _WHAT[checkpoint.kind],
        "",
        f"Network `{checkpoint.network}`, {model.n_parameters:,} parameters. "
        f"Licence of the weights: {checkpoint.licence}.",
        "",
        "```python",
        "from semdnn.model import SemanticModel",
        "",
        'model = SemanticModel.load("FOLDER")  # this folder, after download',
        'print(model.label("sound.wav"))',
        "```",
        "",
        *_dictionary(words),
        *_training(checkpoint.provenance),
        *_validation(checkpoint.provenance),
        *_scores(checkpoint.provenance.get("scores", {})),
        *_LIMITS,
        *_sources(checkpoint.provenance.get("sources", [])),
    ]
    return "\n".join(lines)


def _front_matter(checkpoint: Checkpoint) -> list[str]:
    licence = checkpoint.licence.lower()
    known = licence in KNOWN_LICENCES
    lines = ["---", f"license: {licence if known else 'other'}"]
    if not known:
        lines.append(f"license_name: {licence.replace(' ', '-')}")
    lines += ["language: en", "library_name: semdnn", "pipeline_tag: audio-classification"]
    lines += ["tags:", "- audio-classification", "- sound-recognition", "- word-embeddings"]
    return [*lines, "---", ""]


def _dictionary(words: Dictionary) -> list[str]:
    common = np.argsort(-words.counts, kind="stable")[:N_COMMON_WORDS]
    named = ", ".join(words.words[i] for i in common)
    return [
        "## Dictionary",
        "",
        f"{len(words):,} words, vectors of the word space `{words.word_space}`; all of them are in "
        f"`config.json`. The most frequent in training: {named}.",
        "",
    ]


def _training(provenance: dict[str, Any]) -> list[str]:
    recipe = provenance.get("recipe")
    name = recipe.get("name") if isinstance(recipe, dict) else recipe
    if not name:
        return []
    counts = [each[2] for each in provenance.get("sources", []) if not isinstance(each, str)]
    heard = f" and validated on {sum(counts):,} described recordings" if counts else ""
    kept = f", epoch {provenance['epoch']} kept" if "epoch" in provenance else ""
    return [
        "## Training",
        "",
        f"Trained{heard} from scratch with the recipe `{name}`{kept}. Every setting is in "
        "`config.json`, under `provenance`. With the recordings at hand: "
        f"`semdnn reproduce recipes/{name}.toml --library LIBRARY -o RUN`.",
        "",
    ]


def _scores(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a table a test set, from {set: {"n_sounds": int, measure: [value, low, high]}}."""
    lines: list[str] = []
    for name, measures in scores.items():
        rows = [
            f"| {measure} | {values[0]:.3f} | {values[1]:.3f} … {values[2]:.3f} |"
            for measure, values in measures.items()
            if measure != "n_sounds"
        ]
        head = f"| {name} ({measures['n_sounds']} sounds) | mean | 95 % interval |"
        lines += [head, "|---|---:|---|", *rows, ""]
    return ["## Scores", "", *lines] if lines else []


def _validation(provenance: dict[str, Any]) -> list[str]:
    shown = {"valid_loss": "loss", "valid_score": "score"}
    rows = [
        f"| {title} | {provenance[key]:.4f} |"
        for key, title in shown.items()
        if isinstance(provenance.get(key), float)
    ]
    if not rows:
        return []
    return ["## Internal validation", "", "| measure | value |", "|---|---:|", *rows, ""]


def _sources(sources: Sequence[str | Sequence[Any]]) -> list[str]:
    if not sources:
        return []
    # Checkpoints of earlier versions name their sources and nothing else.
    facts = [(each, "", "") if isinstance(each, str) else tuple(each) for each in sources]
    rows = [f"| {source} | {licence} | {n} |" for source, licence, n in facts]
    head = ["## Training sources", "", "| source | licence | sounds |", "|---|---|---:|"]
    return [*head, *rows, ""]
