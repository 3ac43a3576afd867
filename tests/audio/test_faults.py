"""One clear error a kind of trouble, and none without."""

from pathlib import Path

import numpy as np
import pytest

from semdnn.audio.waveform import AudioError, read
from sound_files import FORMATS, kind_of, tone, written


def test_missing_directory_and_empty(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "no.wav") == "missing"
    assert kind_of(tmp_path) == "directory"
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert kind_of(empty) == "empty"
    no_samples = written(tmp_path / "none.wav", np.zeros(0, np.float32))
    assert kind_of(no_samples) == "empty"


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.wav")
    assert kind_of(tmp_path / "pipe.wav") == "unreadable"


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg", "flac", "raw", "gsm", "m4a", "txt"])
@pytest.mark.parametrize(
    "content",
    [
        b"These are words.\n" * 80,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        np.random.default_rng(1).bytes(20_000),
        b"a",
        bytes(5000),
    ],
    ids=["text", "picture", "random", "one byte", "zeros"],
)
def test_what_is_not_audio(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    assert kind_of(path) == "not audio"


def test_text_is_called_text(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("Dies sind Wörter.\n" * 1000, encoding="utf-8")
    with pytest.raises(AudioError, match="it holds text"):
        read(path)


@pytest.mark.parametrize(("suffix", "major", "sub"), FORMATS)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated(tmp_path: Path, suffix: str, major: str, sub: str, share: float) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 64_000).astype(np.float32)
    path = written(tmp_path / f"a.{suffix}", noise, format=major, subtype=sub)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    expected = {"truncated"}
    if major in ("CAF", "FLAC"):
        expected |= {"corrupt"}  # refused by libsndfile itself
    if major == "VOC":
        pytest.skip("libsndfile itself shortens VOC, whose blocks are not walked here")
    assert kind_of(path) in expected


def test_damaged_inside(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 64_000).astype(np.float32)
    path = written(tmp_path / "a.flac", noise)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    path.write_bytes(content)
    assert kind_of(path) in {"corrupt", "truncated"}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(tmp_path: Path, bad: float) -> None:
    samples = tone(50_000)
    samples[-1] = bad
    assert kind_of(written(tmp_path / "a.wav", samples, subtype="FLOAT")) == "not finite"


@pytest.mark.parametrize("n", [1, 399])
def test_too_short(tmp_path: Path, n: int) -> None:
    assert kind_of(written(tmp_path / "a.wav", tone(n) + 0.1)) == "too short"
    assert kind_of(written(tmp_path / "s.wav", np.zeros(n, np.float32))) == "too short"


def test_400_samples_are_enough(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.wav", tone(400))).size == 400


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_silent(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a.{suffix}", np.zeros((30_000, 2), np.float32), 44_100)
    assert kind_of(path) == "silent"


def test_the_smallest_step_of_16_bits_is_not_silence(tmp_path: Path) -> None:
    samples = np.zeros(16_000, np.float32)
    samples[5000] = 1 / 32_768
    assert read(written(tmp_path / "a.wav", samples, subtype="PCM_16")).size == 16_000


def test_opposite_channels_are_silent(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.stack([tone(9000), -tone(9000)], axis=1), subtype="FLOAT")
    assert kind_of(path) == "silent"


def test_no_false_alarm_on_real_recordings(shared: Path) -> None:
    paths = sorted((shared / "sounds").rglob("*.ogg"))[::60]
    for path in paths:
        assert read(path).size >= 400
