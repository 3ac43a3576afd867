"""Labels as text: a table to read, CSV for spreadsheets, JSON lines for programs, Audacity tracks.

Each format has one function for a sound's words and one for its timeline.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from semdnn.catalogue.labelling import Labelled
from semdnn.errors import printable

AUDACITY = "audacity"
NO_WORDS = "(no words)"
"""What a table says of a sound that is silent, or has no word of the weight asked for."""


def readable(path: Path) -> str:
    """Return a path as text; bytes of a file name that are not UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def as_table(item: Labelled) -> str:
    """Return one line to read: path, then words with their weights; controls are escaped."""
    if item.error:
        return ""
    words = ", ".join(f"{word.word} {word.weight:.2f}" for word in item.words)
    return f"{printable(item.path)}\t{printable(words) or NO_WORDS}\n"


def as_table_of_times(item: Labelled) -> str:
    """Return one line a segment: path, start and end as ``h:mm:ss.ss``, word and weight."""
    if item.error:
        return ""
    path = printable(item.path)
    lines = [
        f"{path}\t{_clock(start)} – {_clock(end)}\t{printable(word)} {weight:.2f}\n"
        for start, end, word, weight in item.segments
    ]
    return "".join(lines) or f"{path}\t\t{NO_WORDS}\n"


def as_csv(item: Labelled) -> str:
    """Return one CSV row a word: path, duration_s, rank, word, weight, error.

    A file without words has one row all the same; a bad file's row has its error.
    """
    rows = [(rank, word, f"{weight:.6f}") for rank, (word, weight) in enumerate(item.words, 1)]
    return _csv_rows(item, rows)


def as_csv_of_times(item: Labelled) -> str:
    """Return one CSV row a segment: path, duration_s, start_s, end_s, word, weight, error."""
    rows = [
        (f"{start:.3f}", f"{end:.3f}", word, f"{weight:.6f}")
        for start, end, word, weight in item.segments
    ]
    return _csv_rows(item, rows, n_columns=4)


def as_json(item: Labelled) -> str:
    """Return one JSON object a line: path, duration_s and words, or path and error."""
    words = [{"word": word.word, "weight": round(word.weight, 6)} for word in item.words]
    return _json_line(item, {"words": words})


def as_json_of_times(item: Labelled) -> str:
    """Return one JSON object a line: path, duration_s and segments, or path and error."""
    segments = [
        {
            "start_s": round(start, 3),
            "end_s": round(end, 3),
            "word": word,
            "weight": round(weight, 6),
        }
        for start, end, word, weight in item.segments
    ]
    return _json_line(item, {"segments": segments})


def as_audacity(item: Labelled) -> str:
    """Return an Audacity label track with one label, all words, over the whole sound."""
    words = ", ".join(word.word for word in item.words)
    return _audacity_line(0.0, item.duration_s, words) if words else ""


def as_audacity_of_times(item: Labelled) -> str:
    """Return an Audacity label track with one label a segment."""
    return "".join(_audacity_line(start, end, word) for start, end, word, _ in item.segments)


def _clock(seconds: float) -> str:
    minutes, hundredths = divmod(round(100 * seconds), 6000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"


def _csv_rows(item: Labelled, rows: Sequence[Sequence[object]], n_columns: int = 3) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    duration = "" if item.error else f"{item.duration_s:.3f}"
    for row in rows or [("",) * n_columns]:
        writer.writerow((readable(item.path), duration, *row, item.error))
    return text.getvalue()


def _json_line(item: Labelled, content: Mapping[str, object]) -> str:
    value: dict[str, object] = {"path": readable(item.path)}
    if item.error:
        value["error"] = item.error
    else:
        value |= {"duration_s": round(item.duration_s, 3), **content}
    return json.dumps(value, ensure_ascii=False) + "\n"


def _audacity_line(start_s: float, end_s: float, label: str) -> str:
    return f"{start_s:.6f}\t{end_s:.6f}\t{' '.join(label.split())}\n"


Format = Callable[[Labelled], str]

FORMATS: Mapping[str, Format] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
    AUDACITY: as_audacity,
}
TIMELINE_FORMATS: Mapping[str, Format] = {
    "table": as_table_of_times,
    "csv": as_csv_of_times,
    "json": as_json_of_times,
    AUDACITY: as_audacity_of_times,
}
HEADERS: Mapping[str, str] = {"csv": "path,duration_s,rank,word,weight,error\n"}
TIMELINE_HEADERS: Mapping[str, str] = {
    "csv": "path,duration_s,start_s,end_s,word,weight,error\n",
}
