"""Files are the old one or the new one."""

import errno

import pytest

from semdnn.files import canonical_json, digest, is_leftover, replacing, write_json, write_text


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def stop_half_way():
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop_half_way()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_json_is_canonical_and_refuses_nan(tmp_path):
    assert canonical_json({"b": 1, "a": "é"}) == '{\n "a": "é",\n "b": 1\n}\n'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "x.json", float("nan"))


def test_what_a_killed_writer_left_is_taken_over(tmp_path):
    (tmp_path / ".a.txt.0.part").write_text("half of something longer than the new")
    write_text(tmp_path / "a.txt", "new")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.txt": "new"}


def test_two_writers_at_once_do_not_meet(tmp_path):
    path = tmp_path / "a.txt"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"  # the outer one ends last
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_in_the_making_may_be_kept(tmp_path):
    path = tmp_path / "a.txt"

    def stop_half_way():
        with replacing(path, keep=True) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert not path.exists()
    with replacing(path, keep=True) as part:
        assert is_leftover(part)
        part.write_text(part.read_text() + " whole")
    assert path.read_text() == "half whole"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_without_locks_every_writer_has_a_name_of_its_own(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr("fcntl.flock", unsupported)
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_link_that_somebody_laid_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / ".a.txt.0.part").symlink_to(precious)
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
    assert precious.read_text() == "kept"
