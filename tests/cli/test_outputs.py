"""No command writes over what it reads."""

import os

import pytest
import soundfile

from semdnn.cli.main import main
from semdnn.cli.outputs import OverwriteError, model_files, spare_inputs


def refused(capsys, *arguments):
    """Run a command that must be refused in one line; return the line."""
    status = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert told.err.startswith("semdnn: ")
    assert told.err.count("\n") == 1
    return told.err


def test_an_input_by_any_name_is_an_input(tmp_path):
    sound = tmp_path / "notes"
    sound.write_text("x")
    (tmp_path / "link").symlink_to(sound)
    os.link(sound, tmp_path / "twin")
    for name in ("notes", "link", "twin", "inner/../notes"):
        (tmp_path / "inner").mkdir(exist_ok=True)
        with pytest.raises(OverwriteError, match="is one of the sounds: give another file with -o"):
            spare_inputs([tmp_path / name], [sound], what="sounds")
    with pytest.raises(OverwriteError, match="another folder with -o"):
        spare_inputs([tmp_path], [tmp_path / "inner/.."])


def test_what_may_be_written(tmp_path):
    (tmp_path / "old.csv").touch()
    sound = tmp_path / "x.ogg"
    sound.touch()
    missing = [tmp_path / "new.csv", tmp_path / "new.ogg", tmp_path / "x.ogg/below"]
    spare_inputs([tmp_path / "old.csv", *missing], [sound, tmp_path / "gone", tmp_path])
    device = os.devnull
    spare_inputs([type(tmp_path)(device)], [type(tmp_path)(device)])


def test_a_sound_that_is_no_input_is_spared_too(tmp_path):
    (tmp_path / "other.FLAC").touch()
    with pytest.raises(OverwriteError, match=r"there already and has a sound's name.*--db"):
        spare_inputs([tmp_path / "other.FLAC"], [], option="--db")


def test_a_shipped_network_is_not_read_from_a_folder_of_its_name():
    assert model_files("semdnn-small") == ()
    assert [str(path) for path in model_files("m")] == ["m", "m/model.safetensors"]


@pytest.mark.parametrize("more", [("--format", "csv"), ("--timeline",), ("--format", "audacity")])
def test_label_spares_the_sounds(sounds, tiny_checkpoint, capsys, more):
    sound = sounds / "click.wav"
    before = sound.read_bytes()
    given = sound if more[-1] == "audacity" else sounds
    output = sound if more[-1] != "audacity" else sounds / "click.txt"
    if more[-1] == "audacity":
        output.symlink_to(sound)
    error = refused(capsys, "label", given, "-o", output, "--model", tiny_checkpoint, *more)
    assert "click" in error
    assert "is one of the sounds: give another file with -o" in error
    assert sound.read_bytes() == before


def test_label_spares_a_sound_that_it_does_not_read(sounds, tiny_checkpoint, capsys):
    sound = sounds / "click.wav"
    before = sound.read_bytes()
    command = ("label", sounds / "inner", "-o", sound, "--model", tiny_checkpoint)
    assert "has a sound's name" in refused(capsys, *command)
    assert sound.read_bytes() == before


def test_label_spares_lists_words_and_networks(sounds, tiny_checkpoint, tmp_path, capsys):
    for name, text in (("list", f"{sounds / 'click.wav'}\n"), ("words", "dog\nrain\n")):
        (tmp_path / name).write_text(text)
    (tmp_path / "net").write_bytes(tiny_checkpoint.read_bytes())
    options = ("--list", tmp_path / "list", "--words", tmp_path / "words", "--model")
    for name in ("list", "words", "net"):
        before = (tmp_path / name).read_bytes()
        error = refused(capsys, "label", *options, tmp_path / "net", "-o", tmp_path / name)
        assert "is one of the files that are read" in error
        assert (tmp_path / name).read_bytes() == before


