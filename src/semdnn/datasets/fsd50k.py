"""FSD50K: 51,197 Freesound clips of 0.3-30 s, 200 classes of the AudioSet ontology, many a clip.

Official layout: ``FSD50K.{dev,eval}_audio/{freesound id}.wav`` and
``FSD50K.ground_truth/{dev,eval}.csv`` with the columns ``fname``, ``labels``, ``mids`` and, in
``dev.csv``, ``split``. ``FSD50K.metadata/{dev,eval}_clips_info_FSD50K.json`` says the licence of
each clip.

Labels are smeared upwards: a clip of ``Electric_guitar`` also has ``Guitar``,
``Plucked_string_instrument``, ``Musical_instrument`` and ``Music``. Which label stands above which
is taken from the ground truth itself: A stands above B if every clip with B has A, and more clips
have A than B. That holds for every pair that was smeared, and no table of the hierarchy has to be
trusted. With few clips it could hold by chance as well, so that a label counts only from
`MIN_SUPPORT` clips on. Over the whole ground truth 56 labels stand above others, as documented;
another number is noted.

A sound has one category, so a clip's is its most specific labels joined by commas, which no
label contains: ``"Bark,Rain"``.

References
----------
Fonseca, E., Favory, X., Pons, J., Font, F., & Serra, X. (2022). FSD50K: An Open Dataset of
Human-Labeled Sound Events. IEEE/ACM Transactions on Audio, Speech, and Language Processing, 30,
829-852. doi:10.1109/TASLP.2021.3133208
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from semdnn.datasets.class_names import class_description
from semdnn.datasets.columns import ColumnMapping
from semdnn.datasets.folder import list_audio
from semdnn.datasets.labelled import LabelledSet, LabelledSetError, read_labelled
from semdnn.datasets.published import Archive, RemoteFile
from semdnn.datasets.sheet import read_sheet
from semdnn.datasets.table import Rejected, Sound, Table, join_texts

Part = Literal["eval", "dev"]
Labels = Literal["all", "specific"]

MIN_SUPPORT = 5
"""Clips that must have a label before anything is said about what stands above it."""

N_INTERMEDIATE = 56
"""Labels that stand above others in the whole ground truth, as documented."""

_ZENODO = "https://zenodo.org/records/4060432/files"
_PART_BYTES = 3_221_225_472
_LICENCE = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z+-]+)/([\d.]+)")


def _file(name: str, size: int, md5: str) -> RemoteFile:
    return RemoteFile(f"FSD50K.{name}", f"{_ZENODO}/FSD50K.{name}?download=1", size, f"md5:{md5}")


FSD50K = LabelledSet(
    name="fsd50k",
    title="FSD50K",
    licence="own Creative Commons licence a clip: CC0, CC BY, CC BY-NC or CC Sampling+",
    citation=(
        "Fonseca, E., Favory, X., Pons, J., Font, F., & Serra, X. (2022). FSD50K: An Open Dataset "
        "of Human-Labeled Sound Events. IEEE/ACM Transactions on Audio, Speech, and Language "
        "Processing, 30, 829-852. doi:10.1109/TASLP.2021.3133208"
    ),
    url="https://zenodo.org/records/4060432",
    n_sounds=51_197,
    n_classes=200,
    table="FSD50K.ground_truth/eval.csv",
    columns=ColumnMapping(path="fname", category="labels", split="split"),
    freesound_id=r"^(\d+)$",
    archives=(
        Archive((_file("ground_truth.zip", 334_701, "ca27382c195e37d2269c4c866dd73485"),)),
        Archive((_file("metadata.zip", 6_700_838, "b9ea0c829a411c1d42adb9da539ed237"),)),
        Archive(
            (
                _file("eval_audio.z01", _PART_BYTES, "3090670eaeecc013ca1ff84fe4442aeb"),
                _file("eval_audio.zip", 3_037_675_767, "6fa47636c3a3ad5c7dfeba99f2637982"),
            ),
            part="eval",
        ),
        Archive(
            (
                _file("dev_audio.z01", _PART_BYTES, "faa7cf4cc076fc34a44a479a5ed862a3"),
                _file("dev_audio.z02", _PART_BYTES, "8f9b66153e68571164fb1315d00bc7bc"),
                _file("dev_audio.z03", _PART_BYTES, "1196ef47d267a993d30fa98af54b7159"),
                _file("dev_audio.z04", _PART_BYTES, "d088ac4e11ba53daf9f7574c11cccac9"),
                _file("dev_audio.z05", _PART_BYTES, "81356521aa159accd3c35de22da28c7f"),
                _file("dev_audio.zip", 2_306_663_327, "c480d119b8f7a7e32fdb58f3ea4d6c5a"),
            ),
            part="dev",
        ),
    ),
)


class _Clip(NamedTuple):
    name: str
    labels: tuple[str, ...]
    split: str


def read(folder: Path, *, part: Part = "eval", labels: Labels = "all") -> Table:
    """Return one part of FSD50K from its official layout, or a copy of it with a manifest.

    Parameters
    ----------
    folder : Path
        Where the ``FSD50K.…`` folders lie.
    part : {"eval", "dev"}
        The evaluation clips, or those for development.
    labels : {"all", "specific"}
        Whether a description has the words of all labels, or of the most specific ones.

    Raises
    ------
    LabelledSetError
        If `folder` has neither the part's table nor a manifest, or the part's audio is missing.
    """
    table_path = folder / "FSD50K.ground_truth" / f"{part}.csv"
    if not table_path.is_file():
        copied = read_labelled(FSD50K, folder)
        described = (replace(s, description=describe(s.category.split(","))) for s in copied.sounds)
        return replace(copied, sounds=tuple(described))
    audio_folder = folder / f"FSD50K.{part}_audio"
    if not audio_folder.is_dir():
        raise LabelledSetError(
            f"{audio_folder}: no such folder: the clips of {part}.csv are missing"
        )
    clips, rejected = _read_clips(table_path)
    above, notes = _hierarchy_of(folder, clips)
    licences = _licences(folder / "FSD50K.metadata" / f"{part}_clips_info_FSD50K.json")
    content = list_audio(audio_folder)
    paths = {path.stem: path for path in content.audio.values()}
    sounds = []
    for clip in clips:
        path = paths.pop(clip.name, None)
        if path is None:
            rejected.append(Rejected(clip.name, f"no such clip in {audio_folder.name}"))
            continue
        specific = most_specific(clip.labels, above)
        words = clip.labels if labels == "all" else specific
        sounds.append(
            Sound(
                name=path.relative_to(folder).as_posix(),
                path=path,
                description=describe(words),
                category=",".join(specific),
                source=FSD50K.name,
                licence=licences.get(clip.name, FSD50K.licence),
                recording=f"freesound:{clip.name}",
                split=clip.split or part,
            )
        )
    rejected += [
        Rejected(p.relative_to(folder).as_posix(), "not in the table") for p in paths.values()
    ]
    if not licences:
        notes.append("no FSD50K.metadata: the licence of each clip is not known")
    return Table(tuple(sounds), tuple(rejected), tuple(notes))


def read_labels(folder: Path, *, part: Part = "eval") -> dict[str, tuple[str, ...]]:
    """Return all labels of every clip of one part by its recording, ``freesound:ID``.

    Raises
    ------
    LabelledSetError, SheetError
        If `folder` has no such table.
    """
    clips, _ = _read_clips(folder / "FSD50K.ground_truth" / f"{part}.csv")
    return {f"freesound:{clip.name}": clip.labels for clip in clips}


def all_labels(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return `read_labels` of both parts together; of a copy without the ground truth, nothing."""
    found: dict[str, tuple[str, ...]] = {}
    for part in get_args(Part):
        if (folder / "FSD50K.ground_truth" / f"{part}.csv").is_file():
            found |= read_labels(folder, part=part)
    return found


