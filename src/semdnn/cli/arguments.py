"""Arguments that several commands take."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


class NamedFolder(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """``NAME=DIR``: a data set's name and the folder where it lies."""

    name = "NAME=DIR"

    def convert(
        self,
        value: str | tuple[str, Path],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, Path]:
        """Split at the first ``=`` and check that the folder exists."""
        if isinstance(value, tuple):
            return value
        name, separator, folder = value.partition("=")
        if not (name and separator and folder):
            self.fail(f"'{value}' is not NAME=DIR, for example esc50=/data/ESC-50", param, ctx)
        if not re.fullmatch(r"\w[\w.-]*", name) or name == "internal":
            self.fail(f"'{name}' cannot name a set: letters, digits, '_', '-', '.'", param, ctx)
        if not Path(folder).is_dir():
            self.fail(f"{folder}: no such folder", param, ctx)
        return name, Path(folder)


class FiniteFloat(click.FloatRange):
    """A number within limits: neither ``nan``, which passes every comparison, nor ``inf``."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Refuse what is no finite number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


def distinct(
    _context: click.Context, _option: click.Parameter, pairs: tuple[tuple[str, Path], ...]
) -> dict[str, Path]:
    """Return the named folders, refusing a name that is given twice."""
    folders = dict(pairs)
    if len(folders) < len(pairs):
        raise click.BadParameter("a name is given twice; each set needs a name of its own")
    return folders


NAMED_FOLDER = NamedFolder()
NOT_NEGATIVE = FiniteFloat(min=0)
POSITIVE = FiniteFloat(min=0, min_open=True)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUTPUT_FOLDER = click.Path(file_okay=False, path_type=Path)
TEACHER = click.option(
    "--teacher",
    metavar="NAME=FILE",
    help="Whom networks learn from that ask for a teacher, such as yamnet=yamnet.onnx.",
)
AT_LEAST_ONE = click.IntRange(min=1)
CLUSTER = click.option("--cluster", metavar="ADDRESS", help="Dask scheduler to featurise on.")


def workforce_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--cluster``, ``--devices`` and ``--nodes``: who featurises, and what trains."""
    for option in (
        click.option("--nodes", type=AT_LEAST_ONE, default=1, help="Machines to train on."),
        click.option("--devices", type=AT_LEAST_ONE, default=1, help="Devices to train on."),
        CLUSTER,
    ):
        command = option(command)
    return command
