"""Arguments that several commands take."""

import click
import pytest

from semdnn.cli.arguments import FiniteFloat
from semdnn.cli.main import COMMANDS, main, semdnn


def options_of(command):
    for inner in getattr(command, "commands", {}).values():
        yield from options_of(inner)
    yield from command.params


def float_options():
    """Every option of every command that is a number with a fraction, with its command's name."""
    context = click.Context(semdnn)
    for name in COMMANDS:
        for option in options_of(semdnn.get_command(context, name)):
            if isinstance(option.type, click.types.FloatParamType):
                yield name, option


def test_every_fraction_is_a_finite_number():
    found = {f"{name} {option.opts[0]}" for name, option in float_options()}
    assert {"label --hop", "label --threshold", "embed --hop", "search --min-duration"} <= found
    loose = [(name, o.opts) for name, o in float_options() if not isinstance(o.type, FiniteFloat)]
    assert loose == []


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "NaN", "1e999", "-1", "x"])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(click.BadParameter):
        FiniteFloat(min=0).convert(value, None, None)
    with pytest.raises(click.BadParameter):
        FiniteFloat().convert("nan", None, None)


def test_numbers_within_limits_pass():
    assert FiniteFloat(min=0).convert("0", None, None) == 0.0
    assert FiniteFloat(min=0).convert(0.5, None, None) == 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        ("label", "x.wav", "--timeline", "--hop", "nan"),
        ("label", "x.wav", "--timeline", "--hop", "inf"),
        ("label", "x.wav", "--timeline", "--hop", "0"),
        ("label", "x.wav", "--threshold", "nan"),
        ("embed", "x.wav", "-o", "x.csv", "--hop", "nan"),
        ("search", "rain", "--min-duration", "nan"),
        ("search", "rain", "--max-duration", "inf"),
        ("serve", "--timeout-s", "inf"),
        ("rsa", ".", "--models", "log-mel", "-o", "x", "--ridge", "nan"),
        ("rsa", ".", "--models", "log-mel", "-o", "x", "--held-out", "nan"),
    ],
)
def test_commands_refuse_them_by_the_option(arguments, capsys):
    assert main(list(arguments)) == 2
    told = capsys.readouterr()
    option = next(a for a in reversed(arguments) if a.startswith("--"))
    assert f"Invalid value for '{option}'" in told.err
    assert told.out == ""