def describe(labels: Iterable[str]) -> str:
    """Return the words of several labels as one description.

    Examples
    --------
    >>> describe(["Electric_guitar", "Keyboard_(musical)"])
    'electric guitar; musical keyboard'
    """
    return join_texts(class_description(FSD50K.name, label) for label in labels)


def find_hierarchy(label_sets: Sequence[Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return for every label those that stand above it, as the smearing of labels shows.

    Parameters
    ----------
    label_sets : sequence of iterables of str
        The labels of every clip.

    Examples
    --------
    >>> find_hierarchy([["Dog", "Animal"]] * 5 + [["Cat", "Animal"]] * 5)["Dog"]
    frozenset({'Animal'})
    """
    counts = Counter(label for labels in label_sets for label in set(labels))
    always: dict[str, set[str]] = {}
    for labels in label_sets:
        own = set(labels)
        for label in own:
            always[label] = always[label] & own if label in always else own
    return {
        label: frozenset(
            other
            for other in together
            if counts[label] >= MIN_SUPPORT and counts[other] > counts[label]
        )
        for label, together in always.items()
    }


def most_specific(labels: Sequence[str], above: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return those of a clip's `labels` that stand above no other of them, in their order.

    Parameters
    ----------
    labels : sequence of str
        All labels of one clip.
    above : mapping of str to frozenset of str
        As `find_hierarchy` gives it.
    """
    general = frozenset[str]().union(*(above.get(label, frozenset()) for label in labels))
    return tuple(label for label in labels if label not in general)


def _read_clips(table_path: Path) -> tuple[list[_Clip], list[Rejected]]:
    sheet = read_sheet(table_path)
    for column in ("fname", "labels"):
        if column not in sheet.columns:
            raise LabelledSetError(f"{table_path}: no column {column!r}: not FSD50K's ground truth")
    clips, rejected = {}, [Rejected(f"row {bad.number}", bad.reason) for bad in sheet.bad_rows]
    for number, cells in sheet.rows:
        name, labels = cells["fname"].removesuffix(".wav"), cells["labels"].split(",")
        labels = [label.strip() for label in labels if label.strip()]
        if not name or not labels or name in clips:
            rejected.append(Rejected(name or f"row {number}", f"row {number}: no clip or no label"))
            continue
        clips[name] = _Clip(name, tuple(dict.fromkeys(labels)), cells.get("split", ""))
    return list(clips.values()), rejected


def _hierarchy_of(
    folder: Path, clips: Sequence[_Clip]
) -> tuple[dict[str, frozenset[str]], list[str]]:
    """Return what stands above what in both tables of the ground truth, and remarks."""
    everything = {clip.name: clip.labels for clip in clips}
    for part in ("dev", "eval"):
        path = folder / "FSD50K.ground_truth" / f"{part}.csv"
        if path.is_file():
            everything.update((clip.name, clip.labels) for clip in _read_clips(path)[0])
    above = find_hierarchy(list(everything.values()))
    n_intermediate = len(frozenset[str]().union(*above.values()))
    if len(everything) == FSD50K.n_sounds and n_intermediate == N_INTERMEDIATE:
        return above, []
    return above, [
        f"the hierarchy of labels was found in {len(everything):,} clips: {n_intermediate} labels "
        f"stand above others (the whole ground truth: {FSD50K.n_sounds:,}, {N_INTERMEDIATE})"
    ]


def _licences(path: Path) -> dict[str, str]:
    """Return the licence of every clip that the metadata have, in short."""
    try:
        clips = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): _short_licence(str(clip["license"])) for name, clip in clips.items()}
    except OSError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabelledSetError(
            f"{path}: not FSD50K's clips by name with a 'license' ({error})"
        ) from error


def _short_licence(url: str) -> str:
    """Return the usual name of a Creative Commons licence, or `url` as it is."""
    found = _LICENCE.search(url)
    if found is None:
        return url
    kind, version = found.groups()
    short = {"zero": "CC0", "sampling+": "CC Sampling+"}.get(kind, f"CC {kind.upper()}")
    return f"{short} {version}"
