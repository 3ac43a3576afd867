"""ESC-50: 2,000 environmental recordings of 5 s, 50 classes of 40, 5 folds.

Official layout: ``audio/{fold}-{freesound id}-{take}-{class}.wav`` and ``meta/esc50.csv`` with the
columns ``filename``, ``fold``, ``target``, ``category``.

References
----------
Piczak, K. J. (2015). ESC: Dataset for Environmental Sound Classification. Proceedings of the 23rd
ACM International Conference on Multimedia, 1015-1018. doi:10.1145/2733373.2806390
"""

from pathlib import Path

from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.labelled import LabelledSet, read_labelled
from semdnn.datasets.table import Table

ESC50 = LabelledSet(
    name="esc50",
    title="ESC-50",
    licence="CC BY-NC 3.0",
    citation=(
        "Piczak, K. J. (2015). ESC: Dataset for Environmental Sound Classification. Proceedings of "
        "the 23rd ACM International Conference on Multimedia, 1015-1018. "
        "doi:10.1145/2733373.2806390"
    ),
    url="https://github.com/karolpiczak/ESC-50",
    n_sounds=2000,
    n_classes=50,
    table="meta/esc50.csv",
    columns=ColumnMapping(path="filename", category="category", split="fold"),
    freesound_id=r"^\d+-(\d+)-[A-Z]+-\d+$",
)


def read(folder: Path) -> Table:
    """Return ESC-50 from its official layout or from a copy with a manifest.

    Raises
    ------
    LabelledSetError
        If `folder` has neither.
    """
    return read_labelled(ESC50, folder)
