"""Words into keywords: the sound, all other tags and the original stay as they were."""

import hashlib
import struct

import numpy as np
import pytest
import soundfile
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, TDRC, TIT2, TXXX, TYER
from mutagen.mp4 import MP4
from mutagen.oggvorbis import OggVorbis

from semdnn.catalogue.label_riff import RiffWriteError, write_keywords
from semdnn.catalogue.label_tags import TagError, tag_copy, tag_in_place
from semdnn.datasets.riff import read_riff_text
from semdnn.datasets.tags import read_tags

FORMATS = ("wav", "flac", "ogg", "opus", "mp3", "aiff", "m4a")


def write_sound(path):
    samples = 0.3 * np.sin(np.arange(24_000)[:, None] * [0.05, 0.08])
    if path.suffix == ".m4a":
        write_m4a(path, samples)
    elif path.suffix == ".opus":
        soundfile.write(path, samples, 48_000, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, samples, 44_100)
    return path


def write_m4a(path, samples):
    av = pytest.importorskip("av")
    with av.open(str(path), "w", format="mp4") as container:
        track = container.add_stream("aac", rate=44_100, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T, np.float32), "fltp", layout="stereo"
        )
        frame.sample_rate = 44_100
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)


def decoded(path):
    if path.suffix == ".m4a":
        import av

        with av.open(str(path)) as container:
            return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    return soundfile.read(path)[0]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_copy_has_the_words_and_the_same_sound(tmp_path, suffix):
    source = write_sound(tmp_path / f"a.{suffix}")
    before = source.read_bytes()
    copy = tmp_path / "copies" / f"a.{suffix}"
    tag_copy(source, copy, ["dog", "fire truck"])
    assert source.read_bytes() == before
    np.testing.assert_array_equal(decoded(copy), decoded(source))
    assert "dog" in read_keywords(copy)
    assert "fire truck" in read_keywords(copy)


def read_keywords(path):
    if path.suffix == ".mp3":
        return str(ID3(path)["TXXX:Keywords"].text)
    if path.suffix == ".aiff":
        return str(AIFF(path).tags["TXXX:Keywords"].text)
    return read_tags(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_in_place_twice_is_the_same_as_once(tmp_path, suffix):
    path = write_sound(tmp_path / f"a.{suffix}")
    path.chmod(0o640)
    samples = decoded(path)
    tag_in_place(path, ["dog"])
    once = path.read_bytes()
    tag_in_place(path, ["Dog"])
    assert path.read_bytes() == once
    assert path.stat().st_mode & 0o777 == 0o640
    np.testing.assert_array_equal(decoded(path), samples)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_link_stays_a_link(tmp_path):
    path = write_sound(tmp_path / "a.flac")
    (tmp_path / "link.flac").symlink_to(path)
    tag_in_place(tmp_path / "link.flac", ["dog"])
    assert (tmp_path / "link.flac").is_symlink()
    assert FLAC(path)["keywords"] == ["dog"]


def test_comments_of_flac_and_ogg_stay(tmp_path):
    for name, kind in (("a.flac", FLAC), ("a.ogg", OggVorbis)):
        path = write_sound(tmp_path / name)
        tags = kind(path)
        tags["TITLE"], tags["KEYWORDS"], tags["X"] = ["Tür"], ["own", "rain, dog"], ["1", "2"]
        tags.save()
        before = dict(kind(path).tags)
        tag_in_place(path, ["dog", "bark"])
        after = dict(kind(path).tags)
        assert after.pop("keywords") == ["own", "rain, dog", "bark"]
        assert after == {key: value for key, value in before.items() if key != "keywords"}


@pytest.mark.parametrize("version", [3, 4])
def test_frames_and_version_of_id3_stay(tmp_path, version):
    path = write_sound(tmp_path / "a.mp3")
    tags = ID3()
    tags.add(TIT2(encoding=1, text="Tür"))
    tags.add(COMM(encoding=1, lang="deu", desc="", text="ein Wort"))
    tags.add(TXXX(encoding=1, desc="KEYWORDS", text="own"))
    tags.add(TYER(encoding=0, text="1999") if version == 3 else TDRC(encoding=0, text="1999"))
    tags.save(path, v2_version=version)
    with path.open("ab") as file:
        file.write(b"TAG" + b"old title".ljust(125, b"\0"))
    before = {
        frame.HashKey: str(frame) for frame in ID3(path, translate=False, load_v1=False).values()
    }
    tag_in_place(path, ["dog"])
    after = ID3(path, translate=False, load_v1=False)
    assert after.version[:2] == (2, version)
    shown = {frame.HashKey: str(frame) for frame in after.values()}
    assert shown.pop("TXXX:KEYWORDS") == "own; dog"
    assert shown == {key: text for key, text in before.items() if key != "TXXX:KEYWORDS"}
    assert path.read_bytes().endswith(b"TAG" + b"old title".ljust(125, b"\0"))


def test_mp4_keywords_join_what_is_there(tmp_path):
    path = write_sound(tmp_path / "a.m4a")
    tags = MP4(path)
    tags["\xa9nam"], tags["keyw"] = ["Title"], ["own"]
    tags.save()
    tag_in_place(path, ["dog"])
    assert MP4(path)["keyw"] == ["own; dog"]
    assert MP4(path)["\xa9nam"] == ["Title"]


def chunk(ident, content):
    return struct.pack("<4sI", ident, len(content)) + content + b"\0" * (len(content) % 2)


def wav(*chunks, kind=b"WAVE"):
    body = kind + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 16_000, 16_000, 1, 8))
