"""A catalogue follows its library: new, changed, moved and deleted files, crashes, and readers."""

import os
import shutil
import sqlite3

import numpy as np
import pytest
import soundfile

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import CatalogueError, find_database, open_for_writing
from semdnn.catalogue.query import Query
from semdnn.model import SemanticModel


def names_of(catalogue, folder):
    return {str(sound.path.relative_to(folder.resolve())) for sound in catalogue.sounds()}


def test_everything_is_taken_down_once(library, catalogue, tiny_checkpoint, heard):
    done = catalogue.update([library])
    assert done[:5] == (6, 0, 0, 0, 0)
    assert not done.failed
    assert str(done) == "added 6, changed 0, moved 0, removed 0, unchanged 0, failed 0"
    model = SemanticModel.load(tiny_checkpoint)
    vectors = catalogue.vectors()
    by_id = dict(zip(vectors.ids.tolist(), vectors.vectors, strict=True))
    for sound in catalogue.sounds():
        assert sound.path.is_file()
        np.testing.assert_allclose(by_id[sound.id], model.embed(sound.path), atol=1e-6)
        label, words = model.label(sound.path, top=10), catalogue.words(sound.id)
        assert [word.word for word in words] == [word.word for word in label]
        np.testing.assert_allclose([w.weight for w in words], [w.weight for w in label], atol=1e-5)
    heard.clear()
    assert catalogue.update([library])[:5] == (0, 0, 0, 0, 6)
    assert heard == []


def test_new_changed_moved_and_deleted_files(library, catalogue, heard, write):
    catalogue.update([library])
    before = {str(sound.path): sound.id for sound in catalogue.sounds()}
    heard.clear()
    write(library / "new.wav", 3000)
    write(library / "rain.ogg", 500)
    (library / "deep/er").mkdir(parents=True)
    (library / "dogs/DogBark_01.wav").rename(library / "deep/er/Renamed Dog.wav")
    (library / "metal door slam.WAV").unlink()
    assert catalogue.update([library])[:5] == (1, 1, 1, 1, 3)
    assert sorted(heard) == ["new.wav", "rain.ogg"]
    after = {str(sound.path): sound.id for sound in catalogue.sounds()}
    assert len(after) == len(catalogue) == 6
    old = library.resolve() / "dogs/DogBark_01.wav"
    assert after[str(library.resolve() / "deep/er/Renamed Dog.wav")] == before[str(old)]
    assert catalogue.search(Query(text="renamed", by="text"))[0].path.name == "Renamed Dog.wav"
    assert catalogue.search(Query(text="slam", by="text")) == []


def test_a_file_that_moved_while_another_took_its_place(library, catalogue, heard, write):
    catalogue.update([library])
    heard.clear()
    (library / "rain.ogg").rename(library / "zz.ogg")
    write(library / "rain.ogg", 777)
    (library / "dogs").rename(library / "hounds")
    write(library / "hounds/dog growl.flac", 888)
    # rain.ogg is still a name, so that its former content under zz.ogg counts as added.
    assert catalogue.update([library])[:5] == (2, 1, 1, 1, 3)
    assert sorted(heard) == ["dog growl.flac", "rain.ogg"]
    assert names_of(catalogue, library) >= {"zz.ogg", "rain.ogg", "hounds/DogBark_01.wav"}
    assert len(catalogue) == 7


def test_touched_files_and_copies_are_not_heard_again(library, catalogue, heard):
    catalogue.update([library])
    heard.clear()
    os.utime(library / "rain.ogg", (1, 1))
    shutil.copy(library / "rain.ogg", library / "rain copy.ogg")
    assert catalogue.update([library])[:5] == (1, 0, 0, 0, 6)
    assert heard == []
    assert len(catalogue) == 6
    match = catalogue.search(Query(text="rain"))[0]
    assert (match.path.name, match.n_files) == ("rain copy.ogg", 2)
    (library / "rain copy.ogg").unlink()
    assert catalogue.update([library])[:5] == (0, 0, 0, 1, 6)
    assert len(catalogue) == 6


def test_sounds_that_move_to_another_library_are_known_again(
    library, catalogue, tmp_path, heard, write
):
    other = tmp_path / "other"
    write(other / "one.wav", 999)
    catalogue.update([library, other])
    heard.clear()
    (library / "rain.ogg").rename(other / "rain.ogg")
    assert catalogue.update([library, other])[:5] == (0, 0, 1, 0, 6)
    assert heard == []


def test_bad_files_are_listed_and_stop_nothing(library, catalogue):
    (library / "bad.wav").write_bytes(b"RIFF nothing")
    (library / "empty.flac").touch()
    done = catalogue.update([library])
    assert done.added == 6
    assert [bad.name.rsplit("/")[-1] for bad in done.failed] == ["bad.wav", "empty.flac"]
    (library / "rain.ogg").write_bytes(b"no longer a sound")
    done = catalogue.update([library])
    assert (done.unchanged, len(done.failed)) == (5, 3)
    assert "rain.ogg" not in names_of(catalogue, library)


def test_a_table_that_changes_is_read_again_without_hearing(library, catalogue, heard):
    table = library / "metadata.csv"
    table.write_text("filename,description,licence\nrain.ogg,heavy storm,CC0\n")
    catalogue.update([library])
    heard.clear()
    match = catalogue.search(Query(text="storm", by="text"))[0]
    assert (match.path.name, match.licence, match.in_text) == ("rain.ogg", "CC0", True)
    table.write_text("filename,description,licence\nrain.ogg,gentle drizzle,CC BY 4.0\n")
    assert catalogue.update([library]).unchanged == 6
    assert heard == []
    assert catalogue.search(Query(text="storm", by="text")) == []
    assert catalogue.search(Query(text="drizzle", by="text"))[0].licence == "CC BY 4.0"


