"""VGGish and Kell 2018: layer by layer against slow code, published shapes, golden front end."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from semdnn.comparison import kell, vggish
from semdnn.comparison.published_network import random_weights


def random(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def same_convolution(maps, kernel, bias, step):
    """TensorFlow's "SAME" convolution and ReLU of maps [H, W, C], kernel [out, in, h, w]."""
    height, edge = maps.shape[0], kernel.shape[-1]
    n_out = -(-height // step)
    total = max((n_out - 1) * step + edge - height, 0)
    padded = np.pad(maps, ((total // 2, total - total // 2),) * 2 + ((0, 0),))
    found = [
        sum(correlate2d(padded[..., i], k[i], "valid") for i in range(maps.shape[-1])) + b
        for k, b in zip(kernel, bias, strict=True)
    ]
    return np.maximum(np.stack(found, axis=-1)[::step, ::step], 0)


def same_pool(maps, reduce):
    """TensorFlow's "SAME" 3x3 pooling in steps of 2: what is outside does not count."""
    height = maps.shape[0]
    n_out = -(-height // 2)
    before = ((n_out - 1) * 2 + 3 - height) // 2
    rows = [slice(max(0, 2 * i - before), 2 * i - before + 3) for i in range(n_out)]
    return np.array([[reduce(maps[r, c], axis=(0, 1)) for c in rows] for r in rows])


def normalised(maps):
    """TensorFlow's local response normalisation with radius 2, map by map."""
    out = np.empty_like(maps)
    for c in range(maps.shape[-1]):
        neighbours = maps[..., max(0, c - 2) : c + 3]
        out[..., c] = maps[..., c] / (1 + 1e-3 * (neighbours**2).sum(axis=-1)) ** 0.75
    return out


def tensors(arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def test_kell_equals_the_published_graph_written_out():
    sizes = {"conv1": (7, 1, 9), "conv2": (5, 7, 5), "conv3": (4, 5, 3)}
    for branch in "WG":
        sizes |= {f"conv4_{branch}": (4, 4, 3), f"conv5_{branch}": (3, 4, 3)}
    w = {}
    for seed, (name, (n_out, n_in, edge)) in enumerate(sizes.items()):
        w[f"{name}.weight"] = 0.2 * random((n_out, n_in, edge, edge), seed)
        w[f"{name}.bias"] = random(n_out, 100 + seed)
    picture = 20 * random((64, 64), 7)  # 64 -> 22 -> 11 -> 6 -> 3 -> 2: odd and even sizes
    for branch in "WG":
        w[f"fc6_{branch}.weight"] = random((6, 2 * 2 * 3), ord(branch))
        w[f"fc6_{branch}.bias"] = random(6, 200 + ord(branch))
    found = kell.kell_activations(tensors(w), torch.from_numpy(picture[None]))
    expected, maps = {}, picture[..., None].astype(float)
    for name, step in (("conv1", 3), ("conv2", 2)):
        maps = same_convolution(maps, w[f"{name}.weight"], w[f"{name}.bias"], step)
        expected[name] = maps
        maps = same_pool(normalised(maps), np.max)
    trunk = same_convolution(maps, w["conv3.weight"], w["conv3.bias"], 1)
    expected["conv3"] = trunk
    for branch in "WG":
        maps = trunk
        for name in (f"conv4_{branch}", f"conv5_{branch}"):
            maps = same_convolution(maps, w[f"{name}.weight"], w[f"{name}.bias"], 1)
            expected[name] = maps
        flat = same_pool(maps, np.mean).ravel()
        name = f"fc6_{branch}"
        expected[name] = np.maximum(w[f"{name}.weight"] @ flat + w[f"{name}.bias"], 0)
    assert list(found) == list(expected) == list(kell.LAYER_SHAPES)
    for name, values in expected.items():
        assert values.any()
        np.testing.assert_allclose(found[name][0], values, rtol=1e-3, atol=1e-3, err_msg=name)


def test_vggish_equals_the_published_graph_written_out():
    sizes = {"conv1": (3, 1), "conv2": (4, 3), "conv3_1": (5, 4), "conv3_2": (4, 5)}
    sizes |= {"conv4_1": (3, 4), "conv4_2": (5, 3)}
    w = {}
    for seed, (name, (n_out, n_in)) in enumerate(sizes.items()):
        w[f"{name}.weight"] = random((n_out, n_in, 3, 3), seed)
        w[f"{name}.bias"] = random(n_out, 50 + seed)
    for seed, (name, shape) in enumerate(
        {"fc1_1": (7, 2 * 1 * 5), "fc1_2": (6, 7), "fc2": (4, 6)}.items()
    ):
        w[f"{name}.weight"], w[f"{name}.bias"] = random(shape, 80 + seed), random(shape[:1], seed)
    patch = random((32, 16), 3)
    found = vggish.vggish_activations(tensors(w), torch.from_numpy(patch[None]))
    expected, maps = {}, patch[..., None].astype(float)
    for block in (["conv1"], ["conv2"], ["conv3_1", "conv3_2"], ["conv4_1", "conv4_2"]):
        for name in block:
            maps = same_convolution(maps, w[f"{name}.weight"], w[f"{name}.bias"], 1)
        expected[block[-1]] = maps
        height, width, n_maps = maps.shape
        maps = maps.reshape(height // 2, 2, width // 2, 2, n_maps).max(axis=(1, 3))
    values = maps.ravel()
    for name in ("fc1_1", "fc1_2", "fc2"):
        values = w[f"{name}.weight"] @ values + w[f"{name}.bias"]
        values = values if name == "fc2" else np.maximum(values, 0)
        expected[name] = values
    assert list(found) == list(expected) == list(vggish.LAYER_SHAPES)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name][0], values, rtol=1e-3, atol=1e-3, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "activations", "shapes", "inputs"),
    [
        (vggish.VGGISH, vggish.vggish_activations, vggish.LAYER_SHAPES, (2, 96, 64)),
        (kell.KELL, kell.kell_activations, kell.LAYER_SHAPES, (1, 256, 256)),
    ],
    ids=["vggish", "kell"],
)
def test_layers_have_the_published_shapes(network, activations, shapes, inputs):
    weights = {name: torch.zeros(shape) for name, shape in network.shapes.items()}
    found = activations(weights, torch.zeros(inputs))
    sizes = {name: tuple(values.shape) for name, values in found.items()}
    assert sizes == {name: (inputs[0], *shape) for name, shape in shapes.items()}


def test_vggish_sees_what_its_reference_formula_gives():
    """Samples to patches as the reference does it, in double precision."""
    rng = np.random.default_rng(5)
    samples = (0.1 * rng.standard_normal(40_000)).astype(np.float32)
    n_frames = 1 + (samples.size - 400) // 160
    frames = np.stack([samples[160 * i : 160 * i + 400] for i in range(n_frames)]).astype(float)
    window = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    spectrum = np.abs(np.fft.rfft(frames * window, 512))
    bins = 1127 * np.log(1 + np.linspace(0, 8000, 257) / 700)
    edges = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), 66)
    weights = np.empty((257, 64))
    for i in range(64):
        low, centre, high = edges[i : i + 3]
        weights[:, i] = np.maximum(
            0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
        )
    weights[0] = 0
    log_mel = np.log(spectrum @ weights + 0.01)
    n_patches = n_frames // 96
    found = vggish.vggish_patches(samples)
    assert len(found) == n_patches == 2
    expected = log_mel[: 96 * n_patches].reshape(n_patches, 96, 64)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


def test_a_sound_too_short_for_vggish_is_padded():
    assert vggish.vggish_patches(np.ones(400, np.float32)).shape == (1, 96, 64)


def test_random_weights_come_from_the_generator():
    shapes = {"fc2.weight": (500, 800), "fc2.bias": (500,)}
    first, again, other = (
        random_weights(shapes, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(first["fc2.weight"], again["fc2.weight"])
    assert not torch.equal(first["fc2.weight"], other["fc2.weight"])
    assert abs(float(first["fc2.weight"].std()) - (2 / 800) ** 0.5) < 1e-3
    assert not first["fc2.bias"].any()


@pytest.mark.slow
def test_vggish_with_the_published_weights_passes_its_authors_smoke_test(shared):
    """Mean and deviation of the embedding of 3 s of 1 kHz, as published, within 10 %."""
    path = shared / "weights" / "vggish" / "vggish_model.ckpt"
    if not path.is_file():
        pytest.skip("the published VGGish checkpoint is not here")
    from semdnn.comparison.weights import read_weights

    samples = np.sin(2 * np.pi * 1000 * np.arange(48_000) / 16_000).astype(np.float32)
    patches = torch.from_numpy(vggish.vggish_patches(samples).copy())
    found = vggish.vggish_activations(tensors(read_weights(vggish.VGGISH, path)), patches)["fc2"]
    np.testing.assert_allclose([found.mean(), found.std()], [0.000657, 0.343], rtol=0.1)
