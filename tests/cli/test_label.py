"""``semdnn label`` on good files, bad files and folders."""

import csv
import io
import json

import numpy as np
import pytest
import soundfile

from semdnn.cli.main import main


def label(capsys, *arguments):
    status = main(["label", *map(str, arguments)])
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def test_json_is_one_object_a_line(sounds, tiny_checkpoint, capsys):
    status, out, _ = label(capsys, sounds, "--model", tiny_checkpoint, "--format", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [set(row) for row in rows] == [{"path", "duration_s", "words"}] * 3
    assert {row["path"]: row["duration_s"] for row in rows} == {
        str(sounds / "click.wav"): 0.05,
        str(sounds / "inner" / "tone.flac"): 1.0,
        str(sounds / "noise.WAV"): 2.0,
    }
    weights = [[word["weight"] for word in row["words"]] for row in rows]
    assert all(own == sorted(own, reverse=True) and min(own) > 0 for own in weights if own)
    assert any(weights)


def test_csv_and_table_say_the_same_words(sounds, tiny_checkpoint, capsys):
    _, text, _ = label(capsys, sounds / "noise.WAV", "--model", tiny_checkpoint, "--format", "csv")
    words = [row["word"] for row in csv.DictReader(io.StringIO(text))]
    _, table, _ = label(capsys, sounds / "noise.WAV", "--model", tiny_checkpoint)
    assert words
    assert [part.split()[0] for part in table.split("\t")[1].split(", ")] == words


def test_top_limits_the_words(sounds, tiny_checkpoint, capsys):
    _, out, _ = label(capsys, sounds, "--model", tiny_checkpoint, "--top", 1, "--format", "json")
    assert max(len(json.loads(line)["words"]) for line in out.splitlines()) == 1


def test_own_words_from_a_file(sounds, tiny_checkpoint, capsys, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("# my words\nthunder\nfire truck\n\nlaughter\n", encoding="utf-8")
    status, out, _ = label(
        capsys, sounds, "--model", tiny_checkpoint, "--words", own, "--format", "json"
    )
    words = {w["word"] for line in out.splitlines() for w in json.loads(line)["words"]}
    assert status == 0
    assert words
    assert words <= {"thunder", "fire truck", "laughter"}


@pytest.mark.parametrize(
    "case",
    [
        ("dog\nDog\n", "line 2"),
        ("# none\n", "no words"),
        ("dog\nqwxyz on tin\n", "qwxyz on tin; words and phrases beyond"),
    ],
)
def test_bad_own_words_end_before_any_sound_is_read(
    tmp_path, tiny_checkpoint, capsys, monkeypatch, case
):
    monkeypatch.setattr("semdnn.semantics.minilm.has_text_model", lambda: False)
    own = tmp_path / "own.txt"
    own.write_text(case[0], encoding="utf-8")
    status, out, err = label(
        capsys, tmp_path / "none.wav", "--model", tiny_checkpoint, "--words", own
    )
    assert (status, out) == (2, "")
    assert err.startswith("semdnn: ")
    assert err.count("\n") == 1
    assert case[1] in err


def test_bad_files_are_listed_and_good_ones_labelled(sounds, tiny_checkpoint, capsys):
    (sounds / "empty.wav").touch()
    (sounds / "text.wav").write_text("not a sound\n")
    (sounds / "corrupt.flac").write_bytes(b"fLaC" + bytes(50))
    soundfile.write(sounds / "one_sample.wav", np.array([0.5]), 16_000)
    status, out, err = label(capsys, sounds, "--model", tiny_checkpoint, "--format", "json")
    rows = {json.loads(line)["path"]: json.loads(line) for line in out.splitlines()}
    bad = {str(sounds / f) for f in ("empty.wav", "text.wav", "corrupt.flac", "one_sample.wav")}
    assert status == 1
    assert {path for path, row in rows.items() if "error" in row} == bad
    assert len(rows) == 7
    assert "4 of 7 files could not be labelled" in err
    assert all(path in err for path in bad)


def test_a_named_file_that_is_missing_is_an_error_row(sounds, tiny_checkpoint, capsys):
    status, out, err = label(
        capsys, sounds / "none.wav", sounds / "noise.WAV", "--model", tiny_checkpoint
    )
    assert status == 1
    assert "none.wav" in err
    assert "noise.WAV" in out


def test_output_goes_to_a_file(sounds, tiny_checkpoint, capsys, tmp_path):
    target = tmp_path / "labels.csv"
    status, out, _ = label(
        capsys, sounds, "--model", tiny_checkpoint, "--format", "csv", "-o", target
    )
    assert (status, out) == (0, "")
    assert target.read_text().startswith("path,duration_s,rank,word,weight,error\n")


def test_twice_the_same_folder_gives_the_same_bytes(sounds, tiny_checkpoint, capsys):
    first = label(capsys, sounds, "--model", tiny_checkpoint, "--format", "json")
    assert first == label(capsys, sounds, "--model", tiny_checkpoint, "--format", "json")


def test_a_folder_without_sounds_is_an_error(tmp_path, tiny_checkpoint, capsys):
    (tmp_path / "notes.txt").write_text("x")
    status, _, err = label(capsys, tmp_path, "--model", tiny_checkpoint)
    assert status == 2
    assert "no sound files" in err


@pytest.mark.slow
def test_a_real_library_with_four_bad_files_among_it(shared, tiny_checkpoint, capsys, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    for path in sorted((shared / "sounds").glob("[a-d]*/*.ogg"))[:60]:
        (library / path.name).symlink_to(path)
    (library / "corrupt.ogg").write_bytes(b"OggS" + bytes(2000))
    (library / "empty.ogg").touch()
    (library / "text.ogg").write_text("words, not sound")
    soundfile.write(library / "one.wav", np.array([0.5]), 16_000)
    status, out, err = label(capsys, library, "--model", tiny_checkpoint, "--format", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert sum("words" in row for row in rows) == 60
    assert "4 of 64 files" in err
