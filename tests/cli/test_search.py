"""``semdnn search`` and ``semdnn duplicates`` as a user runs them."""

import csv
import io
import json
import shutil

import pytest

from semdnn.catalogue.catalogue import Catalogue
from semdnn.cli.main import main


@pytest.fixture
def catalogue(sounds, tiny_checkpoint, capsys):
    """The fixture's folder, indexed; a copy of one sound in it."""
    shutil.copy(sounds / "click.wav", sounds / "inner/click copy.wav")
    assert main(["index", str(sounds), "--model", str(tiny_checkpoint), "--workers", "1"]) == 0
    capsys.readouterr()
    return str(sounds)


def asked(capsys, *arguments):
    status = main(["search", *arguments])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_words_find_names_and_every_format_holds_them(catalogue, capsys):
    status, out, _ = asked(capsys, "click", "--db", catalogue, "--format", "json")
    first = json.loads(out.splitlines()[0])
    assert (status, first["in_text"], first["n_files"]) == (0, True, 2)
    _, out, _ = asked(capsys, "click", "--db", catalogue, "--format", "csv", "--top", "2")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows[0]["path"] == first["path"]
    _, out, _ = asked(capsys, "click", "--db", catalogue, "--format", "paths")
    assert out.splitlines()[0] == first["path"]
    assert len(out.splitlines()) == 3
    _, out, _ = asked(capsys, "click", "--db", catalogue)
    assert "*" in out.splitlines()[0]
    assert "(+1 more)" in out.splitlines()[0]


def test_an_example_is_nearest_to_itself(catalogue, sounds, capsys):
    _, out, _ = asked(
        capsys, "--like", str(sounds / "noise.WAV"), "--db", catalogue, "--format", "json"
    )
    first = json.loads(out.splitlines()[0])
    assert first["path"].endswith("noise.WAV")
    assert first["similarity"] == pytest.approx(1, abs=1e-5)


def test_filters_and_unwanted_words(catalogue, capsys):
    paths = ("--db", catalogue, "--format", "paths")
    assert "noise" in asked(capsys, "dog", "--min-duration", "1.5", *paths)[1]
    assert len(asked(capsys, "dog", "--min-duration", "1.5", *paths)[1].splitlines()) == 1
    inside = asked(capsys, "click", "--in", "inner", *paths)[1].splitlines()
    assert len(inside) == 2
    assert all("/inner/" in path for path in inside)
    assert "noise" not in asked(capsys, "dog", "--not", "noise", *paths)[1]
    status, _, told = asked(capsys, "dog", "--licence", "CC0", *paths)
    assert status == 1
    assert "nothing found" in told
    status, _, told = asked(capsys, "dog", "--in", "nowhere", *paths)
    assert status == 2
    assert "no sound of this catalogue" in told


def test_what_cannot_be_answered_is_one_line(catalogue, tmp_path, capsys, monkeypatch):
    assert "nothing is asked" in asked(capsys, "--db", catalogue)[2]
    monkeypatch.chdir(tmp_path)
    status, _, told = asked(capsys, "dog")
    assert status == 2
    assert "no catalogue in this folder" in told


@pytest.mark.parametrize(
    "case",
    [
        (0.07, "xyzzyq", "both", True),
        (0.07, "xyzzyq", "meaning", True),
        (0.07, "click", "both", False),  # it is written in a name
        (0.07, "click", "text", False),
        (0.21, "xyzzyq", "both", False),
    ],
)
def test_a_weak_best_match_is_told(catalogue, capsys, monkeypatch, case):
    best, text, by, is_told = case
    search = Catalogue.search

    def weakened(self, query):
        found = search(self, query)
        if by == "text":
            return found
        return [match._replace(similarity=best - i / 100) for i, match in enumerate(found)]

    monkeypatch.setattr(Catalogue, "search", weakened)
    status, out, err = asked(capsys, text, "--by", by, "--db", catalogue)
    assert (status, bool(out)) == (0, True)
    weak = "the best match is weak (cosine 0.07): perhaps nothing fits\n"
    assert (weak in err) == is_told


def test_the_folder_of_a_catalogue_names_it(catalogue, capsys, monkeypatch):
    folder = f"{catalogue}/.semdnn"
    assert main(["duplicates", "--db", folder]) == 0
    assert "1 groups, 2 files" in capsys.readouterr().err
    assert asked(capsys, "click", "--db", folder)[0] == 0
    monkeypatch.chdir(folder)
    assert asked(capsys, "click", "--db", ".")[0] == 0


def test_every_format_of_duplicates_marks_links(catalogue, sounds, capsys):
    (sounds / "tone.flac").symlink_to("inner/tone.flac")
    assert main(["index", catalogue]) == 0
    capsys.readouterr()
    target = str(sounds.resolve() / "inner/tone.flac")
    assert main(["duplicates", "--db", catalogue]) == 0
    out, err = capsys.readouterr()
    (line,) = [line for line in out.splitlines() if line.startswith("link")]
    assert line.endswith(f"tone.flac  (link to {target})")
    assert err == "2 groups, 4 files, 1 of them links to others\n"
    assert main(["duplicates", "--db", catalogue, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    told = {row["path"]: (row["likeness"], row["link_to"]) for row in rows}
    assert told[target] == ("first", "")
    assert told[str(sounds.resolve() / "tone.flac")] == ("link", target)
    assert main(["duplicates", "--db", catalogue, "--format", "json"]) == 0
    files = [file for line in capsys.readouterr().out.splitlines() for file in json.loads(line)]
    assert [file["link_to"] for file in files if file["likeness"] == "link"] == [target]
    assert {file["link_to"] for file in files if file["likeness"] != "link"} == {None}


def test_duplicates_are_grouped(catalogue, capsys):
    assert main(["duplicates", "--db", catalogue, "--format", "json"]) == 0
    (group,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert [file["likeness"] for file in group] == ["first", "same bytes"]
    assert main(["duplicates", "--db", catalogue]) == 0
    assert "1 groups, 2 files" in capsys.readouterr().err
