"""An upload that a browser does not play comes back as FLAC."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.responses import FileResponse


def sound_bytes(container, seconds=1.0, n_channels=2, rate=22_050):
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (round(seconds * rate), n_channels))
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=container)
    return buffer.getvalue()


@pytest.mark.parametrize("container", ["AIFF", "AU", "W64"])
def test_it_comes_back_as_it_was(client, container):
    data = sound_bytes(container)
    answer = client.post("/api/played", content=data)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["cache-control"] == "no-store"
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    expected, expected_rate = soundfile.read(io.BytesIO(data))
    assert rate == expected_rate
    np.testing.assert_allclose(samples, expected, atol=2**-15)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "empty"),
        (b"\0" * 5000, 422, "not_audio"),
        (sound_bytes("AIFF", seconds=2.0)[:40_000], 422, "truncated"),
        (sound_bytes("AIFF", seconds=10.0, n_channels=3), 413, "too_large"),
        (sound_bytes("AIFF", seconds=31.0, n_channels=1, rate=8000), 413, "too_long"),
    ],
)
def test_what_cannot_be_played_is_told(client, data, status, code):
    answer = client.post("/api/played", content=data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def left_in(site):
    return list(Path(site.converted._folder.name).iterdir())


def test_nothing_of_it_is_kept(client, site, monkeypatch):
    assert client.post("/api/played", content=sound_bytes("AIFF")).status_code == 200
    assert left_in(site) == []
    monkeypatch.setattr(FileResponse, "__call__", gone)
    client.post("/api/played", content=sound_bytes("AIFF"))
    assert left_in(site) == []


async def gone(response, scope, receive, send):
    assert Path(response.path).stat().st_size > 0
    raise OSError("the receiver has gone")


def test_each_upload_is_its_own(client):
    first = client.post("/api/played", content=sound_bytes("AIFF", seconds=0.5))
    second = client.post("/api/played", content=sound_bytes("AIFF", seconds=0.25))
    lengths = [len(soundfile.read(io.BytesIO(answer.content))[0]) for answer in (first, second)]
    assert lengths == [round(0.5 * 22_050), round(0.25 * 22_050)]
