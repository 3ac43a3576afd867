import numpy as np
import pytest
import torch

from semdnn.network.inference import PatchArray, embed, predict
from semdnn.network.registry import build_network

PATCHES = np.random.default_rng(0).normal(size=(7, 96, 64)).astype(np.float32)


@pytest.fixture
def network():
    return build_network("tiny", "catdnn", 5, torch.Generator().manual_seed(0))


def test_batches_change_nothing(network):
    whole = predict(network, PATCHES)
    np.testing.assert_allclose(predict(network, PATCHES, batch_size=3), whole, atol=1e-6)
    assert whole.shape == (7, 5)
    assert whole.dtype == np.float32
    assert ((whole > 0) & (whole < 1)).all()


def test_a_source_is_read_by_index(network):
    chosen = np.array([5, 0, 5])
    np.testing.assert_allclose(
        predict(network, PatchArray(PATCHES), chosen), predict(network, PATCHES)[chosen], atol=1e-6
    )
    with pytest.raises(TypeError, match="indices"):
        predict(network, PatchArray(PATCHES))


def test_the_mode_of_the_network_is_left_as_it_was(network):
    network.train()
    statistics = network.encoder.blocks[0].norm.running_mean.clone()
    predict(network, PATCHES)
    assert network.training
    assert torch.equal(network.encoder.blocks[0].norm.running_mean, statistics)


def test_layers_come_with_their_shapes_even_of_no_patches(network):
    found = embed(network, PATCHES, ["gap", "pool4"])
    assert {name: value.shape for name, value in found.items()} == {
        "gap": (7, 64),
        "pool4": (7, 64, 6, 4),
    }
    np.testing.assert_allclose(found["pool4"].mean(axis=(2, 3)), found["gap"], atol=1e-5)
    assert embed(network, PATCHES[:0], ["gap"])["gap"].shape == (0, 64)
