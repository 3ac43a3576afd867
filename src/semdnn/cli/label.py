"""``semdnn label``: words for sounds."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch
from threadpoolctl import threadpool_limits

from semdnn.catalogue.label_output import (
    LabelJob,
    Put,
    TagOutput,
    TrackOutput,
    finished,
    text_output,
)
from semdnn.catalogue.labelling import Found, Labelled
from semdnn.catalogue.labels import AUDACITY, FORMATS, readable
from semdnn.catalogue.segments import SegmentRule
from semdnn.catalogue.sound_paths import find_sounds, label_names, read_list
from semdnn.catalogue.timeline import HOP_S, THRESHOLD, rule_of
from semdnn.cli.arguments import NOT_NEGATIVE, POSITIVE
from semdnn.cli.outputs import model_files, require_apart, spare_inputs
from semdnn.cli.streams import tell
from semdnn.model import DEFAULT_MODEL, SemanticModel
from semdnn.progress import track
from semdnn.semantics.vocabulary import read_vocabulary

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
FOLDER = click.Path(path_type=Path, file_okay=False)


@dataclass(frozen=True)
class Wanted:
    """The options of one call."""

    paths: tuple[Path, ...]
    listed: Path | None
    model_name: str
    words_file: Path | None
    top: int
    threshold: float | None
    is_timeline: bool
    hop_s: float | None
    style: str
    output: Path | None
    tags_folder: Path | None
    in_place: bool
    n_workers: int | None

    @property
    def is_resumable(self) -> bool:
        """Whether labels go where they can be gone on with: not to a pipe or a device."""
        output = self.output
        return output is not None and (not output.exists() or output.is_file() or output.is_dir())

    def rule(self) -> SegmentRule | None:
        """Return the timeline's rule, if one is wanted."""
        if not self.is_timeline:
            return None
        threshold = THRESHOLD if self.threshold is None else self.threshold
        hop_s = HOP_S if self.hop_s is None else self.hop_s
        return rule_of(hop_s=hop_s, threshold=threshold, top=self.top)

    def require_sense(self) -> None:
        """Refuse what does not go together, before anything is read."""
        if not self.paths and self.listed is None:
            raise click.UsageError("give sound files, folders or patterns, or --list FILE")
        if self.hop_s is not None and not self.is_timeline:
            raise click.UsageError("--hop is the step of a timeline: add --timeline")
        if self.in_place and self.tags_folder is not None:
            raise click.UsageError("--write-tags writes copies, --in-place none: give one of them")
        if self.output is not None and self.output.is_dir() and self.style != AUDACITY:
            raise click.UsageError(f"{self.output} is a folder: give -o a file")

    def spare_inputs(self, sounds: Sequence[Path], *, has_one_track: bool) -> None:
        """Refuse to write over a sound, or over a file that is read."""
        if self.output is None:
            return
        if has_one_track:
            outputs = [self.output]
        else:
            outputs = [self.output / name for name in label_names(sounds)]
        files = [file for file in (self.listed, self.words_file) if file is not None]
        spare_inputs(outputs, sounds, what="sounds")
        spare_inputs(outputs, [*files, *model_files(self.model_name)])

    def has_one_track(self, n_sounds: int) -> bool:
        """Return whether there is a single text: all but Audacity tracks of several sounds."""
        to_file = self.output is None or self.output.suffix == ".txt"
        if self.style != AUDACITY or (n_sounds == 1 and to_file):
            return True
        if to_file:
            raise click.UsageError(
                f"an Audacity label track is for one sound, and these are {n_sounds}:"
                " give -o a folder (a name without .txt)"
            )
        return False


