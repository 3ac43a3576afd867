"""From a teacher's file on the command line to a taught network."""

import numpy as np
import pytest

from semdnn.cli.main import main
from semdnn.experiment import teaching as module
from semdnn.experiment.reproduce import check
from semdnn.experiment.teaching import TeacherError, TeacherFile, teacher_file, teaching, warm_start
from semdnn.network.checkpoint import load_checkpoint, network_of
from semdnn.recipe import load_recipe
from semdnn.training.distillation import Answer
from semdnn.training.settings import DistillationSettings, TrainingSettings

RECIPE = """
name = "taught"
network = "tiny"

[procedural]
n_sounds = 60

[dictionary]
min_count = 1
n_clusters = 4

[split]
validation = 0.15
test = 0.2

[training]
max_epochs = 2
batch_size = 32
objective = "words"

[training.distillation]
n_views = 1

[[models]]
kind = "semdnn"
name = "labeller"

[evaluation]
n_bootstrap = 5
n_permutations = 5
"""
NAMES = ("Dog", "Rain", "Bell")


class Bands:
    """A teacher of three classes that listens to three bands."""

    name = "bands"
    sizes = (len(NAMES), 2)

    def __init__(self, path):
        self.checksum = path.read_text()

    def hear(self, patches, log_offset):
        levels = np.stack([patches[:, :, i::3].mean(axis=(1, 2)) for i in range(3)], axis=1)
        return Answer(1 / (1 + np.exp(-levels)), levels[:, :2])


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setitem(module.TEACHERS, "bands", Bands)
    rows = "".join(f"{i},/m/{i},{name}\n" for i, name in enumerate(NAMES))
    (tmp_path / "yamnet_class_map.csv").write_text(f"index,mid,display_name\n{rows}")
    path = tmp_path / "bands.onnx"
    path.write_text("first")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yamnet", "not NAME=FILE"),
        ("=x", "not NAME=FILE"),
        ("crow=x", "unknown teacher 'crow'; known: yamnet"),
        ("yamnet=/no/such.onnx", r"/no/such\.onnx: no such file"),
    ],
)
def test_a_wrong_teacher_is_one_clear_line(text, message):
    with pytest.raises(TeacherError, match=message):
        teacher_file(text)


def test_no_teacher_is_none():
    assert teacher_file(None) is None
    assert warm_start(TrainingSettings()) is None


def test_a_teacher_is_opened_only_where_it_is_asked_for(weights, tiny_checkpoint):
    dictionary = load_checkpoint(tiny_checkpoint).dictionary
    given = TeacherFile("bands", weights)
    dog = dictionary.words.index("dog")
    assert teaching(TrainingSettings(), given, dictionary) is None
    taught = teaching(TrainingSettings(distillation=DistillationSettings()), given, dictionary)
    np.testing.assert_allclose(taught.class_vectors[0], dictionary.vectors[dog], atol=1e-6)


def test_a_warm_start_is_a_shipped_name_or_a_file(tiny_checkpoint):
    assert warm_start(TrainingSettings(warm_start="catdnn-small")).kind == "catdnn"
    assert warm_start(TrainingSettings(warm_start=str(tiny_checkpoint))).network == "tiny"


def test_the_shipped_recipe_wants_its_teacher_before_any_work(tmp_path, capsys):
    with pytest.raises(TeacherError, match=r"labeller learns from a teacher .* --teacher yamnet"):
        check(load_recipe("labeller"))
    assert main(["train", "labeller", "-o", str(tmp_path / "run")]) == 2
    assert "give its weights" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_recipe_with_a_teacher_runs_and_goes_on_with_that_teacher_alone(
    tmp_path, weights, capsys
):
    recipe, run = tmp_path / "taught.toml", tmp_path / "run"
    recipe.write_text(RECIPE)
    command = ["train", str(recipe), "--teacher", f"bands={weights}", "-o", str(run)]
    assert main(command) == 0
    checkpoint = load_checkpoint(run / "models" / "labeller" / "best.safetensors")
    network_of(checkpoint)  # an ordinary semDNN: no heads
    assert checkpoint.provenance["teacher"] == {"name": "bands", "sha256": "first"}
    assert main(command) == 0
    weights.write_text("second")
    assert main(command) == 2
    assert "another teacher" in capsys.readouterr().err
