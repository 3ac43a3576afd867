"""``semdnn label`` on good files, bad files and folders."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from semdnn.cli.main import main
from semdnn.datasets.tags import read_tags


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


def test_timeline_in_every_format(sounds, tiny_checkpoint, capsys):
    given = (sounds, "--model", tiny_checkpoint, "--timeline", "--threshold", 0.02)
    _, text, _ = label(capsys, *given, "--format", "json")
    objects = [json.loads(line) for line in text.splitlines()]
    _, text, _ = label(capsys, *given, "--format", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["word"]]
    _, table, _ = label(capsys, *given)
    segments = [(item["path"], segment) for item in objects for segment in item["segments"]]
    assert len(segments) >= 3
    assert [(row["path"], float(row["start_s"]), float(row["end_s"])) for row in rows] == [
        (path, segment["start_s"], segment["end_s"]) for path, segment in segments
    ]
    named = [line.split("\t")[2].rsplit(" ", 1)[0] for line in table.splitlines()]
    assert [word for word in named if word] == [segment["word"] for _, segment in segments]


def test_a_high_threshold_leaves_sounds_without_words(sounds, tiny_checkpoint, capsys):
    given = (sounds, "--model", tiny_checkpoint, "--threshold", 50, "--format", "csv")
    for more in ((), ("--timeline",)):
        status, out, _ = label(capsys, *given, *more)
        assert status == 0
        assert [row["word"] for row in csv.DictReader(io.StringIO(out))] == [""] * 3


def test_audacity_tracks_one_a_sound(sounds, tiny_checkpoint, capsys, tmp_path):
    given = ("--model", tiny_checkpoint, "--format", "audacity", "--timeline", "--threshold", 0.02)
    status, out, _ = label(capsys, sounds, *given, "-o", tmp_path / "tracks")
    written = sorted(path for path in (tmp_path / "tracks").rglob("*") if path.is_file())
    places = [str(path.relative_to(tmp_path / "tracks")) for path in written]
    assert (status, out) == (0, "")
    assert places == ["click.txt", "inner/tone.txt", "noise.txt"]
    one = tmp_path / "one.txt"
    label(capsys, sounds / "noise.WAV", *given, "-o", one)
    assert one.read_text() == written[2].read_text()
    _, shown, _ = label(capsys, sounds / "noise.WAV", *given)
    assert shown == one.read_text()
    fields = [line.split("\t") for line in shown.splitlines()]
    assert fields
    assert all(0 <= float(start) < float(end) <= 2 for start, end, _ in fields)
    assert label(capsys, sounds, *given)[0] == 2
    assert label(capsys, sounds, *given, "-o", one)[0] == 2


def test_copies_get_words_and_what_cannot_is_listed(sounds, tiny_checkpoint, capsys, tmp_path):
    soundfile.write(sounds / "more.caf", np.sin(np.arange(9000.0)), 16_000, format="CAF")
    before = {path: path.read_bytes() for path in sounds.rglob("*") if path.is_file()}
    given = (sounds, "--model", tiny_checkpoint, "--format", "json")
    status, out, err = label(capsys, *given, "--write-tags", tmp_path / "copies")
    assert status == 1
    assert "1 of 4 files could not be given words" in err
    assert {path: path.read_bytes() for path in before} == before
    for line in out.splitlines():
        row = json.loads(line)
        copy = tmp_path / "copies" / Path(row["path"]).relative_to(sounds)
        words = {word["word"] for word in row["words"]}
        assert copy.suffix == ".caf" or set(read_tags(copy).split("; ")) == words
    status, _, err = label(capsys, *given, "--write-tags", sounds / "copies")
    assert (status, "elsewhere" in err) == (2, True)


def test_in_place_goes_on_after_an_end_between_two_tags(sounds, tiny_checkpoint, capsys, tmp_path):
    given = (sounds, "--model", tiny_checkpoint, "-o", tmp_path / "out.csv", "--format", "csv")
    first = label(capsys, *given, "--in-place")
    text, content = (tmp_path / "out.csv").read_text(), (sounds / "noise.WAV").read_bytes()
    assert first == label(capsys, *given, "--in-place")
    assert (tmp_path / "out.csv").read_text() == text
    assert (sounds / "noise.WAV").read_bytes() == content


def test_a_list_and_paths_together(sounds, tiny_checkpoint, capsys, tmp_path):
    (tmp_path / "list.txt").write_text(f"{sounds / 'noise.WAV'}\n{sounds / '*' / '*.flac'}\n")
    given = ("--model", tiny_checkpoint, "--format", "json", "--list", tmp_path / "list.txt")
    _, out, _ = label(capsys, sounds / "noise.WAV", *given)
    names = [Path(json.loads(line)["path"]).name for line in out.splitlines()]
    assert names == ["noise.WAV", "tone.flac"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "--list FILE"),
        (("x.wav", "--hop", 0.5), "add --timeline"),
        (("x.wav", "--timeline", "--hop", 0.123), "multiple of 0.01 s"),
        (("x.wav", "--timeline", "--hop", 2), "0.01 s to 0.96 s"),
        (("x.wav", "--timeline", "--threshold", 0), "above 0"),
        (("x.wav", "--in-place", "--write-tags", "y"), "give one of them"),
        (("none*.wav",), "pattern matches none"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(given, told, capsys):
    status, out, err = label(capsys, *given)
    assert (status, out) == (2, "")
    assert told in err


def test_other_options_do_not_go_on_with_what_was_begun(sounds, tiny_checkpoint, capsys, tmp_path):
    out = tmp_path / "out.json"
    given = (sounds, "--model", tiny_checkpoint, "--format", "json", "-o", out)
    stop = SystemExit("stopped before the output")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("semdnn.catalogue.label_output.replacing", raising(stop))
        with pytest.raises(SystemExit):
            label(capsys, *given)
    assert (tmp_path / "out.json.unfinished").exists()
    status, _, err = label(capsys, *given, "--top", 2)
    assert status == 2
    assert "another option top;" in err
    status, _, _ = label(capsys, *given)
    assert status == 0
    assert [path.name for path in tmp_path.glob("out*")] == ["out.json"]


def raising(error):
    def call(*_):
        raise error

    return call


def test_a_track_whose_name_is_too_long_stops_no_other(sounds, tiny_checkpoint, capsys, tmp_path):
    long = "n" * 251 + ".wav"
    (sounds / "click.wav").rename(sounds / long)
    (sounds / "n.flac").symlink_to(sounds / "inner/tone.flac")
    (sounds / "n.wav").symlink_to(sounds / "noise.WAV")  # so that names keep the suffix
    given = (sounds, "--model", tiny_checkpoint, "--format", "audacity")
    status, _, err = label(capsys, *given, "-o", tmp_path / "tracks")
    tracks = sorted(path.name for path in (tmp_path / "tracks").rglob("*.txt"))
    assert tracks == ["n.flac.txt", "n.wav.txt", "noise.WAV.txt", "tone.flac.txt"]
    assert status == 1
    assert "1 of 5 files could not be given a label track:\n" in err
    assert f"{long}.txt: cannot be written (File name too long)\n" in err


@pytest.mark.parametrize("n_bytes", [249, 255])
def test_an_output_with_a_long_name(sounds, tiny_checkpoint, capsys, tmp_path, n_bytes):
    output = tmp_path / ("o" * (n_bytes - 4) + ".csv")
    given = (sounds, "--model", tiny_checkpoint, "--format", "csv")
    assert label(capsys, *given, "-o", output) == (0, "", "")
    assert output.read_text() == label(capsys, *given)[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [output.name, "sounds"]


@pytest.mark.parametrize("pattern", ["**/*.wav", "**", "*", "*/*.wav"])
def test_copies_go_where_the_pattern_does_not_look(sounds, tiny_checkpoint, capsys, pattern):
    given = (sounds / pattern, "--model", tiny_checkpoint)
    if pattern == "*/*.wav":
        (sounds / "click.wav").rename(sounds / "inner/click.wav")
    status, out, err = label(capsys, *given, "--write-tags", sounds / "tagged")
    assert (status, out, "elsewhere" in err) == (2, "", True)
    assert not (sounds / "tagged").exists()
    listed = sounds / "list.txt"
    listed.write_text(f"{given[0]}\n")
    more = ("--model", tiny_checkpoint, "--list", listed, "--write-tags", sounds / "tagged")
    assert label(capsys, *more)[0] == 2
    for _ in range(2):
        status, out, _ = label(capsys, *given, "--write-tags", sounds.parent / "tagged")
        assert (status, len(out.splitlines())) == (0, 1 if ".wav" in pattern else 3)


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--timeline", "--threshold", "0.02")])
def test_killed_at_any_moment_the_same_file_comes_out(tmp_path, tiny_checkpoint, more):
    rng = np.random.default_rng(0)
    library = tmp_path / "library"
    library.mkdir()
    for i in range(150):
        noise = 0.1 * rng.standard_normal(rng.integers(16_000, 64_000))
        soundfile.write(library / f"{i:03d}.wav", noise, 16_000)
    (library / "bad.wav").write_text("no sound")
    given = ["label", library, "--model", tiny_checkpoint, "--format", "csv", *more]
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    run = [sys.executable, "-m", "semdnn", *map(str, given), "-o"]
    once = subprocess.run([*run, whole, "--workers", "1"], check=False, capture_output=True)
    n_killed = 0
    journal = tmp_path / "broken.csv.unfinished"
    while n_killed < 40:
        process = subprocess.Popen([*run, broken, "--workers", "3"], stderr=subprocess.DEVNULL)
        size = journal.stat().st_size if journal.exists() else 0
        enough = size + int(rng.integers(1, 9000))
        while process.poll() is None and not (
            journal.exists() and journal.stat().st_size >= enough
        ):
            time.sleep(0.001)
        process.kill()
        if process.wait() == once.returncode:
            break
        n_killed += 1
    assert once.returncode == 1
    assert n_killed >= 2
    assert broken.read_bytes() == whole.read_bytes()
    assert not journal.exists()
