"""Listeners' stimuli with their recordings and descriptions, and their activations as matrices."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semdnn.audio.waveform import AudioError, is_audio_path
from semdnn.comparison.interface import ComparisonError, Layers, Stimulus
from semdnn.datasets.sheet import read_sheet
from semdnn.evaluation.behaviour_data import Behaviour
from semdnn.features.logmel import SamplesError

Activations = Mapping[str, NDArray[np.floating]]
"""Layer name to the activations of one stimulus, of any shape."""

NAME_COLUMNS = ("name", "stimulus", "sound", "file", "filename", "path")
DESCRIPTION_COLUMNS = ("description", "text", "caption", "label", "words")
_N_NAMED = 5  # a message names this many stimuli at most


def stimuli_of(
    behaviour: Behaviour, audio: Path | None = None, descriptions: Path | None = None
) -> tuple[Stimulus, ...]:
    """Return the stimuli that listeners judged, in their order.

    Parameters
    ----------
    behaviour : Behaviour
        Whose names are matched; where it knows its recordings, they need no folder.
    audio : Path, optional
        Folder with one recording a stimulus: the file's name is the stimulus' name, with or
        without an ending. Other files may lie beside.
    descriptions : Path, optional
        CSV, TSV or Parquet with a row a stimulus, columns `name` and `description`. Without it a
        stimulus is described by its name, underscores as blanks.

    Raises
    ------
    ComparisonError
        If a stimulus has no recording in `audio` or several, or no description in
        `descriptions`; names up to five.
    SheetError
        If `descriptions` cannot be read.
    """
    names = behaviour.stimuli
    paths: Sequence[Path | None] = behaviour.audio or [None] * len(names)
    if audio is not None:
        paths = _recordings(names, audio)
    texts = [described(name) for name in names]
    if descriptions is not None:
        texts = _descriptions(names, descriptions)
    return tuple(Stimulus(*row) for row in zip(names, paths, texts, strict=True))


def described(name: str) -> str:
    """Return a stimulus' name as words: no ending of a sound file, underscores as blanks.

    Examples
    --------
    >>> described("dog_bark.wav"), described("01_FluteNoVibe")
    ('dog bark', '01 FluteNoVibe')
    """
    stem = Path(name).stem if is_audio_path(Path(name)) else name
    return " ".join(stem.replace("_", " ").split())


def recording_of(stimulus: Stimulus) -> Path:
    """Return the stimulus' recording.

    Raises
    ------
    ComparisonError
        If it has none.
    """
    if stimulus.path is None:
        raise ComparisonError(
            f"stimulus {stimulus.name!r} has no recording, and this model listens: "
            "give the folder of recordings"
        )
    return stimulus.path


def hear(stimuli: Sequence[Stimulus], activations: Callable[[Path], Activations]) -> Layers:
    """Return the layers of a model that hears one recording at a time.

    Parameters
    ----------
    stimuli : sequence of Stimulus [length S]
        At least one, each with its recording.
    activations : callable
        From a recording to its activations.

    Returns
    -------
    Layers
        One float32 matrix [shape=(S, n_units)] a layer, in the order of `activations`.

    Raises
    ------
    ComparisonError
        If a stimulus has no recording or it cannot be heard, naming the stimulus; and as `stacked`.
    """

    def heard() -> Iterable[Activations]:
        for stimulus in stimuli:
            path = recording_of(stimulus)
            try:
                yield activations(path)
            except AudioError as error:
                raise ComparisonError(f"stimulus {stimulus.name!r}: {error}") from error
            except SamplesError as error:
                raise ComparisonError(f"stimulus {stimulus.name!r}: {path}: {error}") from error

    return stacked(stimuli, heard())


def stacked(stimuli: Sequence[Stimulus], rows: Iterable[Activations]) -> Layers:
    """Return one float32 matrix [shape=(S, n_units)] a layer; maps are flattened.

    Parameters
    ----------
    stimuli : sequence of Stimulus [length S]
        What the rows belong to, at least one.
    rows : iterable of Activations [length S]
        Of each stimulus, all with the same layers in the same shapes.

    Raises
    ------
    ComparisonError
        If there is no stimulus, an activation is NaN or infinite, or layers differ between
        stimuli; names layer and stimulus.
    """
    if not stimuli:
        raise ComparisonError("no stimuli: a comparison needs some")
    columns: dict[str, list[NDArray[np.float32]]] = {}
    for stimulus, row in zip(stimuli, rows, strict=True):
        if columns and list(columns) != list(row):
            raise ComparisonError(
                f"stimulus {stimulus.name!r} has layers {', '.join(row)}, "
                f"others have {', '.join(columns)}"
            )
        for layer, values in row.items():
            flat = np.asarray(values, dtype=np.float32).ravel()
            if not np.isfinite(flat).all():
                raise ComparisonError(
                    f"stimulus {stimulus.name!r}: layer {layer} holds NaN or infinity"
                )
            held = columns.setdefault(layer, [])
            if held and held[0].size != flat.size:
                raise ComparisonError(
                    f"stimulus {stimulus.name!r}: layer {layer} has {flat.size} units, "
                    f"{held[0].size} of other stimuli"
                )
            held.append(flat)
    return {layer: np.stack(held) for layer, held in columns.items()}


def named(names: Sequence[str]) -> str:
    """Return up to five names for a message.

    Examples
    --------
    >>> named(["dog", "cat"]), named(list("abcdefg"))
    ("'dog', 'cat'", "'a', 'b', 'c', 'd', 'e' and 2 more")
    """
    shown = ", ".join(map(repr, names[:_N_NAMED]))
    return shown + f" and {len(names) - _N_NAMED} more" * (len(names) > _N_NAMED)


def _recordings(names: Sequence[str], folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ComparisonError(f"{folder}: no such folder of recordings")
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and is_audio_path(path) and not path.name.startswith("."):
            files.setdefault(path.stem, []).append(path)
            files.setdefault(path.name, []).append(path)
    missing = [name for name in names if name not in files]
    if missing:
        raise ComparisonError(
            f"{folder}: {len(missing)} of {len(names)} stimuli have no recording here: "
            f"{named(missing)}; name each file after its stimulus"
        )
    for name in names:
        if len(files[name]) > 1:
            both = ", ".join(path.name for path in files[name])
            raise ComparisonError(f"{folder}: stimulus {name!r} could be {both}: keep one of them")
    return [files[name][0] for name in names]


def _descriptions(names: Sequence[str], path: Path) -> list[str]:
    sheet = read_sheet(path)
    if sheet.bad_rows:
        bad = sheet.bad_rows[0]
        raise ComparisonError(f"{path}, row {bad.number}: {bad.reason}")
    name_column = _column(path, sheet.columns, NAME_COLUMNS)
    text_column = _column(path, sheet.columns, DESCRIPTION_COLUMNS)
    texts: dict[str, str] = {}
    for row in sheet.rows:
        name, text = row.cells[name_column], row.cells[text_column]
        if name in names and texts.setdefault(name, text) != text:
            raise ComparisonError(
                f"{path}, row {row.number}: a second description of {name!r}: keep one of them"
            )
    missing = [name for name in names if not texts.get(name)]
    if missing:
        raise ComparisonError(
            f"{path}: {len(missing)} of {len(names)} stimuli have no description: {named(missing)}"
        )
    return [texts[name] for name in names]


def _column(path: Path, columns: Sequence[str], known: Sequence[str]) -> str:
    lower = {column.lower(): column for column in columns}
    found = next((lower[name] for name in known if name in lower), None)
    if found is None:
        raise ComparisonError(
            f"{path}: none of its columns ({', '.join(columns)}) is called {known[0]!r}: rename one"
        )
    return found
