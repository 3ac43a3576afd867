import csv

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.library import (
    NOT_FOR_WEIGHTS,
    LibraryError,
    LibrarySettings,
    read_library,
)
from semdnn.datasets.table import Rejected, Sound


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def write_manifest(folder, text, name="manifest.csv"):
    (folder / name).write_text(text, encoding="utf-8")


def reasons(table):
    return {rejected.name: rejected.reason for rejected in table.rejected}


def test_every_column_of_a_manifest_arrives(tmp_path):
    touch(tmp_path, "a/x.ogg")
    write_manifest(
        tmp_path,
        "path,source,title,category,licence,duration_s,split_hint,recording\n"
        "a/x.ogg,lib,dog bark,animal,CC0,1.0,fold1,r7\n",
    )
    table = read_library(tmp_path)
    assert table.sounds == (
        Sound("a/x.ogg", tmp_path / "a/x.ogg", "dog bark", "animal", "lib", "CC0", "r7", "fold1"),
    )
    assert table.rejected == ()
    assert table.notes == ("1 files are not audio by their endings",)


def test_every_file_and_row_ends_up_somewhere(tmp_path):
    touch(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav", "notes.txt")
    write_manifest(
        tmp_path,
        "path,title\na.wav,dog\nb.wav,\ngone.wav,cat\na.wav,wolf\n../x.wav,cat\nnotes.txt,x\n"
        ",horse\nc.wav,cat,unquoted\n",
    )
    table = read_library(tmp_path)
    assert [sound.name for sound in table.sounds] == ["a.wav"]
    assert reasons(table) == {
        "b.wav": "row 3: no description in the table",
        "gone.wav": "row 4: file not found",
        "a.wav": "row 5: the file is already in row 2",
        "../x.wav": "row 6: the path leads out of the library",
        "notes.txt": "row 7: not an audio file by its ending",
        "row 8": "row 8: no path",
        "row 9": "3 cells, but the header has 2: quote the text",
        "c.wav": "not in the table",
        "d.wav": "not in the table",
    }


def test_columns_of_any_name_can_be_mapped_and_joined(tmp_path):
    touch(tmp_path, "x/1.wav")
    write_manifest(tmp_path, "datei;was;wie\nx\\1.wav;Hund;laut\n", "liste.csv")
    settings = LibrarySettings(
        table="liste.csv", columns=ColumnMapping(path="datei", description=("wie", "was"))
    )
    assert read_library(tmp_path, settings).sounds[0].description == "laut; Hund"


def test_settings_from_a_recipe_may_be_lists():
    settings = LibrarySettings.model_validate(
        {"columns": {"description": ["a", "b"]}, "leave_out_licences": ["NC"]}
    )
    assert settings.columns.description == ("a", "b")
    assert settings.leave_out_licences == ("NC",)
    with pytest.raises(ValidationError, match="leave_out_licenses"):
        LibrarySettings.model_validate({"leave_out_licenses": []})


def test_parquet_tables(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    touch(tmp_path, "a.wav")
    content = pyarrow.table({"file": ["a.wav"], "tags": [["dog", "bark"]]})
    parquet.write_table(content, tmp_path / "metadata.parquet")
    assert read_library(tmp_path).sounds[0].description == "dog, bark"


def test_several_tables_are_a_question(tmp_path):
    touch(tmp_path, "a.wav", "manifest.csv", "Metadata.TSV")
    with pytest.raises(LibraryError, match=r"several tables \(Metadata.TSV, manifest.csv\)"):
        read_library(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (LibrarySettings(table="gone.csv"), r"gone\.csv: no such table"),
        (LibrarySettings(descriptions="table"), "no table of descriptions"),
    ],
)
def test_a_missing_table_is_named(tmp_path, settings, message):
    touch(tmp_path, "a.wav")
    with pytest.raises(LibraryError, match=message):
        read_library(tmp_path, settings)


def test_no_folder_and_no_audio_are_told(tmp_path):
    with pytest.raises(LibraryError, match="no such folder"):
        read_library(tmp_path / "gone")
    with pytest.raises(LibraryError, match="no audio file in it"):
        read_library(tmp_path)


def tagged(path, title):
    path.parent.mkdir(exist_ok=True)
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
        file.title = title
        file.write(np.zeros(100))


def test_tags_go_before_names(tmp_path):
    tagged(tmp_path / "frogs" / "01.wav", "pond at night")
    touch(tmp_path, "frogs/02.wav", "DOORWood_Heavy Slam_JD_LibA.wav", "03.wav")
    table = read_library(tmp_path)
    assert {s.name: (s.description, s.category, s.source) for s in table.sounds} == {
        "frogs/01.wav": ("pond at night", "", ""),
        "frogs/02.wav": ("frogs", "", ""),
        "DOORWood_Heavy Slam_JD_LibA.wav": ("Heavy Slam door", "door wood", "LibA"),
    }
    assert reasons(table) == {"03.wav": "no description in its tags or name"}
    tags_only = read_library(tmp_path, LibrarySettings(descriptions="tags"))
    assert [sound.name for sound in tags_only.sounds] == ["frogs/01.wav"]
    assert reasons(tags_only)["frogs/02.wav"] == "no description in its tags"
    names_only = read_library(tmp_path, LibrarySettings(descriptions="names"))
    assert {s.description for s in names_only.sounds} == {"frogs", "Heavy Slam door"}


def test_a_table_without_text_still_gives_its_licences(tmp_path):
    touch(tmp_path, "dog_bark.wav")
    write_manifest(tmp_path, "path,licence\ndog_bark.wav,CC0\n")
    (sound,) = read_library(tmp_path).sounds
    assert (sound.description, sound.licence) == ("dog bark", "CC0")
    with pytest.raises(LibraryError, match="no text column"):
        read_library(tmp_path, LibrarySettings(descriptions="table"))


@pytest.mark.parametrize(
    ("licence", "stays"),
    [
        ("CC BY-NC 3.0", False),
        ("cc by-nc-sa 4.0", False),
        ("https://creativecommons.org/licenses/by-nc/3.0/", False),
        ("unknown in repo (some CC0)", False),
        ("Attribution NonCommercial", False),
        ("", False),
        ("licence of its own", True),
        ("CC BY-SA 3.0", True),
        ("NCSA", True),
        ("GPL-2+", True),
    ],
)
def test_licences_are_left_out_by_whole_words(tmp_path, licence, stays):
    touch(tmp_path, "a.wav")
    write_manifest(tmp_path, f"path,title,licence\na.wav,dog,{licence}\n")
    table = read_library(tmp_path, LibrarySettings(leave_out_licences=NOT_FOR_WEIGHTS))
    assert len(table) == stays
    if not stays:
        assert table.rejected[0].reason.startswith(
            f"left out: its licence is {licence or 'unstated'!r}"
        )


def test_the_same_folder_gives_the_same_table(tmp_path):
    touch(tmp_path, "b/dog.wav", "a/cat.wav", "c.wav")
    assert read_library(tmp_path) == read_library(tmp_path)


@pytest.mark.slow
def test_a_large_library_is_read_whole(tmp_path):
    names = [f"{i % 100}/dog_{i}.wav" for i in range(20_000)]
    touch(tmp_path, *names)
    write_manifest(tmp_path, "path,title\n" + "".join(f"{name},dog\n" for name in names[:-1]))
    table = read_library(tmp_path)
    assert len(table) == len(names) - 1
    assert table.rejected == (Rejected(names[-1], "not in the table"),)


def test_shared_sounds(shared):
    with (shared / "sounds" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    table = read_library(shared / "sounds")
    assert table.rejected == ()
    assert {s.name: s.description for s in table.sounds} == {n: r["title"] for n, r in rows.items()}
    assert all(sound.licence == rows[sound.name]["licence"] for sound in table.sounds)


def test_shared_sounds_for_weights(shared):
    table = read_library(shared / "sounds", LibrarySettings(leave_out_licences=NOT_FOR_WEIGHTS))
    closed = {"dirt_samples", "yashnita_animals", "giulbia_babylaugh", "drone_audio"}
    closed |= {"fsdkaggle_instruments", "snoring_unknown"}
    assert not closed & {sound.source for sound in table.sounds}
    assert not [s for s in table.sounds if "NC" in s.licence or "unknown" in s.licence]
    assert len(table) + len(table.rejected) == 5907


def test_sounds_without_description_are_all_listed(shared):
    table = read_library(shared / "unlabelled")
    assert len(table) == 0
    assert len(table.rejected) == 113
