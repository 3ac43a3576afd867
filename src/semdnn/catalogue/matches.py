"""Answers as text: a table to read, CSV for spreadsheets, JSON for programs, paths for pipes."""

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from semdnn.catalogue.search import Match
from semdnn.errors import printable

if TYPE_CHECKING:  # it imports torch, which a search does without
    from semdnn.catalogue.duplicates import DuplicateGroup


def matches_table(matches: Sequence[Match]) -> str:
    """Return a line a sound: similarity, duration, what was heard, where it lies.

    A star stands where the question's words are written in its name, description or tags. Control
    characters of names and words are escaped.
    """
    lines = []
    for match in matches:
        score = "  -  " if math.isnan(match.similarity) else f"{match.similarity:5.2f}"
        star = "*" if match.in_text else " "
        heard = printable(", ".join(word.word for word in match.words[:4]))
        copies = f"  (+{match.n_files - 1} more)" if match.n_files > 1 else ""
        length = f"{match.duration_s:7.1f} s"
        lines.append(f"{score} {star} {length}  {heard:<36}  {printable(match.path)}{copies}\n")
    return "".join(lines)


def matches_csv(matches: Sequence[Match]) -> str:
    """Return one row a sound under a header."""
    rows = (
        (
            *(rank, match.id, str(match.path), _number(match.similarity)),
            *(int(match.in_text), f"{match.duration_s:.3f}", match.description, match.licence),
            *("; ".join(word.word for word in match.words), match.n_files),
        )
        for rank, match in enumerate(matches, start=1)
    )
    header = "rank,id,path,similarity,in_text,duration_s,description,licence,words,n_files"
    return _csv(header, rows)


def matches_json(matches: Sequence[Match]) -> str:
    """Return one JSON object a line."""
    records = (
        {
            **match._asdict(),
            "path": str(match.path),
            "similarity": None if math.isnan(match.similarity) else round(match.similarity, 6),
            "duration_s": round(match.duration_s, 3),
            "words": [{"word": word, "weight": round(weight, 6)} for word, weight in match.words],
        }
        for match in matches
    )
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def matches_paths(matches: Sequence[Match]) -> str:
    """Return one path a line; line ends in a name are escaped, nothing else is."""
    paths = (str(match.path).replace("\n", "\\n").replace("\r", "\\r") for match in matches)
    return "".join(f"{path}\n" for path in paths)


def matches_paths0(matches: Sequence[Match]) -> bytes:
    """Return the paths as the file system has them, each ended by a NUL byte."""
    return b"".join(os.fsencode(match.path) + b"\0" for match in matches)


MATCH_FORMATS: Mapping[str, Callable[[Sequence[Match]], str | bytes]] = {
    "table": matches_table,
    "csv": matches_csv,
    "json": matches_json,
    "paths": matches_paths,
    "paths0": matches_paths0,
}


def duplicates_table(groups: "Sequence[DuplicateGroup]") -> str:
    """Return a paragraph a group: likeness to its first, duration, size, where it lies.

    Behind a link stands where it leads.
    """
    paragraphs = (
        "".join(
            f"{file.likeness:<13} {file.duration_s:8.1f} s {file.size:>11,} B  "
            f"{printable(file.path)}"
            f"{f'  (link to {printable(file.link_to)})' if file.link_to else ''}\n"
            for file in group
        )
        for group in groups
    )
    return "\n".join(paragraphs)


def duplicates_csv(groups: "Sequence[DuplicateGroup]") -> str:
    """Return one row a file under a header; groups are numbered from 1."""
    rows = (
        (
            *(number, file.likeness, str(file.path), f"{file.duration_s:.3f}", file.size),
            str(file.link_to or ""),
        )
        for number, group in enumerate(groups, start=1)
        for file in group
    )
    return _csv("group,likeness,path,duration_s,bytes,link_to", rows)


def duplicates_json(groups: "Sequence[DuplicateGroup]") -> str:
    """Return one JSON list of files a line and group."""
    lists = (
        [
            {
                "path": str(file.path),
                "likeness": file.likeness,
                "duration_s": round(file.duration_s, 3),
                "bytes": file.size,
                "link_to": None if file.link_to is None else str(file.link_to),
            }
            for file in group
        ]
        for group in groups
    )
    return "".join(json.dumps(files, ensure_ascii=False) + "\n" for files in lists)


DUPLICATE_FORMATS: Mapping[str, Callable[["Sequence[DuplicateGroup]"], str]] = {
    "table": duplicates_table,
    "csv": duplicates_csv,
    "json": duplicates_json,
}


def _csv(header: str, rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"
