"""Contract tests over every row of the network table."""

import pytest
import torch

from semdnn.network.registry import NETWORKS, build_network, network_spec
from semdnn.network.sound_network import KINDS, NetworkError

N_OUTPUTS = 30


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_has_the_documented_shape(name, kind):
    network = build_network(name, kind, N_OUTPUTS, _generator()).eval()
    patches = torch.randn(2, 96, 64, generator=_generator(1))
    shapes = network.layer_shapes()
    spec = network_spec(name)
    a, b, c, d = spec.widths
    dense = {f"fc{i}": (n,) for i, n in enumerate(spec.fully_connected, 1)}
    output = (96, 64) if kind == "cae" else (N_OUTPUTS,)
    assert shapes == {
        "pool1": (a, 48, 32),
        "pool2": (b, 24, 16),
        "pool3": (c, 12, 8),
        "pool4": (d, 6, 4),
        "gap": (d,),
        **dense,
        "output": output,
    }
    found = network.activations(patches, list(shapes))
    assert {layer: (2, *shape) for layer, shape in shapes.items()} == {
        layer: tuple(value.shape) for layer, value in found.items()
    }
    assert torch.equal(found["output"], network.predict(patches))
    assert all(torch.isfinite(value).all() for value in found.values())


@pytest.mark.parametrize("kind", KINDS)
def test_one_generator_state_gives_one_network(kind):
    first, second, other = (
        build_network("tiny", kind, N_OUTPUTS, _generator(seed)).state_dict() for seed in (3, 3, 4)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(
        first["encoder.blocks.0.convolutions.0.weight"],
        other["encoder.blocks.0.convolutions.0.weight"],
    )


def test_building_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    build_network("tiny", "semdnn", N_OUTPUTS, _generator())
    assert torch.equal(before, torch.random.get_rng_state())


def test_semdnn_and_catdnn_differ_in_the_last_layer_only():
    semdnn = build_network("tiny", "semdnn", 30, _generator())
    catdnn = build_network("tiny", "catdnn", 50, _generator())
    twins = {name: tuple(value.shape) for name, value in semdnn.state_dict().items()}
    others = {name: tuple(value.shape) for name, value in catdnn.state_dict().items()}
    differing = {name for name in twins | others if twins.get(name) != others.get(name)}
    assert differing == {"output.weight", "output.bias"}
    assert all(
        torch.equal(value, catdnn.state_dict()[name])
        for name, value in semdnn.encoder.state_dict(prefix="encoder.").items()
    )


def test_weights_have_the_variance_of_he_initialisation():
    network = build_network("base", "semdnn", 300, _generator())
    weight = network.get_parameter("encoder.blocks.3.convolutions.1.weight")
    assert float(weight.detach().var()) == pytest.approx(2 / (256 * 9), rel=0.02)
    output = network.get_parameter("output.weight")
    assert float(output.detach().var()) == pytest.approx(1 / 512, rel=0.02)


def test_order_within_a_block_is_convolution_relu_pool_dropout_norm():
    network = build_network("tiny", "semdnn", 3, _generator()).eval()
    block = network.encoder.blocks[2]
    block.norm.running_mean.normal_(generator=_generator(5))
    maps = torch.randn(2, 16, 8, 8, generator=_generator(6))
    with torch.no_grad():
        slow = maps
        for convolution in block.convolutions:
            slow = torch.relu(convolution(slow))
        slow = block.norm(torch.nn.functional.max_pool2d(slow, 2))
        assert torch.equal(block(maps), slow)


def test_input_may_have_a_channel_axis():
    network = build_network("tiny", "semdnn", 3, _generator()).eval()
    patches = torch.randn(2, 96, 64, generator=_generator(1))
    assert torch.equal(network(patches), network(patches[:, None]))


def test_input_is_standardised_by_the_stored_constants():
    plain = build_network("tiny", "semdnn", 3, _generator()).eval()
    scaled = build_network("tiny", "semdnn", 3, _generator()).eval()
    scaled.input_mean.fill_(-2.0)
    scaled.input_scale.fill_(4.0)
    patches = torch.randn(2, 96, 64, generator=_generator(1))
    torch.testing.assert_close(scaled(patches * 4 - 2), plain(patches))


def test_catdnn_predicts_probabilities():
    network = build_network("tiny", "catdnn", 5, _generator()).eval()
    patches = torch.randn(3, 96, 64, generator=_generator(1))
    torch.testing.assert_close(network.predict(patches), torch.sigmoid(network(patches)))


def test_an_autoencoder_answers_on_the_scale_of_its_input():
    network = build_network("tiny", "cae", 0, _generator()).eval()
    patches = torch.randn(3, 96, 64, generator=_generator(1))
    before = network(patches)
    network.input_mean.fill_(7.0)
    torch.testing.assert_close(network(patches + 7.0), before + 7.0, atol=1e-4, rtol=1e-4)


def test_unknown_names_are_told_with_the_known_ones():
    with pytest.raises(NetworkError, match="unknown network 'vgg'; known: paper, base, small"):
        build_network("vgg", "semdnn", 3, _generator())
    with pytest.raises(NetworkError, match="unknown kind of network 'dnn'; known: semdnn"):
        build_network("tiny", "dnn", 3, _generator())
    network = build_network("tiny", "semdnn", 3, _generator())
    with pytest.raises(NetworkError, match="unknown layer 'conv9'; this network has pool1"):
        network.activations(torch.zeros(2, 96, 64), ["conv9"])


def test_patches_of_another_shape_are_refused():
    network = build_network("tiny", "semdnn", 3, _generator())
    with pytest.raises(NetworkError, match=r"patches are \[B, 96, 64\], not \[2, 64, 96\]"):
        network(torch.zeros(2, 64, 96))
