"""Fetching from a server that drops, lies, moves and replaces."""

import hashlib
import json
import os
import urllib.request
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semdnn.datasets.published import RemoteError, RemoteFile, verify
from semdnn.datasets.remote import Patience, fetch
from semdnn.datasets.transfer import HttpOnly

CONTENT = os.urandom(50_000)
SUM = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
QUICK = Patience(n_tries=3, pause_s=0.0, timeout_s=5.0)


def get(file, folder, **options):
    return fetch(file, folder, page="https://example.org/set", patience=QUICK, **options)


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(site):
    return RemoteFile("a.zip", site.add("a.zip", CONTENT), len(CONTENT), SUM)


@pytest.mark.parametrize("known", ["all", "size", "checksum", "nothing"])
def test_a_file_arrives_whole(known, file, tmp_path):
    size = file.size if known in ("all", "size") else 0
    checksum = file.checksum if known in ("all", "checksum") else ""
    path = get(replace(file, size=size, checksum=checksum), tmp_path / "new")
    assert path == tmp_path / "new" / "a.zip"
    assert path.read_bytes() == CONTENT
    assert listed(path.parent) == ["a.zip"]


def test_sha256_is_checked_too(file, tmp_path):
    good = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    assert get(replace(file, checksum=good), tmp_path).read_bytes() == CONTENT
    with pytest.raises(RemoteError, match="known are md5, sha256"):
        verify(tmp_path / "a.zip", replace(file, checksum="crc32:0"))


def test_what_is_there_is_not_fetched_again(file, site, tmp_path):
    get(file, tmp_path)
    get(file, tmp_path)
    assert len(site.requests) == 1


def test_what_is_there_and_wrong_is_fetched_again(file, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"wrong")
    assert get(file, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("known", ["all", "nothing"])
def test_a_dropped_connection_goes_on_where_it_stopped(known, file, site, tmp_path):
    site.scripts["a.zip"] = ["drop 20000", "drop 10000"]
    if known == "nothing":
        file = replace(file, size=0, checksum="")
    assert get(file, tmp_path).read_bytes() == CONTENT
    assert [seen.range for seen in site.requests] == [None, "bytes=20000-", "bytes=30000-"]
    assert [seen.version for seen in site.requests] == [None, '"v1"', '"v1"']


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cuts=st.lists(st.integers(0, 30_000), max_size=2), tag=st.sampled_from(['"v1"', 'W/"v1"', ""])
)
def test_any_drops_give_the_file(cuts, tag, site, tmp_path_factory):
    url = site.add("a.zip", CONTENT, *(f"drop {cut}" for cut in cuts), tag=tag)
    path = get(RemoteFile("a.zip", url, checksum=SUM), tmp_path_factory.mktemp("drops"))
    assert path.read_bytes() == CONTENT


def test_a_reset_connection_keeps_what_came(file, site, tmp_path):
    site.scripts["a.zip"] = ["reset 20000"]
    assert get(file, tmp_path).read_bytes() == CONTENT
    assert site.requests[-1].range == "bytes=20000-"


def test_a_later_run_goes_on_where_the_earlier_one_stopped(file, site, tmp_path):
    site.scripts["a.zip"] = ["drop 9000", "drop 0", "drop 0"]
    with pytest.raises(
        RemoteError, match=r"broke off 3 times, last at 9,000 bytes .*the same comm"
    ):
        get(file, tmp_path)
    assert listed(tmp_path) == ["a.zip.part", "a.zip.part.json"]
    assert get(file, tmp_path).read_bytes() == CONTENT
    assert site.requests[-1].range == "bytes=9000-"


def test_a_replaced_file_is_fetched_from_the_start(file, site, tmp_path):
    site.scripts["a.zip"] = ["drop 9000"] * 3
    with pytest.raises(RemoteError):
        get(file, tmp_path)
    other = os.urandom(50_000)
    site.add("a.zip", other, tag='"v2"')
    assert get(replace(file, checksum=""), tmp_path).read_bytes() == other


def test_without_version_and_checksum_it_starts_again(file, site, tmp_path):
    site.add("a.zip", CONTENT, "drop 9000", tag="")
    assert get(replace(file, checksum=""), tmp_path).read_bytes() == CONTENT
    assert [seen.range for seen in site.requests] == [None, None]


def test_a_mirror_goes_on_only_where_a_checksum_guards(file, site, tmp_path):
    site.scripts["a.zip"] = ["drop 9000"] * 3
    with pytest.raises(RemoteError):
        get(file, tmp_path)
    mirror = replace(file, url=site.add("mirror/a.zip", CONTENT, tag='"other"'))
    assert get(mirror, tmp_path).read_bytes() == CONTENT
    assert (site.requests[-1].range, site.requests[-1].version) == ("bytes=27000-", None)


