"""`semdnn rsa` as a person meets it, with models that need no network."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from semdnn.cli.main import main

NAMES = ("dog", "rain", "bell", "engine", "bird", "door", "glass", "wind")


@pytest.fixture
def inputs(tmp_path):
    """Listeners in a bare CSV, their stimuli's names, and activations that made them."""
    activations = 2 + np.random.default_rng(0).random((8, 5))
    truth = pdist(activations, "cosine")
    noise = np.random.default_rng(1).standard_normal((6, truth.size))
    heard = truth + 0.2 * truth.std() * noise
    np.savetxt(tmp_path / "heard.csv", heard.T, delimiter=",")
    (tmp_path / "names.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    np.savez(tmp_path / "net.npz", names=np.array(NAMES), layer=activations.astype(np.float32))
    return tmp_path


def arguments(folder, *more):
    return [
        "rsa", str(folder / "heard.csv"), "--stimuli", str(folder / "names.txt"),
        "--models", str(folder / "net.npz"), "--splits", "20", "--permutations", "99",
        "-o", str(folder / "out"), *more,
    ]  # fmt: skip


def test_table_files_and_status(inputs, capsys):
    assert main(arguments(inputs, "--models", "words:minilm")) == 0
    table = capsys.readouterr().out
    assert "6 listeners, 8 stimuli" in table
    assert table.index("net") < table.index("words-minilm")
    for name in ("results.json", "results.csv", "report.html", "figures/models.svg"):
        assert (inputs / "out" / name).is_file()
    content = json.loads((inputs / "out" / "results.json").read_text(encoding="utf-8"))
    assert content["models"][0]["r2"] > 0.8


def test_a_broken_model_is_listed_and_the_status_is_1(inputs, capsys):
    assert main(arguments(inputs, "--models", "nothing")) == 1
    assert "left out: nothing: unknown model" in capsys.readouterr().out


def test_bad_input_is_one_line_and_status_2(inputs, capsys):
    short = inputs / "names.txt"
    short.write_text("dog\nrain\nbell\n", encoding="utf-8")
    assert main(arguments(inputs)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("semdnn: ")
    assert len(error.splitlines()) == 1
