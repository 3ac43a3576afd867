"""The patches of a shard in the making, kept sound by sound.

Beside the growing data file lies a journal: the shard's key, then a line a sound, written once the
sound's patches are. A call that follows an interrupted one trusts the sounds whose
patches fit their checksums, and goes on after the last of these.
"""

import hashlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

Sounds = Sequence[tuple[str, Path]]
Half = NDArray[np.float16]


class SoundRecord(BaseModel):
    """One sound of a shard: where its patches start, or why it has none.

    Attributes
    ----------
    name : str
    start_frames : tuple of int
        First frame of each patch.
    content : str
        SHA-256 of its patches.
    failure : (str, str), optional
        Reason and kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    start_frames: tuple[int, ...] = ()
    content: str = ""
    failure: tuple[str, str] | None = None


class HeardSound(NamedTuple):
    """What became of one sound; `patches` are [shape=(P, 96, 64)], none of a failure."""

    record: SoundRecord
    patches: Half


def spool_sounds(
    part: Path,
    key: str,
    sounds: Sounds,
    hear: Callable[[str, Path], HeardSound],
    patch_shape: tuple[int, int],
) -> list[SoundRecord]:
    """Write a NumPy file of the sounds' patches; one sound at a time is in memory.

    Parameters
    ----------
    part : Path
        The data file, with whatever an earlier call left in it and in its journal beside it.
    key : str
        What the result depends on: leftovers with another key are not used.
    sounds : sequence of (str, Path)
        Name and file.
    hear : callable
        Decodes one sound.
    patch_shape : (int, int)
        Frames and bands.

    Returns
    -------
    list of SoundRecord
        As `sounds`.
    """
    patch_bytes = 2 * patch_shape[0] * patch_shape[1]
    header = _header(0, patch_shape)
    journal = journal_of(part)
    records = _trusted(journal, key, part, len(header), patch_bytes)[: len(sounds)]
    n_patches = sum(len(record.start_frames) for record in records)
    with part.open("r+b") as data:
        lines = [key, *(record.model_dump_json() for record in records)]
        journal.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        data.write(header)
        data.truncate(len(header) + n_patches * patch_bytes)
        data.seek(0, 2)
        with journal.open("a", encoding="utf-8") as log:
            for name, path in sounds[len(records) :]:
                record, patches = hear(name, path)
                data.write(np.ascontiguousarray(patches, "<f2").data)
                data.flush()
                log.write(record.model_dump_json() + "\n")
                log.flush()
                records.append(record)
                n_patches += len(patches)
        data.seek(0)
        data.write(_header(n_patches, patch_shape))
    return records


def journal_of(part: Path) -> Path:
    """Return where the journal of a growing data file lies."""
    return part.with_suffix(".journal")


def _trusted(
    journal: Path, key: str, part: Path, offset: int, patch_bytes: int
) -> list[SoundRecord]:
    """Return the sounds of an earlier call whose patches are in the data file, to the bit."""
    try:
        lines = journal.read_bytes().split(b"\n")[:-1]  # the last one may be torn
    except FileNotFoundError:
        return []
    if not lines or lines[0] != key.encode():
        return []
    trusted = []
    with part.open("rb") as data:
        data.seek(offset)
        for line in lines[1:]:
            try:
                record = SoundRecord.model_validate_json(line)
            except ValidationError:
                break
            if record.failure is None and not _fits(record, data, patch_bytes):
                break
            trusted.append(record)
    return trusted


def _fits(record: SoundRecord, data: BinaryIO, patch_bytes: int) -> bool:
    content = data.read(len(record.start_frames) * patch_bytes)
    return hashlib.sha256(content).hexdigest() == record.content


def _header(n_patches: int, patch_shape: tuple[int, int]) -> bytes:
    """Return a NumPy header; its length does not depend on the number of patches."""
    header = BytesIO()
    npy_format.write_array_header_1_0(
        header,
        {
            "descr": npy_format.dtype_to_descr(np.dtype("<f2")),
            "fortran_order": False,
            "shape": (n_patches, *patch_shape),
        },
    )
    return header.getvalue()
