"""Which files are labelled."""

import pytest

from semdnn.catalogue.labelling import NothingToLabelError, find_sounds, label_sounds
from semdnn.model import SemanticModel


def test_folders_are_searched_in_depth_and_files_taken_as_named(sounds):
    (sounds / "notes.txt").write_text("x")
    (sounds / ".hidden.wav").touch()
    (sounds / "._noise.wav").touch()
    found = find_sounds([sounds, sounds / "notes.txt", sounds / "noise.WAV"])
    names = [str(path.relative_to(sounds)) for path in found.paths]
    assert names == ["click.wav", "inner/tone.flac", "noise.WAV", "notes.txt"]
    assert found.n_ignored == 1


def test_nothing_to_label_is_said(tmp_path):
    with pytest.raises(NothingToLabelError, match="no sound files"):
        find_sounds([tmp_path])


def test_results_come_in_order_whatever_the_number_of_workers(sounds, tiny_checkpoint):
    model = SemanticModel.load(tiny_checkpoint)
    paths = [*find_sounds([sounds]).paths, sounds / "missing.wav"] * 3
    one = list(label_sounds(model, paths, top=3, n_workers=1))
    four = list(label_sounds(model, paths, top=3, n_workers=4))
    assert one == four
    assert [item.path for item in one] == paths
    assert [bool(item.error) for item in one] == [False, False, False, True] * 3
