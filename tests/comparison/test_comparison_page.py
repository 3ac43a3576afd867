"""The page's code blocks run, and print what it says they print."""

import re
from pathlib import Path

import pytest

from semdnn.comparison.acoustics import STATISTICS
from semdnn.comparison.registry import MODELS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "comparison_simple.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS)
def test_blocks_print_what_the_page_says(code, capsys):
    exec(compile(code, str(PAGE), "exec"), {})
    expected = [line[2:] for line in code.splitlines() if line.startswith("# ")]
    assert expected
    assert capsys.readouterr().out.splitlines() == expected


def test_the_page_names_every_row_that_needs_no_weights_of_others():
    for name in set(MODELS) - {"yamnet", "vggish", "kell"}:
        assert re.search(rf"`{name}\b", TEXT), name
    assert f"`statistics`: {len(STATISTICS)} numbers" in TEXT
