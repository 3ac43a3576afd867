"""``semdnn search``: sounds of a catalogue by words, by a sound, or both."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import find_database
from semdnn.catalogue.lists import EXTRA, has_faiss
from semdnn.catalogue.matches import MATCH_FORMATS
from semdnn.catalogue.query import Filters, Query
from semdnn.cli.arguments import NOT_NEGATIVE
from semdnn.cli.streams import put, tell

WEAK_COSINE = 0.2
"""Below about this even the best sound fits no better than it does a word of nonsense [D]."""

DATABASE = click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    help="The catalogue's file or its library; by default that of this folder or one above it.",
)


def _filters(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say which sounds may be in the answer."""
    seconds: dict[str, Any] = {"type": NOT_NEGATIVE, "metavar": "SECONDS"}
    for option in (
        click.option("--licence", default="", help="Only sounds whose licence has this text."),
        click.option("--in", "folder", default="", help="Only sounds in this folder or below it."),
        click.option("--max-duration", "max_duration_s", **seconds, help="At most SECONDS long."),
        click.option("--min-duration", "min_duration_s", **seconds, help="At least SECONDS long."),
    ):
        function = option(function)
    return function


@click.command("search")
@click.argument("text", nargs=-1)
@click.option("--like", type=click.Path(path_type=Path), help="A sound that it should resemble.")
@click.option("--not", "without", default="", help="What it should not be; commas between several.")
@click.option(
    "--by",
    type=click.Choice(["both", "meaning", "text"]),
    default="both",
    show_default=True,
    help="Compare the words with what was heard, with what is written, or both.",
)
@click.option(
    "--top", default=20, show_default=True, type=click.IntRange(min=1), help="Sounds, at most."
)
@click.option(
    "--format",
    "style",
    default="table",
    show_default=True,
    type=click.Choice(list(MATCH_FORMATS)),
    help="json is one object a line, paths one path a line, paths0 each path ended by NUL.",
)
@click.option(
    "--approximate",
    is_flag=True,
    help="Read a part of a large catalogue only (made by `semdnn index --approximate`); a sound "
    "may be missed. Needs faiss: " + EXTRA + ".",
)
@_filters
@DATABASE
def command(*, text: tuple[str, ...], style: str, database: Path | None, **asked: Any) -> int:
    """Find the sounds of a catalogue that fit TEXT best, a sound (--like), or both.

    Exit status 0 if something was found, 1 if nothing was, 2 for wrong usage.
    """
    names = ("min_duration_s", "max_duration_s", "folder", "licence")
    filters = Filters(**{name: asked.pop(name) for name in names})
    query = Query(text=" ".join(text), filters=filters, **asked)
    catalogue = Catalogue.open(database or find_database(Path.cwd()))
    unknown = catalogue.ask(query).meaning.unknown if query.by != "text" else ()
    if unknown:
        named = ", ".join(unknown)
        tell(f"not in word space {catalogue.space.name}, left out: {named}", err=True)
    matches = catalogue.search(query)
    if query.approximate and not has_faiss():
        click.echo(f"faiss is not installed, so every sound was compared: {EXTRA}", err=True)
    put(MATCH_FORMATS[style](matches))
    best = max((match.similarity for match in matches), default=math.nan)
    if best < WEAK_COSINE and not any(match.in_text for match in matches):
        click.echo(f"the best match is weak (cosine {best:.2f}): perhaps nothing fits", err=True)
    if not matches:
        click.echo("nothing found: ask in other words, or with fewer filters", err=True)
    return 0 if matches else 1
