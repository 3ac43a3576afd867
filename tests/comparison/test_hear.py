from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import soundfile
import soxr
import torch

from semdnn.comparison.hear import HearModel, open_hear, read_at
from semdnn.comparison.interface import ComparisonError

CODE = """
import torch
LOADED = []
def load_model(path=""):
    LOADED.append(path)
    model = torch.nn.Linear(1, 1)
    model.sample_rate = 22050
    return model
def get_scene_embeddings(audio, model):
    return torch.stack([audio.sum(dim=1), audio.square().sum(dim=1)], dim=1)
def get_timestamp_embeddings(audio, model):
    stamps = audio[:, : audio.shape[1] // 4 * 4].reshape(1, 4, -1)
    return stamps[:, :, :3], torch.arange(4)[None] * 50.0
"""


def module(**functions) -> ModuleType:
    made = ModuleType("fake")
    functions.setdefault("load_model", lambda *_: SimpleNamespace(sample_rate=16_000))
    functions.setdefault("get_scene_embeddings", lambda audio, _: audio[:, :2])
    for name, function in functions.items():
        setattr(made, name, function)
    return made


def test_a_file_with_the_interface_is_a_model(tmp_path, stimuli):
    path = tmp_path / "my_hear.py"
    path.write_text(CODE)
    model = open_hear(f"{path}:weights/net.pt")
    assert model.name == "my_hear"
    assert model._module.LOADED == ["weights/net.pt"]
    assert "net.pt" in model.card.source
    found = model.layers(stimuli)
    assert list(found) == ["timestamps", "scene"]
    for row, stimulus in enumerate(stimuli):
        samples, rate = soundfile.read(stimulus.path, dtype="float32", always_2d=True)
        audio = soxr.resample(samples.mean(axis=1), rate, 22_050, "HQ")
        expected = [audio.sum(dtype=float), np.square(audio).sum(dtype=float)]
        np.testing.assert_allclose(found["scene"][row], expected, rtol=1e-4, atol=1e-3)
        quarters = audio[: audio.size // 4 * 4].reshape(4, -1)[:, :3]
        np.testing.assert_allclose(found["timestamps"][row], quarters.mean(axis=0), atol=1e-6)


def test_one_layer_where_there_are_no_time_stamps(stimuli):
    seen = []

    def scene(audio, model):
        seen.append((audio.dtype, audio.shape, model.sample_rate, torch.is_grad_enabled()))
        return np.ones((1, 2))

    model = HearModel("fake", module(get_scene_embeddings=scene))
    assert list(model.layers(stimuli[:1])) == ["scene"]
    assert seen == [(torch.float32, (1, 4000), 16_000, False)]


def test_any_rate_has_the_right_length(write_sound):
    path = write_sound(np.sin(np.arange(16_000) / 9)).path
    assert [read_at(path, rate).size for rate in (16_000, 8_000, 48_000)] == [16_000, 8_000, 48_000]


def failing(*_):
    raise RuntimeError("no\nGPU")


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ({"get_scene_embeddings": None}, "module fake has no function get_scene_embeddings"),
        ({"load_model": failing}, r"fake\.failing failed: RuntimeError: no GPU"),
        (
            {"load_model": lambda: SimpleNamespace(sample_rate=0)},
            "fake has no positive sample_rate",
        ),
        ({"get_scene_embeddings": failing}, "failed: RuntimeError: no GPU"),
        ({"get_scene_embeddings": lambda a, _: a[0]}, r"returned shape \(4000,\) for one sound"),
        ({"get_timestamp_embeddings": lambda a, _: (a, 0)}, r"\[1, n_stamps, n_units\]"),
        ({"get_scene_embeddings": lambda a, _: a * np.nan}, "'dog_bark': layer scene holds NaN"),
    ],
)
def test_what_goes_wrong_in_a_module_is_told_in_one_line(functions, message, stimuli):
    with pytest.raises(ComparisonError, match=message) as caught:
        HearModel("fake", module(**functions)).layers(stimuli[:1])
    assert "\n" not in str(caught.value)


def test_a_module_that_cannot_be_imported_is_named(tmp_path):
    with pytest.raises(ComparisonError, match="hear:no_such_module: cannot be imported"):
        open_hear("no_such_module")
    (tmp_path / "bad.py").write_text("1 / 0")
    with pytest.raises(ComparisonError, match=r"cannot be imported \(ZeroDivisionError"):
        open_hear(str(tmp_path / "bad.py"))
    with pytest.raises(ComparisonError, match="give MODULE"):
        open_hear(":weights")
