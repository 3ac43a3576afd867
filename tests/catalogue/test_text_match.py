"""Plain words in names and descriptions, with SQLite's full-text index and without."""

import pytest

from semdnn.catalogue import database
from semdnn.catalogue.database import open_for_writing, transaction
from semdnn.catalogue.text_match import matching, searchable, text_words

TEXTS = ("doors/metal_door-slam01", "DogBarking", "Türe kreischt", "rain on a metal roof", "O'Neil")


@pytest.fixture(params=["index", "comparison"])
def connection(request, tmp_path, monkeypatch):
    if request.param == "comparison":
        monkeypatch.setattr(database, "has_full_text", lambda connection: False)
    with open_for_writing(tmp_path / "x.db") as connection:
        with transaction(connection):
            connection.execute("INSERT INTO libraries (folder) VALUES ('/x')")
            for i, text in enumerate(TEXTS):
                connection.execute(
                    "INSERT INTO contents (hash, row, duration_s, samples, fingerprint)"
                    " VALUES (?, ?, 1, x'', x'')",
                    (bytes([i]), i),
                )
                connection.execute(
                    "INSERT INTO files VALUES (NULL, 1, ?, ?, 0, 0, '', '', '', '', ?)",
                    (str(i), i + 1, searchable(text)),
                )
        yield connection


def found(connection, question):
    return [i - 1 for i in matching(connection, text_words(question))]


def test_words_are_found_in_any_form_of_name(connection):
    assert found(connection, "slam") == [0]
    assert found(connection, "bark") == [1]
    assert found(connection, "TURE") == [2]
    assert found(connection, "Neil") == [4]


def test_more_words_rank_first(connection):
    assert found(connection, "metal door slam")[0] == 0
    assert set(found(connection, "metal door slam")) == {0, 3}


def test_marks_of_the_query_language_are_plain_text(connection):
    assert found(connection, 'NOT "slam* OR (') == [0]
    assert found(connection, "  -- ; ") == []


def test_changed_and_removed_text_is_followed(connection):
    with transaction(connection):
        connection.execute("UPDATE files SET text = 'thunder' WHERE id = 1")
        connection.execute("DELETE FROM files WHERE id = 4")
    assert found(connection, "thunder") == [0]
    assert found(connection, "metal") == []
