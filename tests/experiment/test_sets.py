"""What the published sets become: classes, macro-classes, recordings, words."""

import numpy as np
import pytest

from semdnn.experiment.sets import SetError, evaluation_set, external_sounds, featurise_set
from semdnn.network.checkpoint import load_checkpoint


@pytest.fixture
def ready(tiny_checkpoint, tmp_path):
    checkpoint = load_checkpoint(tiny_checkpoint)

    def make(name, folder, trained_on=()):
        sounds = external_sounds(name, folder)
        store = featurise_set(sounds, tmp_path / name, checkpoint.features)
        return evaluation_set(name, sounds, checkpoint.dictionary, store, trained_on)

    return make


def of_sound(data, part):
    """Return classes, words, macro-class and recording of the sound whose name has `part`."""
    row = next(i for i, name in enumerate(data.names) if part in name)
    classes = [data.classes[k] for k in data.class_truth[[row]].indices]
    return classes, len(data.truth[[row]].indices), data.macro_classes[row], data.recordings[row]


def test_esc50_has_major_groups_and_recordings(ready, esc50):
    data = ready("esc50", esc50)
    assert data.classes == ("cat", "dog", "rain", "wind")
    assert of_sound(data, "2-12-A-0") == (["dog"], 1, "animals", "freesound:12")
    assert of_sound(data, "3-44-A")[2] == "natural soundscapes and water"
    assert len(set(data.recordings)) == 15
    assert data.groups[0] == "dog"


def test_fsd50k_has_all_labels_of_a_clip(ready, fsd50k):
    data = ready("fsd50k", fsd50k)
    # "Domestic_animals_and_pets" in plain words
    assert data.classes == ("animal", "bark", "dog", "domestic animals pets", "rain", "water")
    classes, n_words, macro, recording = of_sound(data, "/53")
    assert set(classes) == set(data.classes)
    assert n_words == 4  # dog, bark, rain, water; the dictionary lacks "animal" and "pet"
    assert (macro, recording) == ("", "freesound:53")
    assert data.missing_words["animal"] == 3
    assert data.groups.count("") >= 1  # of several classes: no single one to compare


def test_msos_has_types_within_macro_classes(ready, msos):
    data = ready("msos", msos)
    assert data.classes == ("bell", "dog", "engine", "rain")
    assert of_sound(data, "Urban/2.wav")[:3] == (["engine"], 1, "Urban")
    assert len(set(data.recordings)) == 12


def test_a_folder_of_ones_own_has_its_categories(ready, esc50, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.wav").write_bytes((esc50 / "audio" / "1-11-A-0.wav").read_bytes())
    (tmp_path / "own" / "manifest.csv").write_text("path,title,category\na.wav,a dog,pets\n")
    data = ready("own", tmp_path / "own")
    assert data.classes == ("pets",)
    assert data.macro_classes == ("",)


def test_sounds_that_were_trained_on_are_left_out_and_counted(ready, esc50):
    data = ready("esc50", esc50, {"freesound:11", "freesound:99"})
    assert len(data.names) == 14
    assert data.overlap.recordings == ("freesound:11",)
    assert [name.split("/")[-1] for name in data.overlap.sounds] == ["1-11-A-0.wav", "1-11-B-0.wav"]
    whole = ready("esc50", esc50)
    np.testing.assert_array_equal(data.store.names, whole.store.names)  # featurised once
    with pytest.raises(SetError, match="16 are from recordings that were trained on"):
        ready("esc50", esc50, set(whole.recordings))
