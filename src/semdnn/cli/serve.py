"""``semdnn serve``: a page in the browser to hear, search and walk through a library."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from semdnn.cli.arguments import POSITIVE
from semdnn.errors import SemdnnError

EXTRA = 'pip install "semdnn[web]"'
_POSITIVE: dict[str, Any] = {"type": POSITIVE, "show_default": True}


class ExtraError(SemdnnError):
    """What the page needs is not installed."""


@click.command("serve")
@click.argument("library", required=False, type=click.Path(path_type=Path))
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    help="The catalogue's file; by default that of LIBRARY, of this folder or one above it.",
)
@click.option(
    "--model",
    help="A shipped network, a checkpoint, or a model folder; by default the catalogue's.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 takes any free port.",
)
@click.option("--open", "opens_browser", is_flag=True, help="Show the page in the browser.")
@click.option("--max-upload-mb", default=200.0, help="Size of an upload.", **_POSITIVE)
@click.option("--max-minutes", default=30.0, help="Length of a sound.", **_POSITIVE)
@click.option(
    "--max-at-once",
    default=2,
    show_default=True,
    type=click.IntRange(min=1),
    help="Sounds that are worked on at the same time; others are asked to wait.",
)
@click.option("--timeout-s", default=120.0, help="Time for one sound.", **_POSITIVE)
def command(
    *,
    library: Path | None,
    database: Path | None,
    model: str | None,
    host: str,
    port: int,
    opens_browser: bool,
    **limits: Any,
) -> int:
    """Show a page in the browser: drop a sound to see its words over time, search LIBRARY.

    Without a catalogue (semdnn index LIBRARY) there is no search and no map.
    """
    if library is not None and database is not None:
        raise click.UsageError("LIBRARY and --db both name a catalogue: give one of them")
    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ExtraError(f"the page needs {' and '.join(missing)}: {EXTRA}")
    from semdnn.web.limits import Limits  # noqa: PLC0415 - an extra
    from semdnn.web.server import bound_socket, serve, warning  # noqa: PLC0415
    from semdnn.web.site import open_site  # noqa: PLC0415

    bound = bound_socket(host, port)
    if warning(host):
        click.echo(f"warning: {warning(host)}", err=True)
    with bound:
        site = open_site(database or library, model, Limits(**limits))
        serve(site, bound, host, opens_browser=opens_browser)
    click.echo("stopped", err=True)
    return 0
