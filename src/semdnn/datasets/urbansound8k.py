"""UrbanSound8K: 8,732 excerpts of up to 4 s, 10 classes of city sounds, 10 folds.

Official layout: ``audio/fold{1-10}/{freesound id}-{class}-{occurrence}-{slice}.wav`` and
``metadata/UrbanSound8K.csv`` with the columns ``slice_file_name``, ``fsID``, ``fold``, ``class``
among others.

References
----------
Salamon, J., Jacoby, C., & Bello, J. P. (2014). A Dataset and Taxonomy for Urban Sound Research.
Proceedings of the 22nd ACM International Conference on Multimedia, 1041-1044.
doi:10.1145/2647868.2655045
"""

from pathlib import Path

from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.labelled import LabelledSet, read_labelled
from semdnn.datasets.published import Archive, RemoteFile
from semdnn.datasets.table import Table

URBANSOUND8K = LabelledSet(
    name="urbansound8k",
    title="UrbanSound8K",
    licence="CC BY-NC 3.0",
    citation=(
        "Salamon, J., Jacoby, C., & Bello, J. P. (2014). A Dataset and Taxonomy for Urban Sound "
        "Research. Proceedings of the 22nd ACM International Conference on Multimedia, 1041-1044. "
        "doi:10.1145/2647868.2655045"
    ),
    url="https://urbansounddataset.weebly.com/urbansound8k.html",
    n_sounds=8732,
    n_classes=10,
    table="metadata/UrbanSound8K.csv",
    columns=ColumnMapping(path="slice_file_name", category="class", split="fold"),
    freesound_id=r"^(\d+)-\d+-\d+-\d+$",
    archives=(
        Archive(
            files=(
                RemoteFile(
                    name="UrbanSound8K.tar.gz",
                    url="https://zenodo.org/records/1203745/files/UrbanSound8K.tar.gz?download=1",
                    size=6_023_741_708,
                    checksum="md5:9aa69802bbf37fb986f71ec1483a196e",
                ),
            ),
            strip_root=True,
        ),
    ),
)


def read(folder: Path) -> Table:
    """Return UrbanSound8K from its official layout or from a copy with a manifest.

    Raises
    ------
    LabelledSetError
        If `folder` has neither.
    """
    return read_labelled(URBANSOUND8K, folder)
