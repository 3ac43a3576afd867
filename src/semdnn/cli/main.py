"""The command ``semdnn``: commands are imported only when they run."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from semdnn import __version__
from semdnn.cli.streams import CLOSED_PIPE, ending_with_reader, flush, prepare, silence, tell
from semdnn.errors import SemdnnError, printable

COMMANDS: Mapping[str, tuple[str, str]] = {
    "label": ("semdnn.cli.label", "Describe sounds with words."),
    "embed": ("semdnn.cli.embed", "Write any layer of a network for sounds, as arrays."),
    "index": ("semdnn.cli.index", "Hear a library and keep a catalogue of it."),
    "search": ("semdnn.cli.search", "Find sounds of a catalogue by words, by a sound, or both."),
    "duplicates": ("semdnn.cli.duplicates", "List what a catalogue has more than once."),
    "serve": ("semdnn.cli.serve", "Show a page to hear, search and walk through a library."),
    "reproduce": ("semdnn.cli.reproduce", "Run the paper: train, evaluate, compare, report."),
    "train": ("semdnn.cli.train", "Train the networks of a recipe on a library."),
    "evaluate": ("semdnn.cli.evaluate", "Score a trained network on described sounds."),
    "rsa": ("semdnn.cli.rsa", "Predict listeners' dissimilarities from models."),
    "data": ("semdnn.cli.data", "List the published sets, and get them."),
    "convert-weights": ("semdnn.cli.convert_weights", "Make published weights safe to load."),
    "export": ("semdnn.cli.export", "Write a network for other programs: ONNX, Hugging Face."),
    "models": ("semdnn.cli.models", "List the networks that ship with the package."),
}


RESUMED = frozenset({"reproduce", "train", "index", "rsa"})
"""Commands that go on where they were interrupted; so does ``label`` that writes to a file."""


class LazyGroup(click.Group):
    """A group that lists its commands from `COMMANDS` and imports one when it is asked for."""

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        """Read the arguments, which may print a help page."""
        with ending_with_reader():
            return super().make_context(*given, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with ending_with_reader():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the command names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="semdnn")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def semdnn(context: click.Context, *, debug: bool) -> None:
    """Hear what sounds mean: label, train, evaluate."""
    context.obj = debug


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0 all well, 1 some files failed, 2 wrong usage or input, 130 interrupted, 141 the reader of
    standard output or error has gone.
    """
    given = sys.argv[1:] if arguments is None else arguments
    prepare()
    try:
        status = _status(given)
    except BrokenPipeError:
        status = CLOSED_PIPE
    silence()
    return status


def _status(given: list[str]) -> int:
    """Run the command line, print what went wrong, and return the exit status."""
    try:
        status = semdnn.main(args=given, prog_name="semdnn", standalone_mode=False)
        flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.message = printable(error.message)  # type: ignore[misc] # it may name a file
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        hint = "; the same command goes on from here" if _is_resumed(given) else ""
        tell(f"interrupted{hint}", err=True)
        return 130
    except BrokenPipeError:
        raise
    except (SemdnnError, OSError) as error:
        if "--debug" in given:
            raise
        tell(f"semdnn: {error}", err=True)
        return 2
    return status if isinstance(status, int) else 0


def _is_resumed(given: Sequence[str]) -> bool:
    """Return whether the command that was given goes on where it was interrupted."""
    name = next((word for word in given if not word.startswith("-")), "")
    to_file = any(word.startswith(("-o", "--output")) for word in given)
    return name in RESUMED or (name == "label" and to_file)


def run() -> None:
    """Console entry point."""
    sys.exit(main())


if __name__ == "__main__":
    run()
