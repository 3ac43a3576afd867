"""A simulated copy of the paper's experiment, from recordings to `semdnn rsa`.

    python scripts/simulated_experiment.py ESC50_FOLDER RUN_FOLDER [--models SPEC ...]

Eighty named environmental sounds are taken out of ESC-50 by a fixed rule: classes in alphabetical
order, one sound of each and a second one of the first thirty, each the first by file name.
Twenty simulated listeners mix acoustic distance (`log-mel` and `modulation`) and semantic distance
(`words:minilm` of the class names) in proportions of their own, with noise, and report by
hierarchical sorting. Their dissimilarities are written as pairs x listeners x sets, in MATLAB v7.3
and in CSV, with the recordings' names beside; then `semdnn rsa` runs on that file. What is
known of the truth is printed: a model of either kind has to find its share.
"""

import argparse
import shutil
from pathlib import Path

import h5py
import numpy as np

from semdnn.cli.main import main as semdnn
from semdnn.comparison.interface import Stimulus
from semdnn.comparison.registry import open_model
from semdnn.comparison.scales import comparable
from semdnn.datasets.esc50 import read
from semdnn.evaluation.dissimilarity import rdm
from semdnn.evaluation.simulated_listeners import simulate_listeners

N_SOUNDS, N_LISTENERS = 80, 20
MODELS = ("semdnn-small", "catdnn-small", "notrain:semdnn-small", "log-mel", "modulation",
          "spectral", "words:minilm")  # fmt: skip
HEADER = "MATLAB 7.3 MAT-file"


def chosen_sounds(folder):
    """Return 80 stimuli: one of every class, two of the first thirty."""
    by_class = {}
    for sound in sorted(read(folder).sounds, key=lambda sound: sound.path.name):
        by_class.setdefault(sound.category, []).append(sound)
    stimuli = []
    for number, name in enumerate(sorted(by_class)):
        n_taken = 1 + (number < N_SOUNDS - len(by_class))
        for take, sound in enumerate(by_class[name][:n_taken], start=1):
            words = name.replace("_", " ")
            stimuli.append(Stimulus(f"{name}_{take}", folder / sound.path, words))
    return stimuli


def distances(spec, stimuli):
    """Return the mean over a model's layers of their z-scored cosine distances."""
    model = open_model(spec)
    layers = comparable(model, model.layers(stimuli))
    rows = [rdm(np.asarray(values, dtype=np.float64)) for values in layers.values()]
    return np.mean([(row - row.mean()) / row.std() for row in rows], axis=0)


def write_matlab(path, values):
    """Write one double array as MATLAB does: a header of 512 bytes, axes the other way round."""
    with h5py.File(path, "w", userblock_size=512) as file:
        data = file.create_dataset("dissimilarities", data=values.T)
        data.attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(HEADER.ljust(124).encode() + b"\x00\x02IM")


def write_inputs(folder, stimuli, listeners, n_sets):
    """Write recordings, names, descriptions and both files of dissimilarities."""
    audio = folder / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    for stimulus in stimuli:
        shutil.copyfile(stimulus.path, audio / (stimulus.name + stimulus.path.suffix))
    names = [stimulus.name for stimulus in stimuli]
    (folder / "stimuli.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    rows = [f"{item.name},{item.description}" for item in stimuli]
    (folder / "descriptions.csv").write_text(
        "\n".join(["name,description", *rows]) + "\n", encoding="utf-8"
    )
    archive = listeners.reshape(len(listeners), n_sets, -1).transpose(2, 0, 1)
    write_matlab(folder / "dissimilarities.mat", archive)
    np.savetxt(folder / "dissimilarities.csv", listeners.T, fmt="%.6g", delimiter=",")


def simulated(stimuli, options):
    """Return listeners x pairs, sets one after the other."""
    size = len(stimuli) // options.sets
    listeners = []
    for start in range(0, len(stimuli), size):
        own = stimuli[start : start + size]
        acoustic = distances("log-mel", own) + distances("modulation", own)
        parts = [acoustic, distances("words:minilm", own)]
        rng = np.random.default_rng([options.seed, start])
        made = simulate_listeners(
            parts, (1 - options.semantic, options.semantic), n_listeners=N_LISTENERS, rng=rng,
            noise=options.noise, sorting=True,
        )  # fmt: skip
        r = np.corrcoef(parts)[0, 1]
        print(f"set {start // size + 1}: acoustic and semantic distance correlate by {r:.2f}")
        listeners.append(made.listeners)
    return np.concatenate(listeners, axis=1)


def main():
    """Simulate, write, and run `semdnn rsa` on what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("esc50", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--semantic", type=float, default=0.6, help="share of variance, 0 to 1")
    parser.add_argument("--noise", type=float, default=2.0)
    parser.add_argument("--sets", type=int, choices=(1, 2), default=1)
    parser.add_argument("--permutations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    stimuli = chosen_sounds(options.esc50)
    write_inputs(options.run, stimuli, simulated(stimuli, options), options.sets)
    arguments = ["rsa", str(options.run / "dissimilarities.mat")]
    arguments += ["--audio", str(options.run / "audio"), "-o", str(options.run / "rsa")]
    arguments += ["--stimuli", str(options.run / "stimuli.txt"), "--kind", "dissimilarity"]
    arguments += ["--descriptions", str(options.run / "descriptions.csv")]
    arguments += ["--partition", "log-mel", "words-minilm"]
    arguments += ["--permutations", str(options.permutations)]
    for spec in options.models:
        arguments += ["--models", spec]
    return semdnn(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
