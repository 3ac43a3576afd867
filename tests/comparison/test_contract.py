"""What every comparison model promises, checked on all that open without someone's weights."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from semdnn.comparison.activations import save_activations
from semdnn.comparison.interface import Card, ComparisonError, Stimulus
from semdnn.comparison.registry import MODELS, open_model
from semdnn.semantics.minilm import has_text_model

NEED_WEIGHTS = {"yamnet", "vggish", "kell"}
ARGUMENTS = {
    "words": "words:minilm",
    "phrase": "phrase:minilm",
    "notrain": "notrain:catdnn-small:3",
    "hear": "hear:contract_hear_module",
}
SPECS = [ARGUMENTS.get(name, name) for name in MODELS if name not in NEED_WEIGHTS]
READ_WORDS = ("words", "phrase")


@pytest.fixture(scope="module", params=[*SPECS, "activations"])
def model(request, tmp_path_factory, stimuli):
    if request.param == "activations":
        path = tmp_path_factory.mktemp("contract") / "mine.npz"
        values = np.random.default_rng(0).normal(size=(4, 2, 3))
        save_activations(path, [s.name for s in stimuli], {"fc1": values})
        yield open_model(str(path))
        return
    if request.param.startswith("phrase") and not has_text_model():
        pytest.skip("the text model is not installed")
    if request.param.startswith("hear"):
        module = ModuleType("contract_hear_module")
        loaded = torch.nn.Identity()
        loaded.sample_rate = 8000
        module.load_model = lambda: loaded
        module.get_scene_embeddings = lambda audio, _: audio[:, :5] + audio.mean(dim=1)[:, None]
        sys.modules[module.__name__] = module
    yield open_model(request.param)
    sys.modules.pop("contract_hear_module", None)


@pytest.fixture(scope="module")
def layers(model, stimuli):
    return model.layers(stimuli)


def test_every_layer_has_a_finite_row_a_stimulus(layers, stimuli):
    assert layers
    for values in layers.values():
        assert values.dtype == np.float32
        assert values.ndim == 2
        assert values.shape[0] == len(stimuli)
        assert values.shape[1] >= 1
        assert np.isfinite(values).all()


def test_some_layer_tells_all_stimuli_apart(layers, stimuli):
    assert any(len(np.unique(v, axis=0)) == len(stimuli) for v in layers.values())


def test_the_answer_is_the_same_again_in_another_order_and_alone(model, layers, stimuli):
    order = [2, 0, 3, 1]
    again = model.layers([stimuli[i] for i in order])
    assert list(again) == list(layers)
    for name, values in again.items():
        np.testing.assert_array_equal(values, layers[name][order])
    alone = model.layers(stimuli[1:2])
    for name, values in alone.items():
        np.testing.assert_array_equal(values, layers[name][1:2])


def test_it_says_what_it_is_and_where_from(model):
    assert model.name
    assert isinstance(model.card, Card)
    assert model.card.source
    assert model.card.licence


def test_a_stimulus_that_cannot_be_taken_is_named(model, stimuli, tmp_path):
    if model.name.startswith(READ_WORDS):
        strange = Stimulus("odd one", stimuli[0].path, "")
    elif model.name == "mine":
        strange = Stimulus("odd one", stimuli[0].path, "dog")
    else:
        (tmp_path / "odd.wav").write_text("no sound")
        strange = Stimulus("odd one", tmp_path / "odd.wav", "dog")
    with pytest.raises(ComparisonError, match="odd one"):
        model.layers([stimuli[0], strange])


def test_models_that_listen_need_a_recording(model):
    if model.name.startswith((*READ_WORDS, "mine")):
        assert model.layers([Stimulus("engine", None, "engine")])
    else:
        with pytest.raises(ComparisonError, match="'engine' has no recording"):
            model.layers([Stimulus("engine", None, "engine")])


def test_no_stimuli_are_refused(model):
    with pytest.raises(ComparisonError, match="stimuli"):
        model.layers([])
