"""The page on simple comparison models names all of them."""

import re
from pathlib import Path

from semdnn.comparison.acoustics import STATISTICS
from semdnn.comparison.registry import MODELS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "comparison_simple.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_names_every_row_that_needs_no_weights_of_others():
    for name in set(MODELS) - {"yamnet", "vggish", "kell"}:
        assert re.search(rf"`{name}\b", TEXT), name
    assert f"`statistics`: {len(STATISTICS)} numbers" in TEXT