@click.command("label")
@click.argument("paths", nargs=-1, type=PATH)
@click.option(
    "--list",
    "listed",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="Label what this file lists too, one path a line; - is standard input.",
)
@click.option(
    "--model",
    "model_name",
    default=DEFAULT_MODEL,
    show_default=True,
    help="A shipped network's name, a checkpoint file, or a model folder.",
)
@click.option(
    "--words",
    "words_file",
    type=FILE,
    help="Describe with these words and phrases instead: one a line, # begins a comment line.",
)
@click.option(
    "--top",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Words a sound, at most; with --timeline, words at one time.",
)
@click.option(
    "--threshold",
    type=NOT_NEGATIVE,
    help=f"Smallest weight of a word; with --timeline {THRESHOLD} unless given.",
)
@click.option("--timeline", "is_timeline", is_flag=True, help="Say when each word is heard.")
@click.option("--hop", "hop_s", type=POSITIVE, help=f"Seconds a step of the timeline ({HOP_S}).")
@click.option(
    "--format",
    "style",
    default="table",
    show_default=True,
    type=click.Choice(list(FORMATS)),
    help="json is one object a line; audacity one label track a sound.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="Write here instead of standard output: a file, for label tracks a folder. "
    "Interrupted, the same command goes on where it stopped.",
)
@click.option(
    "--write-tags",
    "tags_folder",
    type=FOLDER,
    help="Copy the sounds into this folder with the words among their keywords.",
)
@click.option("--in-place", is_flag=True, help="Write the words into the sounds themselves.")
@click.option(
    "--workers",
    "n_workers",
    type=click.IntRange(min=1),
    help="Files worked on at the same time, by default one a core.",
)
def command(**given: Any) -> int:
    """Describe sounds with words: files, folders searched in depth, patterns in quotes.

    Exit status 0 if every file was labelled, 1 if some could not be read or tagged (they are
    listed at the end), 2 for wrong usage.
    """
    wanted = Wanted(**given)
    wanted.require_sense()
    rule = wanted.rule()
    meant = (*wanted.paths, *(read_list(wanted.listed) if wanted.listed else ()))
    found = find_sounds(meant)
    if wanted.tags_folder is not None:
        require_apart(wanted.tags_folder, meant, found.paths)
    has_one_track = wanted.has_one_track(len(found.paths))
    wanted.spare_inputs(found.paths, has_one_track=has_one_track)
    model = SemanticModel.load(wanted.model_name)
    if wanted.words_file is not None:
        model = model.with_words(read_vocabulary(wanted.words_file))
    job = LabelJob(model, found.paths, wanted.top, wanted.threshold or 0.0, rule, wanted.n_workers)
    torch.set_num_threads(1)  # files are worked on side by side, each on one core
    with threadpool_limits(1, user_api="blas"):
        failed = _labelled(wanted, job, has_one_track=has_one_track)
    _tell(found, failed)
    return 1 if any(failed.values()) else 0


def _labelled(wanted: Wanted, job: LabelJob, *, has_one_track: bool) -> dict[str, list[str]]:
    """Label and write everything; return the lines about files that failed, by what failed."""
    failed: dict[str, list[str]] = {"be labelled": []}
    with ExitStack() as stack:
        records = stack.enter_context(_records(wanted, job))
        puts: list[Put] = []
        if has_one_track:
            text = text_output(wanted.style, wanted.output, is_timeline=wanted.is_timeline)
            puts.append(stack.enter_context(text))
        elif wanted.output is not None:
            tracks = TrackOutput(wanted.output, job.sounds, is_timeline=wanted.is_timeline)
            puts.append(tracks.put)
            failed["be given a label track"] = tracks.failed
        if wanted.in_place or wanted.tags_folder is not None:
            tags = TagOutput(job, wanted.tags_folder)
            puts.append(tags.put)
            failed["be given words"] = tags.failed
        for item in records:
            for put in puts:
                put(item)
            if item.error:
                failed["be labelled"].append(_line(item))
    return failed


@contextmanager
def _records(wanted: Wanted, job: LabelJob) -> Iterator[Iterable[Labelled]]:
    """Yield the labels: from the journal where there is one, else as they are made."""

    def watched(labels: Iterable[Labelled], n_before: int) -> Iterable[Labelled]:
        label = f"labelling ({n_before} done before)" if n_before else "labelling"
        return track(labels, label=label, total=len(job.sounds) - n_before)

    if wanted.output is None or not wanted.is_resumable:
        is_shown = wanted.output is None and sys.stdout.isatty()
        yield job.records() if is_shown else watched(job.records(), 0)
        return
    with finished(job, wanted.output, watched) as records:
        yield records


def _line(item: Labelled) -> str:
    path = readable(item.path)
    return item.error if str(item.path) in item.error else f"{path}: {item.error}"


def _tell(found: Found, failed: dict[str, list[str]]) -> None:
    if found.n_ignored:
        click.echo(f"{found.n_ignored} files in folders have no audio suffix: not tried", err=True)
    for what, lines in failed.items():
        if lines:
            click.echo(f"{len(lines)} of {len(found.paths)} files could not {what}:", err=True)
        for line in lines:
            tell(f"  {line}", err=True)
