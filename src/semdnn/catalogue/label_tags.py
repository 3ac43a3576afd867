"""Words into the keywords of sound files: of copies, or of the files themselves where asked.

Keywords that a file has stay, and come first; no other tag and no sample changes. Before a file
appears under its name, its sound is decoded and compared with the original's, bit by bit.

Where they go: RIFF INFO ``IKEY`` (WAV); ``TXXX:Keywords`` (ID3 of MP3 and AIFF); ``KEYWORDS``
(Vorbis comments of FLAC, Ogg Vorbis, Opus, Speex); ``keyw`` (MP4, M4A).
"""

import filecmp
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mutagen import File
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TXXX, ID3NoHeaderError
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

from semdnn.audio.decoding import opened
from semdnn.catalogue.label_riff import write_keywords
from semdnn.catalogue.labelling import Labelled
from semdnn.errors import SemdnnError

_KINDS = [FLAC, OggVorbis, OggOpus, OggFLAC, OggSpeex, MP4, MP3, AIFF]
_V1_BYTES = 128


class TagError(SemdnnError):
    """A file into which the words cannot be written."""


def keywords_of(item: Labelled, *, top: int) -> list[str]:
    """Return a sound's words, the most present ones of a timeline (weight times length) first."""
    if item.words:
        return [word.word for word in item.words]
    presence: dict[str, float] = {}
    for start, end, word, weight in item.segments:
        presence[word] = presence.get(word, 0.0) + weight * (end - start)
    return sorted(presence, key=lambda word: (-presence[word], word))[:top]


def tag_copy(source: Path, target: Path, words: Sequence[str]) -> None:
    """Write a copy of `source` with `words` among its keywords to `target`.

    Raises
    ------
    TagError
        If the format takes no words, the sound would change, or another file lies at `target`
        already (the same copy may).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _tagged(source, target, words) as made:
        if not os.path.lexists(target):
            made.replace(target)
        elif not (target.is_file() and filecmp.cmp(made, target, shallow=False)):
            raise TagError(f"{target}: another file is there; move it away or give another folder")


def tag_in_place(path: Path, words: Sequence[str]) -> None:
    """Write `words` among the keywords of the file at `path` itself, which changes in one step.

    Raises
    ------
    TagError
        If the format takes no words, or the sound would change.
    """
    path = path.resolve()  # a link stays a link
    with _tagged(path, path, words) as made:
        if not filecmp.cmp(made, path, shallow=False):
            made.replace(path)


@contextmanager
def _tagged(source: Path, target: Path, words: Sequence[str]) -> Iterator[Path]:
    """Yield a finished, checked file beside `target`; what is left of it goes at the end."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=f".part{source.suffix}")
    os.close(handle)
    made = Path(name)
    try:
        _write(source, made, words)
        shutil.copymode(source, made)
        if _sound_of(made) != _sound_of(source):
            raise TagError(f"{source}: writing words would change its sound, so none are written")
        with made.open("rb") as written:
            os.fsync(written.fileno())
        yield made
    finally:
        made.unlink(missing_ok=True)


def _write(source: Path, made: Path, words: Sequence[str]) -> None:
    with source.open("rb") as file:
        magic = file.read(4)
    if magic == b"RIFF" and words:
        write_keywords(source, made, lambda present: _joined(present, words))
        return
    shutil.copyfile(source, made)
    if not words:
        return
    try:
        tagged = File(made, options=_KINDS)
        if tagged is not None:
            _writer_of(tagged)(made, tagged, words)
    except Exception as error:  # mutagen raises whatever it likes on damaged files
        raise TagError(f"{source}: its tags cannot be written ({error})") from error
    if tagged is None:
        kind = source.suffix.lower() or "such"
        raise TagError(f"{source}: no words are written into {kind} files; convert it")


def _writer_of(tagged: Any) -> Callable[[Path, Any, Sequence[str]], None]:
    if isinstance(tagged, MP3):
        return _write_mp3
    if isinstance(tagged, AIFF):
        return _write_aiff
    return _write_mp4 if isinstance(tagged, MP4) else _write_comments


def _write_mp3(made: Path, _: Any, words: Sequence[str]) -> None:
    try:
        # Untranslated, so that no frame is rewritten the way another version would have it.
        tags = ID3(made, translate=False, load_v1=False)
    except ID3NoHeaderError:
        tags = ID3()
    _add_frame(tags, words)
    with made.open("rb") as file:
        file.seek(max(0, made.stat().st_size - _V1_BYTES))
        tail = file.read()
    tags.save(made, v2_version=_version_of(tags))
    if tail.startswith(b"TAG"):  # the old tag at the end stays as it was, too
        with made.open("r+b") as file:
            file.seek(-_V1_BYTES, os.SEEK_END)
            file.write(tail)


def _write_aiff(made: Path, _: Any, words: Sequence[str]) -> None:
    tagged: Any = AIFF(made, translate=False)
    if tagged.tags is None:
        tagged.add_tags()
    _add_frame(tagged.tags, words)
    tagged.tags.save(made, v2_version=_version_of(tagged.tags))


def _version_of(tags: Any) -> int:
    return 3 if tags.version < (2, 4, 0) else 4


def _add_frame(tags: Any, words: Sequence[str]) -> None:
    present = [frame for frame in tags.getall("TXXX") if frame.desc.lower() == "keywords"]
    if present:
        present[0].text = [_joined("; ".join(present[0].text), words)]
    else:
        tags.add(TXXX(encoding=3, desc="Keywords", text=["; ".join(words)]))


def _write_mp4(made: Path, tagged: Any, words: Sequence[str]) -> None:
    if tagged.tags is None:
        tagged.add_tags()
    tagged.tags["keyw"] = [_joined("; ".join(tagged.tags.get("keyw", [])), words)]
    tagged.save(made)


def _write_comments(made: Path, tagged: Any, words: Sequence[str]) -> None:
    if tagged.tags is None:
        tagged.add_tags()
    present = list(tagged.tags.get("keywords", []))
    tagged.tags["KEYWORDS"] = [*present, *_new("; ".join(present), words)]
    tagged.save(made)


def _joined(present: str, words: Sequence[str]) -> str:
    return "; ".join([*([present] if present else []), *_new(present, words)])


def _new(present: str, words: Sequence[str]) -> list[str]:
    """Return the words that are not among the present keywords."""
    known = {part.strip().casefold() for part in re.split("[;,]", present)}
    return [word for word in words if word.casefold() not in known]


def _sound_of(path: Path) -> str:
    """Return a digest of every sample of every channel, as decoded."""
    samples = hashlib.sha256()
    with opened(path) as decoder:
        samples.update(str(decoder.header[:3]).encode())
        for block in decoder.blocks(30.0):
            samples.update(block.tobytes())
    return samples.hexdigest()
