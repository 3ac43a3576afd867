import numpy as np
import pytest
import soundfile

from semdnn.comparison.interface import ComparisonError, Stimulus
from semdnn.comparison.stimuli import described, hear, stacked, stimuli_of
from semdnn.evaluation.behaviour import read_behaviour
from semdnn.evaluation.behaviour_data import Behaviour

NAMES = ("dog_bark", "bell", "3")


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour("mine", NAMES, np.ones((2, 3)), (3,))


@pytest.fixture
def audio(tmp_path):
    folder = tmp_path / "audio"
    folder.mkdir()
    for name in ("dog_bark.wav", "bell.FLAC", "3.ogg", "practice.wav", ".hidden.wav"):
        soundfile.write(folder / name, np.ones(400) / 2, 16_000, format="WAV")
    (folder / "bell.txt").write_text("about the bell")
    return folder


def test_names_find_recordings_by_stem_and_descriptions_by_name(behaviour, audio):
    found = stimuli_of(behaviour, audio)
    assert [s.name for s in found] == list(NAMES)
    assert [s.path.name for s in found] == ["dog_bark.wav", "bell.FLAC", "3.ogg"]
    assert [s.description for s in found] == ["dog bark", "bell", "3"]


def test_names_with_an_ending_find_that_file(audio):
    (audio / "bell.wav").write_bytes((audio / "3.ogg").read_bytes())
    listeners = Behaviour("x", ("bell.FLAC", "dog_bark", "3"), np.ones((2, 3)), (3,))
    assert stimuli_of(listeners, audio)[0].path.name == "bell.FLAC"
    assert stimuli_of(listeners, audio)[0].description == "bell"


def test_without_a_folder_the_recordings_are_those_that_the_data_know(behaviour, audio):
    assert [s.path for s in stimuli_of(behaviour)] == [None] * 3
    known = Behaviour("x", ("a", "b"), np.ones((1, 1)), (2,), audio=(audio / "1", audio / "2"))
    assert [s.path for s in stimuli_of(known)] == [audio / "1", audio / "2"]


def test_missing_recordings_are_counted_and_named(audio):
    names = ("bell", *(f"absent{i}" for i in range(7)))
    listeners = Behaviour("x", names, np.ones((1, 28)), (8,))
    with pytest.raises(ComparisonError, match=r"7 of 8 stimuli .*'absent0', .* and 2 more; name"):
        stimuli_of(listeners, audio)
    with pytest.raises(ComparisonError, match="no such folder"):
        stimuli_of(listeners, audio / "deeper")


def test_two_recordings_of_one_name_are_refused(behaviour, audio):
    (audio / "bell.wav").write_bytes(b"")
    with pytest.raises(ComparisonError, match=r"'bell' could be bell\.FLAC, bell\.wav: keep one"):
        stimuli_of(behaviour, audio)


def test_descriptions_come_from_a_table(behaviour, tmp_path):
    table = tmp_path / "words.csv"
    table.write_text("Name;Description\nbell;a church bell\n3;rain\ndog_bark;a dog\nother;x\n")
    assert [s.description for s in stimuli_of(behaviour, None, table)] == [
        "a dog",
        "a church bell",
        "rain",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,description\nbell,x\ndog_bark,\n", "2 of 3 stimuli have no description: 'dog_bark'"),
        ("name,description\nbell,x\nbell,y\n", "row 3: a second description of 'bell'"),
        ("name,colour\nbell,x\n", r"none of its columns \(name, colour\) is called 'description'"),
        ("name,description\nbell,x,y\n", "row 2: 3 cells"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(behaviour, tmp_path, content, message):
    table = tmp_path / "words.csv"
    table.write_text(content)
    with pytest.raises(ComparisonError, match=message):
        stimuli_of(behaviour, None, table)


def test_a_name_is_read_as_words():
    assert described("a__b_.c ") == "a b .c"


def test_rows_are_flattened_in_order_and_checked():
    two = [Stimulus("a", None, "a"), Stimulus("b", None, "b")]
    rows = [{"maps": np.arange(4).reshape(2, 2), "fc": [1.0]}, {"maps": np.ones((2, 2)), "fc": [2]}]
    found = stacked(two, rows)
    assert list(found) == ["maps", "fc"]
    np.testing.assert_array_equal(found["maps"], [[0, 1, 2, 3], [1, 1, 1, 1]])
    with pytest.raises(ComparisonError, match="'b': layer fc holds NaN"):
        stacked(two, [{"fc": [1.0]}, {"fc": [np.nan]}])
    with pytest.raises(ComparisonError, match="'b': layer fc has 2 units, 1 of other stimuli"):
        stacked(two, [{"fc": [1.0]}, {"fc": [1.0, 2.0]}])
    with pytest.raises(ComparisonError, match="'b' has layers gap, others have fc"):
        stacked(two, [{"fc": [1.0]}, {"gap": [1.0]}])


def test_a_recording_that_cannot_be_heard_names_its_stimulus(tmp_path):
    from semdnn.audio.waveform import read

    with pytest.raises(ComparisonError, match=r"stimulus 'dog': .*gone\.wav"):
        hear([Stimulus("dog", tmp_path / "gone.wav", "dog")], lambda path: {"samples": read(path)})


@pytest.mark.parametrize("name", ["timbre_Lakatos2000_Harm", "morse_rothkopf1957"])
def test_real_sets_have_a_recording_a_stimulus(shared, name):
    behaviour = read_behaviour(shared / "behaviour" / name)
    found = stimuli_of(behaviour)
    assert found == stimuli_of(behaviour, shared / "behaviour" / name / "audio")
    assert all(s.path.stem == s.name for s in found)
