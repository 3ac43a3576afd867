"""``semdnn duplicates``: what a catalogue has more than once."""

from pathlib import Path

import click

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.database import find_database
from semdnn.catalogue.matches import DUPLICATE_FORMATS
from semdnn.cli.search import DATABASE
from semdnn.cli.streams import put


@click.command("duplicates")
@click.option(
    "--format",
    "style",
    default="table",
    show_default=True,
    type=click.Choice(list(DUPLICATE_FORMATS)),
    help="json is one list of files a line.",
)
@DATABASE
def command(*, style: str, database: Path | None) -> int:
    """List files that are the same, byte for byte or sample for sample, or nearly so."""
    groups = Catalogue.open(database or find_database(Path.cwd())).duplicates()
    put(DUPLICATE_FORMATS[style](groups))
    n_files = sum(len(group) for group in groups)
    click.echo(f"{len(groups):,} groups, {n_files:,} files", err=True)
    return 0
