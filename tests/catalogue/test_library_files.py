"""What a library's table says, and what a person is told of the rows that say nothing."""

import pytest

from semdnn.catalogue.library_files import folder_state, table_facts
from semdnn.datasets.library import read_library


@pytest.fixture
def facts_of(tmp_path):
    """What a table says of four files: `facts_of(text)`."""
    for name in ("a.wav", "b.wav", "c.wav", "d.wav"):
        (tmp_path / name).touch()

    def read(text, name="metadata.csv"):
        (tmp_path / name).write_text(text)
        return table_facts(folder_state(tmp_path))

    return read


def test_rows_that_describe_no_file_are_told(facts_of):
    facts = facts_of("filename,description\na.wav,dog\nb.wav,cat,too,many\nx.ogg,bird\n")
    assert list(facts.rows) == ["a.wav"]
    assert facts.notes == (
        "metadata.csv: 2 rows left out: row 3: 4 cells, but the header has 2: quote the text; "
        "row 4 ('x.ogg'): file not found",
    )


def test_a_second_row_of_a_file_is_told(facts_of):
    facts = facts_of("filename,description\na.wav,dog\na.wav,wolf\n")
    assert facts.rows["a.wav"].description == "dog"
    assert facts.notes == (
        "metadata.csv: 1 row left out: row 3 ('a.wav'): the file is already in row 2",
    )


def test_a_short_row_is_taken_and_told(facts_of):
    facts = facts_of("filename,description,licence\na.wav,dog\nb.wav\nc.wav,x,CC0\n")
    assert facts.rows["a.wav"].description == "dog"
    (note,) = facts.notes
    assert note.startswith("metadata.csv: 2 rows have fewer cells than the header, the first is r")


def test_a_few_are_named_and_the_rest_counted(facts_of):
    rows = "".join(f"{'long' * 30}{i}.wav,x\n" for i in range(1500))
    (note,) = facts_of(f"filename,description\n{rows}").notes
    assert note.startswith("metadata.csv: 1,500 rows left out: row 2 ('long")
    assert note.endswith("; … and 1,497 more")
    assert len(note) < 400


@pytest.mark.parametrize(
    "text",
    [
        'a.wav,"dog\nb.wav,cat\nc.wav,bird\n',  # to the end of the file
        'a.wav,"dog\nb.wav,cat\nc.wav,"bird"\n',  # to the next quote
        'a.wav,"dog\r\nb.wav,cat"\r\nc.wav,bird\r\n',
    ],
)
def test_an_open_quote_gives_no_file_the_words_of_others(facts_of, tmp_path, text):
    facts = facts_of(f"filename,description\n{text}d.wav,horse")
    assert "a.wav" not in facts.rows
    assert "row 2 ('a.wav'): a quote is left open: the row of 'b.wav' is inside" in facts.notes[0]
    reasons = dict(read_library(tmp_path).rejected)
    assert reasons["a.wav"] == "row 2: a quote is left open: the row of 'b.wav' is inside"
    assert reasons["b.wav"] == "not in the table"


def test_an_open_quote_in_a_name_is_told(facts_of):
    facts = facts_of('filename,description\n"a.wav,dog\nb.wav,cat\n')
    assert not facts.rows
    assert "a line break in the file's name: is a quote left open?" in facts.notes[-1]


def test_lines_of_a_text_are_no_rows(facts_of):
    text = '"dog, near\nb.wav, which is the cat\nand then some, rain"'
    facts = facts_of(f"filename,description\na.wav,{text}\nb.wav,cat\n")
    assert sorted(facts.rows) == ["a.wav", "b.wav"]
    assert facts.notes == ()


def test_a_header_without_names_of_files_says_what_to_write(facts_of):
    facts = facts_of("where,title\na.wav,dog\n")
    (note,) = facts.notes
    assert "(where, title): call one `path` or `filename` in the first row" in note
    assert "columns.path" not in note
    assert not facts.rows


def test_several_tables_say_what_to_do(facts_of, tmp_path):
    facts_of("path,title\n")
    facts_of("path,title\n", "manifest.csv")
    state = folder_state(tmp_path)
    assert state.table is None
    (note,) = state.notes
    assert "several tables (manifest.csv, metadata.csv): keep one of them there" in note
    assert "set `table`" not in note
