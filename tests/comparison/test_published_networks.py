"""What holds for all three published networks alike, whatever their weights."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from semdnn.comparison import kell, vggish, yamnet
from semdnn.comparison.interface import ComparisonError, Stimulus
from semdnn.comparison.recordings import averaged_layers

MODULES = {"vggish": vggish, "kell": kell, "yamnet": yamnet}


def imitation_of_yamnet(patches):
    """Activations of YAMNet's shapes that depend on every patch alone; no weights needed."""
    means = patches.mean(axis=(1, 2))
    return {
        name: np.multiply.outer(means, np.ones(shape, np.float32))
        for name, shape in yamnet.LAYER_SHAPES.items()
    }


@pytest.fixture(scope="module", params=list(MODULES))
def model(request):
    if request.param == "yamnet":
        found = yamnet.Yamnet.__new__(yamnet.Yamnet)
        found._run = imitation_of_yamnet
        return found
    network = {"vggish": vggish.Vggish, "kell": kell.Kell}[request.param]
    return network.untrained(torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def shapes(model):
    return MODULES[model.name.removesuffix("-untrained")].LAYER_SHAPES


@pytest.fixture(scope="module")
def stimuli(tmp_path_factory) -> list[Stimulus]:
    folder = tmp_path_factory.mktemp("stimuli")
    rng = np.random.default_rng(0)
    lengths = {"noise": 33_000, "click": 800}
    for name, n in lengths.items():
        soundfile.write(folder / f"{name}.wav", 0.1 * rng.standard_normal(n), 16_000)
    return [Stimulus(name, folder / f"{name}.wav", name) for name in lengths]


@pytest.fixture(scope="module")
def layers(model, stimuli):
    return model.layers(stimuli)


@pytest.mark.slow
def test_layers_have_the_published_names_order_and_sizes(layers, shapes):
    assert {n: v.shape for n, v in layers.items()} == {
        name: (2, int(np.prod(shape))) for name, shape in shapes.items()
    }
    assert list(layers) == list(shapes)
    for values in layers.values():
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert not np.array_equal(values[0], values[1])


@pytest.mark.slow
def test_each_stimulus_has_the_same_row_alone_and_in_company(model, layers, stimuli):
    alone = model.layers(stimuli[1:])
    for name, values in layers.items():
        np.testing.assert_array_equal(alone[name][0], values[1])


@pytest.mark.slow
def test_no_stimuli_no_rows(model, shapes):
    assert {n: v.shape for n, v in model.layers([]).items()} == {
        name: (0, int(np.prod(shape))) for name, shape in shapes.items()
    }


@pytest.mark.slow
def test_a_bad_stimulus_is_named(model, stimuli, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(ComparisonError, match=r"stimulus owl: .*broken\.wav"):
        model.layers([Stimulus("owl", tmp_path / "broken.wav", "owl")])
    with pytest.raises(ComparisonError, match="owl: no recording"):
        model.layers([Stimulus("owl", None, "owl")])


@pytest.mark.parametrize("published", [vggish.Vggish, kell.Kell, yamnet.Yamnet])
def test_cards_say_source_licence_and_reference(published):
    card = published.card
    assert "given by path" in card.source
    assert card.licence
    assert "doi:" in card.reference or "https://" in card.reference


@pytest.mark.parametrize("published", [vggish.Vggish, kell.Kell, yamnet.Yamnet])
def test_a_missing_file_is_named(published, tmp_path):
    with pytest.raises(ComparisonError, match=r"nothing\.pth: cannot be read"):
        published(tmp_path / "nothing.pth")


def test_activations_are_averaged_over_all_patches(stimuli):
    def respond(samples):
        yield {"a": np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)}
        yield {"a": np.array([[8.0, 0.0]], np.float32)}

    found = averaged_layers(stimuli, {"a": (2,)}, respond)
    np.testing.assert_array_equal(found["a"], [[4.0, 2.0]] * 2)


def test_activations_that_are_not_finite_are_an_error(stimuli):
    def respond(samples):
        yield {"a": np.array([[1.0, np.nan]], np.float32)}

    with pytest.raises(ComparisonError, match="noise: activations of a are not finite"):
        averaged_layers(stimuli, {"a": (2,)}, respond)


@pytest.mark.slow
@pytest.mark.parametrize("network", [vggish, kell], ids=["vggish", "kell"])
def test_weights_that_were_saved_give_the_same_layers(network, stimuli, tmp_path: Path):
    from safetensors.torch import save_file

    published = vggish.Vggish if network is vggish else kell.Kell
    untrained = published.untrained(torch.Generator().manual_seed(1))
    save_file(untrained._weights, tmp_path / "w.safetensors")
    loaded = published(tmp_path / "w.safetensors")
    assert loaded.name == untrained.name.removesuffix("-untrained")
    expected = untrained.layers(stimuli[1:])
    for name, values in loaded.layers(stimuli[1:]).items():
        np.testing.assert_array_equal(values, expected[name])
