"""Reading sound files: every format, exact lengths, one clear error a kind of trouble."""

import pickle
import struct
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from semdnn.audio import waveform
from semdnn.audio.waveform import AudioError, probe, read, stream

FORMATS = [
    ("wav", "WAV", "PCM_U8"),
    ("wav", "WAV", "PCM_16"),
    ("WAV", "WAV", "PCM_24"),
    ("wav", "WAV", "PCM_32"),
    ("wav", "WAV", "FLOAT"),
    ("wav", "WAV", "DOUBLE"),
    ("wav", "WAV", "ULAW"),
    ("wav", "WAV", "ALAW"),
    ("wav", "WAV", "MS_ADPCM"),
    ("wav", "WAVEX", "PCM_24"),
    ("rf64", "RF64", "PCM_24"),
    ("flac", "FLAC", "PCM_16"),
    ("FLAC", "FLAC", "PCM_24"),
    ("ogg", "OGG", "VORBIS"),
    ("opus", "OGG", "OPUS"),
    ("Mp3", "MP3", "MPEG_LAYER_III"),
    ("aiff", "AIFF", "PCM_16"),
    ("AIF", "AIFF", "FLOAT"),
    ("w64", "W64", "PCM_16"),
    ("caf", "CAF", "PCM_16"),
    ("caf", "CAF", "ALAC_16"),
    ("au", "AU", "PCM_16"),
    ("voc", "VOC", "PCM_16"),
]
COARSE = {"PCM_U8", "ULAW", "ALAW", "MS_ADPCM", "VORBIS", "OPUS", "MPEG_LAYER_III"}


def tone(n: int, rate: int = 16_000) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * 500 * np.arange(n) / rate)).astype(np.float32)


