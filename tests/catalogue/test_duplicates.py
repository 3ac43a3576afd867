"""What is there more than once: the same bytes, the same samples, nearly the same."""

import shutil

import numpy as np
import soundfile


def test_three_degrees_of_likeness(library, catalogue):
    source = library / "dogs/DogBark_01.wav"
    samples, rate = soundfile.read(source)
    shutil.copy(source, library / "x same bytes.wav")
    soundfile.write(library / "x same samples.flac", samples, rate)
    soundfile.write(library / "x near.wav", 0.2 * samples, rate)
    longer = np.concatenate([samples, np.tile(samples[-800:], 60)])
    soundfile.write(library / "x much longer.wav", longer, rate)
    catalogue.update([library])
    groups = catalogue.duplicates()
    (group,) = [g for g in groups if g[0].path.name == "DogBark_01.wav"]
    assert {file.path.name: file.likeness for file in group} == {
        "DogBark_01.wav": "first",
        "x same bytes.wav": "same bytes",
        "x same samples.flac": "same samples",
        "x near.wav": "near",
    }


def test_a_library_without_any(library, catalogue):
    catalogue.update([library])
    names = [{file.path.name for file in group} for group in catalogue.duplicates()]
    assert not any({"rain.ogg", "DogBark_01.wav"} <= group for group in names)
