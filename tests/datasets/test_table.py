import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semdnn.datasets.table import (
    Rejected,
    Sound,
    Table,
    TableError,
    join_texts,
    read_table,
    write_table,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def sound(name: str, description: str = "dog") -> Sound:
    return Sound(name, Path("/library") / name, description)


def test_a_sound_is_its_own_recording_unless_told_otherwise():
    assert sound("a.wav").recording == "a.wav"
    assert Sound("a.wav", Path("a.wav"), "dog", recording="r1").recording == "r1"


def test_order_is_by_name_whatever_the_order_given():
    names = ["b/1.wav", "a/2.wav", "B.wav"]
    table = Table(tuple(map(sound, names)), (Rejected("z", "x"), Rejected("y", "x")))
    assert [s.name for s in table.sounds] == sorted(names)
    assert [r.name for r in table.rejected] == ["y", "z"]
    assert len(table) == 3


def test_a_name_twice_is_refused():
    with pytest.raises(TableError, match=r"'a\.wav' names more than one sound"):
        Table((sound("a.wav"), sound("b.wav"), sound("a.wav")))


@given(
    st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), max_size=6, unique_by=lambda row: row[0]),
    st.lists(st.tuples(TEXT, TEXT), max_size=4),
    st.lists(TEXT, max_size=3),
)
def test_reading_gives_back_what_was_written(tmp_path_factory, rows, rejected, notes):
    path = tmp_path_factory.mktemp("table") / "table.jsonl"
    table = Table(
        tuple(Sound(n, Path("/x"), d, c, licence=c2) for n, d, c, c2 in rows),
        tuple(Rejected(*row) for row in rejected),
        tuple(notes),
    )
    write_table(path, table)
    assert read_table(path) == table


def test_writing_is_plain_utf8_json(tmp_path):
    path = tmp_path / "table.jsonl"
    write_table(path, Table((sound("Tür\u2028.wav", "knarrende Tür"),)))
    (line,) = path.read_text(encoding="utf-8").split("\n")[:-1]
    assert "knarrende Tür" in line
    assert json.loads(line)["name"] == "Tür\u2028.wav"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "line 1: not a JSON object"),
        ('{"name": 3}', "line 1: not a JSON object of texts"),
        ('{"name": "x"}', "line 1: neither a sound, a rejection nor a note"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, line, message):
    path = tmp_path / "table.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(TableError, match=message):
        read_table(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match=r"absent\.jsonl: cannot be read"):
        read_table(tmp_path / "absent.jsonl")


def test_joining_leaves_out_empty_and_repeated_texts():
    assert join_texts([" a  b\n", "", "A B", "c"]) == "a b; c"
