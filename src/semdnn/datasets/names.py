"""Descriptions from file and folder names: UCS names and plain ones.

References
----------
Universal Category System, file name structure ``CatID_FXName_CreatorID_SourceID``,
https://universalcategorysystem.com.
"""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import NamedTuple

UCS_CATEGORIES: dict[str, str] = {
    "AERO": "aircraft",
    "ALRM": "alarm",
    "AMB": "ambience",
    "ANML": "animal",
    "BEEP": "beep",
    "BELL": "bell",
    "BIRD": "bird",
    "BOAT": "boat",
    "BLLT": "bullet",
    "CERM": "ceramic",
    "CHEM": "chemical",
    "CLOTH": "cloth",
    "COMM": "communication",
    "COMP": "computer",
    "CREA": "creature",
    "CRWD": "crowd",
    "DEST": "destruction",
    "DIRT": "dirt sand",
    "DOOR": "door",
    "DRWR": "drawer",
    "DSGN": "designed",
    "ELEC": "electricity",
    "EXPL": "explosion",
    "FART": "fart",
    "FEET": "footstep",
    "FGHT": "fight",
    "FIRE": "fire",
    "FOLY": "foley",
    "FOOD": "food drink",
    "GAME": "game",
    "GLAS": "glass",
    "GORE": "gore",
    "GUN": "gun",
    "HORN": "horn",
    "ICE": "ice",
    "LASR": "laser",
    "MACH": "machine",
    "MAG": "magic",
    "MECH": "mechanical",
    "METL": "metal",
    "MOTR": "motor",
    "MOVE": "movement",
    "MUSC": "musical",
    "OBJ": "object",
    "PAPR": "paper",
    "PLAS": "plastic",
    "RAIN": "rain",
    "ROBT": "robot",
    "ROCK": "rock",
    "ROPE": "rope",
    "RUBR": "rubber",
    "SNOW": "snow",
    "SWSH": "swoosh",
    "TOOL": "tool",
    "TOON": "cartoon",
    "TOY": "toy",
    "TRN": "train",
    "UI": "user interface",
    "VEH": "vehicle",
    "VOX": "voice",
    "WATR": "water",
    "WEAP": "weapon",
    "WIND": "wind",
    "WNDW": "window",
    "WOOD": "wood",
}
"""Common category codes of UCS and what they stand for; other codes are read by their form."""

_NO_DESCRIPTION = frozenset({"DSGN", "FOLY", "GAME", "OBJ"})
_UCS_ID = re.compile(r"^([A-Z]{2,5})([A-Z][a-z][A-Za-z]{0,4})(?:-[^_]*)?$")
_WORD_PARTS = re.compile(r"[^\W_]+")
_NUMBERED_WORD = re.compile(r"^(\d*)([^\W\d_]+)\d*$")
_CAMEL_HUMPS = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zà-ÿ])")
_TAKES = re.compile(r"(?<![^\W_])(?:take|tk)[ _.-]*\d+", re.IGNORECASE)
_UNITS = frozenset(("bit", "bits", "ch", "chan", "khz", "kbps", "min", "mins", "sec", "secs"))
_EMPTY_WORD_LIST = (
    "audio clip clips data dir dr file files fold folder left library mono mvi mp new no nr out "
    "output rec recs recording recordings right sample samples sfx sound sounds ste stereo take "
    "takes tk track tracks unknown unnamed untitled wav wave wavs zoom"
)
_EMPTY_WORDS = frozenset(_EMPTY_WORD_LIST.split())


class NameFacts(NamedTuple):
    """What a name says: words for the description, and UCS category and source if it has them."""

    description: str
    category: str = ""
    source: str = ""


def read_name(name: str) -> NameFacts:
    """Return what `name`, a path relative to its library, says about the sound.

    A UCS name gives its title followed by its category. A plain name gives its words; where it
    has none (``001.wav``), those of the nearest folder that has some. No words, no description.

    Examples
    --------
    >>> read_name("Doors/DOORWood_Heavy Slam Close_JD_LibA.wav")
    NameFacts(description='Heavy Slam Close door', category='door wood', source='LibA')
    >>> read_name("Dogs/001.wav").description
    'Dogs'
    """
    path = PurePosixPath(name)
    return _read_ucs(path.stem) or NameFacts(_nearest_words(path))


def split_words(text: str) -> list[str]:
    """Return the words of `text`: no numbers, codes or single letters, camel case taken apart.

    Examples
    --------
    >>> split_words("01 - dog_bark-02 CamelCaseName01 24bit")
    ['dog', 'bark', 'Camel', 'Case', 'Name']
    """
    words = []
    for part in _WORD_PARTS.findall(unicodedata.normalize("NFC", text)):
        numbered = _NUMBERED_WORD.match(part)
        if numbered is None:
            continue
        number, letters = numbered.groups()
        if not (number and (len(letters) < 3 or letters.lower() in _UNITS)):
            words += _CAMEL_HUMPS.sub(" ", letters).split()
    return [word for word in words if len(word) > 1 or not word.isascii()]


def has_words(text: str) -> bool:
    """Return whether `text` says more than ``Track 01``, ``ZOOM0001`` or ``untitled``."""
    return any(word.lower() not in _EMPTY_WORDS for word in split_words(text))


def _nearest_words(path: PurePosixPath) -> str:
    for part in (path.stem, *(folder.name for folder in path.parents)):
        if has_words(_TAKES.sub(" ", part)):
            return " ".join(split_words(_TAKES.sub(" ", part)))
    return ""


def _read_ucs(stem: str) -> NameFacts | None:
    """Return the facts of a UCS name: a known category or all four blocks make it one."""
    blocks = [block.strip() for block in stem.split("_")]
    matched = _UCS_ID.match(blocks[0])
    if matched is None or len(blocks) < 2:
        return None
    code, subcategory = matched.groups()
    category = UCS_CATEGORIES.get(code, "")
    if not category and len(blocks) < 4:
        return None
    title = split_words(blocks[1])
    spoken = category.split() if code not in _NO_DESCRIPTION else []
    known = {word.lower() for word in title}
    description = " ".join([*title, *(word for word in spoken if word not in known)])
    if not has_words(description):
        return None
    category = f"{category or code.lower()} {subcategory.lower()}"
    return NameFacts(description, category, blocks[3] if len(blocks) > 3 else "")
