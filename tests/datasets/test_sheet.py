import sys

import pytest

from semdnn.datasets.sheet import BadRow, Row, SheetError, read_sheet


def write(tmp_path, content, name="manifest.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path, delimiter):
    text = f'path{delimiter}"a,b;c|d"\nx.wav{delimiter}"one{delimiter} two"\n'
    sheet = read_sheet(write(tmp_path, text))
    assert sheet.columns == ("path", "a,b;c|d")
    assert sheet.rows == (Row(2, {"path": "x.wav", "a,b;c|d": f"one{delimiter} two"}),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_without_a_note(tmp_path, encoding):
    sheet = read_sheet(write(tmp_path, "path,title\nx.wav,Türe\n".encode(encoding)))
    assert sheet.rows[0].cells == {"path": "x.wav", "title": "Türe"}
    assert sheet.notes == ()


def test_latin_1_is_read_with_a_note(tmp_path):
    sheet = read_sheet(write(tmp_path, "path,title\nx.wav,Türe\n".encode("latin-1")))
    assert sheet.rows[0].cells["title"] == "Türe"
    assert sheet.notes == ("manifest.csv: not UTF-8, read as Latin-1: check accented letters",)


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path):
    text = 'path,title\r\na.wav,"two\r\nlines"\r\n\r\nb.wav,x\r\nc.wav\r\nd.wav,x,y\r\ne.wav,x,\r\n'
    sheet = read_sheet(write(tmp_path, text))
    assert [row.number for row in sheet.rows] == [2, 4, 5, 7]
    assert sheet.rows[0].cells["title"] == "two\r\nlines"
    assert sheet.rows[2].cells == {"path": "c.wav", "title": ""}
    assert sheet.bad_rows == (BadRow(6, "3 cells, but the header has 2: quote the text"),)
    assert sheet.notes == (
        "manifest.csv: 1 row has fewer cells than the header, the first is row 5: the missing cells"
        " are taken as empty",
    )


def test_columns_without_a_name_may_be_left_out(tmp_path):
    assert read_sheet(write(tmp_path, "path,title,,\na.wav,dog\n")).notes == ()


def test_a_cell_of_monstrous_size_costs_its_row_only(tmp_path):
    sheet = read_sheet(write(tmp_path, f"path,title\na.wav,{'x' * 200_000}\nb.wav,dog\n"))
    assert [row.cells["path"] for row in sheet.rows] == ["b.wav"]
    assert sheet.bad_rows[0].number == 2


@pytest.mark.parametrize("text", ["", "\n", ",,\n"])
def test_no_header_is_refused(tmp_path, text):
    with pytest.raises(SheetError, match="no header in the first row"):
        read_sheet(write(tmp_path, text))


def test_a_column_twice_is_refused(tmp_path):
    with pytest.raises(SheetError, match="column 'title' appears twice"):
        read_sheet(write(tmp_path, "path,title,title\n"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SheetError, match=r"absent\.csv: cannot be read"):
        read_sheet(tmp_path / "absent.csv")


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "metadata.parquet"
    content = {"path": ["a.wav", None], "tags": [["dog", "bark"], None], "n": [1.5, float("nan")]}
    parquet.write_table(pyarrow.table(content), path)
    sheet = read_sheet(path)
    assert sheet.rows[0] == Row(2, {"path": "a.wav", "tags": "dog, bark", "n": "1.5"})
    assert sheet.rows[1].cells == {"path": "", "tags": "", "n": ""}


def test_broken_parquet_is_one_line(tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.raises(SheetError, match="cannot be read as Parquet") as caught:
        read_sheet(write(tmp_path, b"nonsense", "metadata.parquet"))
    assert "\n" not in str(caught.value)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SheetError, match=r"semdnn\[parquet\]"):
        read_sheet(tmp_path / "metadata.parquet")
