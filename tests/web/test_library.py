"""The catalogue through the page's interface: search, sounds, audio, folders, the map."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from semdnn.catalogue.catalogue import Catalogue
from semdnn.catalogue.query import Query
from semdnn.web.guard import HEADERS
from semdnn.web.limits import Limits
from semdnn.web.playing import Converted
from semdnn.web.site import Site


def by_name(client, name):
    sounds = client.get("/api/search", params={"text": "dog", "top": 200}).json()["sounds"]
    return next(found["sound"] for found in sounds if found["sound"]["name"] == name)


def code(response):
    return response.status_code, response.json()["error"]["code"]


def test_search_answers_as_the_catalogue_does(client, catalogue):
    answer = client.get("/api/search", params={"text": "dog bark", "top": 5}).json()
    expected = catalogue.search(Query(text="dog bark", top=5))
    assert [found["sound"]["id"] for found in answer["sounds"]] == [match.id for match in expected]
    first, match = answer["sounds"][0], expected[0]
    assert first["sound"]["path"] == str(match.path)
    assert first["sound"]["folder"] == "dogs"
    assert first["similarity"] == pytest.approx(match.similarity, abs=1e-4)
    assert first["in_text"]
    assert answer["unknown"] == []


def test_filters_and_unwanted_words(client):
    def names(**asked):
        answer = client.get("/api/search", params={"text": "dog", "top": 200, **asked})
        return {found["sound"]["name"] for found in answer.json()["sounds"]}

    assert names(folder="dogs") == {f"dog bark {i}.wav" for i in range(4)}
    assert names(folder="doors") == {"slam.aiff", "<b>creak<b> ü 雨.flac", "bell.WAV"}
    assert names(max_s=0.7) == {"dog bark 0.wav"}
    assert not any("dog" in name for name in names(without="bark"))
    assert names(by="text") == {f"dog bark {i}.wav" for i in range(4)}
    assert names(licence="none such") == set()


def test_a_sound_is_like_itself_by_id_and_by_upload(client, library):
    sound = by_name(client, "rain 2.ogg")
    by_id = client.get("/api/search", params={"like": sound["id"], "top": 1}).json()["sounds"][0]
    assert by_id["sound"]["id"] == sound["id"]
    data = (library / "rain" / "rain 2.ogg").read_bytes()
    key = client.post("/api/hearings", content=data).json()["hearing"]
    found = client.get("/api/search", params={"hearing": key, "top": 1}).json()["sounds"][0]
    assert (found["sound"]["id"], found["similarity"]) == (sound["id"], pytest.approx(1, abs=1e-3))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "nothing is asked"),
        ({"text": "x" * 501}, "text"),
        ({"text": "dog", "top": 0}, "top"),
        ({"text": "dog", "top": "many"}, "top"),
        ({"text": "dog", "min_s": "nan"}, "min_s"),
        ({"text": "dog", "folder": "/etc"}, "folder"),
        ({"text": "dog", "folder": "../dogs"}, "folder"),
        ({"text": "dog", "folder": "dogs\0"}, "folder"),
        ({"like": "/etc/passwd"}, "like"),
        ({"like": -1}, "like"),
        ({"like": 2**63}, "like"),
        ({"path": "/etc/passwd", "text": "dog"}, "path"),
        ({"text": "zzxqv", "by": "meaning"}, "zzxqv"),
    ],
)
def test_questions_that_cannot_be_answered(client, asked, told):
    response = client.get("/api/search", params=asked)
    assert code(response) in {(400, "bad_request"), (400, "no_folder")}
    assert told in response.json()["error"]["message"]


def test_ids_that_are_none(client):
    assert code(client.get("/api/search", params={"like": 999})) == (404, "not_in_catalogue")
    assert code(client.get("/api/sounds/999")) == (404, "not_in_catalogue")
    assert code(client.get("/api/sounds/999/audio")) == (404, "not_in_catalogue")
    assert code(client.post("/api/sounds/999/hearing")) == (404, "not_in_catalogue")


@pytest.mark.parametrize(
    "path",
    [
        "/api/sounds/..%2f..%2fetc%2fpasswd/audio",
        "/api/sounds/%2Fetc%2Fpasswd/audio",
        "/api/sounds/-1/audio",
        f"/api/sounds/{2**64}/audio",
        f"/api/sounds/{2**64}/hearing",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd",
        "/docs",
        "/openapi.json",
    ],
)
def test_nothing_but_what_is_named_is_served(client, path):
    response = client.get(path)
    assert response.status_code in {400, 404, 405}
    assert "error" in response.json()
    assert "root:" not in response.text
    assert "FastAPI(" not in response.text


def test_audio_that_browsers_play_is_served_as_it_lies(client, library):
    sound = by_name(client, "dog bark 1.wav")
    data = (library / "dogs" / "dog bark 1.wav").read_bytes()
    address = f"/api/sounds/{sound['id']}/audio"
    whole = client.get(address)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.content == data
    part = client.get(address, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, data[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    assert client.get(address, headers={"range": "bytes=99999999-"}).status_code == 416
    head = client.head(address)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(data)))
    rain = by_name(client, "rain 0.ogg")
    assert client.get(f"/api/sounds/{rain['id']}/audio").headers["content-type"] == "audio/ogg"


def test_what_two_requests_made_at_once_is_kept_once(library):
    converted = Converted(Limits())
    path = library / "doors" / "slam.aiff"

    def meanwhile():
        monkeypatch.undo()
        first.append(converted.make(path, lambda: None))

    first = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        write = Converted._write
        monkeypatch.setattr(Converted, "_write", lambda self, *a: (meanwhile(), write(self, *a)))
        second = converted.make(path, lambda: None)
    assert second == first[0] == converted.find(path)
    assert list(Path(converted._folder.name).iterdir()) == [second.path]
    converted.close()


@pytest.mark.parametrize("number", ["-1", "99999999999999999999", "x"])
def test_numbers_that_no_sound_has_are_refused(client, number):
    for method, path in (("POST", "hearing"), ("GET", "audio")):
        response = client.request(method, f"/api/sounds/{number}/{path}")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")


def test_a_sound_and_a_hearing_at_once_are_refused(client, library):
    heard = client.post("/api/hearings", content=(library / "bell.wav").read_bytes()).json()
    asked = {"like": by_name(client, "slam.aiff")["id"], "hearing": heard["hearing"]}
    response = client.get("/api/search", params=asked)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")


def test_other_audio_is_made_into_flac_once(client, library, monkeypatch, tmp_path):
    made = []
    make = Converted.make
    monkeypatch.setattr(
        Converted, "make", lambda self, path, check: made.append(path) or make(self, path, check)
    )
    address = f"/api/sounds/{by_name(client, 'slam.aiff')['id']}/audio"
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    (tmp_path / "got.flac").write_bytes(answer.content)
    expected, rate = soundfile.read(library / "doors" / "slam.aiff")
    got, same_rate = soundfile.read(tmp_path / "got.flac")
    assert rate == same_rate
    np.testing.assert_allclose(got, expected, atol=1e-4)
    assert client.get(address, headers={"range": "bytes=0-9"}).status_code == 206
    assert made == [library / "doors" / "slam.aiff"]


def test_what_is_made_takes_bounded_room_and_goes_with_the_server(library, tmp_path):
    converted = Converted(Limits(), max_bytes=1)
    for i in range(3):
        path = tmp_path / f"{i}.aiff"
        shutil.copy(library / "doors" / "slam.aiff", path)
        folder = converted.make(path, lambda: None).path.parent
    assert len(list(folder.iterdir())) == 1
    converted.close()
    assert not folder.exists()


def test_a_long_sound_is_not_made_and_nothing_is_left(library):
    converted = Converted(Limits(max_minutes=0.001))
    with pytest.raises(Exception, match="longer than"):
        converted.make(library / "doors" / "slam.aiff", lambda: None)
    assert list(Path(converted._folder.name).iterdir()) == []
    converted.close()


@pytest.fixture
def own_library(tmp_path, tiny_checkpoint, library):
    """A copy that a test may spoil, and a client of it."""
    from fastapi.testclient import TestClient

    from semdnn.web.app import build_app

    folder = tmp_path / "own"
    shutil.copytree(library / "dogs", folder)
    catalogue = Catalogue(tmp_path / "own.db")
    catalogue.update([folder], model=str(tiny_checkpoint), n_workers=1)
    site = Site(catalogue.load_model(), "tiny", catalogue)
    app = build_app(site)
    with TestClient(app, "http://localhost", raise_server_exceptions=False) as client:
        yield folder, catalogue, client


def test_a_file_that_is_replaced_by_something_else_is_not_served(own_library, tmp_path):
    folder, _, client = own_library
    sound = by_name(client, "dog bark 0.wav")
    secret = tmp_path / "secret.txt"
    secret.write_text("root:x:0:0\n" * 99)
    (folder / "dog bark 0.wav").unlink()
    address = f"/api/sounds/{sound['id']}/audio"
    assert code(client.get(address)) == (422, "missing")
    (folder / "dog bark 0.wav").symlink_to(secret)
    assert code(client.get(address)) == (422, "not_audio")


def finished_map(client):
    ends = time.monotonic() + 60
    while (answer := client.get("/api/map")).status_code == 202:
        assert answer.json()["status"] == "working"
        assert time.monotonic() < ends
        time.sleep(0.05)
    return answer.json()


def test_the_map_has_every_sound_and_follows_the_catalogue(own_library, tiny_checkpoint):
    folder, catalogue, client = own_library
    first = finished_map(client)
    assert {point["id"] for point in first["points"]} == {s.id for s in catalogue.sounds()}
    assert first["n_sounds"] == 4
    assert all(0 <= point["x"] <= 1 and 0 <= point["y"] <= 1 for point in first["points"])
    assert {point["cluster"] for point in first["points"]} == set(range(len(first["clusters"])))
    assert finished_map(client) == first
    (folder / "dog bark 2.wav").unlink()
    catalogue.update([folder], model=str(tiny_checkpoint), n_workers=1)
    assert len(finished_map(client)["points"]) == 3


def test_a_map_that_fails_says_so_once_and_is_made_anew(own_library, monkeypatch):
    from semdnn.web import map_job

    _, _, client = own_library
    with monkeypatch.context() as patched:
        patched.setattr(map_job, "laid_out", lambda vectors: 1 / 0)
        assert finished_map(client)["error"]["code"] == "fault"
        client.get("/api/map")
        ends = time.monotonic() + 20
        while (answer := client.get("/api/map")).status_code != 500:
            assert time.monotonic() < ends
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert finished_map(client)["status"] == "done"


def test_without_a_catalogue_the_page_says_what_to_do(model):
    from fastapi.testclient import TestClient

    from semdnn.web.app import build_app

    with TestClient(build_app(Site(model, "tiny")), base_url="http://localhost") as client:
        assert client.get("/api/info").json()["catalogue"] is None
        for path in ("/api/search?text=dog", "/api/map", "/api/sounds/1", "/api/sounds/1/audio"):
            response = client.get(path)
            assert code(response) == (404, "no_catalogue")
            assert "semdnn index" in response.json()["error"]["message"]


def test_another_network_than_the_catalogues_labels_but_does_not_compare(catalogue, library):
    from fastapi.testclient import TestClient

    from semdnn.model import SemanticModel
    from semdnn.web.app import build_app

    site = Site(SemanticModel.load("catdnn-small"), "catdnn-small", catalogue)
    with TestClient(build_app(site), base_url="http://localhost") as client:
        assert client.get("/api/info").json()["catalogue"]["compares_uploads"] is False
        data = (library / "bell.wav").read_bytes()
        heard = client.post("/api/hearings", content=data).json()
        assert heard["words"]
        response = client.get("/api/search", params={"hearing": heard["hearing"]})
        assert code(response) == (409, "other_network")
