"""A catalogue that is read and searched while it is written, cleared away in, or killed."""

import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from semdnn.catalogue import shelf as shelf_module
from semdnn.catalogue import update as update_module
from semdnn.catalogue import vectors as vectors_module
from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import open_for_writing, write_meta
from semdnn.catalogue.query import Query


def test_dead_rows_are_cleared_away(library, catalogue, monkeypatch, write):
    monkeypatch.setattr(vectors_module, "_MANY", 2)
    catalogue.update([library])
    reader = Catalogue.open(catalogue.database)
    before = {sound.path.name: sound.id for sound in reader.sounds()}
    vectors = dict(zip(*map(list, reader.vectors()), strict=True))
    shutil.rmtree(library / "dogs")
    (library / "rain.ogg").unlink()
    catalogue.update([library])
    assert [p.name[-1] for p in catalogue.database.parent.glob("*-vectors-*")] == ["1"]
    after = reader.vectors()  # the same object, opened before
    assert len(after.ids) == 3
    for number, vector in zip(after.ids, after.vectors, strict=True):
        np.testing.assert_array_equal(vector, vectors[number])
    write(library / "new.wav", 1234)
    catalogue.update([library])
    assert {n: i for n, i in before.items() if i in after.ids}.items() <= {
        sound.path.name: sound.id for sound in reader.sounds()
    }.items()
    assert len(reader.search(Query(text="dog", top=50))) == 4


@pytest.mark.parametrize("look", ["vectors", "search", "like"])
def test_a_look_from_before_a_compaction_is_repeated(library, catalogue, monkeypatch, look):
    monkeypatch.setattr(vectors_module, "_MANY", 2)
    catalogue.update([library])
    reader = Catalogue.open(catalogue.database)
    (number,) = [sound.id for sound in reader.sounds() if sound.path.name.startswith("metal")]
    query = Query(text="dog", by="meaning") if look == "search" else Query(like=number)
    shutil.rmtree(library / "dogs")
    (library / "rain.ogg").unlink()
    opened = []

    def compacted_before(path, n_rows, n_dims):
        if not opened:  # the reader knows generation 0, and finds its file gone
            catalogue.update([library])
            assert not path.exists()
        opened.append(path.name[-1])
        return vectors_module.open_vectors(path, n_rows, n_dims)

    monkeypatch.setattr(shelf_module, "open_vectors", compacted_before)
    found = len(reader.vectors().ids) if look == "vectors" else len(reader.search(query))
    assert found == 3
    assert opened[:2] == ["0", "1"]


def test_a_compaction_lasts_before_anything_is_deleted(library, catalogue, monkeypatch):
    monkeypatch.setattr(vectors_module, "_MANY", 0)
    catalogue.update([library])
    shown = []

    def pragma(connection):
        return connection.execute("PRAGMA synchronous").fetchone()[0]

    def noted(connection, key, value):
        shown.append((key, pragma(connection), connection.in_transaction))
        write_meta(connection, key, value)

    monkeypatch.setattr(vectors_module, "write_meta", noted)
    with open_for_writing(catalogue.database) as connection:
        assert pragma(connection) == 1
        connection.execute("DELETE FROM files WHERE name LIKE 'dogs/%'")
        connection.execute("DELETE FROM contents WHERE n_files = 0")
        n_dims = catalogue.vectors().vectors.shape[1]
        assert vectors_module.compact(catalogue.database, connection, n_dims)
        assert shown == [("generation", 2, True), ("n_rows", 2, True)]
        assert pragma(connection) == 1
    assert len(catalogue.vectors().ids) == 4


def test_reading_while_it_is_written(library, catalogue, monkeypatch, write):
    monkeypatch.setattr(update_module, "GROUP_SOUNDS", 2)
    catalogue.update([library])
    for i in range(12):
        write(library / f"more {i}.wav", 300 + 40 * i, 0.5)
    (library / "rain.ogg").unlink()
    writer = threading.Thread(target=catalogue.update, args=([library],))
    writer.start()
    sizes = []
    reader = Catalogue.open(catalogue.database)
    while writer.is_alive():
        matches = reader.search(Query(text="dog", top=100))
        sizes.append(len(matches))
        assert len({match.id for match in matches}) == len(matches)
        assert not np.isnan([match.similarity for match in matches]).any()
    writer.join()
    assert min(sizes) >= 6
    assert len(reader.search(Query(text="dog", top=100))) == 17


def test_threads_share_a_catalogue(library, catalogue):
    catalogue.update([library])
    catalogue.space  # noqa: B018 - loaded once, before the threads
    expected = [match.id for match in catalogue.search(Query(text="dog"))]
    found = [None] * 4

    def search(at):
        found[at] = [match.id for match in catalogue.search(Query(text="dog"))]

    threads = [threading.Thread(target=search, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


KILLED = """
import os, signal, sys
from pathlib import Path
from semdnn.catalogue import update
from semdnn.catalogue.index import update_catalogue
hear, n = update.hear, 0
def mortal(model, path):
    global n
    n += 1
    if n > 11:
        os.kill(os.getpid(), signal.SIGKILL)
    return hear(model, path)
update.hear, update.GROUP_SOUNDS = mortal, 2
update_catalogue(Path(sys.argv[1]), [Path(sys.argv[2])], model_name=sys.argv[3], n_workers=1)
"""


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on(library, catalogue, tiny_checkpoint, heard, write):
    for i in range(14):
        write(library / f"more {i:02}.wav", 300 + 40 * i, 0.5)
    arguments = [str(catalogue.database), str(library), str(tiny_checkpoint)]
    ended = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert ended.returncode == -signal.SIGKILL
    reader = Catalogue.open(catalogue.database)
    n_kept = len(reader)
    assert 4 <= n_kept <= 11
    assert len(reader.search(Query(text="dog", top=100))) == n_kept
    done = catalogue.update([library])
    assert (done.added, done.unchanged) == (20 - n_kept, n_kept)
    assert len(heard) == 20 - n_kept
    assert len(catalogue) == 20
