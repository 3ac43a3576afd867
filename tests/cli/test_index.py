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


def test_a_library_given_twice_needs_no_place(sounds, tiny_checkpoint, capsys):
    folder = str(sounds)
    assert main(["index", folder, f"{folder}/", "--model", str(tiny_checkpoint)]) == 0
    assert "added 3" in capsys.readouterr().out
    assert (sounds / ".semdnn/catalogue.db").is_file()


def test_an_empty_folder_gets_no_catalogue(tmp_path, tiny_checkpoint, capsys):
    folder = tmp_path / "none"
    folder.mkdir()
    assert main(["index", str(folder), "--model", str(tiny_checkpoint)]) == 2
    assert "Nothing was changed" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
    assert main(["search", "dog", "--db", str(folder)]) == 2
    assert "no catalogue here" in capsys.readouterr().err


def test_rows_of_a_table_that_are_left_out_are_told(sounds, tiny_checkpoint, capsys):
    (sounds / "metadata.csv").write_text("filename,description\nclick.wav,a,b\ngone.ogg,c\n")
    assert main(["index", str(sounds), "--model", str(tiny_checkpoint)]) == 0
    told = capsys.readouterr()
    assert told.err == (
        "metadata.csv: 2 rows left out: row 2: 3 cells, but the header has 2: quote the text; "
        "row 3 ('gone.ogg'): file not found\n"
    )
    assert "added 3" in told.out


def test_several_libraries_need_a_place(sounds, capsys):
    assert main(["index", str(sounds), str(sounds / "inner")]) == 2
    assert "--db FILE" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_line(sounds, tiny_checkpoint, capsys):
    (sounds / ".semdnn").touch()
    assert main(["index", str(sounds), "--model", str(tiny_checkpoint)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--db FILE" in told
