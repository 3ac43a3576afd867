import numpy as np
import pytest
import soundfile

from semdnn.datasets import esc50
from semdnn.datasets.class_names import class_description
from semdnn.datasets.labelled import LabelledSetError
from semdnn.datasets.table import Rejected, Sound

HEADER = "filename,fold,target,category,esc10,src_file,take\n"


@pytest.fixture
def miniature(tmp_path):
    """ESC-50's folders with three of its clips, cut to a hundredth of a second."""
    (tmp_path / "audio").mkdir()
    (tmp_path / "meta").mkdir()
    rows = [
        "1-100032-A-0.wav,1,0,dog,True,100032,A\n",
        "5-103415-A-2.wav,5,2,pig,False,103415,A\n",
        "3-68630-A-40.wav,3,34,can_opening,False,68630,A\n",
    ]
    (tmp_path / "meta" / "esc50.csv").write_text(HEADER + "".join(rows))
    (tmp_path / "README.md").touch()
    for row in rows[:2]:
        path = tmp_path / "audio" / row.split(",")[0]
        soundfile.write(path, np.zeros(441), 44_100)
    return tmp_path


def test_official_layout(miniature):
    table = esc50.read(miniature)
    assert table.sounds[0] == Sound(
        name="audio/1-100032-A-0.wav",
        path=miniature / "audio/1-100032-A-0.wav",
        description="dog",
        category="dog",
        source="esc50",
        licence="CC BY-NC 3.0",
        recording="freesound:100032",
        split="fold1",
    )
    assert table.sounds[1].split == "fold5"
    assert table.rejected == (Rejected("3-68630-A-40.wav", "row 4: file not found"),)


def test_another_folder_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(LabelledSetError, match=r"no ESC-50 here: neither meta/esc50\.csv"):
            esc50.read(folder)


def test_a_row_without_class_is_listed(miniature):
    row = "1-100032-A-0.wav,1,0,,True,100032,A\n"
    (miniature / "meta" / "esc50.csv").write_text(HEADER + row)
    table = esc50.read(miniature)
    assert len(table) == 0
    assert "no description" in dict(table.rejected)["audio/1-100032-A-0.wav"]


def test_five_major_groups_of_ten():
    groups = list(esc50.MACRO_CLASSES.values())
    assert len(set(groups)) == 5
    assert {groups.count(name) for name in groups} == {10}
    assert esc50.ESC50.macro_class("dog") == "animals"
    assert esc50.ESC50.macro_class("hand_saw") == "exterior/urban"
    with pytest.raises(LabelledSetError, match="ESC-50: no macro class of 'wolf'"):
        esc50.ESC50.macro_class("wolf")


def test_groups_follow_the_class_numbers(shared):
    """The set numbers its classes group by group."""
    numbers: dict[str, set[int]] = {}
    for sound in esc50.read(shared / "external" / "esc50").sounds:
        group = esc50.ESC50.macro_class(sound.category)
        numbers.setdefault(group, set()).add(int(sound.path.stem.split("-")[3]) // 10)
    assert list(map(len, numbers.values())) == [1] * 5
    assert sorted(n for own in numbers.values() for n in own) == [0, 1, 2, 3, 4]


def test_copy_with_a_manifest(shared):
    table = esc50.read(shared / "external" / "esc50")
    assert len(table) == esc50.ESC50.n_sounds
    assert table.rejected == ()
    classes = [sound.category for sound in table.sounds]
    assert {classes.count(name) for name in classes} == {40}
    assert len(set(classes)) == esc50.ESC50.n_classes
    assert {sound.split for sound in table.sounds} == {f"fold{i}" for i in range(1, 6)}
    assert len({class_description("esc50", name) for name in classes}) == 50
