"""A sound's layers, patch by patch and averaged, whatever its length."""

import numpy as np
import pytest
import soundfile

from semdnn.audio.patches import count, cut
from semdnn.audio.waveform import AudioError, read
from semdnn.features.logmel import log_mel
from semdnn.model import SemanticModel
from semdnn.network.inference import embed
from semdnn.network.sound_network import NetworkError

LAYERS = ["pool4", "gap", "output"]


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


@pytest.fixture
def long_sound(tmp_path):
    path = tmp_path / "long.wav"
    noise = 0.1 * np.random.default_rng(1).standard_normal(44_100 * 71)
    soundfile.write(path, noise, 44_100)  # more than two blocks
    return path


@pytest.mark.parametrize("hop_s", [0.48, 0.96, 1.5])
def test_patches_are_those_of_the_whole_sound(model, long_sound, hop_s):
    frames = log_mel(read(long_sound))
    hop_frames = round(hop_s * 100)
    expected = embed(model.network, cut(frames, hop_frames=hop_frames), LAYERS)
    stream = model.patch_activations(long_sound, LAYERS, hop_s=hop_s)
    parts = list(stream)
    starts = np.concatenate([part.start_s for part in parts])
    np.testing.assert_allclose(starts, hop_s * np.arange(count(len(frames), hop_frames=hop_frames)))
    assert len(parts) > 1 or len(starts) <= 64
    assert stream.duration_s == pytest.approx(71.0)
    for name in LAYERS:
        found = np.concatenate([part.values[name] for part in parts])
        np.testing.assert_allclose(found, expected[name], atol=1e-5)


def test_the_mean_is_over_all_patches(model, long_sound):
    expected = embed(model.network, cut(log_mel(read(long_sound)), hop_frames=48), LAYERS)
    heard = model.activations(long_sound, LAYERS, hop_s=0.48)
    assert heard.n_patches == len(expected["gap"])
    assert heard.duration_s == pytest.approx(71.0)
    assert list(heard.values) == LAYERS
    for name in LAYERS:
        assert heard.values[name].dtype == np.float32
        np.testing.assert_allclose(heard.values[name], expected[name].mean(axis=0), atol=1e-5)


def test_the_output_is_what_listen_returns_whatever_else_is_asked_for(model, sounds):
    heard = model.activations(sounds / "noise.WAV", LAYERS)
    listening = model.listen(sounds / "noise.WAV")
    np.testing.assert_array_equal(heard.values["output"], listening.prediction)
    assert (heard.duration_s, heard.n_patches) == (listening.duration_s, listening.n_patches)


def test_an_unknown_layer_is_refused_before_anything_is_read(model, tmp_path):
    with pytest.raises(NetworkError, match=r"unknown layer 'fc9'.*pool1.*output"):
        model.patch_activations(tmp_path / "none.wav", ["fc9"])


@pytest.mark.parametrize("hop_s", [0.0, -0.96, 0.015, 0.001, float("nan"), float("inf")])
def test_a_hop_between_frames_is_refused(model, hop_s):
    with pytest.raises(NetworkError, match="positive multiple"):
        model.activations(np.zeros(16_000), ["gap"], hop_s=hop_s)


def test_a_missing_file_is_told(model, tmp_path):
    with pytest.raises(AudioError, match=r"none\.wav"):
        model.activations(tmp_path / "none.wav", ["gap"])