def test_label_tracks_spare_the_words(sounds, tiny_checkpoint, capsys):
    (sounds / "noise.txt").write_text("dog\nrain\n")
    error = refused(
        *(capsys, "label", sounds, "--format", "audacity", "-o", sounds),
        *("--words", sounds / "noise.txt", "--model", tiny_checkpoint),
    )
    assert "noise.txt is one of the files that are read" in error
    assert (sounds / "noise.txt").read_text() == "dog\nrain\n"


def test_label_replaces_its_own_output(sounds, tiny_checkpoint, capsys):
    command = ["label", str(sounds), "-o", str(sounds / "w.csv"), "--format", "csv"]
    command += ["--model", str(tiny_checkpoint)]
    assert [main(command), main(command)] == [0, 0]
    assert (sounds / "w.csv").read_text().startswith("path,")


def test_embed_spares_its_inputs(sounds, tiny_checkpoint, tmp_path, capsys):
    disguised = tmp_path / "k3.npz"
    disguised.write_bytes((sounds / "click.wav").read_bytes())
    command = ("embed", disguised, "-o", disguised, "--model", tiny_checkpoint)
    assert "k3.npz is one of the sounds" in refused(capsys, *command)
    network = tmp_path / "net.csv"
    network.write_bytes(tiny_checkpoint.read_bytes())
    command = ("embed", sounds, "-o", network, "--model", network)
    assert "net.csv is one of the files that are read" in refused(capsys, *command)
    assert soundfile.info(disguised).frames == 800


def test_index_spares_sounds_and_networks(sounds, tiny_checkpoint, tmp_path, capsys):
    command = ("index", sounds, "--model", tiny_checkpoint, "--db")
    assert "--db" in refused(capsys, *command, sounds / "click.wav")
    assert "one of the files that are read" in refused(capsys, *command, tiny_checkpoint)


def test_export_spares_the_network(tiny_checkpoint, tmp_path, capsys):
    network = tmp_path / "model.safetensors"
    network.write_bytes(tiny_checkpoint.read_bytes())
    for command in (
        ("export", network, "--to", "onnx", "-o", network),
        ("export", network, "--to", "huggingface", "-o", tmp_path),
        ("export", tmp_path, "--to", "huggingface", "-o", tmp_path),
    ):
        assert "is one of the files that are read" in refused(capsys, *command)
    assert network.read_bytes() == tiny_checkpoint.read_bytes()
    assert list(tmp_path.iterdir()) == [network]


def test_convert_weights_spares_its_sources(tmp_path, capsys):
    (tmp_path / "w.npy").write_bytes(b"weights")
    for source in (tmp_path, tmp_path / "w.npy"):
        refused(capsys, "convert-weights", "vggish", source, "-o", tmp_path / "w.npy")
    assert (tmp_path / "w.npy").read_bytes() == b"weights"


def test_folders_for_results_are_not_what_is_read(tmp_path, capsys):
    own = tmp_path / "own"
    own.mkdir()
    named = f"own={own}"
    for command in (
        ("evaluate", "semdnn-small", "--on", named, "-o", own),
        ("reproduce", "quick", "--external", named, "-o", own),
        ("reproduce", "quick", "--library", own, "-o", own),
        ("train", "library", "--library", own, "-o", own),
        ("rsa", own, "--models", "log-mel", "-o", own),
    ):
        assert "give another folder with -o" in refused(capsys, *command)
    assert not list(own.iterdir())


def test_tables_that_are_read_are_not_written(tmp_path, capsys):
    for name in ("classes.csv", "results.csv", "results.json", "audio.d"):
        (tmp_path / name).write_text("name\n")
    (tmp_path / "set").mkdir()
    command = ("evaluate", "semdnn-small", "--on", f"own={tmp_path / 'set'}", "--library")
    assert "classes.csv is" in refused(capsys, *command, tmp_path / "classes.csv", "-o", tmp_path)
    for more in (
        (tmp_path / "results.csv", "--models", "log-mel"),
        (tmp_path / "audio.d", "--models", f"own=activations:{tmp_path / 'results.json'}"),
        (tmp_path / "audio.d", "--models", "log-mel", "--stimuli", tmp_path / "results.csv"),
    ):
        assert "is one of the files that are read" in refused(capsys, "rsa", *more, "-o", tmp_path)
