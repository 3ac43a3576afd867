"""Silence has no words: in labels, timelines, catalogues, on the page, and in scores."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from semdnn.audio.patches import cut
from semdnn.audio.waveform import read
from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import CatalogueError
from semdnn.catalogue.hearing import hear
from semdnn.catalogue.labelling import label_sounds
from semdnn.catalogue.query import Query
from semdnn.catalogue.timeline import rule_of, timeline
from semdnn.experiment.evaluate import pooled_layers
from semdnn.features.logmel import log_mel
from semdnn.features.store import FeatureSettings, featurise
from semdnn.hear import HearModel, get_scene_embeddings
from semdnn.model import SemanticModel
from semdnn.network.inference import predict
from semdnn.web.hearing import hear as hear_page
from semdnn.web.hearing import mean_output
from semdnn.web.limits import Limits
from semdnn.web.words_over_time import words_over_time

SECOND = 16_000


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


@pytest.fixture(scope="module")
def burst():
    """Six seconds of silence with noise from 2.0 s to 3.5 s."""
    samples = np.zeros(6 * SECOND, np.float32)
    rng = np.random.default_rng(0)
    samples[2 * SECOND : 7 * SECOND // 2] = 0.1 * rng.standard_normal(3 * SECOND // 2)
    return samples


@pytest.fixture(scope="module")
def library(tmp_path_factory, burst):
    """A folder of a noise between silences, another noise, and one that nobody hears."""
    folder = tmp_path_factory.mktemp("quiet")
    soundfile.write(folder / "burst.wav", burst, SECOND, subtype="FLOAT")
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(3 * SECOND)
    soundfile.write(folder / "nothing.wav", 1e-5 * noise, SECOND, subtype="FLOAT")
    soundfile.write(folder / "noise.wav", 0.1 * noise, SECOND)
    return folder


def oracle(model, samples):
    """Mean over the patches in which some sample is not 0, written out."""
    patches = cut(log_mel(samples))
    outputs = predict(model.network, patches)
    heard = [
        output
        for number, output in enumerate(outputs)
        if np.any(samples[number * 15_360 : number * 15_360 + 15_600])
    ]
    return np.mean(heard, axis=0)


def test_a_prediction_is_over_the_patches_that_sound(model, burst):
    heard = model.listen(burst)
    assert (heard.n_patches, heard.n_sounding) == (6, 2)
    np.testing.assert_allclose(heard.prediction, oracle(model, burst), atol=1e-6)
    every = predict(model.network, cut(log_mel(burst))).mean(axis=0)
    assert not np.allclose(heard.prediction, every, atol=1e-3)


def test_silence_has_no_words_and_no_direction(model):
    silence = np.zeros(3 * SECOND, np.float32)
    assert model.words(model.listen(silence).prediction)  # what would be said of nothing
    assert model.label(silence) == ()
    assert not model.embed(silence).any()
    assert timeline(model, silence).segments == ()


def test_a_timeline_has_words_only_where_a_patch_sounds(model, burst):
    found = timeline(model, burst, rule_of(threshold=1e-4))
    assert found.segments
    # Patches from 1.44 s to 3.36 s hold noise; each stands for 0.48 s around its middle.
    assert min(segment.start_s for segment in found.segments) >= 1.44
    assert max(segment.end_s for segment in found.segments) <= 4.08


def test_labels_leave_silence_without_words(model, library):
    paths = sorted(library.glob("*.wav"))
    labelled = {item.path.name: item for item in label_sounds(model, paths, top=5)}
    assert labelled["nothing.wav"].words == ()
    assert not labelled["nothing.wav"].error
    assert labelled["nothing.wav"].duration_s == 3.0
    assert labelled["burst.wav"].words == model.label(library / "burst.wav")
    assert labelled["noise.wav"].words == model.label(library / "noise.wav")


def test_a_catalogue_finds_silence_by_name_alone(model, library, tiny_checkpoint, tmp_path):
    heard = hear(model, library / "burst.wav")
    np.testing.assert_array_equal(heard.prediction, model.listen(library / "burst.wav").prediction)
    catalogue = Catalogue(tmp_path / "catalogue.db")
    catalogue.update([library], model=str(tiny_checkpoint))
    numbers = {sound.path.name: sound.id for sound in catalogue.sounds()}
    assert catalogue.words(numbers["nothing.wav"]) == ()
    assert catalogue.words(numbers["burst.wav"])
    rows = dict(zip(*catalogue.vectors()[:2], strict=True))
    assert not rows[numbers["nothing.wav"]].any()
    named = catalogue.search(Query(text="nothing", by="text"))
    assert [match.path.name for match in named] == ["nothing.wav"]
    found = catalogue.search(Query(text="rain dog", by="meaning", top=3))
    assert {match.path.name for match in found} == {"burst.wav", "noise.wav"}
    for like in (library / "nothing.wav", numbers["nothing.wav"]):
        with pytest.raises(CatalogueError, match="nothing sounds in it"):
            catalogue.search(Query(like=like))
    faint = 1e-5 * np.random.default_rng(2).standard_normal(SECOND)
    soundfile.write(tmp_path / "new.wav", faint, SECOND, subtype="FLOAT")
    with pytest.raises(CatalogueError, match=r"new\.wav: nothing sounds in it"):
        catalogue.search(Query(like=tmp_path / "new.wav"))


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_digital_silence_is_no_sound_for_a_catalogue(level, library, tiny_checkpoint, tmp_path):
    folder = shutil.copytree(library, tmp_path / "library")
    soundfile.write(folder / "constant.wav", np.full(SECOND, level), SECOND)
    catalogue = Catalogue(tmp_path / "catalogue.db")
    done = catalogue.update([folder], model=str(tiny_checkpoint))
    (bad,) = done.failed
    assert bad.name.endswith("constant.wav")
    assert "is silent from start to end: leave it out" in bad.reason
    assert (done.added, len(catalogue)) == (3, 3)


def test_the_page_says_nothing_of_silence(model, library):
    heard = hear_page(model, library / "nothing.wav", Limits(), lambda: None)
    shown = words_over_time(model, heard.outputs)
    assert (shown.words, shown.segments, shown.rows) == ((), (), ())
    heard = hear_page(model, library / "burst.wav", Limits(), lambda: None)
    shown = words_over_time(model, heard.outputs)
    assert shown.words == model.label(library / "burst.wav", top=10)
    silent = ~heard.outputs.sounding
    assert silent.any()
    assert mean_output(model, heard.outputs) is not None


def test_scene_embeddings_leave_silence_out(model, burst):
    hearing = HearModel(model)
    scene = get_scene_embeddings(torch.from_numpy(burst[None]), hearing)
    patches = hearing.patches(burst, model.checkpoint.features.hop_frames)
    np.testing.assert_allclose(scene[0], patches[2:4].mean(axis=0), atol=1e-5)


def test_scores_are_of_the_patches_that_sound(model, library, burst, tmp_path):
    names = ("noise.wav", "burst.wav", "nothing.wav")
    sounds = [(name, library / name) for name in names]
    store = featurise(sounds, tmp_path / "store", FeatureSettings(), n_workers=1)
    data = SimpleNamespace(names=names, store=store, store_rows=np.arange(3))
    values = pooled_layers(model.checkpoint, data, ["output"])["output"]
    np.testing.assert_allclose(values[1], oracle(model, burst), atol=5e-3)
    faint = predict(model.network, cut(log_mel(read(library / "nothing.wav")))).mean(axis=0)
    np.testing.assert_allclose(values[2], faint, atol=5e-3)
