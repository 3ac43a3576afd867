"""A catalogue's lists: made when asked for, kept in step, and not used when in doubt."""

import json
import sqlite3
import sys

import pytest

from semdnn.catalogue import lists_file
from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import CatalogueError
from semdnn.catalogue.query import Query, QueryError
from semdnn.cli.main import main

INSTALL = r'faiss.* not installed.*pip install "semdnn\[approximate\]"'


@pytest.fixture(autouse=True)
def _faiss():
    pytest.importorskip("faiss", reason="the extra `approximate` is not installed")


def lists_of(catalogue):
    return sorted(path.name for path in catalogue.database.parent.glob("*-lists-*"))


def named(n_rows):
    name = f"my catalogue.db-lists-0-{n_rows}"
    return [name, f"{name}-vectors"]


def asked(catalogue, *, approximate):
    query = Query(text="bell", by="meaning", top=6, approximate=approximate)
    return [match.path for match in Catalogue(catalogue.database).search(query)]


def test_without_lists_an_approximate_search_says_what_to_do(catalogue, library):
    catalogue.update([library])
    with pytest.raises(QueryError, match="semdnn index LIBRARY --approximate"):
        asked(catalogue, approximate=True)


def test_lists_are_made_when_wanted_and_kept_while_fresh(catalogue, library):
    updated = catalogue.update([library], approximate=True)
    assert [note for note in updated.notes if note.startswith("approximate search: reads ")]
    names = lists_of(catalogue)
    assert names == named(6)
    assert asked(catalogue, approximate=True) == asked(catalogue, approximate=False)
    assert catalogue.update([library]).notes == ()
    assert lists_of(catalogue) == names


def test_new_sounds_are_found_and_many_of_them_make_new_lists(catalogue, library, write):
    catalogue.update([library], approximate=True)
    write(library / "new.wav", 2000)
    catalogue.update([library])
    assert lists_of(catalogue) == named(7)
    assert library / "new.wav" in asked(catalogue, approximate=True)


def test_a_few_new_sounds_are_searched_beside_the_lists(catalogue, library, write, monkeypatch):
    monkeypatch.setattr(lists_file, "STALE", 0.5)
    catalogue.update([library], approximate=True)
    write(library / "new.wav", 2000)
    catalogue.update([library])
    assert lists_of(catalogue) == named(6)
    query = Query(like=library / "new.wav", top=1, approximate=True)
    assert Catalogue(catalogue.database).search(query)[0].path == library / "new.wav"


@pytest.mark.parametrize("damage", ["gone", "changed", "vectors gone", "vectors cut"])
def test_files_that_cannot_be_trusted_are_not_used(catalogue, library, damage):
    catalogue.update([library], approximate=True)
    path = catalogue.database.parent / lists_of(catalogue)["vectors" in damage]
    content = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(content[:-1] + b"\1")
    elif damage == "vectors cut":
        path.write_bytes(content[:-1])
    with sqlite3.connect(catalogue.database) as connection:
        assert lists_file.read_lists(catalogue.database, connection) is None
    assert asked(catalogue, approximate=True) == asked(catalogue, approximate=False)


@pytest.mark.parametrize(
    "fact",
    [
        {"generation": 7},
        {"format": 1},
        {"n_rows": 5},
        {"n_probes": 0},
        {"n_probes": None},
        {"file": ""},
        {"file": 3},
    ],
)
def test_facts_that_cannot_be_trusted_are_not_used(catalogue, library, fact):
    catalogue.update([library], approximate=True)
    with sqlite3.connect(catalogue.database) as connection:
        facts = json.loads(lists_file.read_meta(connection, "lists"))
        assert lists_file.read_lists(catalogue.database, connection) is not None
        assert facts != facts | fact
        lists_file.write_meta(connection, "lists", json.dumps(facts | fact))
    with sqlite3.connect(catalogue.database) as connection:
        assert lists_file.read_lists(catalogue.database, connection) is None
    assert asked(catalogue, approximate=True) == asked(catalogue, approximate=False)


def test_a_name_in_the_database_cannot_lead_to_another_folder(catalogue, library, tmp_path):
    catalogue.update([library], approximate=True)
    with sqlite3.connect(catalogue.database) as connection:
        facts = json.loads(lists_file.read_meta(connection, "lists")) | {"file": "../elsewhere"}
        (tmp_path / "elsewhere").write_bytes(b"not lists")
        lists_file.write_meta(connection, "lists", json.dumps(facts))
        assert lists_file.read_lists(catalogue.database, connection) is None
    catalogue.update([library], approximate=True)
    assert (tmp_path / "elsewhere").exists()


def test_on_the_command_line(library, tmp_path, tiny_checkpoint, capsys):
    database = str(tmp_path / "sounds.db")
    index = ["index", str(library), "--db", database, "--model", str(tiny_checkpoint)]
    assert main([*index, "--approximate"]) == 0
    assert "approximate search: reads" in capsys.readouterr().err
    assert main(["search", "bell", "--db", database, "--approximate", "--top", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert "faiss" not in capsys.readouterr().err


def test_lists_of_a_former_format_are_made_anew(catalogue, library):
    catalogue.update([library], approximate=True)
    with sqlite3.connect(catalogue.database) as connection:
        facts = json.loads(lists_file.read_meta(connection, "lists"))
        del facts["format"]
        lists_file.write_meta(connection, "lists", json.dumps(facts))
    assert any("reads" in note for note in catalogue.update([library]).notes)


def test_without_faiss_no_lists_are_promised_and_nothing_is_heard(
    catalogue, library, heard, monkeypatch
):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(CatalogueError, match=INSTALL) as caught:
        catalogue.update([library], approximate=True)
    assert "\n" not in str(caught.value)
    assert heard == []
    assert not catalogue.database.exists()
    assert catalogue.update([library]).notes == ()


def test_without_faiss_a_catalogue_with_lists_is_searched_exactly(
    catalogue, library, monkeypatch, write, capsys
):
    catalogue.update([library], approximate=True)
    exact = asked(catalogue, approximate=False)
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert asked(catalogue, approximate=True) == exact
    question = ["search", "bell", "--db", str(catalogue.database), "--approximate"]
    assert main(question) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "faiss" in line] == [
        'faiss is not installed, so every sound was compared: pip install "semdnn[approximate]"'
    ]
    write(library / "new.wav", 2000)
    (note,) = catalogue.update([library]).notes
    assert 'out of date, and faiss is not installed: pip install "semdnn[approximate]"' in note
    query = Query(like=library / "new.wav", top=1, approximate=True)
    assert Catalogue(catalogue.database).search(query)[0].path == library / "new.wav"
    monkeypatch.undo()
    assert lists_of(catalogue) == named(6)
    assert any("reads" in note for note in catalogue.update([library]).notes)
    assert lists_of(catalogue) == named(7)
