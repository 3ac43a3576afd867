"""The API reference can be made, and has every public name."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    path
    for path in sorted((ROOT / "src" / "semdnn").rglob("*.py"))
    if "cli" not in path.parts and path.stem != "__main__"
]


def public_names(path: Path) -> list[str]:
    """Return a module's public functions, classes, and methods that have a docstring."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"
            found.append(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            methods = [part for part in inner if isinstance(part, ast.FunctionDef)]
            found += [
                f"{node.name}.{method.name}"
                for method in methods
                if not method.name.startswith("_") and ast.get_docstring(method)
            ]
    return found


@pytest.mark.slow
def test_every_public_name_is_in_the_reference(tmp_path):
    pytest.importorskip("pdoc")
    program = [sys.executable, ROOT / "scripts" / "reference.py", tmp_path / "reference"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    missing = []
    for path in SOURCES:
        relative = path.relative_to(ROOT / "src").with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        page = (tmp_path / "reference" / Path(*parts)).with_suffix(".html")
        ids = set(re.findall(r'id="([\w.]+)"', page.read_text(encoding="utf-8")))
        missing += [f"{page.stem}.{name}" for name in public_names(path) if name not in ids]
    assert missing == []
    page = (tmp_path / "reference/semdnn/catalogue/nearest.html").read_text(encoding="utf-8")
    assert ">NDArray<" in page
    assert "numpy.ndarray" not in page
