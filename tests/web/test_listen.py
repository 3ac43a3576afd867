"""Hearing uploads: what comes back, and every limit."""

import asyncio
import base64
import http.client
import io
import socket
import struct
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from semdnn.catalogue.timeline import timeline
from semdnn.model import SemanticModel
from semdnn.web import listen_routes
from semdnn.web.app import build_app
from semdnn.web.limits import Limits, RefusedError
from semdnn.web.site import Site
from semdnn.web.words_over_time import Hearings


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def tone(seconds, rate=16_000):
    time = np.arange(round(rate * seconds)) / rate
    noise = 0.01 * np.random.default_rng(0).standard_normal(time.size)
    return 0.3 * np.sin(2 * np.pi * 440 * time) * np.exp(-time / seconds) + noise


def wav_bytes(seconds=1.0):
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(seconds), 16_000, format="WAV")
    return buffer.getvalue()


def code(response):
    return response.status_code, response.json()["error"]["code"]


def test_an_upload_is_heard_as_the_command_line_hears_it(tmp_path, scratch):
    data = wav_bytes(3.2)
    model = SemanticModel.load("semdnn-small")
    (tmp_path / "own.wav").write_bytes(data)
    with TestClient(build_app(Site(model)), "http://localhost") as client:
        answer = client.post("/api/hearings", content=data).json()
    assert answer["duration_s"] == 3.2
    expected = model.label(tmp_path / "own.wav", top=10)
    assert [(w["word"], w["weight"]) for w in answer["words"]] == [
        (word, pytest.approx(weight, abs=2e-4)) for word, weight in expected
    ]
    segments = timeline(model, tmp_path / "own.wav").segments
    assert [(s["word"], s["start_s"], s["end_s"]) for s in answer["segments"]] == [
        (s.word, pytest.approx(s.start_s, abs=1e-3), pytest.approx(s.end_s, abs=1e-3))
        for s in segments
    ]
    assert segments
    edges = answer["edges_s"]
    assert (edges[0], edges[-1]) == (0, 3.2)
    assert all(len(row["weights"]) == len(edges) - 1 for row in answer["rows"])
    assert {s["word"] for s in answer["segments"]} <= {row["word"] for row in answer["rows"]}
    assert [p.name for p in scratch.iterdir() if p.is_file()] == ["own.wav"]


def test_pictures_cover_the_sound(client):
    answer = client.post("/api/hearings", content=wav_bytes(0.3)).json()
    mel, wave = answer["log_mel"], answer["waveform"]
    picture = np.frombuffer(base64.b64decode(mel["data"]), np.uint8)
    assert (mel["columns"], mel["bands"], picture.size) == (30, 64, 30 * 64)
    assert picture.max() == 255
    highest = np.frombuffer(base64.b64decode(wave["highest"]), np.int8)
    samples = tone(0.3).reshape(300, 16).max(axis=1)
    np.testing.assert_allclose(highest / 127, samples, atol=0.006)


def test_own_words_need_no_second_upload(client):
    key = client.post("/api/hearings", content=wav_bytes(2)).json()["hearing"]
    own = client.post(f"/api/hearings/{key}/words", json={"words": "thunder\n# no\nwhistle\n"})
    assert {w["word"] for w in own.json()["words"]} <= {"thunder", "whistle"}
    assert own.json()["rows"]
    back = client.post(f"/api/hearings/{key}/words", json={"words": " "}).json()
    assert {w["word"] for w in back["words"]} - {"thunder", "whistle"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("dog\nDOG", "stands already in line 1"),
        ("# only a remark", "no words in it"),
        ("\n".join(f"word{i}" for i in range(1001)), "at most 1,000"),
        ("x" * 70_000, "at most 64000"),
    ],
)
def test_own_words_that_cannot_be_used_are_told(client, words, told):
    key = client.post("/api/hearings", content=wav_bytes()).json()["hearing"]
    response = client.post(f"/api/hearings/{key}/words", json={"words": words})
    assert response.status_code == 400
    assert told in response.json()["error"]["message"]


def test_a_hearing_that_is_not_there_is_gone(client):
    assert code(client.post("/api/hearings/nothing/words", json={"words": "dog"})) == (
        410,
        "forgotten",
    )


def test_the_least_used_hearing_is_forgotten_first(model):
    from semdnn.web.hearing import Heard, Outputs

    def heard():
        return Heard(Outputs(np.zeros((100, 10), np.float32), np.ones(100, bool), 48, 1.0), None)

    hearings = Hearings(max_bytes=8000)
    first, second = hearings.keep(heard()), hearings.keep(heard())
    hearings.get(first)
    hearings.keep(heard())
    hearings.get(first)
    with pytest.raises(RefusedError, match="no longer"):
        hearings.get(second)


def lying_wav(seconds_claimed):
    data = wav_bytes()
    n_bytes = struct.pack("<I", int(seconds_claimed * 32_000))
    at = data.index(b"data") + 4
    return data[:at] + n_bytes + data[at + 4 :]


def long_flac():
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 8000, 1, "PCM_16", format="FLAC") as file:
        file.write(tone(1, 8000))
        for _ in range(60):
            file.write(np.zeros(8000))
    return buffer.getvalue()


def playlist(address):
    return (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}/x.ts\n#EXT-X-ENDLIST\n".encode()
    )


