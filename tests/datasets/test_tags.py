import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import COMM, ID3, TCON, TIT2, TXXX
from mutagen.wave import WAVE

from semdnn.datasets.tags import read_tags

FORMATS = {"x.flac": ("FLAC", None), "x.ogg": ("OGG", "VORBIS"), "x.opus": ("OGG", "OPUS")}


def write(path, form, subtype=None):
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    soundfile.write(path, noise, 16_000, format=form, subtype=subtype)
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_vorbis_comments(tmp_path, name):
    path = write(tmp_path / name, *FORMATS[name])
    content = mutagen.File(path)
    content["title"] = "Door slam"
    content["description"] = ["heavy oak", "door slam"]
    content["artist"] = "nobody"
    content["genre"] = "foley"
    content.save()
    assert read_tags(path) == "Door slam; heavy oak; foley"


def test_a_genre_alone_is_no_description(tmp_path):
    path = write(tmp_path / "x.flac", "FLAC")
    content = mutagen.File(path)
    content["genre"] = "Blues"
    content.save()
    assert read_tags(path) == ""


def add_id3(tags):
    tags.add(TIT2(text="Dog barks"))
    tags.add(COMM(lang="eng", desc="", text=["in a yard", "Processed by SoX"]))
    tags.add(COMM(lang="eng", desc="iTunNORM", text="0000ABCD 0000ABCD loud"))
    tags.add(TXXX(desc="Description", text="angry terrier"))
    tags.add(TXXX(desc="replaygain", text="much"))
    tags.add(TCON(text="Animals"))


EXPECTED = "Dog barks; in a yard; angry terrier; Animals"


def test_id3_of_mp3(tmp_path):
    path = write(tmp_path / "x.MP3", "MP3")
    tags = ID3()
    add_id3(tags)
    tags.save(path)
    assert read_tags(path) == EXPECTED


def test_id3_of_wav(tmp_path):
    path = write(tmp_path / "x.wav", "WAV")
    content = WAVE(path)
    content.add_tags()
    add_id3(content.tags)
    content.save()
    assert read_tags(path) == EXPECTED


def test_id3_of_aiff(tmp_path):
    path = write(tmp_path / "x.aiff", "AIFF")
    content = mutagen.File(path)
    content.add_tags()
    add_id3(content.tags)
    content.save()
    assert read_tags(path) == EXPECTED


def test_riff_info_as_libsndfile_writes_it(tmp_path):
    path = tmp_path / "x.wav"
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
        file.title, file.comment = "Frog", "pond at night"
        file.write(np.zeros(100))
    assert read_tags(path) == "Frog; pond at night"


def test_mp4_tags(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "x.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata["title"] = "Rain"
        container.metadata["comment"] = "on a tent"
        stream = container.add_stream("aac", rate=16_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert read_tags(path) == "Rain; on a tent"


def test_titles_without_words_are_left_out(tmp_path):
    path = write(tmp_path / "x.flac", "FLAC")
    content = mutagen.File(path)
    content["title"] = "Track 01"
    content["comment"] = "https://example.org/12"
    content.save()
    assert read_tags(path) == ""


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aif", ".wma", ".wv"])
@pytest.mark.parametrize("content", [b"", b"text", b"ID3\4\0\0\x7f\x7f\x7f\x7f", b"\0" * 5000])
def test_files_that_are_no_sound_have_no_tags(tmp_path, suffix, content):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    assert read_tags(path) == ""


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_survived(tmp_path, name):
    path = write(tmp_path / name, *FORMATS[name])
    content = mutagen.File(path)
    content["title"] = "Door slam"
    content.save()
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(40):
        damaged = bytearray(whole[: rng.integers(len(whole))])
        for position in rng.integers(len(damaged) + 1, size=20):
            if position < min(len(damaged), 400):
                damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        assert isinstance(read_tags(path), str)


def test_a_missing_file_has_no_tags(tmp_path):
    for suffix in (".wav", ".mp3", ".ogg"):
        assert read_tags(tmp_path / f"absent{suffix}") == ""
