"""The README's code blocks run, and print what it says they print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from semdnn.datasets.procedural.library import write_library

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [
        body for kind, body in BLOCK.findall(README.read_text(encoding="utf-8")) if kind == language
    ]


def test_readme_is_short_enough_to_be_read():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_readme_names_both_commands():
    text = README.read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_print_what_the_readme_says(code, tmp_path):
    write_library(tmp_path / "runs" / "demo" / "library", n_sounds=60, seed=0)
    expected = [line[2:] for line in code.splitlines() if line.startswith("# ")]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert expected
    assert done.stdout.splitlines() == expected


@pytest.mark.parametrize(
    "line",
    [
        line.split("#")[0].strip()
        for block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("semdnn ")
    ],
)
def test_shell_lines_name_real_commands_and_options(line):
    from semdnn.cli.main import COMMANDS

    words = line.split()
    assert words[1] in COMMANDS or words[1].startswith("--")
    if words[1] in COMMANDS:
        text = subprocess.run(
            [sys.executable, "-m", "semdnn", words[1], "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        options = [word for word in words if word.startswith("-")]
        assert [o for o in options if not re.search(rf"(?<!\S){o}\b", text)] == []
