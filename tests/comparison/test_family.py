import dataclasses

import numpy as np
import pytest
import torch

from semdnn.audio.patches import cut
from semdnn.audio.waveform import read
from semdnn.comparison.family import open_network, open_untrained
from semdnn.comparison.interface import ComparisonError
from semdnn.features.logmel import log_mel
from semdnn.features.store import FeatureSettings
from semdnn.network.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from semdnn.network.registry import build_network


def test_layers_are_the_mean_over_all_patches_of_a_literal_forward_pass(stimuli, tiny_checkpoint):
    model = open_network(tiny_checkpoint)
    found = model.layers(stimuli)
    assert list(found) == ["pool1", "pool2", "pool3", "pool4", "gap", "fc1", "output"]
    for row, stimulus in enumerate(stimuli):
        patches = torch.from_numpy(cut(log_mel(read(stimulus.path))).copy())
        with torch.no_grad():
            values, _ = model.network._standardised(patches)
            for name, values in model.network.encoder.layers(values):  # noqa: B020
                expected = values.mean(dim=0).flatten().numpy()
                np.testing.assert_allclose(found[name][row], expected, atol=1e-5)
            output = model.network.output(values).mean(dim=0).numpy()
        np.testing.assert_allclose(found["output"][row], output, atol=1e-5)


def test_the_log_mel_settings_of_the_checkpoint_are_used(stimuli, tiny_checkpoint, tmp_path):
    settings = FeatureSettings(hop_s=0.48, log_offset=0.001)
    path = tmp_path / "other.safetensors"
    checkpoint = dataclasses.replace(load_checkpoint(tiny_checkpoint), features=settings)
    save_checkpoint(path, checkpoint)
    model = open_network(path)
    bell = stimuli[1]
    patches = cut(log_mel(read(bell.path), log_offset=0.001), hop_frames=48)
    assert len(patches) == 5
    with torch.no_grad():
        expected = model.network(torch.from_numpy(patches.copy())).mean(dim=0).numpy()
    np.testing.assert_allclose(model.layers([bell])["output"][0], expected, atol=1e-5)


def test_a_long_sound_is_read_in_pieces(write_sound, tiny_checkpoint, monkeypatch):
    samples = 0.1 * np.random.default_rng(0).standard_normal(100 * 16_000).astype(np.float32)
    model = open_network(tiny_checkpoint)
    sizes = []

    def counted(network, patches, layers):
        sizes.append(len(patches))
        return {"gap": patches.mean(axis=(1, 2))[:, None]}

    monkeypatch.setattr("semdnn.comparison.family.embed", counted)
    found = model.layers([write_sound(samples)])["gap"]
    assert sizes == [64, 40]
    np.testing.assert_allclose(found[0, 0], cut(log_mel(samples)).mean(), rtol=1e-5)


def test_of_an_autoencoder_the_encoder_is_compared(stimuli, tiny_checkpoint, tmp_path):
    network = build_network("tiny", "cae", 300, torch.Generator().manual_seed(1))
    checkpoint = dataclasses.replace(
        load_checkpoint(tiny_checkpoint), kind="cae", state=network.state_dict()
    )
    folder = tmp_path / "models" / "cae"
    save_checkpoint(folder / "best.safetensors", checkpoint)
    model = open_network(folder / "best.safetensors")
    assert model.name == "cae"
    assert list(model.layers(stimuli[:1])) == ["pool1", "pool2", "pool3", "pool4", "gap", "fc1"]
    assert "cae checkpoint cae" in model.card.source


def test_the_card_says_what_the_checkpoint_says():
    card = open_network("semdnn-small").card
    assert card.licence == "Apache-2.0"
    assert "semdnn checkpoint semdnn-small, network small, epoch 30" in card.source
    assert "learned from" in card.source


def test_a_provenance_of_another_shape_does_no_harm(tiny_checkpoint, tmp_path):
    path = tmp_path / "odd.safetensors"
    checkpoint = load_checkpoint(tiny_checkpoint)
    save_checkpoint(path, dataclasses.replace(checkpoint, provenance={"sources": "my own"}))
    assert open_network(path).card.source == "semdnn checkpoint odd, network tiny"


def test_untrained_networks_differ_by_seed_alone(stimuli, tiny_checkpoint):
    trained = load_checkpoint(tiny_checkpoint)
    first, again, other = (
        open_untrained(f"{tiny_checkpoint}{seed}") for seed in (":4", ":4", ":5")
    )
    weights = [m.checkpoint.state["encoder.dense.0.linear.weight"] for m in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], trained.state["encoder.dense.0.linear.weight"])
    np.testing.assert_array_equal(first.layers(stimuli)["output"], again.layers(stimuli)["output"])
    assert (first.name, other.name) == ("notrain-tiny-4", "notrain-tiny-5")
    assert open_untrained(str(tiny_checkpoint)).name == "notrain-tiny"
    assert "nothing was learned" in first.card.source


def test_untrained_networks_keep_the_standardisation_and_lose_the_statistics():
    trained, untrained = open_network("semdnn-small"), open_untrained("semdnn-small")
    assert torch.equal(untrained.network.input_scale, trained.network.input_scale)
    norm = untrained.network.encoder.blocks[0].norm
    assert torch.equal(norm.running_mean, torch.zeros_like(norm.running_mean))
    assert not torch.equal(trained.network.encoder.blocks[0].norm.running_mean, norm.running_mean)
    assert not untrained.network.training


def test_what_is_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(ComparisonError, match=r"no shipped network or file .*known: semdnn"):
        open_network("nowhere")
    with pytest.raises(ComparisonError, match="no shipped network or file of that name"):
        open_untrained("nowhere:3")
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    with pytest.raises(CheckpointError, match=r"bad\.safetensors"):
        open_network(tmp_path / "bad.safetensors")
