"""ESC-50: 2,000 environmental recordings of 5 s, 50 classes of 40, 5 folds.

Official layout: ``audio/{fold}-{freesound id}-{take}-{class}.wav`` and ``meta/esc50.csv`` with the
columns ``filename``, ``fold``, ``target``, ``category``. The classes make five major groups of ten.

The archive is GitHub's of the one commit named below; GitHub's archives of a branch change with the
branch. Its size and SHA-256 were read in several independent public records.

References
----------
Piczak, K. J. (2015). ESC: Dataset for Environmental Sound Classification. Proceedings of the 23rd
ACM International Conference on Multimedia, 1015-1018. doi:10.1145/2733373.2806390
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.labelled import LabelledSet, read_labelled
from semdnn.datasets.published import Archive, RemoteFile
from semdnn.datasets.table import Table

_COMMIT = "33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6"
_GROUPS = {
    "animals": "dog rooster pig cow frog cat hen insects sheep crow",
    "natural soundscapes and water": (
        "rain sea_waves crackling_fire crickets chirping_birds water_drops wind pouring_water "
        "toilet_flush thunderstorm"
    ),
    "human non-speech": (
        "crying_baby sneezing clapping breathing coughing footsteps laughing brushing_teeth "
        "snoring drinking_sipping"
    ),
    "interior/domestic": (
        "door_wood_knock mouse_click keyboard_typing door_wood_creaks can_opening washing_machine "
        "vacuum_cleaner clock_alarm clock_tick glass_breaking"
    ),
    "exterior/urban": (
        "helicopter chainsaw siren car_horn engine train church_bells airplane fireworks hand_saw"
    ),
}
MACRO_CLASSES: Mapping[str, str] = MappingProxyType(
    {name: group for group, names in _GROUPS.items() for name in names.split()}
)
"""Class -> major group, as the set's documentation has them."""

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
    archives=(
        Archive(
            files=(
                RemoteFile(
                    name=f"ESC-50-{_COMMIT}.zip",
                    url=f"https://github.com/karolpiczak/ESC-50/archive/{_COMMIT}.zip",
                    size=645_832_161,
                    checksum=(
                        "sha256:661183a6f53ef04f12c9bd618fed0ddc1713280d6c94a5a5431e844ba6f6a21f"
                    ),
                ),
            ),
            strip_root=True,
        ),
    ),
    macro_classes=MACRO_CLASSES,
)


def read(folder: Path) -> Table:
    """Return ESC-50 from its official layout or from a copy with a manifest.

    Raises
    ------
    LabelledSetError
        If `folder` has neither.
    """
    return read_labelled(ESC50, folder)
