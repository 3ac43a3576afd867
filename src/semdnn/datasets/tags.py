"""What a sound file says about itself: the descriptive texts embedded in it.

RIFF INFO, BWF ``bext``, iXML and AIFF text chunks; ID3; Vorbis comments (Ogg Vorbis, Opus, Speex,
FLAC); MP4 and APE tags. Tags are only read, never written.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mutagen import File
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp4 import MP4, MP4Tags
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from semdnn.datasets.names import has_words
from semdnn.datasets.riff import read_riff_text
from semdnn.datasets.table import join_texts

_RIFF_SUFFIXES = frozenset({".wav", ".wave", ".bwf", ".rf64"})
_AIFF_SUFFIXES = frozenset({".aif", ".aiff", ".aifc"})
_OGG_KINDS = [OggVorbis, OggOpus, OggFLAC, OggSpeex]
_READERS: dict[str, Callable[[Path], Any]] = {
    ".mp3": ID3,
    ".flac": FLAC,
    **dict.fromkeys((".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp"), MP4),
    **dict.fromkeys((".ogg", ".oga", ".opus", ".spx"), lambda path: File(path, options=_OGG_KINDS)),
    **dict.fromkeys(_RIFF_SUFFIXES, WAVE),
    **dict.fromkeys(_AIFF_SUFFIXES, AIFF),
}
_ID3_FRAMES = ("TIT1", "TIT2", "TIT3", "COMM")
_ID3_USER_TEXTS = frozenset({"description", "keywords", "comment", "fxname", "subject"})
_KEYS = ("title", "description", "subject", "comment", "comments", "keywords")
_MP4_KEYS = ("\xa9nam", "desc", "ldes", "\xa9cmt", "keyw")
_PLAYER_DATA = re.compile(r"^iTun|^ID3v1 Comment$")
_TOOL_MARKS = re.compile(r"processed by sox|lav[cf]\d\S*|lame ?\d\S*|https?://\S+", re.IGNORECASE)


def read_tags(path: Path) -> str:
    """Return the descriptive texts embedded in the file at `path`, joined by ``"; "``.

    Titles, descriptions, subjects, comments and keywords, each text once; the genre only where
    there is another text. Empty where the file has no such tags, is damaged or cannot be read.
    """
    texts: tuple[str, ...] = ()
    look_further = True
    if path.suffix.lower() in _RIFF_SUFFIXES | _AIFF_SUFFIXES:
        try:
            texts, look_further = read_riff_text(path)
        except OSError:
            return ""
    if look_further:
        texts = (*texts, *_tagged_texts(path))
    return join_texts(text for text in map(_without_tool_marks, texts) if has_words(text))


def _tagged_texts(path: Path) -> list[str]:
    """Return what mutagen reads, which raises whatever it likes on damaged files."""
    reader = _READERS.get(path.suffix.lower(), File)
    try:
        content = reader(path)
        tags = content if isinstance(content, ID3) else getattr(content, "tags", None)
        if not tags:
            return []
        if isinstance(tags, ID3):
            texts, genres = _id3_texts(tags), _id3_genres(tags)
        elif isinstance(tags, MP4Tags):
            texts, genres = _keyed_texts(tags, _MP4_KEYS), _keyed_texts(tags, ("\xa9gen",))
        else:
            texts, genres = _keyed_texts(tags, _KEYS), _keyed_texts(tags, ("genre",))
    except Exception:  # a damaged tag is no tag, and never stops a library
        return []
    return [*texts, *genres] if texts else []


def _id3_texts(tags: Any) -> list[str]:
    frames = [frame for name in _ID3_FRAMES for frame in tags.getall(name)]
    frames = [frame for frame in frames if not _PLAYER_DATA.search(getattr(frame, "desc", ""))]
    frames += [frame for frame in tags.getall("TXXX") if frame.desc.lower() in _ID3_USER_TEXTS]
    return _frame_texts(frames)


def _id3_genres(tags: Any) -> list[str]:
    return _frame_texts(tags.getall("TCON"))


def _frame_texts(frames: Iterable[Any]) -> list[str]:
    return [str(text) for frame in frames for text in frame.text]


def _keyed_texts(tags: Any, keys: Iterable[str]) -> list[str]:
    """Return the texts of Vorbis comments, MP4 atoms or APE items under `keys`."""
    return [str(text) for key in keys if key in tags for text in _listed(tags[key])]


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _without_tool_marks(text: str) -> str:
    return _TOOL_MARKS.sub("", text).strip(" ;,\n")
