"""Files, folders, patterns and lists, each sound once."""

import glob
import io
import os
from contextlib import suppress
from pathlib import Path

import pytest

from semdnn.audio.waveform import is_audio_path
from semdnn.catalogue.sound_paths import (
    STANDARD_INPUT,
    ListError,
    NothingToLabelError,
    find_sounds,
    label_names,
    mirrored,
    read_list,
    would_find_any,
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


@pytest.fixture
def loop(tmp_path, monkeypatch):
    """A sound beside a folder that links back, and links that lead nowhere but round."""
    (tmp_path / "lp/d").mkdir(parents=True)
    (tmp_path / "lp/x.ogg").touch()
    (tmp_path / "lp/d/y.ogg").touch()
    (tmp_path / "lp/d/up").symlink_to("..")
    (tmp_path / "lp/d/round.ogg").symlink_to("round.ogg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "given",
    [
        "lp",
        "lp/**/*.ogg",
        "lp/**",
        "lp/**/*",
        "**/*.ogg",
        "l*/**/**/*.ogg",
        "lp/*",
        "lp/**/d/../**",
    ],
)
def test_a_loop_of_links_gives_each_sound_once(loop, given):
    paths = {path.resolve() for path in find_sounds([Path(given)]).paths}
    assert sorted(path.name for path in paths) == ["x.ogg", "y.ogg"]
    assert len(find_sounds([Path(given), loop / "lp", Path("lp/d/up/x.ogg")]).paths) == 2


def test_a_linked_folder_that_is_named_is_searched_and_a_linked_file_counts(loop):
    (loop / "lp/twin.ogg").symlink_to("x.ogg")
    names = ["d/y.ogg", "twin.ogg", "x.ogg"]
    for given in ("lp/d/up", "lp/d/up/**/*.ogg", "lp/d/up/**"):
        found = find_sounds([Path(given)]).paths
        assert [str(path.relative_to("lp/d/up")) for path in found] == names


def test_links_to_nothing_are_tried_and_so_told(loop):
    (loop / "lp/gone.ogg").symlink_to("nothing")
    for given in ("lp", "lp/**/*.ogg"):
        assert Path("lp/gone.ogg") in find_sounds([Path(given)]).paths


def test_patterns_match_as_python_s_own_where_there_are_no_links(library, monkeypatch):
    monkeypatch.chdir(library)
    (library / ".secret").mkdir()
    for name in (".secret/s.wav", "deep/er/b.wav", "deep/er/er/d.ogg", "[x]/e.ogg"):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    for pattern in (
        *(
            "*.wav",
            "**/*.wav",
            "**/er/*",
            "deep/**/*.ogg",
            "**/**/b.wav",
            ".s*/*.wav",
            "**/er/**/d*",
        ),
        *("?.ogg", "[[]x]/*", "deep/*/*.wav", f"{library}/**/*.flac", "deep/../**/er/../*.wav"),
    ):
        matches = glob.glob(pattern, recursive=True)  # noqa: PTH207
        files = {os.path.realpath(path) for path in matches if is_audio_path(Path(path))}
        found = [os.path.realpath(path) for path in find_sounds([Path(pattern)]).paths]
        assert files <= set(found), pattern  # a folder that matches is searched in depth
        assert pattern.endswith("*") or files == set(found)
        assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("given", "folder", "is_found"),
    [
        ("ip", "ip/tagged", True),
        ("ip/**/*.ogg", "ip/tagged", True),
        ("./ip/**/*.ogg", "ip/../ip/tagged", True),
        ("ip/**", "ip/tagged", True),
        ("ip/*", "ip/tagged", True),  # the folder itself matches
        ("ip/*/*.ogg", "ip/tagged", True),
        ("*/tag*/a.*", "ip/tagged", True),
        ("**/*.ogg", "tagged", True),
        ("same/**/*.ogg", "ip/tagged", True),
        ("ip/**/*.ogg", "same/tagged", True),
        ("ip/*.ogg", "ip/tagged", False),
        ("ip/*.ogg", "ip/tagged.ogg", True),
        ("ip/**/*.wav", "ip/tagged", False),
        ("ip/**/*.ogg", "ip/.tagged", False),
        ("ip/**/*.ogg", "tagged", False),
        ("ip/**/*.ogg", "ip/out", False),  # it links elsewhere
        ("ip/*/*.ogg", "ip/out", True),
        ("ip/x/*/y.ogg", "ip/x", False),
        ("ip/a.ogg", "ip/tagged", False),
        ("ip/*/../x", "ip/tagged", False),
    ],
)
def test_where_a_second_search_would_look(tmp_path, monkeypatch, given, folder, is_found):
    (tmp_path / "ip").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "same").symlink_to("ip")
    (tmp_path / "ip/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "ip/a.ogg").touch()
    monkeypatch.chdir(tmp_path)
    assert would_find_any(Path(given), Path(folder), [Path("a.ogg")]) == is_found
    (tmp_path / folder).mkdir(exist_ok=True)  # and the search itself says the same
    (tmp_path / folder / "a.ogg").touch()
    with suppress(NothingToLabelError):
        copy = os.path.realpath(tmp_path / folder / "a.ogg")
        found = [os.path.realpath(path) for path in find_sounds([Path(given)]).paths]
        assert (copy in found) == is_found
