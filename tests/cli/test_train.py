"""``semdnn train`` on what cannot be trained on."""

from semdnn.cli.main import main


def test_sounds_without_descriptions_are_told_the_remedy(sounds, tmp_path, capsys):
    assert main(["train", "library", "--library", str(sounds), "-o", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "usable sounds, at least" in error
    assert "add a metadata.csv that describes the sounds (docs/train_your_own.md)" in error
    assert error.splitlines()[-1].startswith("semdnn: ")
