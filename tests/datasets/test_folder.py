import os

import pytest

from semdnn.datasets.folder import AUDIO_SUFFIXES, list_audio
from semdnn.datasets.table import Rejected


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_nested_files_are_found_whatever_their_case(tmp_path):
    touch(tmp_path, "a.WAV", "b/c/d.Flac", "b/notes.txt", "e.m4a", "f")
    content = list_audio(tmp_path)
    assert content.audio == {name: tmp_path / name for name in ("a.WAV", "b/c/d.Flac", "e.m4a")}
    assert content.n_other == 2
    assert content.rejected == ()


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    touch(tmp_path, "a.wav", "._a.wav", ".DS_Store", ".git/b.wav")
    assert list(list_audio(tmp_path).audio) == ["a.wav"]


def test_loops_of_links_end_and_real_paths_win(tmp_path):
    touch(tmp_path, "z/x.wav")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    (tmp_path / "self.wav").symlink_to(tmp_path / "self.wav")
    content = list_audio(tmp_path)
    assert list(content.audio) == ["z/x.wav"]
    reason = "not a file, or a link that leads nowhere"
    assert content.rejected == (Rejected("self.wav", reason),)


def test_linked_folders_elsewhere_are_read(tmp_path):
    touch(tmp_path, "disk/x.wav")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "link").symlink_to(tmp_path / "disk")
    (tmp_path / "library" / "again").symlink_to(tmp_path / "disk")
    assert list(list_audio(tmp_path / "library").audio) == ["again/x.wav"]


def test_a_folder_that_cannot_be_read_is_listed(tmp_path, monkeypatch):
    touch(tmp_path, "a.wav", "locked/b.wav")
    scan = os.scandir

    def refuse(path):
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    content = list_audio(tmp_path)
    assert list(content.audio) == ["a.wav"]
    assert content.rejected == (Rejected("locked", "cannot be read: Permission denied"),)


def test_a_name_that_is_no_text_is_listed(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.wav")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    content = list_audio(tmp_path)
    assert content.audio == {}
    assert content.rejected[0].name == r"caf\udce9.wav"
    assert "not valid UTF-8" in content.rejected[0].reason


def test_endings_are_lower_case_with_a_dot():
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in AUDIO_SUFFIXES)