def written(path: Path, samples: NDArray[np.floating], rate: int = 16_000, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


@pytest.mark.parametrize(("suffix", "major", "sub"), FORMATS)
def test_every_format(tmp_path: Path, suffix: str, major: str, sub: str) -> None:
    path = written(tmp_path / f"a.{suffix}", tone(24_000), format=major, subtype=sub)
    samples = read(path)
    assert waveform.is_audio_path(path)
    assert samples.dtype == np.float32
    assert abs(samples.size - 24_000) < 300  # ADPCM pads to whole blocks
    tolerance = 0.03 if sub in COARSE else 1e-4
    np.testing.assert_allclose(samples[2000:20_000], tone(24_000)[2000:20_000], atol=tolerance)
    info = probe(path)
    assert info.sample_rate == 16_000
    assert info.n_channels == 1
    assert abs(info.duration_s - 1.5) < 0.02
    assert sub in info.format


def test_16_khz_mono_passes_through_unchanged(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 20_000).astype(np.float32)
    path = written(tmp_path / "a.wav", samples, subtype="FLOAT")
    np.testing.assert_array_equal(read(path), samples)


def test_channels_are_averaged(tmp_path: Path) -> None:
    channels = np.random.default_rng(0).uniform(-1, 1, (8000, 5)).astype(np.float32)
    path = written(tmp_path / "a.wav", channels, subtype="FLOAT")
    np.testing.assert_allclose(read(path), channels.mean(axis=1), atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000, 16_001])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_resampled_length_and_stream(tmp_path: Path, rate: int, n_channels: int) -> None:
    n = rate + 123
    rng = np.random.default_rng(rate)
    samples = rng.uniform(-1, 1, (n, n_channels)).astype(np.float32)
    path = written(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    whole = read(path)
    assert whole.size == int(n * 16_000 / rate + 0.5)
    expected = soxr.resample(samples.mean(axis=1, dtype=np.float32), rate, 16_000, "HQ")
    np.testing.assert_array_equal(whole, expected)
    for block_s in (0.01, 0.33, 100):
        np.testing.assert_array_equal(np.concatenate(list(stream(path, block_s=block_s))), whole)


def test_max_duration_reads_the_beginning_only(tmp_path: Path) -> None:
    samples = tone(64_000)
    samples[40_000] = np.nan
    path = written(tmp_path / "a.wav", samples, subtype="FLOAT")
    np.testing.assert_array_equal(read(path, max_duration_s=2), samples[:32_000])
    with pytest.raises(AudioError, match="NaN"):
        read(path)
    with pytest.raises(ValueError, match="max_duration_s"):
        read(path, max_duration_s=0)
    with pytest.raises(ValueError, match="block_s"):
        list(stream(path, block_s=0))


def kind_of(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert caught.value.path == path
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.kind, str(copy)) == (caught.value.kind, message)
    return caught.value.kind


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


@pytest.mark.parametrize("claimed", ["wav", "mp3", "ogg", "flac", "aiff", "m4a", "dat"])
@pytest.mark.parametrize("major", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_wrong_suffix_does_not_matter(tmp_path: Path, claimed: str, major: str) -> None:
    path = written(tmp_path / f"a.{claimed}", tone(16_000), format=major)
    assert read(path).size == 16_000


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


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_of_unstated_length_is_whole(tmp_path: Path, size: int) -> None:
    """Recorders and pipes write the header before they know the length."""
    path = written(tmp_path / "a.wav", tone(16_000))
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    if size:
        assert read(path).size == 16_000
    else:
        assert kind_of(path) == "empty"


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


def media_file(path: Path, codec: str) -> Path:
    av = pytest.importorskip("av")
    rate = 48_000
    samples = np.stack([tone(3 * rate, rate)] * 2)
    with av.open(str(path), "w") as container:
        track = container.add_stream(codec, rate=rate, layout="stereo")
        for first in range(0, samples.shape[1], 960):
            block = np.ascontiguousarray(samples[:, first : first + 960])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate = rate
            frame.pts = first
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.m4a", "aac"), ("a.mp4", "aac"), ("a.MKV", "aac"), ("a.webm", "libopus"), ("a.wav", "aac")],
)
def test_media(tmp_path: Path, name: str, codec: str) -> None:
    made = media_file(tmp_path / ("b.m4a" if name == "a.wav" else name), codec)
    path = made.rename(tmp_path / name)
    samples = read(path)
    assert abs(samples.size - 48_000) < 1600
    middle = np.abs(np.fft.rfft(samples[16_000:32_000]))
    assert middle.argmax() == 500
    np.testing.assert_array_equal(np.concatenate(list(stream(path, block_s=0.1))), samples)
    info = probe(path)
    assert (info.sample_rate, info.n_channels) == (48_000, 2)
    assert abs(info.duration_s - 3) < 0.1


def test_media_cut_short_is_told(tmp_path: Path) -> None:
    path = media_file(tmp_path / "a.m4a", "aac")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert kind_of(path) in {"not audio", "truncated", "corrupt"}


def test_media_without_pyav_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = media_file(tmp_path / "a.m4a", "aac")
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "semdnn.audio.media", raising=False)
    monkeypatch.delattr("semdnn.audio.media", raising=False)
    with pytest.raises(AudioError, match=r'pip install "semdnn\[media\]"') as caught:
        read(path)
    assert caught.value.kind == "needs media"


def test_no_false_alarm_on_real_recordings(shared: Path) -> None:
    paths = sorted((shared / "sounds").rglob("*.ogg"))[::60]
    for path in paths:
        assert read(path).size >= 400


@pytest.mark.slow
def test_ten_hours_in_bounded_memory(tmp_path: Path) -> None:
    rate, hours = 8000, 10
    path = tmp_path / "long.wav"
    block = (0.1 * np.random.default_rng(0).standard_normal(rate * 60)).astype(np.float32)
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_U8") as sound:
        for _ in range(hours * 60):
            sound.write(block)
    tracemalloc.start()
    n = sum(samples.size for samples in stream(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n == hours * 3600 * 16_000
    assert peak < 20e6
