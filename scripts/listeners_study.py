"""Real listeners: every set of dissimilarities that is at hand against every model.

    python scripts/listeners_study.py RUN_FOLDER [--behaviour DIR] [--esc50 DIR] [--models SPEC ...]

Four kinds of sets, told by what their folders hold:

- separate listeners and audio: as in the paper, tested on other listeners;
- a group's mean and audio: tested on held-out stimuli, as nobody is there to test on;
- ESC-10: confusions of its ten classes (activations averaged over clips of ESC-50), and with
  ``--clips`` how alike the answers to single clips are;
- separate listeners without audio: noise ceilings alone, where only statistics can be tried.

All fits have the same small ridge penalty, fixed beforehand: sets have 10 to 24 stimuli, networks
up to 16 layers. Prints Markdown; pages and numbers of each set go to RUN_FOLDER.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semdnn.comparison.interface import ComparisonError, Stimulus
from semdnn.comparison.registry import open_model
from semdnn.comparison.stimuli import stimuli_of
from semdnn.datasets.esc50 import read
from semdnn.errors import SemdnnError
from semdnn.evaluation.behaviour import read_behaviour
from semdnn.evaluation.rsa import cross_validated_r2
from semdnn.experiment.listener_models import Candidate, candidates
from semdnn.experiment.listeners import compare_with_listeners
from semdnn.experiment.listeners_report import write_listeners
from semdnn.experiment.listeners_result import ListenerSettings

SHARED = Path(__file__).resolve().parents[2] / "shared"
MODELS = ("semdnn-small", "catdnn-small", "notrain:semdnn-small", "log-mel", "spectral",
          "modulation", "words:minilm")  # fmt: skip
CLIPS_PER_CLASS = 8
ESC10 = {
    "Baby cry": "crying_baby", "Chainsaw": "chainsaw", "Clock tick": "clock_tick",
    "Dog bark": "dog", "Fire crackling": "crackling_fire", "Helicopter": "helicopter",
    "Person sneeze": "sneezing", "Rain": "rain", "Rooster": "rooster", "Sea waves": "sea_waves",
}  # fmt: skip


@dataclass(frozen=True)
class ByClass:
    """A model of which every layer is averaged over the clips of a class."""

    model: object
    clips: dict

    @property
    def name(self):
        """The model's name."""
        return self.model.name

    @property
    def card(self):
        """The model's card."""
        return self.model.card

    @property
    def mixes_units(self):
        """Whether the model's units are of different scales."""
        return getattr(self.model, "mixes_units", False)

    def layers(self, stimuli):
        """Return one row a class."""
        flat = [clip for stimulus in stimuli for clip in self.clips[stimulus.name]]
        size = len(flat) // len(stimuli)
        return {
            name: values.reshape(len(stimuli), size, -1).mean(axis=1)
            for name, values in self.model.layers(flat).items()
        }


def class_task(behaviour, specs, esc50):
    """Return stimuli and candidates for confusions of classes."""
    paths = {}
    for sound in sorted(read(esc50).sounds, key=lambda sound: sound.path.name):
        paths.setdefault(sound.category, []).append(esc50 / sound.path)
    clips = {
        name: [
            Stimulus(f"{name} {n}", path, name)
            for n, path in enumerate(paths[ESC10[name]][:CLIPS_PER_CLASS])
        ]
        for name in behaviour.stimuli
    }
    stimuli = [Stimulus(name, clips[name][0].path, name) for name in behaviour.stimuli]
    models = [
        Candidate(f"{spec} by class", lambda spec=spec: ByClass(open_model(spec), clips))
        for spec in specs
    ]
    return stimuli, models


def clip_task(behaviour, specs, esc50):
    """Return stimuli and candidates for answers to single clips."""
    paths = {path.stem.rpartition("-")[0]: path for path in (esc50 / "audio").iterdir()}
    missing = [name for name in behaviour.stimuli if name not in paths]
    if missing:
        raise ComparisonError(f"{esc50}: no clip {missing[0]}")
    stimuli = [Stimulus(name, paths[name], name) for name in behaviour.stimuli]
    heard = [spec for spec in specs if "words" not in spec]  # clips have no names
    return stimuli, candidates(heard, open_model)


