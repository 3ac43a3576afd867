"""The API reference: every public module, class and function, from its docstring.

    python scripts/reference.py build/reference

Needs ``pip install ".[docs]"``. Whatever pdoc warns of is an error.
"""

import argparse
import inspect
import re
import shutil
import warnings
from pathlib import Path

import pdoc
import pdoc.doc
import pdoc.render
from numpy.typing import ArrayLike

import semdnn

TEMPLATES = Path(__file__).resolve().parents[1] / "docs" / "reference"
ARRAY = re.compile(
    r"(?:numpy\.)?ndarray\[tuple\[(?:typing\.)?Any, \.\.\.\], numpy\.dtype\[([^\[\]]+)\]\]"
)
PREFIX = re.compile(r"\b(?:numpy(?:\.\w+)*|typing|pathlib(?:\.\w+)?|collections\.abc)\.(?=\w)")


def write_reference(folder: Path) -> Path:
    """Write the pages into `folder`, which is emptied first, and return the first page."""
    warnings.simplefilter("error")
    plain = inspect.formatannotation

    def short(annotation: object, *rest: object) -> str:
        """Write arrays and the like as the source does."""
        if annotation in (ArrayLike, ArrayLike | None):
            return "ArrayLike" if annotation == ArrayLike else "ArrayLike | None"
        return PREFIX.sub("", ARRAY.sub(r"NDArray[\1]", plain(annotation, *rest)))

    inspect.formatannotation = pdoc.doc.formatannotation = short
    pdoc.render.configure(
        docformat="numpy",
        show_source=False,
        template_directory=TEMPLATES,
        footer_text="semDNN",
    )
    if folder.exists():
        shutil.rmtree(folder)
    del semdnn.__all__  # pdoc would take it for the list of submodules too
    pdoc.pdoc("semdnn", "!semdnn.cli", "!semdnn.__main__", output_directory=folder)
    return folder / "index.html"


def main() -> None:
    """Write the reference where the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    print(write_reference(parser.parse_args().folder))


if __name__ == "__main__":
    main()
