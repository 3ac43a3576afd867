"""Recordings that two collections share."""

import csv
from pathlib import Path

import pytest

from semdnn.datasets.registry import read_external
from semdnn.datasets.table import Sound, Table, write_table
from semdnn.experiment.overlap import (
    OverlapError,
    find_overlap,
    read_recordings,
    recording_key,
    recording_keys,
)


def sound(name, recording="", source=""):
    return Sound(name, Path(name), "dog", source=source, recording=recording)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (sound("a.wav", "freesound:123"), "freesound:123"),
        (sound("a.wav", "https://freesound.org/people/bob99/sounds/123/"), "freesound:123"),
        (sound("a.wav", "https://freesound.org/s/123"), "freesound:123"),
        (sound("a.wav", "Freesound ID 123"), "freesound:123"),
        (sound("kit/Audiophob_123__menegass__tomh.ogg"), "freesound:123"),
        (sound("kit/123__menegass__tomh_p0.ogg", "kit/123__menegass__tomh"), "freesound:123"),
        (sound("clips/1-123-A-43.ogg", source="esc50"), "freesound:123"),
        (sound("clips/123-5-0-1.ogg", source="urbansound8k"), "freesound:123"),
        (sound("clips/123-5-0-1.ogg"), ""),
        (sound("a_p0.ogg", "kit/a"), "kit/a"),
        (sound("take_12__loud.wav"), ""),
        (sound("a.wav"), ""),
    ],
)
def test_a_key_is_what_something_says(given, key):
    assert recording_key(given) == key


def test_overlap_is_what_a_double_loop_finds():
    test = [sound(f"t{i}.wav", f"freesound:{i // 2}") for i in range(10)] + [sound("free.wav")]
    library = [sound(f"l{i}.wav", f"freesound:{3 * i}") for i in range(4)] + [sound("free.wav")]
    literal = sorted(
        t.name for t in test for k in library if t.recording == k.recording and t.name != "free.wav"
    )
    found = find_overlap(test, recording_keys(library))
    assert list(found.sounds) == literal == ["t0.wav", "t1.wav", "t6.wav", "t7.wav"]
    assert found.recordings == ("freesound:0", "freesound:3")


def test_a_library_a_list_and_a_table_say_the_same(tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    rows = [("1__bob__dog.wav", "dog", ""), ("b.wav", "rain", "freesound:2")]
    for name, *_ in rows:
        (library / name).touch()
    with (library / "manifest.csv").open("w", newline="") as out:
        csv.writer(out).writerows([("path", "title", "recording"), *rows])
    (tmp_path / "list.csv").write_text("recording\nfreesound:1\nfreesound:2\n")
    (tmp_path / "sounds.csv").write_text(
        "name,part,recording\n1__bob__dog.wav,training,\nb.wav,validation,freesound:2\n"
        "c.wav,test,freesound:3\n"
    )
    table = Table((sound("1__bob__dog.wav"), sound("b.wav", "freesound:2")))
    write_table(tmp_path / "table.jsonl", table)
    for name in ("library", "list.csv", "sounds.csv", "table.jsonl"):
        assert read_recordings(tmp_path / name) == ("freesound:1", "freesound:2"), name


def test_what_is_no_list_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    (tmp_path / "x.txt").touch()
    for name, message in (("gone", "neither"), ("x.csv", "no column"), ("x.txt", "not a table")):
        with pytest.raises(OverlapError, match=message):
            read_recordings(tmp_path / name)


def test_pairs_that_were_found_by_sound_are_found_by_id(shared):
    ours, theirs = (
        read_external(name, shared / "external" / name).sounds for name in ("esc50", "urbansound8k")
    )
    overlap = find_overlap(ours, recording_keys(theirs))
    ids = {s.path.stem.split("-")[1] for s in ours} & {s.path.stem.split("-")[0] for s in theirs}
    assert set(overlap.recordings) == {f"freesound:{one}" for one in ids}
    with (shared / "external" / "overlap_esc50_urbansound8k.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    pairs = [(Path(row["esc50_path"]), Path(row["urbansound8k_path"])) for row in rows]
    at_hand = {s.path.name for s in theirs}  # the list is of the whole UrbanSound8K
    by_sound = {
        (one.stem.split("-")[1], other.stem.split("-")[0])
        for one, other in pairs
        if other.name in at_hand
    }
    assert by_sound
    assert {one for one, other in by_sound if one == other} <= ids
