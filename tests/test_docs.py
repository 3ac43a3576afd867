"""The pages are true: their blocks run and print what they show, and what they name exists.

The blocks of a page run in order, in one folder that starts empty. A remark right before a block
tells what is done with it instead:

    <!-- not run: REASON -->    it is only checked: commands, options, files and recipes exist
    <!-- file: NAME -->         it is written to NAME, for the blocks that follow

A `text` block right after a block shows what it prints; so do lines that begin with "# " in Python.
There "…" stands for anything, and a number with decimals may be off by one in its last place.
"""

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from semdnn.cli.main import COMMANDS, main
from semdnn.comparison.registry import MODELS as COMPARED
from semdnn.datasets.procedural.library import write_library
from semdnn.recipe import load_recipe, shipped_recipes

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(
    r"(?:^<!-- (?P<remark>[^\n]*) -->\n)?"
    r"^```(?P<language>\w+)\n(?P<code>.*?)^```$"
    r"(?:\n+^```text\n(?P<shown>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?![\w.])")
NUMBER_PRINTED = r"(-?\d+\.\d+)"
OPERATOR = re.compile(r"[|&;<>()]+")


class Block(NamedTuple):
    """A code block of a page, what is remarked about it and what it is said to print."""

    page: Path
    line: int
    language: str
    code: str
    remark: str
    shown: list[str]

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


class Command(NamedTuple):
    """The words of a shell command, and whether nothing but Python is needed to run it."""

    words: list[str]
    is_plain: bool


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        language, code = found["language"], found["code"]
        shown = [line[2:] for line in code.splitlines() if line.startswith("# ")]
        shown = shown if language == "python" else []
        shown += (found["shown"] or "").splitlines()
        line = text.count("\n", 0, found.start("language")) + 1
        yield Block(page, line, language, code, found["remark"] or "", shown)


ALL_BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SHELL_BLOCKS = [block for block in ALL_BLOCKS if block.language == "sh"]


def commands_of(code: str) -> Iterator[Command]:
    for line in code.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        is_plain = not any(OPERATOR.fullmatch(word) or re.search(r"[$*`]", word) for word in words)
        while words:
            end = next((i for i, word in enumerate(words) if OPERATOR.fullmatch(word)), len(words))
            if end:
                yield Command(words[:end], is_plain)
            words = words[end + 1 :]


# ---------------------------------------------------------------- what pages say about themselves


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_fence_is_seen(page):
    text = page.read_text(encoding="utf-8")
    n_blocks = len(re.findall(r"^```\w+$", text, re.MULTILINE))
    assert len(re.findall(r"^\s*```", text, re.MULTILINE)) == 2 * n_blocks
    n_shown = len([1 for found in BLOCK.finditer(text) if found["shown"] is not None])
    assert len(list(blocks_of(page))) + n_shown == n_blocks


@pytest.mark.parametrize("block", ALL_BLOCKS, ids=lambda block: block.place)
def test_a_remark_says_what_is_done_instead(block):
    assert re.fullmatch(r"not run: .{10,}|file: [\w./-]+|", block.remark)


def test_the_readme_is_short_and_names_both_commands():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert "make demo" in text
    assert "make test" in text


def test_the_index_names_every_page():
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"({page.name})" not in text] == ["README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        place, _, anchor = target.partition("#")
        linked = page.parent / place if place else page
        assert linked.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in heads]


# ------------------------------------------------------------------ what pages name is there


