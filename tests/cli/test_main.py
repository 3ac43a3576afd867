"""The command as a person meets it."""

import subprocess
import sys

import pytest

from semdnn import __version__
from semdnn.cli.main import COMMANDS, main


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"semdnn, version {__version__}"


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name, capsys):
    assert main([name, "--help"]) == 0
    assert "Usage: semdnn" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from semdnn.cli.main import main; main(['--help']);"
        "print([m for m in ('torch', 'scipy', 'matplotlib', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lable"], "No such command"),
        (["label"], "give sound files"),
        (["label", "x.wav", "--model", "no-such-model"], "shipped networks: semdnn"),
        (["reproduce", "no-such-recipe", "-o", "runs/x"], "no such recipe"),
        (["evaluate", "m.safetensors", "--on", "esc50", "-o", "x"], "not NAME=DIR"),
        (["evaluate", "m.safetensors", "--on", "esc50=/no/such", "-o", "x"], "no such folder"),
    ],
)
def test_wrong_usage_is_one_clear_message_and_status_2(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_debug_shows_the_traceback():
    with pytest.raises(Exception, match="no such recipe"):
        main(["--debug", "reproduce", "no-such-recipe", "-o", "runs/x"])
