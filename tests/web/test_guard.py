"""Who may talk to the server, and what its answers forbid."""

import pytest

from semdnn.web.guard import HEADERS, Hosts, is_loopback

PAGES = ["/", "/static/js/page.js", "/static/page.css", "/api/info", "/api/none", "/none"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert "access-control-allow-origin" not in headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_types_of_the_pages_files(client):
    kinds = {"js/page.js": "text/javascript", "page.css": "text/css", "icon.svg": "image/svg+xml"}
    for name, kind in kinds.items():
        assert client.get(f"/static/{name}").headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "",
        "10.0.0.1",
        "[::2]",
    ],
)
def test_other_names_are_refused(client, host):
    response = client.get("/api/info", headers={"host": host})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:9", "[::1]:8000"])
def test_loopback_names_are_known(client, host):
    assert client.get("/api/info", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_foreign_pages_cannot_post(client, headers):
    response = client.post("/api/hearings", content=b"x", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "foreign_origin")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("headers", [{"origin": "null"}, {"sec-fetch-site": "cross-site"}])
@pytest.mark.parametrize("path", ["/api/map", "/api/search?text=dog", "/api/sounds/1/audio"])
def test_foreign_pages_cannot_make_work(client, path, headers):
    response = client.get(path, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "foreign_origin")
    assert client.get("/", headers=headers).status_code == 200  # a link may lead here


def test_the_own_page_and_programs_can_post(client):
    for headers in ({}, {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}):
        assert client.post("/api/hearings", content=b"", headers=headers).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "POST"])
def test_other_methods_are_refused(client, method):
    response = client.request(method, "/api/info", headers={"origin": "http://127.0.0.1:8000"})
    assert (response.status_code, response.json()["error"]["code"]) == (405, "wrong_method")


def test_names_of_a_server_that_others_reach():
    everywhere = Hosts("0.0.0.0")
    assert everywhere.knows("192.168.1.7:8000")
    assert everywhere.knows("[fe80::1]:8000")
    assert not everywhere.knows("evil.example:8000")
    assert Hosts("studio.example").knows("studio.example:80")
    assert not Hosts("studio.example").knows("other.example")
    assert [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1")] == [True] * 3
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "studio", "10.1.1.1"))
