"""Reading sound files: every format, exact lengths."""

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from semdnn.audio import waveform
from semdnn.audio.waveform import AudioError, probe, read, stream
from sound_files import COARSE, FORMATS, kind_of, tone, written


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


@pytest.mark.parametrize("claimed", ["wav", "mp3", "ogg", "flac", "aiff", "m4a", "dat"])
@pytest.mark.parametrize("major", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_wrong_suffix_does_not_matter(tmp_path: Path, claimed: str, major: str) -> None:
    path = written(tmp_path / f"a.{claimed}", tone(16_000), format=major)
    assert read(path).size == 16_000


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
