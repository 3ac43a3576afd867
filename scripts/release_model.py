"""Make a run's networks ready to ship: float16 weights, provenance, model card.

    python scripts/release_model.py runs/real semdnn=semdnn-small catdnn=catdnn-small
    python scripts/release_model.py runs/labeller labeller=labeller-small

Reads the run's report and sounds.csv, refuses sounds whose licence is unknown or
non-commercial, writes src/semdnn/weights/NAME.safetensors and docs/models/NAME.md.
"""

import csv
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from semdnn.datasets.library import NOT_FOR_WEIGHTS, licence_fault
from semdnn.experiment.report import COLUMNS, value_of
from semdnn.figures.style import display_name
from semdnn.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

MODELS = ("labeller", "semdnn", "catdnn", "train mean", "chance")
KEPT = {
    "loss": "the lowest validation loss",
    "score": "the highest validation score",
    "last": "the last",
}
TEACHERS = {"yamnet": "YAMNet (Google, trained on AudioSet; weights Apache-2.0)"}
ROOT = Path(__file__).resolve().parents[1]


def main(run: Path, names: dict[str, str]) -> None:
    """Release the networks `names` (model of the run: shipped name)."""
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    sources = read_sources(run / "sounds.csv")
    for model, name in names.items():
        checkpoint = load_checkpoint(run / "models" / model / "best.safetensors")
        provenance = checkpoint.provenance | {
            "name": name,
            "recipe": report["recipe"],
            "sources": [[*key, count] for key, count in sorted(sources.items())],
            "scores": scores_of(report["scores"][model]),
        }
        target = ROOT / "src" / "semdnn" / "weights" / f"{name}.safetensors"
        target.parent.mkdir(exist_ok=True)
        released = replace(checkpoint, provenance=provenance, licence="Apache-2.0")
        save_checkpoint(target, released, half=True)
        card = ROOT / "docs" / "models" / f"{name}.md"
        card.parent.mkdir(parents=True, exist_ok=True)
        card.write_text(model_card((name, model), checkpoint, report, sources), encoding="utf-8")
        print(f"{target}: {target.stat().st_size / 1e6:.2f} MB\n{card}")


def read_sources(path: Path) -> Counter[tuple[str, str]]:
    """Count the training and validation sounds by source folder and licence."""
    sources: Counter[tuple[str, str]] = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["part"] not in ("training", "validation"):
                continue
            licence = row["licence"]
            if licence_fault(licence, NOT_FOR_WEIGHTS):
                raise SystemExit(f"{row['name']}: licence '{licence}' forbids shipping weights")
            sources[row["source"], licence] += 1
    return sources


def refit(provenance: dict) -> str:
    """Return whether the output layer was fitted again, as a card says it."""
    done = provenance.get("refit")
    return f"Then fitted again to unvaried patches: {done}. " if done else ""


def beginning(provenance: dict, name: str) -> str:
    """Return what the weights of `name` come from beside the recordings, as a card says it."""
    settings = provenance["training"]
    if not settings.get("distillation"):
        return "trained from scratch"
    teacher = provenance["teacher"]
    begun = settings["warm_start"]
    former = "the former " if begun == name else ""
    return (
        (f"begun with the encoder of {former}`{begun}`, " if begun else "")
        + f"taught by {TEACHERS[teacher['name']]}, which heard the same varied patches of the "
        f"training recordings and of no others (file's SHA-256 `{teacher['sha256'][:16]}…`), "
        "and trained"
    )


def model_card(
    names: tuple[str, str],
    checkpoint: Checkpoint,
    report: dict,
    sources: Counter[tuple[str, str]],
) -> str:
    """Return the card as Markdown; `names` are the shipped one and the run's own."""
    name, model = names
    training = report["training"][model]
    library = report["library"]
    kept_by = checkpoint.provenance["training"].get("keep", "loss")
    lines = [
        f"# {name}",
        "",
        f"A {display_name(checkpoint.kind)} of the row `{training['network']}` "
        f"({training['n_parameters']:,} parameters), {beginning(checkpoint.provenance, name)} by "
        f"`semdnn reproduce` with the recipe `{report['recipe']['name']}` on "
        f"{library['training sounds']:,} described recordings; epoch {training['best_epoch']} of "
        f"{training['n_epochs']} is kept ({KEPT[kept_by]}; validation loss "
        f"{training['best_loss']:.4f}). {refit(checkpoint.provenance)}"
        f"Dictionary: {library['dictionary words']:,} words, word space "
        f"`{report['recipe']['word_space']}`. Weights: Apache-2.0.",
        "",
        "## Scores",
        "",
        "Mean over sounds with 95 % bootstrap intervals. `internal` is the run's own test part; "
        f"the other sets were never used for training or for choosing {chosen(checkpoint)}.",
        "",
    ]
    for name_of_set in report["scores"][model]:
        lines += score_lines(report["scores"], name_of_set)
    lines += [
        "## Limits",
        "",
        "Trained on a few hours of mostly short, clean effects from open games, instruments and "
        "ambiences. It knows only its dictionary's words; speech is heard as a voice, not "
        "understood; a sound unlike the library gets confident but wrong words. Expect labels "
        "to be a help for sorting, not a truth.",
        "",
        "## Training sources",
        "",
        "| source | licence | sounds |",
        "|---|---|---:|",
        *(f"| {source} | {licence} | {n} |" for (source, licence), n in sorted(sources.items())),
        "",
    ]
    return "\n".join(lines)


def chosen(checkpoint: Checkpoint) -> str:
    """Return what the other sets chose nothing of; a teacher has published scores."""
    if not checkpoint.provenance["training"].get("distillation"):
        return "anything"
    return "a setting by this network's scores (that it has a teacher is a choice that knew its)"


def scores_of(sets: dict) -> dict[str, dict]:
    """Return what an exported card shows: {set: {"n_sounds": int, measure: [value, low, high]}}."""
    return {
        name: {"n_sounds": scores["n_sounds"]}
        | {title: [value_of(scores, key), *scores["intervals"][key]] for key, title in COLUMNS}
        for name, scores in sets.items()
    }


def score_lines(scores: dict, name: str) -> list[str]:
    """Return one set's table for all models of the run."""
    titles = " | ".join(title for _, title in COLUMNS)
    rows = []
    for model in (*(m for m in MODELS if m in scores), *sorted(set(scores) - set(MODELS))):
        sets, cells = scores[model], []
        for key, _ in COLUMNS:
            low, high = sets[name]["intervals"][key]
            cells.append(f"{value_of(sets[name], key):.3f} [{low:.3f}, {high:.3f}]")
        rows.append(f"| {display_name(model)} | {' | '.join(cells)} |")
    n_sounds = next(iter(scores.values()))[name]["n_sounds"]
    head = f"| {name} ({n_sounds} sounds) | {titles} |"
    return [head, "|---" * (len(COLUMNS) + 1) + "|", *rows, ""]


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), dict(pair.split("=", 1) for pair in sys.argv[2:]))