DATA = chunk(b"data", bytes(range(101)))
BEXT = chunk(b"bext", b"own text".ljust(602, b"\0"))


def info(*texts):
    return chunk(b"LIST", b"INFO" + b"".join(chunk(ident, text) for ident, text in texts))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            wav(FMT, BEXT, DATA, chunk(b"odd ", b"xyz")),
            wav(FMT, BEXT, DATA, chunk(b"odd ", b"xyz"), info((b"IKEY", b"dog\0"))),
        ),
        (
            wav(FMT, info((b"INAM", b"T\xfcr\0"), (b"IKEY", b"own\0"), (b"ICMT", b"c\0")), DATA),
            wav(
                FMT,
                info((b"INAM", b"T\xfcr\0"), (b"IKEY", b"own; dog\0"), (b"ICMT", b"c\0")),
                DATA,
            ),
        ),
        (
            wav(FMT, chunk(b"LIST", b"adtl"), DATA),
            wav(FMT, chunk(b"LIST", b"adtl"), DATA, info((b"IKEY", b"dog\0"))),
        ),
        (
            wav(FMT, info((b"IKEY", b"own; Dog\0")), DATA),
            wav(FMT, info((b"IKEY", b"own; Dog\0")), DATA),
        ),
        (wav(FMT, DATA) + b"tail", wav(FMT, DATA, info((b"IKEY", b"dog\0"))) + b"tail"),
        (wav(FMT, DATA)[:-1], wav(FMT, DATA, info((b"IKEY", b"dog\0")))),
    ],
    ids=["added", "in its place", "another list", "nothing new", "trailing bytes", "no padding"],
)
def test_no_byte_of_a_wav_changes_but_the_keywords(tmp_path, before, after):
    (tmp_path / "a.wav").write_bytes(before)
    tag_in_place(tmp_path / "a.wav", ["dog"])
    assert (tmp_path / "a.wav").read_bytes() == after
    assert any("dog" in text.lower() for text in read_riff_text(tmp_path / "a.wav").texts)


@pytest.mark.parametrize(
    "content",
    [
        wav(FMT, DATA)[:60],
        wav(FMT),
        wav(FMT, DATA, kind=b"AVI "),
        b"RIFF",
        b"RIFF" + b"\0" * 4 + wav(FMT, DATA)[8:],
        wav(FMT, b"data\xff\xff\xff\xff" + bytes(50)),
    ],
    ids=["cut short", "no data", "no sound", "header only", "size of 0", "size unknown"],
)
def test_chunks_that_do_not_add_up_are_refused(tmp_path, content):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(RiffWriteError, match="do not add up"):
        write_keywords(path, tmp_path / "b.wav", lambda _: "dog")


def test_formats_without_keywords_are_refused_and_leave_nothing(tmp_path):
    for name in ("a.caf", "a.w64", "a.au", "a.rf64"):
        path = tmp_path / name
        soundfile.write(path, np.zeros(100) + 0.1, 16_000, format=name[2:].upper())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(TagError, match="convert it"):
            tag_in_place(path, ["dog"])
        with pytest.raises(TagError, match=path.suffix):
            tag_copy(path, tmp_path / "copies" / name, ["dog"])
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_copy_never_overwrites_another_file(tmp_path):
    source = write_sound(tmp_path / "a.wav")
    target = tmp_path / "copy.wav"
    tag_copy(source, target, ["dog"])
    tag_copy(source, target, ["dog"])
    with pytest.raises(TagError, match="another file is there"):
        tag_copy(source, target, ["cat"])
    with pytest.raises(TagError, match="another file is there"):
        tag_copy(source, source, ["cat"])
    assert read_tags(target) == "dog"
    assert read_tags(source) == ""


def test_a_file_whose_sound_would_change_is_left(tmp_path, monkeypatch):
    path = write_sound(tmp_path / "a.wav")
    before = path.read_bytes()
    monkeypatch.setattr(
        "semdnn.catalogue.label_tags.write_keywords",
        lambda _, made, __: soundfile.write(made, np.zeros(9), 44_100),
    )
    with pytest.raises(TagError, match="would change its sound"):
        tag_in_place(path, ["dog"])
    assert path.read_bytes() == before
