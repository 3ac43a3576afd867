"""A published set brought into a folder: fetched or taken from files at hand, checked, unpacked.

What is done is noted in ``.semdnn-set.json`` in the folder, archive by archive, so that the same
command goes on where it stopped. Downloads lie in ``.archives`` until they are unpacked.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from semdnn.datasets.archives import Limits, unpack
from semdnn.datasets.figshare import listed_archives
from semdnn.datasets.labelled import LabelledSet
from semdnn.datasets.published import Archive, RemoteError, RemoteFile, verify
from semdnn.datasets.remote import Patience, fetch
from semdnn.errors import SemdnnError
from semdnn.files import write_json

NOTE = ".semdnn-set.json"
"""Says in a folder which set it holds, and which of its archives."""

ARCHIVES_FOLDER = ".archives"
"""Holds downloads until they are unpacked."""

_TABLE_SUFFIXES = (".csv", ".tsv")


class AcquisitionError(SemdnnError):
    """A set that cannot be brought into a folder as asked."""


class Origin(NamedTuple):
    """Where archives come from.

    Attributes
    ----------
    url : str
        Address to use instead of the published one: of the one file, or, ending in ``/``, of the
        folder that has all files under their names.
    files : tuple of Path
        Files at hand; they are used where they lie.
    is_checked : bool
        Whether size and checksum must be the published ones.
    """

    url: str = ""
    files: tuple[Path, ...] = ()
    is_checked: bool = True


class Task(NamedTuple):
    """One archive to bring in, and for each of its files the one at hand, if any."""

    archive: Archive
    at_hand: tuple[Path | None, ...]

    @property
    def to_fetch(self) -> tuple[RemoteFile, ...]:
        """Files that have to be fetched."""
        pairs = zip(self.archive.files, self.at_hand, strict=True)
        return tuple(file for file, path in pairs if path is None)


def plan(
    labelled: LabelledSet,
    folder: Path,
    parts: Sequence[str] = (),
    origin: Origin = Origin(),  # noqa: B008 - immutable
) -> tuple[Task, ...]:
    """Return what is still to do for `labelled` to be in `folder`.

    Parameters
    ----------
    labelled : LabelledSet
        Facts about the set.
    folder : Path
        Where to.
    parts : sequence of str
        Which of the set's parts; by default the first.
    origin : Origin
        Where the archives come from.

    Raises
    ------
    AcquisitionError
        If a part or a file is none of the set's, or the folder holds another set.
    RemoteError
        If the set's files are to be listed by its repository, and are not.
    """
    archives = _chosen(labelled, parts, origin)
    done = _read_note(folder, labelled)
    remaining = [archive for archive in archives if archive.files[-1].name not in done]
    at_hand = _match(labelled, archives, origin.files)
    tasks = [Task(a, tuple(at_hand.get(file.name) for file in a.files)) for a in remaining]
    if not origin.is_checked:
        tasks = [Task(_unchecked(task.archive), task.at_hand) for task in tasks]
    if not origin.url:
        return tuple(tasks)
    n_files = sum(len(task.to_fetch) for task in tasks)
    if n_files > 1 and not origin.url.endswith("/"):
        raise AcquisitionError(
            f"{origin.url}: one address for {n_files} files: name the folder they lie in, ending "
            "in /, or use --part or --archive"
        )
    return tuple(Task(_moved(task.archive, origin.url), task.at_hand) for task in tasks)


def acquire(
    task: Task,
    labelled: LabelledSet,
    folder: Path,
    *,
    patience: Patience = Patience(),  # noqa: B008 - immutable
    limits: Limits = Limits(),  # noqa: B008 - immutable
) -> None:
    """Fetch what `task` lacks, check it, unpack it into `folder`, and note that.

    Raises
    ------
    RemoteError
        If a file cannot be fetched or is not the published one.
    AcquisitionError
        If a file at hand is not the published one.
    ArchiveError, SplitZipError
        If it cannot be unpacked.
    """
    work = folder / ARCHIVES_FOLDER
    work.mkdir(parents=True, exist_ok=True)
    places = []
    for file, path in zip(task.archive.files, task.at_hand, strict=True):
        place = work / file.name
        if path is None:
            fetch(file, work, page=labelled.url, patience=patience)
        else:
            _check(path, file)
            place.unlink(missing_ok=True)
            place.symlink_to(path.absolute())
        places.append(place)
    last = places[-1]
    if last.suffix.lower() in _TABLE_SUFFIXES:
        shutil.copyfile(last, folder / last.name)
    else:
        unpack(last, folder, strip_root=task.archive.strip_root, limits=limits)
    done = _read_note(folder, labelled) | {last.name}
    write_json(folder / NOTE, {"set": labelled.name, "archives": sorted(done)})
    for place in places:
        place.unlink()
    if not any(work.iterdir()):
        work.rmdir()


def _check(path: Path, file: RemoteFile) -> None:
    try:
        verify(path, file)
    except RemoteError as error:
        raise AcquisitionError(f"{error}; if it is the one you want, add --unchecked") from error


def _chosen(labelled: LabelledSet, parts: Sequence[str], origin: Origin) -> tuple[Archive, ...]:
    """Return the archives of `parts`, or what `origin` names where none is published."""
    unknown = [part for part in parts if part not in labelled.parts]
    if unknown:
        known = ", ".join(labelled.parts) or "it comes as a whole"
        raise AcquisitionError(f"{labelled.title}: no part {unknown[0]!r} ({known})")
    if labelled.archives:
        wanted = tuple(parts) or labelled.parts[:1]
        return tuple(a for a in labelled.archives if not a.part or a.part in wanted)
    named = [RemoteFile(path.name, "") for path in origin.files]
    if origin.url:
        named.append(RemoteFile(Path(unquote(urlsplit(origin.url).path)).name, origin.url))
    if not named:
        return listed_archives(labelled.listing, labelled.url)
    if not all(file.name for file in named):
        raise AcquisitionError(f"{origin.url}: names no file: give the address of one")
    return tuple(Archive((file,)) for file in named)


def _match(
    labelled: LabelledSet, archives: Sequence[Archive], files: Sequence[Path]
) -> dict[str, Path]:
    """Return the files at hand by the published names; a lone one may have any name."""
    names = [file.name for archive in archives for file in archive.files]
    if len(files) == len(names) == 1:
        return {names[0]: files[0]}
    for path in files:
        if path.name not in names:
            raise AcquisitionError(
                f"{path}: none of the files of {labelled.title} that are asked for: "
                f"{', '.join(names)}"
            )
    at_hand = {path.name: path for path in files}
    for archive in archives:  # the other parts of a split archive lie beside the one that is named
        folders = {at_hand[f.name].parent for f in archive.files if f.name in at_hand}
        for file in archive.files:
            beside = [folder / file.name for folder in folders if (folder / file.name).is_file()]
            if beside:
                at_hand.setdefault(file.name, beside[0])
    return at_hand


def _unchecked(archive: Archive) -> Archive:
    return replace(archive, files=tuple(replace(f, size=0, checksum="") for f in archive.files))


def _moved(archive: Archive, url: str) -> Archive:
    files = (replace(f, url=f"{url}{f.name}" if url.endswith("/") else url) for f in archive.files)
    return replace(archive, files=tuple(files))


def _read_note(folder: Path, labelled: LabelledSet) -> set[str]:
    """Return the names of the archives that are in `folder` already."""
    path = folder / NOTE
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        name, archives = str(note["set"]), {str(name) for name in note["archives"]}
    except FileNotFoundError:
        return set()
    except (ValueError, KeyError, TypeError) as error:
        raise AcquisitionError(f"{path}: cannot be read ({error}): remove it") from error
    if name != labelled.name:
        raise AcquisitionError(f"{folder}: holds {name!r} already: choose another folder")
    return archives