def test_a_disk_that_is_not_there_empties_nothing(library, catalogue):
    catalogue.update([library])
    shutil.rmtree(library)
    with pytest.raises(CatalogueError, match="no such folder"):
        catalogue.update([library])
    library.mkdir()
    with pytest.raises(CatalogueError, match="Nothing was changed"):
        catalogue.update([library])
    assert len(catalogue) == 6


def test_a_library_that_holds_its_catalogue_can_be_moved(library, tiny_checkpoint, tmp_path):
    Catalogue(library).update([library], model=str(tiny_checkpoint))
    assert find_database(library / "dogs") == library / ".semdnn/catalogue.db"
    moved = tmp_path / "elsewhere"
    library.rename(moved)
    catalogue = Catalogue.open(moved)
    assert all(sound.path.is_file() for sound in catalogue.sounds())
    assert catalogue.update([moved]).unchanged == 6


def test_overlapping_libraries_are_refused(library, catalogue):
    catalogue.update([library])
    with pytest.raises(CatalogueError, match="overlaps with the library"):
        catalogue.update([library / "dogs"])


def test_a_library_that_is_given_twice_is_taken_once(library, catalogue, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(library, target_is_directory=True)
    assert catalogue.update([library, link, library / "dogs" / ".."]).added == 6
    assert catalogue.update([link, library]).unchanged == 6
    assert {sound.path.is_relative_to(library.resolve()) for sound in catalogue.sounds()} == {True}


def test_a_catalogue_that_got_nothing_does_not_stay(catalogue, tmp_path, library):
    folder = tmp_path / "none"
    folder.mkdir()
    with pytest.raises(CatalogueError, match="Nothing was changed"):
        catalogue.update([folder])
    assert not catalogue.database.parent.exists()
    with pytest.raises(CatalogueError, match="no such folder"):
        catalogue.update([library, tmp_path / "gone"])
    assert not catalogue.database.parent.exists()
    (folder / "bad.wav").write_bytes(b"RIFF nothing")
    beside = catalogue.database.parent / "mine.txt"
    beside.parent.mkdir()
    beside.touch()
    done = catalogue.update([folder])
    assert len(done.failed) == 1
    assert done.notes == (
        f"{catalogue.database}: no sound could be taken, so there is no catalogue",
    )
    assert list(catalogue.database.parent.iterdir()) == [beside]
    assert catalogue.update([library]).added == 6


def test_a_catalogue_that_was_there_stays(catalogue, library):
    catalogue.update([library])
    for path in list(library.rglob("*.*")):
        if path.is_file():
            path.write_bytes(b"no longer a sound")
    assert len(catalogue.update([library]).failed) == 6
    assert len(Catalogue.open(catalogue.database)) == 0


def test_the_loudest_floats_are_heard_without_a_warning(catalogue, library, recwarn):
    rng = np.random.default_rng(0)
    loud = (1e30 * rng.uniform(-1, 1, 160_000)).astype(np.float32)
    soundfile.write(library / "loud.wav", loud, 16_000, subtype="FLOAT")
    soundfile.write(library / "loud stereo.wav", np.c_[loud, loud], 44_100, subtype="FLOAT")
    soundfile.write(library / "loudest.wav", 3e8 * np.c_[loud, loud], 16_000, subtype="FLOAT")
    done = catalogue.update([library])
    assert [str(w) for w in recwarn.list] == []
    assert {bad.name.rsplit("/")[-1] for bad in done.failed} <= {"loudest.wav", "loud stereo.wav"}
    assert "loud.wav" in names_of(catalogue, library)
    assert np.isfinite(catalogue.vectors().vectors).all()
    catalogue.duplicates()
    assert not recwarn.list


def test_places_that_cannot_be_written_are_named(library, tiny_checkpoint):
    (library / ".semdnn").write_text("a file where the folder should be")
    with pytest.raises(CatalogueError, match=r"no catalogue can be written here.*--db FILE"):
        Catalogue(library).update([library], model=str(tiny_checkpoint))


def test_what_is_no_catalogue_of_this_version_is_refused(library, catalogue, tmp_path):
    with pytest.raises(CatalogueError, match="no catalogue here"):
        Catalogue.open(tmp_path / "none.db")
    text = tmp_path / "text.db"
    text.write_text("not a database " * 100)
    with pytest.raises(CatalogueError, match="cannot be read as a catalogue"):
        Catalogue.open(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(CatalogueError, match="no catalogue of sounds"):
        Catalogue.open(other)
    catalogue.update([library])
    connection = sqlite3.connect(catalogue.database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CatalogueError, match=r"version 99.*index again"):
        Catalogue.open(catalogue.database)
    with pytest.raises(CatalogueError, match=r"version 99.*index again"):
        catalogue.update([library])


def test_another_network_is_refused(library, catalogue):
    catalogue.update([library])
    with pytest.raises(CatalogueError, match=r"another network .*index again"):
        catalogue.update([library], model="catdnn-small")
    assert catalogue.update([library], model="").unchanged == 6


def test_one_writer_at_a_time(library, catalogue):
    catalogue.update([library])
    with (
        open_for_writing(catalogue.database),
        pytest.raises(CatalogueError, match="another process is indexing"),
    ):
        catalogue.update([library])


def test_vectors_that_are_missing_are_said(library, catalogue):
    catalogue.update([library])
    (path,) = catalogue.database.parent.glob("*-vectors-*")
    path.write_bytes(b"short")
    with pytest.raises(CatalogueError, match="missing or cut short"):
        Catalogue.open(catalogue.database).vectors()