def named_commands(page: Path) -> Iterator[list[str]]:
    """Yield the commands of all shell blocks, and those written within sentences."""
    for block in blocks_of(page):
        if block.language == "sh":
            yield from (command.words for command in commands_of(block.code))
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for span in re.findall(r"(?<!`)`((?:semdnn|python|make|pip) [^`]+)`", text):
        yield from (command.words for command in commands_of(span.replace("\n", " ")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_real(page):
    for words in named_commands(page):
        check = {"semdnn": check_semdnn, "python": check_program, "make": check_make}.get(words[0])
        if check is not None:
            check(words[1:])
        for word in words:
            check_names(word)


def check_semdnn(words: list[str]) -> None:
    """A command of `semdnn`, perhaps with its sub-command, has the options that are given."""
    if words[0].startswith("-"):
        return
    assert words[0] in COMMANDS
    command = import_module(COMMANDS[words[0]][0]).command
    if isinstance(command, click.Group) and words[1:]:
        command = command.commands[words[1]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if re.match(r"-+[a-z]", word)} - known == set()


def check_program(words: list[str]) -> None:
    """A program of this repository is there, with the options that are given."""
    if words[0].startswith(("benchmarks/", "scripts/")):
        program = (ROOT / words[0]).read_text(encoding="utf-8")
        assert [w for w in words[1:] if w.startswith("--") and f'"{w}"' not in program] == []


def check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{words[0]}:", makefile, re.MULTILINE), words


def check_names(word: str) -> None:
    """A shipped recipe or network that a command names is there."""
    if recipe := re.fullmatch(r"recipes/([\w-]+)\.toml", word):
        assert recipe[1] in shipped_recipes()
    if re.fullmatch(r"(sem|cat)dnn-[\w-]+", word):
        assert word in COMPARED


# --------------------------------------------------------------------------- blocks run


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """Variables under which a shell finds this Python, and `semdnn` in it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, how in {"semdnn": "-m semdnn", "python": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {how} "$@"\n')
        (programs / name).chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        p
        for p in PAGES
        if any(b.language in ("sh", "python") and not b.remark for b in blocks_of(p))
    ],
    ids=lambda page: page.name,
)
def test_blocks_run_and_print_what_the_page_shows(page, tmp_path, environment, monkeypatch, capfd):
    folder = tmp_path / "page"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    if page == README:  # it goes on from what `make demo` has left
        write_library(folder / "runs" / "demo" / "library", n_sounds=46, seed=0)
    for block in blocks_of(page):
        monkeypatch.chdir(folder)
        if block.remark.startswith("file: "):
            (folder / block.remark.removeprefix("file: ")).write_text(block.code, encoding="utf-8")
        if block.remark or block.language not in ("sh", "python"):
            continue
        capfd.readouterr()
        status = (
            run_python(block.code)
            if block.language == "python"
            else run_shell(block.code, environment)
        )
        printed, complaint = capfd.readouterr()
        assert status == 0, f"{block.place}\n{printed}\n{complaint}"
        if block.shown:
            assert is_alike(block.shown, printed.splitlines()), f"{block.place}\n{printed}"
        else:
            assert block.language == "sh" or not printed, f"{block.place} prints: {printed}"


def run_python(code: str) -> int:
    """Run a block as a program; in this process, for importing PyTorch takes seconds."""
    Path("block.py").write_text(code, encoding="utf-8")
    before = set(sys.modules)
    try:
        runpy.run_path("block.py", run_name="__main__")
    finally:
        for name in set(sys.modules) - before:  # the page's own modules
            if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == Path.cwd():
                del sys.modules[name]
    return 0


def run_shell(code: str, environment: dict[str, str]) -> int:
    """Run a block; without another process where it holds nothing but commands of `semdnn`."""
    commands = list(commands_of(code))
    assert not any("serve" in command.words[:2] for command in commands), "runs until it is stopped"
    if not all(command.is_plain and command.words[0] in ("semdnn", "cd") for command in commands):
        return subprocess.run(["bash", "-euc", code], check=False, env=environment).returncode
    for name, *arguments in (command.words for command in commands):
        if name == "cd":
            os.chdir(arguments[0])
        elif status := main(arguments):
            return status
    return 0


def is_alike(shown: list[str], printed: list[str]) -> bool:
    """Return whether lines are what a page shows, "…" being anything."""
    wanted, found = "\n".join(shown), "\n".join(line.rstrip() for line in printed)
    numbers = NUMBER.findall(wanted)
    pattern = ""
    for piece in re.split(rf"(…|{NUMBER.pattern})", wanted):
        is_number = NUMBER.fullmatch(piece) is not None
        pattern += ".*?" if piece == "…" else NUMBER_PRINTED if is_number else re.escape(piece)
    matched = re.fullmatch(pattern, found, re.DOTALL)
    return matched is not None and all(
        abs(float(ours) - float(theirs)) <= 1.01 * 10 ** -len(ours.partition(".")[2])
        for ours, theirs in zip(numbers, matched.groups(), strict=True)
    )


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a 0.50, b", "a 0.51, b", True),
        ("a 0.50, b", "a 0.52, b", False),
        ("a 0.50", "b 0.50", False),
        ("x … z", "x y\ny z", True),
        ("x … z", "x y", False),
        ("(1.5) [a]", "(1.5) [a]", True),
        ("a.b", "axb", False),
        ("1.25 …", "1.26 2.00", True),
        ("", "something", False),
    ],
)
def test_what_counts_as_alike(shown, printed, expected):
    assert is_alike(shown.splitlines(), printed.splitlines()) is expected


@pytest.mark.parametrize("name", shipped_recipes())
def test_recipes_that_pages_name_can_be_read(name):
    assert load_recipe(name).name == name
