"""Which file a row of a table means."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

from semdnn.datasets.folder import AUDIO_SUFFIXES


class FileLookup:
    """Finds the audio files of a folder as tables name them.

    Tried in this order: the path as it stands; in another case or Unicode form; without its
    ending; and, where the table gives names without folders, the name at any depth, with and
    without its ending. All but the first count only where one file alone fits.

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
        if written in self._audio:
            return written, ""
        name = self._relative(written)
        if not written or name is None:
            return "", "the path leads out of the library" if written else "no path"
        if name in self._audio:
            return name, ""
        if self._is_file(name):  # reached through a link, or no sound
            is_audio = PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES
            return (name, "") if is_audio else ("", "not an audio file by its ending")
        key = _key(name)
        fitting = self._by_path[key] or self._by_path_stem[key]
        if not fitting and "/" not in name:
            fitting = self._by_file_name[key] or self._by_file_stem[key]
        if len(fitting) > 1:
            return "", f"{len(fitting)} files fit: write the path"
        return (fitting[0], "") if fitting else ("", "file not found")

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

    def _is_file(self, name: str) -> bool:
        try:
            return (self._folder / name).is_file()
        except (OSError, ValueError):  # too long, or a NUL in it
            return False

    @cached_property
    def _by_path(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, _key)

    @cached_property
    def _by_path_stem(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: _without_ending(_key(name)))

    @cached_property
    def _by_file_name(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: PurePosixPath(_key(name)).name)

    @cached_property
    def _by_file_stem(self) -> Mapping[str, list[str]]:
        return _grouped(self._audio, lambda name: PurePosixPath(_key(name)).stem)


def _without_ending(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> defaultdict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return groups
