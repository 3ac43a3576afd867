"""Formats that PyAV reads."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from semdnn.audio.waveform import AudioError, probe, read, stream
from sound_files import kind_of, tone


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


LISTS = {
    "concat": b"ffconcat version 1.0\nfile secret.wav\n",
    "session": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    b"m=audio 5004 RTP/AVP 0\n",
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_file_that_names_others_opens_none(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av")
    monkeypatch.chdir(tmp_path)
    soundfile.write(tmp_path / "secret.wav", 0.1 * np.ones(48_000), 48_000)
    (tmp_path / "list").write_bytes(LISTS[kind])
    start = time.monotonic()
    assert kind_of(Path("list")) == "not audio"
    assert time.monotonic() - start < 10
