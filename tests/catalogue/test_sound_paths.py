"""Files, folders, patterns and lists, each sound once."""

import io
import os

import pytest

from semdnn.catalogue.sound_paths import (
    STANDARD_INPUT,
    ListError,
    NothingToLabelError,
    find_sounds,
    label_names,
    mirrored,
    read_list,
)


@pytest.fixture
def library(tmp_path):
    for name in ("b.wav", "a.ogg", "deep/er/c.flac", "deep/notes.txt", "deep/.hidden.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(found, library):
    return [str(path.relative_to(library)) for path in found.paths]


def test_a_sound_that_is_reached_in_several_ways_counts_once(library):
    given = [library / "b.wav", library, library / "deep" / ".." / "b.wav", library / "*.wav"]
    assert names(find_sounds(given), library) == ["b.wav", "a.ogg", "deep/er/c.flac"]


def test_patterns_of_any_depth_take_audio_only(library):
    found = find_sounds([library / "**" / "*"])
    assert names(found, library) == ["a.ogg", "b.wav", "deep/er/c.flac"]
    assert found.n_ignored >= 1


def test_a_file_whose_name_is_a_pattern_is_that_file(library):
    (library / "[b].wav").touch()
    assert names(find_sounds([library / "[b].wav"]), library) == ["[b].wav"]


def test_a_pattern_without_matches_says_so(library):
    with pytest.raises(NothingToLabelError, match="pattern matches none"):
        find_sounds([library / "*.mp3", library])


def test_a_list_skips_comments_and_takes_windows_line_ends(tmp_path):
    file = tmp_path / "list.m3u"
    file.write_bytes(b"\xef\xbb\xbf#EXTM3U\r\na b.wav\r\n\r\n/x/\xff.wav\n")
    assert [os.fsencode(path) for path in read_list(file)] == [b"a b.wav", b"/x/\xff.wav"]


def test_a_list_split_by_nul_keeps_line_ends_in_names(tmp_path):
    file = tmp_path / "list"
    file.write_bytes(b"a\nb.wav\0#c.wav\0")
    assert [str(path) for path in read_list(file)] == ["a\nb.wav", "#c.wav"]


def test_a_list_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x.wav\n")))
    assert [str(path) for path in read_list(STANDARD_INPUT)] == ["x.wav"]


def test_an_empty_list_is_an_error(tmp_path):
    (tmp_path / "list").write_text("# nothing\n\n")
    with pytest.raises(ListError, match="names no sound"):
        read_list(tmp_path / "list")


def test_places_are_seen_from_the_common_folder(library):
    found = find_sounds([library])
    assert [str(place) for place in mirrored(found.paths)] == ["a.ogg", "b.wav", "deep/er/c.flac"]
    assert [str(place) for place in mirrored([library / "b.wav"])] == ["b.wav"]


def test_label_names_differ_where_sounds_differ_in_suffix_only(library):
    sounds = [library / name for name in ("b.wav", "b.ogg", "b.wav.flac", "deep/b.wav")]
    assert len(set(label_names(sounds))) == 4
