import unicodedata

import pytest

from semdnn.datasets.lookup import FileLookup

NAMES = ["a/dog.wav", "a/cat.wav", "b/cat.wav", "b/Tür.wav", "c/one.wav", "c/one.flac"]


@pytest.fixture
def lookup(tmp_path):
    for name in [*NAMES, "notes.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    return FileLookup(tmp_path, {name: tmp_path / name for name in NAMES})


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a/dog.wav", "a/dog.wav"),
        ("a\\dog.wav", "a/dog.wav"),
        ("./a/../a/dog.wav", "a/dog.wav"),
        ("A/DOG.WAV", "a/dog.wav"),
        ("dog.wav", "a/dog.wav"),
        ("dog", "a/dog.wav"),
        ("a/dog", "a/dog.wav"),
        (unicodedata.normalize("NFD", "b/Tür.wav"), "b/Tür.wav"),
        ("link/cat.wav", "link/cat.wav"),
        ("c/one.wav", "c/one.wav"),
    ],
)
def test_a_row_finds_its_file(lookup, written, name):
    assert lookup.find(written) == (name, "")


def test_an_absolute_path_within_the_library_is_fine(lookup, tmp_path):
    assert lookup.find(str(tmp_path / "a/dog.wav")) == ("a/dog.wav", "")


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "no path"),
        ("../dog.wav", "the path leads out of the library"),
        ("a/../../x.wav", "the path leads out of the library"),
        ("/etc/passwd", "the path leads out of the library"),
        ("C:\\sounds\\horse.wav", "file not found"),
        ("horse.wav", "file not found"),
        ("notes.txt", "not an audio file by its ending"),
        ("cat.wav", "2 files fit: write the path"),
        ("elsewhere/dog.wav", "file not found"),
        ("c/one", "2 files fit: write the path"),
        ("one", "2 files fit: write the path"),
        ("x\0.wav", "file not found"),
        ("x" * 5000 + ".wav", "file not found"),
    ],
)
def test_why_a_row_finds_none(lookup, written, fault):
    assert lookup.find(written) == ("", fault)
