"""Which file a row of a table means."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

from semdnn.datasets.folder import AUDIO_SUFFIXES


class FileLookup:
    """Finds the audio files of a folder as tables name them.

    Tried in this order: the path as it stands, in another case or Unicode form, the file's name
    alone, and the name without its ending; the last three only where one file alone fits.

    Parameters
    ----------
    folder : Path
        The library.
    audio : mapping of str to Path
        Its audio files by name.
    """

    def __init__(self, folder: Path, audio: Mapping[str, Path]) -> None:
        self._folder = folder
        self._audio = audio

    def find(self, written: str) -> tuple[str, str]:
        """Return the name of the file that `written` means, and why there is none (or "")."""
        if not written:
            return "", "no path"
        name = self._relative(written)
        if name is None:
            return "", "the path leads out of the library"
        if name in self._audio:
            return name, ""
        key = _key(name)
        alone = PurePosixPath(key).name
        for candidates in (self._by_key[key], self._by_file_name[alone], self._by_stem[alone]):
            if len(candidates) > 1:
                return "", f"{len(candidates)} files fit: write the path"
            if candidates:
                return candidates[0], ""
        return self._elsewhere(name)

    def _relative(self, written: str) -> str | None:
        """Return `written` as a name; None if it leads out of the folder."""
        path = PurePosixPath(written.replace("\\", "/"))
        if path.is_absolute():
            root = PurePosixPath(self._folder.absolute().as_posix())
            if not path.is_relative_to(root):
                return None
            path = path.relative_to(root)
        parts: list[str] = []
        for part in path.parts:
            if part != "..":
                parts.append(part)
            elif not parts:
                return None
            else:
                parts.pop()
        return "/".join(parts)

    def _elsewhere(self, name: str) -> tuple[str, str]:
        """Return `name` if it is a file that the listing reached by another way, such as a link."""
        try:
            is_file = (self._folder / name).is_file()
        except (OSError, ValueError):  # too long, or a NUL in it
            is_file = False
        if not is_file:
            return "", "file not found"
        if PurePosixPath(name).suffix.lower() not in AUDIO_SUFFIXES:
            return "", "not an audio file by its ending"
        return name, ""

    @cached_property
    def _by_key(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, _key)

    @cached_property
    def _by_file_name(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: PurePosixPath(_key(name)).name)

    @cached_property
    def _by_stem(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: PurePosixPath(_key(name)).stem)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> defaultdict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return groups
