import re

import pytest

from semdnn.datasets.class_names import CLASS_TEXTS
from semdnn.datasets.labelled import LabelledSetError
from semdnn.datasets.library import LibraryError
from semdnn.datasets.registry import EXTERNAL_SETS, list_names, read_external
from semdnn.datasets.table import Rejected


@pytest.mark.parametrize("name", EXTERNAL_SETS)
def test_every_row_is_complete(name, tmp_path):
    facts = EXTERNAL_SETS[name].facts
    assert facts.name == name
    assert facts.title
    assert facts.licence
    assert "doi:" in facts.citation
    assert name in CLASS_TEXTS
    with pytest.raises(LabelledSetError, match=facts.title):
        read_external(name, tmp_path)


@pytest.mark.parametrize("name", EXTERNAL_SETS)
def test_every_row_reads_a_manifest(name, tmp_path):
    (tmp_path / "x.wav").touch()
    (tmp_path / "manifest.csv").write_text("path,category\nx.wav,dog_bark\n")
    (sound,) = read_external(name, tmp_path).sounds
    assert (sound.category, sound.description, sound.source) == ("dog_bark", "dog bark", name)
    assert sound.licence == EXTERNAL_SETS[name].facts.licence


@pytest.mark.parametrize("name", EXTERNAL_SETS)
def test_every_row_says_what_to_fetch(name):
    facts = EXTERNAL_SETS[name].facts
    files = [file for archive in facts.archives for file in archive.files]
    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert file.url.startswith("https://")
        assert file.size > 0
        assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", file.checksum)
    for archive in facts.archives:
        *others, last = [file.name for file in archive.files]
        stem = last.removesuffix(".zip")
        assert others == [f"{stem}.z{i:02d}" for i in range(1, len(archive.files))]


@pytest.mark.parametrize("name", EXTERNAL_SETS)
def test_every_variant_is_a_name(name, tmp_path):
    row = EXTERNAL_SETS[name]
    for variant in row.variants:
        assert f"{name}-{variant}" in list_names()
        with pytest.raises(LabelledSetError, match=row.facts.title):
            read_external(f"{name}-{variant}", tmp_path)


def test_a_sound_without_class_is_listed(tmp_path):
    (tmp_path / "x.wav").touch()
    (tmp_path / "manifest.csv").write_text("path,title,category\nx.wav,dog,\n")
    table = read_external("esc50", tmp_path)
    assert table.sounds == ()
    assert table.rejected == (Rejected("x.wav", "no class in the table"),)


def test_an_unknown_set_is_a_library_with_classes(tmp_path):
    for name in ("x.wav", "y.wav"):
        (tmp_path / name).touch()
    text = "path,title,category\nx.wav,an angry dog,dog\ny.wav,frog,\n"
    (tmp_path / "manifest.csv").write_text(text)
    first, second = read_external("mine", tmp_path).sounds
    assert (first.category, first.description) == ("dog", "an angry dog")
    assert (second.category, second.description) == ("frog", "frog")


def test_an_unknown_set_without_table_lists_the_known_ones(tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(LibraryError, match=r"'mine' is no known set \(esc50, urbans.*, msos\)"):
            read_external("mine", folder)


def test_recordings_shared_by_two_sets_have_one_key(shared):
    first, second = (
        {s.recording for s in read_external(name, shared / "external" / name).sounds}
        for name in ("esc50", "urbansound8k")
    )
    assert "freesound:100032" in first & second
