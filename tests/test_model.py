"""The object that users hold: what it hears, says and refuses."""

import numpy as np
import pytest
import soundfile
from scipy.optimize import nnls

from semdnn.audio.patches import cut
from semdnn.audio.waveform import AudioError, read
from semdnn.features.logmel import SamplesError, log_mel
from semdnn.model import DEFAULT_MODEL, MODELS, ModelError, SemanticModel
from semdnn.network.checkpoint import CheckpointError
from semdnn.network.inference import predict


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


def test_a_prediction_is_the_mean_over_all_whole_patches(model, tmp_path):
    path = tmp_path / "long.wav"
    rng = np.random.default_rng(1)
    soundfile.write(path, 0.1 * rng.standard_normal(44_100 * 71), 44_100)  # more than two blocks
    heard = model.listen(path)
    patches = cut(log_mel(read(path)))
    assert heard.n_patches == len(patches) == 73
    expected = predict(model.network, patches).mean(axis=0)
    np.testing.assert_allclose(heard.prediction, expected, atol=1e-6)
    assert heard.duration_s == pytest.approx(71.0)


@pytest.mark.parametrize("n_samples", [400, 15_599, 15_600, 15_601, 30_959, 30_960])
def test_short_sounds_are_padded_and_tails_cut(model, n_samples):
    samples = np.random.default_rng(n_samples).standard_normal(n_samples).astype(np.float32)
    assert model.listen(samples).n_patches == (2 if n_samples == 30_960 else 1)


def test_an_embedding_has_unit_length_and_ignores_the_container(model, tmp_path):
    samples = (0.1 * np.random.default_rng(0).standard_normal(32_000)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    embedding = model.embed(samples)
    assert np.linalg.norm(embedding) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_array_equal(embedding, model.embed(tmp_path / "a.wav"))


def test_words_are_the_nnls_solution_with_the_offset(model):
    prediction = np.random.default_rng(3).standard_normal(300).astype(np.float32)
    dictionary = model.checkpoint.dictionary
    unit = prediction / np.linalg.norm(prediction)
    rows = np.c_[dictionary.vectors, np.full(len(dictionary), dictionary.offset)]
    betas, _ = nnls(rows.T.astype(np.float64), np.r_[unit, dictionary.offset])
    words = dict(model.words(prediction, top=20))
    expected = {dictionary.words[i]: beta for i, beta in enumerate(betas) if beta > 0}
    assert words == pytest.approx(expected, abs=1e-5)
    assert list(words.values()) == sorted(words.values(), reverse=True)


def test_similarity_is_the_cosine_with_the_mean_of_the_words(model, sounds):
    vectors = dict(
        zip(model.checkpoint.dictionary.words, model.checkpoint.dictionary.vectors, strict=True)
    )
    mean = vectors["dog"] + vectors["bark"]
    expected = model.embed(sounds / "noise.WAV") @ (mean / np.linalg.norm(mean))
    assert model.similarity(sounds / "noise.WAV", "Dog barks") == pytest.approx(expected, abs=1e-4)


def test_a_text_without_known_words_is_refused(model, sounds):
    with pytest.raises(ModelError, match="none of its words"):
        model.similarity(sounds / "noise.WAV", "...")


def test_too_short_a_sound_is_refused(model, tmp_path):
    soundfile.write(tmp_path / "tiny.wav", np.full(399, 0.5), 16_000)
    with pytest.raises(AudioError, match=r"tiny\.wav"):
        model.listen(tmp_path / "tiny.wav")
    with pytest.raises(SamplesError, match="399"):
        model.listen(np.zeros(399, dtype=np.float32))


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(ModelError, match=DEFAULT_MODEL):
        SemanticModel.load("no-such-model")


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_text("not a checkpoint")
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        SemanticModel.load(path)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_shipped_network_loads_and_says_where_it_comes_from(name):
    model = SemanticModel.load(name)
    assert model.checkpoint.licence == "Apache-2.0"
    sources = model.checkpoint.provenance["sources"]
    assert sources
    assert not [licence for _, licence, _ in sources if "unknown" in licence.lower()]
    assert not [licence for _, licence, _ in sources if "nc" in licence.lower().split("-")]
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    assert 1 <= len(model.label(noise, top=5)) <= 5
