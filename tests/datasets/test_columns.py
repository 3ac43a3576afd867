from pathlib import Path

import pytest

from semdnn.datasets.columns import ColumnError, ColumnMapping, RowFacts, read_facts
from semdnn.datasets.sheet import Row, Sheet

PATH = Path("manifest.csv")


def sheet(*columns, cells=None):
    cells = cells or columns
    return Sheet(columns, (Row(2, dict(zip(columns, cells, strict=True))),), (), ())


def facts(table, **mapping):
    ((_, row),), has_text = read_facts(table, ColumnMapping(**mapping), PATH)
    return row, has_text


def test_columns_are_found_by_common_names():
    row, has_text = facts(sheet("File Name", "Keywords", "TITLE", "Class", "License", "fold"))
    assert row == RowFacts(
        "File Name", "TITLE; Keywords", category="Class", licence="License", split="fold"
    )
    assert has_text


def test_named_columns_go_before_common_ones():
    table = sheet("where", "path", "a", "b", "title")
    row, _ = facts(table, path="where", description=["b", "a"])
    assert row == RowFacts("where", "b; a")


def test_the_category_stands_in_for_a_missing_description():
    assert facts(sheet("path", "category")) == (
        RowFacts("path", "category", category="category"),
        True,
    )


def test_without_text_columns_there_is_no_text():
    row, has_text = facts(sheet("path", "licence"))
    assert (row.description, row.licence, has_text) == ("", "licence", False)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ColumnError, match=r"no column 'name': it has path, title"):
        facts(sheet("path", "title"), description=["name"])


def test_a_table_without_a_path_column_says_how_to_name_it():
    with pytest.raises(ColumnError, match=r"set `columns\.path` \(where, title\)"):
        facts(sheet("where", "title"))
