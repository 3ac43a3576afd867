"""What a terminal cannot show or would obey, and readers who go."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from semdnn.cli.main import main
from semdnn.cli.streams import CLOSED_PIPE

ODD = "new\nline \x1b[31m red \x9b \u2028.wav"
SHOWN = r"new\nline \x1b[31m red \x9b \u2028.wav"


@pytest.fixture
def stream(monkeypatch):
    """Replace standard output and error by one stream of an encoding."""

    def replaced(encoding):
        text = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", text)
        monkeypatch.setattr(sys, "stderr", text)
        return text.buffer

    return replaced


def run(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_names_that_the_encoding_lacks_are_escaped(sounds, tiny_checkpoint, stream, encoding):
    name = "é 犬 😀"
    (sounds / "click.wav").rename(sounds / f"{name}.wav")
    (sounds / f"bad {name}.wav").touch()
    buffer = stream(encoding)
    assert run("label", sounds, "--model", tiny_checkpoint) == 1
    assert run("index", sounds, "--model", tiny_checkpoint, "--workers", 1) == 1
    for style in ("table", "paths", "csv"):
        assert run("search", "dog", "--db", sounds, "--format", style) == 0
    text = buffer.getvalue().decode(encoding)
    lacking = {"latin-1": r"é \u72ac \ud83d\ude00", "ascii": r"\u00e9 \u72ac \ud83d\ude00"}
    shown = lacking.get(encoding, name)
    assert text.count(f"{shown}.wav") >= 1 + 1 + 1 + 3
    assert text.count(f"bad {shown}.wav") >= 2


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_json_stays_json_in_every_encoding(sounds, tiny_checkpoint, stream, encoding):
    sound = (sounds / "click.wav").rename(sounds / "é 犬 😀.wav")
    buffer = stream(encoding)
    assert run("label", sound, "--model", tiny_checkpoint, "--format", "json") == 0
    assert json.loads(buffer.getvalue().decode(encoding))["path"] == str(sound)


def test_a_name_beyond_unicode_in_an_error_goes_to_a_file(sounds, tiny_checkpoint, tmp_path):
    (sounds / os.fsdecode(b"\xff.wav")).touch()
    output = tmp_path / "words.json"
    given = ("--model", tiny_checkpoint, "--format", "json", "-o", output)
    assert run("label", sounds, *given) == 1
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["path"] for row in rows if "error" in row] == [str(sounds / r"\xff.wav")]


@pytest.mark.parametrize("more", [(), ("--timeline", "--threshold", "0.02")])
def test_a_name_stays_on_its_line_and_steers_no_terminal(sounds, tiny_checkpoint, capsys, more):
    (sounds / "click.wav").rename(sounds / "inner" / ODD)
    (sounds / "inner" / f"bad {ODD}").touch()
    assert run("label", sounds / "inner", "--model", tiny_checkpoint, *more) == 1
    told = capsys.readouterr()
    lines = told.out.split("\n")
    assert sum(line.startswith(f"{sounds / 'inner' / SHOWN}\t") for line in lines) >= 1
    assert all(line.startswith(str(sounds)) for line in lines if line)
    assert f"/bad {SHOWN}" in told.err
    assert told.err.count("\n") == 2
    assert "\x1b" not in told.out + told.err


def test_messages_escape_names(tmp_path, capsys):
    for arguments in (
        ("label", f"{ODD}*"),
        ("search", "dog", "--db", tmp_path / ODD),
        ("label", "x.wav", "--words", f"{ODD}"),
        ("label", "x.wav", "--format", "audacity", "-o", tmp_path, "--words", ODD),
        ("index", tmp_path / ODD),
        (ODD,),
    ):
        assert run(*arguments) == 2
        told = capsys.readouterr().err
        assert r"new\nline \x1b[31m" in told
        assert not {"\x1b", "\x9b", "\u2028"} & set(told)


def test_paths_for_programs(sounds, tiny_checkpoint, capsysbinary, monkeypatch):
    from semdnn.catalogue.catalogue import Catalogue

    assert run("index", sounds, "--model", tiny_checkpoint, "--workers", 1) == 0
    names = [ODD, os.fsdecode(b"\xff\r.wav")]
    search = Catalogue.search

    def renamed(self, query):
        found = search(self, query)
        return [match._replace(path=Path(name)) for match, name in zip(found, names, strict=False)]

    monkeypatch.setattr(Catalogue, "search", renamed)
    out = {}
    for style in ("paths", "paths0", "table", "csv"):
        capsysbinary.readouterr()
        run("search", "dog", "--db", sounds, "--format", style)
        out[style] = capsysbinary.readouterr().out
    assert out["paths0"] == b"".join(os.fsencode(name) + b"\0" for name in names)
    lines = out["paths"].decode().split("\n")
    assert lines == [ODD.replace("\n", r"\n"), r"\udcff\r.wav", ""]
    assert out["table"].decode().count("\n") == 2
    assert SHOWN.encode() in out["table"]
    assert ODD.encode() in out["csv"]  # quoted, and no part of it taken for a colour


@pytest.fixture
def closed(monkeypatch):
    """Make standard output a pipe that nobody reads; give what is told on standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    told = io.StringIO()
    pipe = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.setattr(sys, "stderr", told)
    yield told
    pipe.close()  # raises if anything is left that cannot be written


def test_nobody_reads_on(sounds, tiny_checkpoint, request, capsys):
    shutil.copy(sounds / "click.wav", sounds / "copy.wav")
    assert run("index", sounds, "--model", tiny_checkpoint, "--workers", 1) == 0
    told = request.getfixturevalue("closed")
    model = ("--model", tiny_checkpoint)
    for style in ("table", "json", "csv", "paths", "paths0"):
        assert run("search", "click", "--db", sounds, "--format", style) == CLOSED_PIPE
        reopen()
    for arguments in (
        ("duplicates", "--db", sounds),
        ("label", sounds, *model),
        ("label", sounds, *model, "--format", "json"),
        ("label", sounds / "click.wav", *model, "--write-tags", sounds.parent / "copies"),
        ("index", sounds, *model),
        ("models",),
        ("--help",),
        ("search", "--help"),
        ("--version",),
    ):
        assert run(*arguments) == CLOSED_PIPE
        reopen()
    assert told.getvalue() == ""


def reopen():
    """Put the closed pipe back where the command has put the null device."""
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, sys.stdout.fileno())
    os.close(writer)


def test_a_whole_process_ends_quietly_too():
    program = [sys.executable, "-m", "semdnn", "--help"]
    for lost in ("stdout", "stderr"):
        reader, writer = os.pipe()
        os.close(reader)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, lost: writer}
        wrong = ["--wrong"] * (lost == "stderr")
        done = subprocess.run([*program[:3], *(wrong or program[3:])], check=False, **streams)
        os.close(writer)
        assert done.returncode == CLOSED_PIPE
        assert (done.stdout or b"", done.stderr or b"") == (b"", b"")


def test_a_full_device_is_one_line(monkeypatch, capsys):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdout", full)
        assert run("--version") == 2
    assert capsys.readouterr().err.count("\n") == 1
