"""The rules of HEAR 2021's validator, and that each sound stands for itself."""

import numpy as np
import pytest
import torch

from semdnn import hear
from semdnn.audio.patches import cut
from semdnn.features.logmel import log_mel
from semdnn.network.inference import embed


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return hear.load_model(str(tiny_checkpoint))


def noise(n_sounds, seconds):
    generator = torch.Generator().manual_seed(0)
    return torch.rand((n_sounds, int(seconds * 16_000)), generator=generator) * 2 - 1


def test_the_model_has_the_attributes(model):
    assert isinstance(model, torch.nn.Module)
    assert model.sample_rate == 16_000
    assert model.scene_embedding_size == model.timestamp_embedding_size == 64
    assert hear.load_model().scene_embedding_size == 256


def test_scene_embeddings(model):
    audio = noise(3, 3.74)
    found = hear.get_scene_embeddings(audio, model)
    assert found.dtype == torch.float32
    assert found.shape == (3, model.scene_embedding_size)
    patches = cut(log_mel(audio[1].numpy()))
    expected = embed(model.network, patches, ["fc1"])["fc1"].mean(axis=0)
    np.testing.assert_allclose(found[1], expected, atol=1e-6)
    assert torch.equal(hear.get_scene_embeddings(audio[1:2], model)[0], found[1])


def test_timestamp_embeddings(model):
    audio = noise(2, 2.0)
    embeddings, timestamps = hear.get_timestamp_embeddings(audio, model)
    assert embeddings.dtype == torch.float32
    assert embeddings.shape == (2, 41, model.timestamp_embedding_size)
    assert timestamps.shape == (2, 41)
    np.testing.assert_allclose(timestamps, np.tile(50.0 * np.arange(41), (2, 1)))


def test_a_timestamp_is_the_centre_of_its_patch(model):
    audio = noise(1, 3.0)
    embeddings, _ = hear.get_timestamp_embeddings(audio, model)
    centre = 24_000  # 1.5 s, timestamp 30
    samples = audio[0, centre - 7_800 : centre + 7_800].numpy()
    expected = embed(model.network, cut(log_mel(samples)), ["fc1"])["fc1"][0]
    np.testing.assert_allclose(embeddings[0, 30], expected, atol=1e-5)


@pytest.mark.parametrize("n_samples", [1, 399, 800])
def test_the_shortest_sounds_are_taken(model, n_samples):
    audio = torch.zeros(1, n_samples)
    assert hear.get_scene_embeddings(audio, model).isfinite().all()
    assert hear.get_timestamp_embeddings(audio, model).timestamps.shape == (1, 1 + n_samples // 800)


@pytest.mark.parametrize("shape", [(16_000,), (0, 16_000), (1, 0), (1, 1, 16_000)])
def test_other_shapes_are_refused(model, shape):
    with pytest.raises(hear.HearError, match="n_sounds"):
        hear.get_scene_embeddings(torch.zeros(shape), model)
