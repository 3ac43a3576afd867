"""``semdnn index`` as a user runs it."""

from semdnn.cli.main import main


def test_reports_what_it_did_and_what_failed(sounds, tmp_path, tiny_checkpoint, capsys):
    database = tmp_path / "x.db"
    arguments = ["index", str(sounds), "--db", str(database), "--workers", "1"]
    assert main([*arguments, "--model", str(tiny_checkpoint)]) == 0
    assert (
        "added 3, changed 0, moved 0, removed 0, unchanged 0, failed 0" in capsys.readouterr().out
    )
    (sounds / "bad.wav").write_bytes(b"no sound")
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert "unchanged 3, failed 1" in told.out
    assert "bad.wav" in told.err


def test_several_libraries_need_a_place(sounds, capsys):
    assert main(["index", str(sounds), str(sounds / "inner")]) == 2
    assert "--db FILE" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_line(sounds, tiny_checkpoint, capsys):
    (sounds / ".semdnn").touch()
    assert main(["index", str(sounds), "--model", str(tiny_checkpoint)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--db FILE" in told
