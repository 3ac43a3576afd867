"""Labels as text: a table to read, CSV for spreadsheets, JSON lines for programs."""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from semdnn.catalogue.labelling import Labelled


def readable(path: Path) -> str:
    """Return a path as text; bytes of a file name that are not UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def as_table(item: Labelled) -> str:
    """Return one line to read: path, then words with their weights."""
    if item.error:
        return ""
    words = ", ".join(f"{word.word} {word.weight:.2f}" for word in item.words)
    return f"{readable(item.path)}\t{words}\n"


def as_csv(item: Labelled) -> str:
    """Return one CSV row a word: path, duration_s, rank, word, weight, error.

    A file without words has one row all the same; a bad file's row has its error.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    path, duration = readable(item.path), "" if item.error else f"{item.duration_s:.3f}"
    if not item.words:
        writer.writerow((path, duration, "", "", "", item.error))
    for rank, word in enumerate(item.words, start=1):
        writer.writerow((path, duration, rank, word.word, f"{word.weight:.6f}", ""))
    return text.getvalue()


def as_json(item: Labelled) -> str:
    """Return one JSON object a line: path, duration_s and words, or path and error."""
    if item.error:
        return _json_line({"path": readable(item.path), "error": item.error})
    words = [{"word": word.word, "weight": round(word.weight, 6)} for word in item.words]
    return _json_line(
        {"path": readable(item.path), "duration_s": round(item.duration_s, 3), "words": words}
    )


def _json_line(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Labelled], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
}
HEADERS: Mapping[str, str] = {"csv": "path,duration_s,rank,word,weight,error\n"}
