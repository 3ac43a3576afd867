"""The page's own files: short, self-contained, and text never becomes markup."""

import re

import pytest

from semdnn.web.app import STATIC

FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
ELSEWHERE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w+|@import|\burl\(")
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")


def test_the_files_are_there():
    assert {"index.html", "page.css", "page.js", "listen.js"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_short_loads_nothing_from_elsewhere_and_writes_no_markup(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert ELSEWHERE.findall(text) == []
    assert MARKUP.findall(text) == []
    assert re.findall(r"\sstyle=|\son\w+=", text) == []  # the content policy forbids both


def test_every_module_that_is_imported_is_there():
    names = {path.name for path in FILES}
    for path in STATIC.glob("js/*.js"):
        imported = re.findall(r'from "\./([\w.]+)"', path.read_text(encoding="utf-8"))
        assert set(imported) <= names
