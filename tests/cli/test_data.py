"""``semdnn data``: what it says, asks and does."""

import io
import zipfile

import pytest

from semdnn.cli.main import main
from semdnn.datasets.registry import EXTERNAL_SETS

TABLE = "filename,fold,target,category\n1-100032-A-0.wav,1,0,dog\n"


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "ESC-50-master.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("ESC-50-master/meta/esc50.csv", TABLE)
        out.writestr("ESC-50-master/audio/1-100032-A-0.wav", b"")
    return path


def data(capsys, *arguments):
    status = main(["data", *map(str, arguments)])
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def test_list_says_size_licence_and_page(capsys):
    status, out, _ = data(capsys, "list")
    assert status == 0
    for name, row in EXTERNAL_SETS.items():
        assert f"{name}: {row.facts.title}, {row.facts.n_sounds:,} sounds" in out
        assert row.facts.licence in out
        assert row.facts.url in out
    assert "download  645.8 MB" in out
    assert "download (dev) 18.4 GB" in out
    assert "as its repository lists it" in out


def test_get_from_a_file_at_hand(archive, tmp_path, capsys):
    folder = tmp_path / "esc50"
    status, out, _ = data(capsys, "get", "esc50", folder, "--archive", archive, "--unchecked")
    assert status == 0
    assert "licence: CC BY-NC 3.0" in out
    assert f"esc50: 1 sounds in {folder}, 0 left out" in out
    assert f"semdnn evaluate CHECKPOINT --on esc50={folder}" in out
    status, out, _ = data(capsys, "get", "esc50", folder)
    assert (status, f"all of it is in {folder} already" in out) == (0, True)


def test_a_file_that_is_not_the_published_one_is_refused(archive, tmp_path, capsys):
    status, _, err = data(capsys, "get", "esc50", tmp_path / "x", "--archive", archive)
    assert status == 2
    assert "the published ESC-50-33c8ce9" in err
    assert "--unchecked" in err


def test_nothing_is_fetched_unasked(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    status, out, err = data(capsys, "get", "esc50", tmp_path / "x", "--url", "http://127.0.0.1:9/a")
    assert status == 2
    assert "say --yes" in err
    assert "to fetch: 645.8 MB" in out
    assert out.index("licence") < out.index("to fetch")


def test_no_means_no(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        "sys.stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})("n\n")
    )
    status, _, err = data(capsys, "get", "esc50", tmp_path / "x", "--url", "http://127.0.0.1:9/a")
    assert status == 1
    assert "Fetch this?" in err
    assert not (tmp_path / "x").exists()


def test_files_left_out_are_told(tmp_path, capsys):
    path = tmp_path / "msos.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("Development/Effects/1.wav", b"")
        out.writestr("Evaluation/9.wav", b"")
    status, out, err = data(capsys, "get", "msos", tmp_path / "msos", "--archive", path)
    assert status == 1
    assert "msos: 1 sounds" in out
    assert "Evaluation/9.wav: not in a table" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["get", "audioset", "x"], "'audioset' is not one of 'esc50'"),
        (["get", "msos", "x", "--url", "http://127.0.0.1:9/"], "names no file"),
        (["get", "fsd50k", "x", "--part", "test"], "no part 'test' (eval, dev)"),
        (["get", "fsd50k", "x", "--url", "http://127.0.0.1:9/a.zip"], "one address for 4 files"),
        (["get", "esc50", "x", "--archive", "gone.zip"], "does not exist"),
        (["get", "esc50", "x", "--url", "file:///etc/passwd", "--yes"], "not an address"),
    ],
)
def test_wrong_usage_is_one_clear_message(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    status, _, err = data(capsys, *arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err
