"""The set's folders in miniature, as far as its layout is known."""

import pytest

from semdnn.datasets import msos
from semdnn.datasets.labelled import LabelledSetError
from semdnn.datasets.table import Rejected, Sound

DEVELOPMENT = """Category,Event,File
Effects,Beep,1.wav
Nature,Dog,2.wav
Music,Acoustic guitar,3.wav
"""
EVALUATION = "Category,Event,File\nHuman,Crying baby,1.wav\nUrban,Siren,9.wav\n"
FILES = (
    "Development/Effects/1.wav",
    "Development/Nature/2.wav",
    "Development/Music/3.wav",
    "Evaluation/1.wav",
    "Evaluation/9.wav",
)


def write(folder, root=""):
    for name in FILES:
        path = folder / root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / root / "Logsheet_Development.csv").write_text(DEVELOPMENT)
    (folder / "Logsheet_EvaluationMaster.csv").write_text(EVALUATION)
    return folder


def facts(table):
    return [(s.name, s.category, s.description, s.split) for s in table.sounds]


EXPECTED = [
    ("Development/Effects/1.wav", "Effects", "beep", "development"),
    ("Development/Music/3.wav", "Music", "acoustic guitar", "development"),
    ("Development/Nature/2.wav", "Nature", "dog", "development"),
    ("Evaluation/1.wav", "Human", "crying baby", "evaluation"),
    ("Evaluation/9.wav", "Urban", "siren", "evaluation"),
]


def test_official_layout(tmp_path):
    table = msos.read(write(tmp_path))
    assert table.rejected == ()
    assert facts(table) == EXPECTED
    assert table.sounds[0] == Sound(
        name="Development/Effects/1.wav",
        path=tmp_path / "Development/Effects/1.wav",
        description="beep",
        category="Effects",
        source="msos",
        licence=msos.MSOS.licence,
        split="development",
    )


def test_within_the_archives_own_folder(tmp_path):
    table = msos.read(write(tmp_path, "MSoS_challenge_2018_Development_v1-00"))
    assert table.rejected == ()
    assert [row[1:] for row in facts(table)] == [row[1:] for row in EXPECTED]


def test_folders_alone_say_the_macro_class(tmp_path):
    write(tmp_path)
    (tmp_path / "Logsheet_Development.csv").unlink()
    (tmp_path / "Logsheet_EvaluationMaster.csv").unlink()
    table = msos.read(tmp_path)
    assert facts(table) == [
        ("Development/Effects/1.wav", "Effects", "effects", "development"),
        ("Development/Music/3.wav", "Music", "music", "development"),
        ("Development/Nature/2.wav", "Nature", "nature", "development"),
    ]
    reason = "not in a table, nor in a macro class's folder"
    assert table.rejected == (
        Rejected("Evaluation/1.wav", reason),
        Rejected("Evaluation/9.wav", reason),
    )


def test_rows_that_say_something_else_are_listed(tmp_path):
    write(tmp_path)
    rows = "Space,Rocket,4.wav\nUrban,Siren,gone.wav\nUrban,Siren,9.wav\nurban,Train,1.wav,x\n"
    (tmp_path / "Logsheet_EvaluationMaster.csv").write_text(EVALUATION + rows)
    name = "Logsheet_EvaluationMaster.csv"
    assert msos.read(tmp_path).rejected == (
        Rejected(
            "4.wav", f"{name}, row 4: 'Space' is none of Effects, Human, Music, Nature, Urban"
        ),
        Rejected("Evaluation/9.wav", f"{name}: has a second row"),
        Rejected(f"{name}, row 7", "4 cells, but the header has 3: quote the text"),
        Rejected("gone.wav", f"{name}, row 5: file not found"),
    )


def test_every_macro_class_is_its_own_group(tmp_path):
    groups = {msos.MSOS.macro_class(sound.category) for sound in msos.read(write(tmp_path)).sounds}
    assert groups == set(msos.MACRO_CLASSES)


def test_another_folder_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(LabelledSetError, match="no Making Sense of Sounds here"):
            msos.read(folder)
