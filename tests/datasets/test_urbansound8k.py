import numpy as np
import pytest
import soundfile

from semdnn.datasets import urbansound8k
from semdnn.datasets.labelled import LabelledSetError
from semdnn.datasets.table import Sound

TABLE = """slice_file_name,fsID,start,end,salience,fold,classID,class
100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark
100263-2-0-117.wav,100263,58.5,62.5,1,5,2,children_playing
100648-1-0-0.wav,100648,4.823402,5.471927,2,10,1,car_horn
"""


@pytest.fixture
def miniature(tmp_path):
    """UrbanSound8K's folders with three of its slices, cut to a hundredth of a second."""
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "UrbanSound8K.csv").write_text(TABLE)
    for name in ("fold5/100032-3-0-0", "fold5/100263-2-0-117", "fold10/100648-1-0-0"):
        path = tmp_path / "audio" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros((441, 2)), 44_100)
    (tmp_path / "audio" / "fold5" / ".DS_Store").touch()
    return tmp_path


def test_official_layout(miniature):
    table = urbansound8k.read(miniature)
    assert table.rejected == ()
    assert table.sounds[1] == Sound(
        name="audio/fold5/100032-3-0-0.wav",
        path=miniature / "audio/fold5/100032-3-0-0.wav",
        description="dog bark",
        category="dog_bark",
        source="urbansound8k",
        licence="CC BY-NC 3.0",
        recording="freesound:100032",
        split="fold5",
    )
    assert [sound.split for sound in table.sounds] == ["fold10", "fold5", "fold5"]


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(LabelledSetError, match="no UrbanSound8K here"):
        urbansound8k.read(tmp_path)


def test_copy_with_a_manifest(shared):
    table = urbansound8k.read(shared / "external" / "urbansound8k")
    assert (len(table), len(table.rejected)) == (1757, 0)
    assert len({sound.category for sound in table.sounds}) == 10
