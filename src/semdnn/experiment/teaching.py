"""What a row's training takes from other networks: a teacher, and the weights it begins with."""

from pathlib import Path
from typing import NamedTuple

from semdnn.comparison.yamnet_teacher import YamnetTeacher
from semdnn.errors import SemdnnError
from semdnn.experiment.external import load_checkpoints
from semdnn.experiment.meanings import name_vectors
from semdnn.experiment.yamnet_baseline import class_names
from semdnn.network.checkpoint import Checkpoint
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.distillation import Teaching
from semdnn.training.settings import TrainingSettings

TEACHERS = {"yamnet": YamnetTeacher}
"""Networks that can teach, by the name that ``--teacher`` takes."""


class TeacherError(SemdnnError):
    """A teacher that is missing, or none that is known."""


class TeacherFile(NamedTuple):
    """A teacher's name, out of `TEACHERS`, and its weights."""

    name: str
    path: Path


def teacher_file(text: str | None) -> TeacherFile | None:
    """Return the teacher that ``NAME=FILE`` stands for; None of None.

    Raises
    ------
    TeacherError
        Another form, an unknown name, or no such file.

    Examples
    --------
    >>> teacher_file("crow=crow.onnx")
    Traceback (most recent call last):
    semdnn.experiment.teaching.TeacherError: unknown teacher 'crow'; known: yamnet
    """
    if text is None:
        return None
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise TeacherError(f"'{text}' is not NAME=FILE, for example yamnet=yamnet_float.onnx")
    if name not in TEACHERS:
        raise TeacherError(f"unknown teacher {name!r}; known: {', '.join(TEACHERS)}")
    if not Path(path).is_file():
        raise TeacherError(f"{path}: no such file; give the weights of {name}")
    return TeacherFile(name, Path(path))


def require_teacher(row: str, settings: TrainingSettings, teacher: TeacherFile | None) -> None:
    """Raise `TeacherError` if the row's settings ask for a teacher and there is none."""
    if settings.distillation is not None and teacher is None:
        raise TeacherError(
            f"{row} learns from a teacher (training.distillation): give its weights, "
            f"for example --teacher {next(iter(TEACHERS))}=FILE"
        )


def teaching(
    settings: TrainingSettings, teacher: TeacherFile | None, dictionary: Dictionary
) -> Teaching | None:
    """Return the opened teacher if the settings ask for one, its classes as the dictionary means.

    Raises
    ------
    ComparisonError
        If its file cannot be used.
    """
    if settings.distillation is None or teacher is None:
        return None
    vectors = name_vectors(class_names(teacher.path), dictionary)
    return Teaching(TEACHERS[teacher.name](teacher.path), vectors)


def warm_start(settings: TrainingSettings) -> Checkpoint | None:
    """Return the network whose encoder training begins with, if the settings name one."""
    if not settings.warm_start:
        return None
    return next(iter(load_checkpoints([settings.warm_start]).values()))
