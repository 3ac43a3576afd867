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


def as_listed(catalogue, folder):
    root = folder.resolve()
    return [
        [(f.path.name, f.likeness, f.link_to and str(f.link_to.relative_to(root))) for f in group]
        for group in catalogue.duplicates()
    ]


def test_links_are_told_from_copies(library, catalogue, tmp_path):
    rain, copy = library / "rain.ogg", library / "rain copy.ogg"
    shutil.copy(rain, copy)
    (library / "a symbolic.ogg").symlink_to("rain.ogg")
    (library / "hard.ogg").hardlink_to(copy)
    catalogue.update([library])
    (group,) = as_listed(catalogue, library)
    assert group == [
        ("hard.ogg", "first", None),
        ("rain copy.ogg", "link", "hard.ogg"),
        ("rain.ogg", "same bytes", None),
        ("a symbolic.ogg", "link", "rain.ogg"),
    ]
    copy.unlink()  # after the catalogue was made
    names = {file[0]: file[1:] for file in as_listed(catalogue, library)[0]}
    assert names["rain copy.ogg"] == ("same bytes", None)


def test_a_link_to_elsewhere_says_where(library, catalogue, tmp_path):
    root = tmp_path.resolve()
    (tmp_path / "real.ogg").write_bytes((library / "rain.ogg").read_bytes())
    for name in ("a.ogg", "b.ogg"):
        (library / name).symlink_to(tmp_path / "real.ogg")
    catalogue.update([library])
    (group,) = catalogue.duplicates()
    assert [(f.path.name, f.likeness) for f in group] == [
        ("rain.ogg", "first"),
        ("a.ogg", "same bytes"),
        ("b.ogg", "link"),
    ]
    assert [f.link_to for f in group] == [None, root / "real.ogg", root / "real.ogg"]


def test_a_library_without_any(library, catalogue):
    catalogue.update([library])
    names = [{file.path.name for file in group} for group in catalogue.duplicates()]
    assert not any({"rain.ogg", "DogBark_01.wav"} <= group for group in names)