def test_a_part_that_was_spoilt_is_fetched_once_more(file, site, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(b"x" * 9_000)
    note = {"url": file.url, "version": '"v1"'}
    (tmp_path / "a.zip.part.json").write_text(json.dumps(note))
    assert get(file, tmp_path).read_bytes() == CONTENT
    assert [seen.range for seen in site.requests] == ["bytes=9000-", None]


@pytest.mark.parametrize("note", ["", "[]", "{}", "{"])
def test_a_spoilt_note_does_no_harm(note, file, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT[:9_000])
    (tmp_path / "a.zip.part.json").write_text(note)
    assert get(replace(file, checksum=""), tmp_path).read_bytes() == CONTENT


def test_a_part_larger_than_the_file_is_dropped(file, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(bytes(60_000))
    assert get(file, tmp_path).read_bytes() == CONTENT


def test_a_whole_part_needs_no_request(file, site, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT)
    assert get(file, tmp_path).read_bytes() == CONTENT
    assert site.requests == []


@pytest.mark.parametrize("mode", ["whole", "shifted", "status 416", "status 503", "unsized"])
def test_odd_answers_to_a_range_do_no_harm(mode, file, site, tmp_path):
    site.scripts["a.zip"] = ["drop 20000", mode]
    assert get(file, tmp_path).read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_removed(file, site, tmp_path):
    site.add("a.zip", CONTENT[:-1] + b"?")
    with pytest.raises(RemoteError, match=r"its md5 is [0-9a-f]{32}, that of the published a\.zip"):
        get(file, tmp_path)
    assert listed(tmp_path) == []


def test_a_length_that_is_not_the_published_one_is_refused_at_once(file, site, tmp_path):
    site.scripts["a.zip"] = ["longer 7"]
    with pytest.raises(
        RemoteError, match=r"50,007 bytes there, but the published a\.zip has 50,000"
    ):
        get(file, tmp_path)
    assert listed(tmp_path) == []


def test_a_length_that_never_comes_is_given_up(file, site, tmp_path):
    site.scripts["a.zip"] = ["longer 7", "longer 7", "longer 7", "longer 7"]
    with pytest.raises(RemoteError, match="broke off 3 times, last at 50,000 bytes"):
        get(replace(file, size=0), tmp_path)


def test_more_than_the_published_size_is_refused(file, site, tmp_path):
    site.scripts["a.zip"] = ["unsized"]
    with pytest.raises(RemoteError, match="sends more than 40,000 bytes"):
        get(replace(file, size=40_000, checksum=""), tmp_path)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_moved_file_says_what_to_do(status, file, site, tmp_path):
    site.scripts["a.zip"] = [f"status {status}"]
    advice = r"look for it at https://example\.org/set, then name its new address \(--url\)"
    with pytest.raises(
        RemoteError, match=rf"moved or withheld, the server answers {status}.*{advice}"
    ):
        get(file, tmp_path)
    assert len(site.requests) == 1


def test_a_web_page_instead_of_the_file_says_what_to_do(file, site, tmp_path):
    site.scripts["a.zip"] = ["page"]
    with pytest.raises(RemoteError, match=r"leads to a web page, not to a\.zip: look for it at"):
        get(file, tmp_path)


def test_a_busy_server_is_asked_again(file, site, tmp_path):
    site.scripts["a.zip"] = ["status 503", "status 429"]
    assert get(file, tmp_path).read_bytes() == CONTENT


def test_redirections_are_followed_to_web_addresses_only(file, site, tmp_path):
    site.add("b.zip", CONTENT)
    site.scripts["a.zip"] = [f"to {site.url('b.zip')}"]
    assert get(file, tmp_path / "1").read_bytes() == CONTENT
    for target in ("file:///etc/passwd", "ftp://127.0.0.1/a.zip"):
        site.scripts["a.zip"] = [f"to {target}"]
        with pytest.raises(RemoteError, match=r"file:|ftp:"):
            get(file, tmp_path / "2")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/a.zip", "/etc/passwd", ""])
def test_other_addresses_are_refused(url, tmp_path):
    with pytest.raises(RemoteError, match="not an address that begins with http"):
        get(RemoteFile("a.zip", url), tmp_path)


def test_a_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RemoteError, match=r"http://127\.0\.0\.1:9/a\.zip: broke off 3 times"):
        get(RemoteFile("a.zip", "http://127.0.0.1:9/a.zip"), tmp_path)


def test_a_full_disk_is_told_before_the_transfer(file, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(RemoteError, match="50,000 bytes are still to come, 10 are free"):
        get(file, tmp_path)


def test_a_safe_address_never_leads_on_to_an_unsafe_one():
    request = urllib.request.Request("https://example.org/a.zip")
    with pytest.raises(RemoteError, match=r"leads on to http://example\.org/a\.zip, which is not"):
        HttpOnly().redirect_request(request, None, 302, "", {}, "http://example.org/a.zip")
