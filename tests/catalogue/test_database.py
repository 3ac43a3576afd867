"""The catalogue's file: a full disk, a place that another holds, what came to nothing."""

import fcntl

import pytest

from semdnn.catalogue.database import (
    CatalogueError,
    open_for_reading,
    open_for_writing,
    transaction,
)
from semdnn.catalogue.lock import locked

INSERT = (
    "INSERT INTO contents (hash, row, duration_s, samples, fingerprint) VALUES (?, ?, 1, x'', ?)"
)


def add(connection, first, n, size=0):
    with transaction(connection):
        for i in range(first, first + n):
            connection.execute(INSERT, (b"%d" % i, i, bytes(size)))


def fill(path):
    with open_for_writing(path) as connection:
        add(connection, 0, 5)
        n_pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {n_pages + 10}")
        add(connection, 5, 100, size=4096)


def test_a_disk_that_is_full_is_one_line_and_costs_the_last_step_only(tmp_path):
    path = tmp_path / "x.db"
    with pytest.raises(
        CatalogueError, match=r"free some space .* what was heard is kept"
    ) as caught:
        fill(path)
    assert "\n" not in str(caught.value)
    assert "(database or disk is full)" in str(caught.value)
    connection = open_for_reading(path)
    assert connection.execute("SELECT count(*) FROM contents").fetchone() == (5,)
    connection.close()
    with open_for_writing(path) as connection:
        add(connection, 5, 100, size=4096)
        assert connection.execute("SELECT count(*) FROM contents").fetchone() == (105,)


def test_what_came_to_nothing_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "er" / "x.db"
    with open_for_writing(path):
        path.with_name("x.db-vectors-0").touch()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), open_for_writing(path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with open_for_writing(path) as connection:
        add(connection, 0, 1)
    with open_for_writing(path) as connection:
        connection.execute("DELETE FROM contents")
    assert path.is_file()  # it was there before


def test_a_lock_on_a_deleted_file_is_given_up_for_the_one_that_is_there(tmp_path, monkeypatch):
    path = tmp_path / "folder" / "lock"
    flock, n_calls = fcntl.flock, 0

    def late(handle, how):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 1:  # its former holder deletes it after this one has opened it
            path.unlink()
            path.parent.rmdir()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(path):
        assert path.is_file()
        with pytest.raises(BlockingIOError), locked(path):
            pass
    assert n_calls == 3


def test_a_lock_that_is_held_is_told(tmp_path):
    path = tmp_path / "lock"
    with locked(path), pytest.raises(BlockingIOError), locked(path):
        pass
    with locked(path):
        assert path.is_file()
