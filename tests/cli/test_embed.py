"""``semdnn embed`` on good files, bad files and folders."""

import numpy as np
import pytest

from semdnn.cli.main import main


def embed(capsys, *arguments):
    status = main(["embed", *map(str, arguments)])
    return status, capsys.readouterr().err


def test_a_folder_becomes_a_file(sounds, tiny_checkpoint, capsys, tmp_path):
    path = tmp_path / "e.npz"
    status, err = embed(
        capsys, sounds, "--model", tiny_checkpoint, "-o", path, "--layer", "all", "--names", "stem"
    )
    assert (status, err) == (0, "")
    with np.load(path, allow_pickle=False) as found:
        assert list(found["names"]) == ["click", "tone", "noise"]
        assert found["output"].shape == (3, 300)
        assert list(found["layers"]) == ["pool1", "pool2", "pool3", "pool4", "gap", "fc1", "output"]


def test_bad_files_are_listed_and_good_ones_written(sounds, tiny_checkpoint, capsys, tmp_path):
    (sounds / "text.wav").write_text("not a sound\n")
    status, err = embed(capsys, sounds, "--model", tiny_checkpoint, "-o", tmp_path / "e.npz")
    assert status == 1
    assert "1 of 4 files could not be embedded:" in err
    assert "text.wav" in err
    with np.load(tmp_path / "e.npz", allow_pickle=False) as found:
        assert len(found["names"]) == 3


def test_where_no_sound_is_good_nothing_is_written(tiny_checkpoint, capsys, tmp_path):
    target = tmp_path / "e.csv"
    status, err = embed(capsys, tmp_path / "none.wav", "--model", tiny_checkpoint, "-o", target)
    assert (status, target.exists()) == (1, False)
    assert "nothing was written" in err


@pytest.mark.parametrize(
    "case",
    [
        ("e.txt", "--per", "sound", "suffix"),
        ("e.npz", "--layer", "fc9", "no such layer; this network has pool1"),
        ("e.npz", "--hop", "0.015", "multiple of 0.01"),
    ],
)
def test_wrong_usage_is_told_in_one_line(sounds, tiny_checkpoint, capsys, tmp_path, case):
    name, option, value, told = case
    target = tmp_path / name
    status, err = embed(capsys, sounds, "--model", tiny_checkpoint, "-o", target, option, value)
    assert status == 2
    assert told in err
    assert err.count("\n") == 1


def test_equal_stems_are_refused(sounds, tiny_checkpoint, capsys, tmp_path):
    (sounds / "inner" / "noise.wav").write_bytes((sounds / "noise.WAV").read_bytes())
    status, err = embed(capsys, sounds, "--names", "stem", "-o", tmp_path / "e.npz")
    assert status == 2
    assert "called noise" in err
