"""``semdnn data``: the published sets, and how to get them."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from semdnn.cli.arguments import OUTPUT_FOLDER
from semdnn.cli.streams import tell
from semdnn.datasets.acquisition import Origin, Task, acquire, plan
from semdnn.datasets.labelled import LabelledSet
from semdnn.datasets.registry import EXTERNAL_SETS, read_external

_EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("data")
def command() -> None:
    """List the published sets, and get them."""


@command.command("list")
def list_sets() -> None:
    """List the published sets: name, size, licence and where they are described."""
    for name, row in EXTERNAL_SETS.items():
        facts = row.facts
        click.echo(f"{name}: {facts.title}, {facts.n_sounds:,} sounds, {facts.n_classes} classes")
        click.echo(f"  licence   {facts.licence}")
        for part in facts.parts or ("",):
            label = f"download ({part})" if part else "download"
            click.echo(f"  {label:<9} {_download_size(facts, part)}")
        if row.variants:
            click.echo(f"  variants  {', '.join(f'{name}-{variant}' for variant in row.variants)}")
        click.echo(f"  page      {facts.url}")


@command.command("get")
@click.argument("name", type=click.Choice(list(EXTERNAL_SETS)))
@click.argument("folder", metavar="DIR", type=OUTPUT_FOLDER)
@click.option("--part", "parts", multiple=True, help="Only this part of the set; may be repeated.")
@click.option(
    "--archive",
    "files",
    multiple=True,
    type=_EXISTING_FILE,
    help="A file of the set that is here already; may be repeated.",
)
@click.option("--url", default="", help="Another address; ending in / it is a folder of files.")
@click.option("--unchecked", is_flag=True, help="Accept files other than the published ones.")
@click.option("--yes", is_flag=True, help="Do not ask before fetching.")
def get_set(  # noqa: PLR0913 - one argument an option
    *,
    name: str,
    folder: Path,
    parts: tuple[str, ...],
    files: tuple[Path, ...],
    url: str,
    unchecked: bool,
    yes: bool,
) -> int:
    """Bring the set NAME into DIR: fetched, checked and unpacked.

    Says size and licence, and asks, before it fetches. The same command goes on where an earlier
    one stopped.
    """
    facts = EXTERNAL_SETS[name].facts
    tasks = plan(facts, folder, parts, Origin(url, files, is_checked=not unchecked))
    _tell(facts, tasks, folder)
    if any(task.to_fetch for task in tasks) and not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody to ask before fetching: say --yes")
        if not click.confirm("Fetch this?", err=True):
            return 1
    for task in tasks:
        acquire(task, facts, folder)
    return _count(name, folder, parts)


def _tell(facts: LabelledSet, tasks: Sequence[Task], folder: Path) -> None:
    click.echo(f"{facts.title}: {facts.n_sounds:,} sounds, {facts.n_classes} classes")
    click.echo(f"licence: {facts.licence}")
    click.echo(f"cite: {facts.citation}")
    click.echo(f"page: {facts.url}")
    for task in tasks:
        for file in task.to_fetch:
            checked = file.checksum.partition(":")[0] or "nothing to check it with"
            click.echo(f"  {file.name}  {_size_text(file.size)}  {checked}")
    to_fetch = [file for task in tasks for file in task.to_fetch]
    if to_fetch:
        total = _size_text(sum(f.size for f in to_fetch) if all(f.size for f in to_fetch) else 0)
        click.echo(f"to fetch: {total} into {folder}; unpacked it needs as much again or more")
    elif not tasks:
        click.echo(f"all of it is in {folder} already")


def _count(name: str, folder: Path, parts: Sequence[str]) -> int:
    """Read what is there, say what it is, and return the exit status."""
    row = EXTERNAL_SETS[name]
    chosen = tuple(parts) or row.facts.parts[:1]
    names = [f"{name}-{part}" if part in row.variants else name for part in chosen] or [name]
    n_rejected = 0
    for each in names:
        table = read_external(each, folder)
        n_rejected += len(table.rejected)
        click.echo(f"{each}: {len(table):,} sounds in {folder}, {len(table.rejected):,} left out")
        for rejected in table.rejected[:5]:
            tell(f"  {rejected.name}: {rejected.reason}", err=True)
    click.echo(f"score a network on it: semdnn evaluate CHECKPOINT --on {names[0]}={folder} -o DIR")
    return 1 if n_rejected else 0


def _download_size(facts: LabelledSet, part: str) -> str:
    archives = [a for a in facts.archives if a.part in ("", part)]
    sizes = [file.size for archive in archives for file in archive.files]
    return _size_text(sum(sizes)) if sizes else "size as its repository lists it when it is fetched"


def _size_text(n_bytes: int) -> str:
    """Return a size for people, in decimal units as shops and sites state it."""
    if not n_bytes:
        return "size not known"
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.1f} {unit}"
    return f"{n_bytes} bytes"
