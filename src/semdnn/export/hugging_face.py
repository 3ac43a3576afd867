"""A network as a folder in Hugging Face's layout: weights, configuration, card. Nothing is sent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semdnn.export.description import describe
from semdnn.files import write_json, write_text
from semdnn.model import FOLDER_FILE, SemanticModel
from semdnn.network.checkpoint import Checkpoint, save_checkpoint

KNOWN_LICENCES = frozenset(
    {"apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "gpl-3.0"}
)
"""Licence names that Hugging Face knows; another one is written as "other" with its name."""

_WHAT = {
    "semdnn": "A semDNN: from 0.96 s of sound to a point in a space of word embeddings.",
    "catdnn": "A catDNN: from 0.96 s of sound to the probability of each word of its dictionary.",
    "cae": "A convolutional autoencoder of log-mel patches.",
}


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
        f"Network `{checkpoint.network}`, {model.n_parameters:,} parameters. Dictionary: "
        f"{len(words):,} words, word space `{words.word_space}`. "
        f"Licence of the weights: {checkpoint.licence}.",
        "",
        "```python",
        "from semdnn.model import SemanticModel",
        "",
        'model = SemanticModel.load("FOLDER")  # this folder, after download',
        'print(model.label("sound.wav"))',
        "```",
        "",
        *_validation(checkpoint.provenance),
        *_sources(checkpoint.provenance.get("sources", [])),
    ]
    return "\n".join(lines)


def _front_matter(checkpoint: Checkpoint) -> list[str]:
    licence = checkpoint.licence.lower()
    known = licence in KNOWN_LICENCES
    lines = ["---", f"license: {licence if known else 'other'}"]
    if not known:
        lines.append(f"license_name: {licence.replace(' ', '-')}")
    lines += ["library_name: semdnn", "pipeline_tag: audio-classification"]
    lines += ["tags:", "- audio-classification", "- sound-recognition", "- word-embeddings"]
    return [*lines, "---", ""]


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
