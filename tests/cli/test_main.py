"""The command as a person meets it."""

import subprocess
import sys

import pytest

from semdnn import __version__
from semdnn.cli.main import COMMANDS, main, semdnn


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
        (
            ["label", "x.wav", "--model", "labeler"],
            "name; did you mean labeller-small? (known: sem",
        ),
        (["label", "x.wav", "--model", "x.pt"], "x.pt: no shipped network or file of that name (k"),
        (["evaluate", "semdn-small", "--on", "own=.", "-o", "x"], "did you mean semdnn-small?"),
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


@pytest.mark.parametrize(
    ("arguments", "is_resumed"),
    [
        (["label", "index/"], False),
        (["label", "index/", "-o", "words.csv"], True),
        (["--debug", "label", "index/", "--output=words.csv"], True),
        (["embed", "train", "-o", "x.npz"], False),
        (["index", "my_sounds"], True),
        (["--debug", "train", "library", "-o", "runs/x"], True),
        ([], False),
    ],
)
def test_an_interrupted_command_says_whether_it_goes_on(arguments, is_resumed, capsys, monkeypatch):
    def interrupted(**_given):
        raise KeyboardInterrupt

    monkeypatch.setattr(semdnn, "main", interrupted)
    assert main(arguments) == 130
    hint = "; the same command goes on from here" * is_resumed
    assert capsys.readouterr().err == f"interrupted{hint}\n"


def test_searching_says_of_its_limits_in_seconds(capsys):
    main(["search", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "--min-duration SECONDS At least SECONDS long." in text
    assert "--max-duration SECONDS At most SECONDS long." in text


@pytest.mark.parametrize("name", ["label", "index", "embed", "serve"])
def test_model_takes_a_name_a_file_or_a_folder(name, capsys):
    main([name, "--help"])
    assert "or a model folder" in " ".join(capsys.readouterr().out.split())