@pytest.mark.parametrize(
    ("data", "status", "wrong"),
    [
        (b"", 400, "empty"),
        (b"no sound at all, only text " * 9, 422, "not_audio"),
        (np.random.default_rng(0).bytes(5000), 422, "not_audio"),
        (playlist("http://127.0.0.1:9"), 422, "not_audio"),
        (wav_bytes()[:40], 422, "not_audio"),
        (lying_wav(9 * 3600), 422, "truncated"),
        (long_flac(), 413, "too_long"),
        (b"\0" * 1_000_001, 413, "too_large"),
    ],
    ids=["empty", "text", "noise", "playlist", "cut", "lying", "bomb", "large"],
)
def test_what_cannot_be_heard_is_refused_and_nothing_is_left(client, scratch, data, status, wrong):
    response = client.post("/api/hearings?name=../../x.m4a", content=data)
    assert code(response) == (status, wrong)
    assert len(response.json()["error"]["message"].splitlines()) == 1
    assert [p for p in scratch.iterdir() if p.is_file()] == []
    assert client.post("/api/hearings", content=wav_bytes()).status_code == 200


def test_a_sound_that_hides_its_length_is_stopped_while_it_is_decoded(model, tmp_path, monkeypatch):
    from semdnn.web import hearing

    path = tmp_path / "long.flac"
    path.write_bytes(long_flac())
    silent_header = hearing.probe(path)._replace(duration_s=0.0)
    monkeypatch.setattr(hearing, "probe", lambda _path: silent_header)
    with pytest.raises(RefusedError, match=r"longer than 0\.5 minutes"):
        hearing.hear(model, path, Limits(max_minutes=0.5), lambda: None)


def request_to(address, body, length, headers=()):
    """Send a body under a ``Content-Length`` of its own; return the status."""
    host = address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.putrequest("POST", "/api/hearings")
    connection.putheader("Content-Length", str(length))
    for name, text in headers:
        connection.putheader(name, text)
    connection.endheaders()
    connection.send(body)
    return connection


def answered(connection):
    """Return an answer, its body read, the connection closed."""
    with closing(connection):
        response = connection.getresponse()
        response.read()
        return response


def test_the_size_limit_does_not_trust_content_length(served, site, scratch):
    assert answered(request_to(served, b"", 10**15)).status == 413
    short = request_to(served, wav_bytes(), 44)
    assert answered(short).status == 422  # what follows the promised bytes is not read
    connection = http.client.HTTPConnection(served.removeprefix("http://"), timeout=20)
    connection.request("POST", "/api/hearings", iter([b"\0" * 65_536] * 20), encode_chunked=True)
    assert answered(connection).status == 413
    assert [p for p in scratch.iterdir() if p.is_file()] == []
    assert site.desk.n_free == 2


def eventually(condition, seconds=10):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def blocked(monkeypatch):
    """Hearing that waits, looking at its clock, until it is let go."""
    let_go = threading.Event()
    hear = listen_routes.hear

    def waiting(model, path, limits, check):
        while not let_go.wait(0.02):
            check()
        return hear(model, path, limits, check)

    monkeypatch.setattr(listen_routes, "hear", waiting)
    yield let_go
    let_go.set()


def test_a_third_sound_at_once_is_asked_to_wait(served, site, blocked):
    data = wav_bytes()
    two = [request_to(served, data, len(data)) for _ in range(2)]
    eventually(lambda: site.desk.n_free == 0)
    third = answered(request_to(served, data, len(data)))
    assert (third.status, third.headers["Retry-After"]) == (503, "5")
    blocked.set()
    assert [answered(connection).status for connection in two] == [200, 200]
    eventually(lambda: site.desk.n_free == 2)


def test_a_client_that_goes_away_frees_its_seat(served, site, blocked, scratch):
    data = wav_bytes()
    hearing = request_to(served, data, len(data))
    uploading = request_to(served, data[:100], len(data))
    eventually(lambda: site.desk.n_free == 0)
    for connection in (hearing, uploading):
        connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()
    eventually(lambda: site.desk.n_free == 2)
    eventually(lambda: [p for p in scratch.iterdir() if p.is_file()] == [])


@pytest.mark.parametrize("promised", [0, 100], ids=["hearing", "uploading"])
def test_what_takes_too_long_is_stopped(served, site, blocked, promised, monkeypatch):
    monkeypatch.setattr(site.desk, "_limits", Limits(timeout_s=0.3))
    data = wav_bytes()
    response = answered(request_to(served, data, len(data) + promised))
    assert response.status == (408 if promised else 504)
    eventually(lambda: site.desk.n_free == 2)


def test_work_that_does_not_look_at_its_clock_keeps_its_seat_until_it_ends():
    from semdnn.web import work
    from semdnn.web.work import Desk

    let_go = threading.Event()

    class Request:
        async def is_disconnected(self):
            return False

    async def scene():
        desk = Desk(Limits(timeout_s=0.05, max_at_once=1))
        with pytest.raises(RefusedError, match="took longer"):
            async with desk.seat() as seat:
                await seat.run(Request(), let_go.wait)
        assert desk.n_free == 0
        with pytest.raises(RefusedError, match="busy"):
            async with desk.seat():
                pass
        let_go.set()
        while desk.n_free == 0:
            await asyncio.sleep(0.01)
        desk.close()

    work_grace, work._GRACE_S = work._GRACE_S, 0.1
    try:
        asyncio.run(scene())
    finally:
        work._GRACE_S = work_grace


def test_temporary_names_take_no_more_of_a_name_than_a_known_suffix(client, scratch, monkeypatch):
    seen = []
    hear = listen_routes.hear

    def looked_at(model, path, *rest):
        seen.append(Path(path))
        return hear(model, path, *rest)

    monkeypatch.setattr(listen_routes, "hear", looked_at)
    for name in ("..%2F..%2Fetc%2Fpasswd", "a.m4a", "%00.m4a%00", "x.wav"):
        assert client.post(f"/api/hearings?name={name}", content=wav_bytes()).status_code == 200
    assert [path.parent for path in seen] == [scratch] * 4
    assert [path.suffix for path in seen] == ["", ".m4a", "", ""]