def task_of(folder, options):
    """Return behaviour, stimuli, candidates and settings of one set."""
    behaviour = read_behaviour(folder)
    settings = ListenerSettings(ridge=options.ridge, n_permutations=options.permutations)
    if behaviour.n_listeners == 1:
        settings = settings.model_copy(update={"n_splits": options.held_out_splits})
    if folder.name == "esc10_confusion_classes":
        return behaviour, *class_task(behaviour, options.models, options.esc50), settings
    if folder.name == "esc10_confusion_clips":
        few = {"n_splits": 10, "n_permutations": 200}
        stimuli, models = clip_task(behaviour, options.models, options.esc50)
        return behaviour, stimuli, models, settings.model_copy(update=few)
    return behaviour, stimuli_of(behaviour), candidates(options.models, open_model), settings


def ceilings_table(folders):
    """Return lines with both noise ceilings of every set with separate listeners."""
    lines = [
        "| set | listeners | stimuli | lower ceiling | upper ceiling |",
        "|---|---|---|---|---|",
    ]
    for folder in folders:
        data = read_behaviour(folder)
        n_pairs = data.listeners.shape[1]
        anything = np.random.default_rng(0).random((1, n_pairs))
        found = cross_validated_r2(data.listeners, anything, rng=np.random.default_rng(0))
        bounds = " | ".join(f"{bound:.2f}" for bound in found.noise_ceiling)
        lines.append(f"| {data.name} | {data.n_listeners} | {len(data.stimuli)} | {bounds} |")
    return lines


def results_table(results):
    """Return lines with R²cv of every model on every set."""
    names = list(dict.fromkeys(item.name for result in results for item in result.scores))
    lines = ["| set | listeners | stimuli | ceilings | " + " | ".join(names) + " |"]
    lines.append("|" + "---|" * (4 + len(names)))
    for result in results:
        data, ceiling = result.behaviour, result.ceiling
        who = "group" if data.n_listeners == 1 else str(data.n_listeners)
        bounds = "none" if np.isnan(ceiling.lower) else f"{ceiling.lower:.2f}, {ceiling.upper:.2f}"
        cells = {item.name: cell(item) for item in result.scores}
        row = [data.name, who, str(len(data.stimuli)), bounds]
        lines.append("| " + " | ".join([*row, *(cells.get(name, "–") for name in names)]) + " |")
    return lines


def cell(item):
    """Return R²cv, its interval, and a star where it is above chance."""
    star = "*" if item.p_corrected < 0.05 else ""
    return f"{item.r2:.2f}{star} ({item.low:.2f} … {item.high:.2f})"


def main():
    """Run every set, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--behaviour", type=Path, default=SHARED / "behaviour")
    parser.add_argument("--esc50", type=Path, default=SHARED / "external" / "esc50")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--sets", nargs="+", help="folder names; all by default")
    parser.add_argument("--clips", action="store_true", help="also single clips of ESC-10 (slow)")
    parser.add_argument("--ridge", type=float, default=0.1)
    parser.add_argument("--permutations", type=int, default=1_000)
    parser.add_argument("--held-out-splits", type=int, default=200)
    options = parser.parse_args()
    folders = [path for path in sorted(options.behaviour.iterdir()) if (path / "rdm.csv").is_file()]
    if options.sets:
        folders = [path for path in folders if path.name in options.sets]
    results, failed = [], []
    for folder in folders:
        esc10 = ["esc10_confusion_classes"] + ["esc10_confusion_clips"] * options.clips
        if not ((folder / "audio").is_dir() or folder.name in esc10):
            continue
        print(folder.name, file=sys.stderr)
        place = options.run / folder.name
        try:
            task = task_of(folder, options)
            result = compare_with_listeners(*task, place, lambda _: None)
            write_listeners(place, result)
        except SemdnnError as error:
            failed.append(f"{folder.name}: {error}")
            continue
        results.append(result)
        failed += [f"{folder.name}: {item.spec}: {item.reason}" for item in result.failures]
        print("\n".join(results_table(results[-1:])[-1:]), file=sys.stderr)
    separate = [path for path in folders if (path / "subjects.npz").is_file()]
    print("\n".join([*results_table(results), "", *ceilings_table(separate), ""]))
    print("\n".join(f"left out: {line}" for line in failed))


if __name__ == "__main__":
    main()
