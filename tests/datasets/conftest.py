"""A web server on this machine that serves files, well or badly, and a splitter of archives."""

import io
import re
import struct
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest


class Site:
    """Files by path, and for each path what happens to the next requests, in order.

    ``drop N`` breaks off after N bytes of the body, ``reset N`` in the middle of a chunk;
    ``status N`` answers that; ``page`` is a web page; ``longer N`` states a length that is larger
    by N; ``unsized`` states none; ``whole`` knows no ranges; ``shifted`` sends another range than
    was asked for; ``to URL`` leads on.
    Once the list is used up, and without one, all goes well.
    """

    def __init__(self, address):
        self.address = address
        self.files, self.scripts, self.tags = {}, {}, {}
        self.requests = []

    def url(self, path):
        return f"{self.address}/{path}"

    def add(self, path, content, *script, tag='"v1"'):
        self.files[path], self.scripts[path], self.tags[path] = content, list(script), tag
        return self.url(path)


class Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        site, path = self.site, self.path.lstrip("/")
        asked = self.headers.get("Range")
        seen = SimpleNamespace(path=path, range=asked, version=self.headers.get("If-Range"))
        site.requests.append(seen)
        script = site.scripts.get(path, [])
        mode, _, value = (script.pop(0) if script else "well").partition(" ")
        self.close_connection = True
        if path not in site.files:
            self.answer(404, b"no", {})
        elif mode == "status":
            self.answer(int(value), b"no", {})
        elif mode == "page":
            self.answer(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"})
        elif mode == "to":
            self.answer(302, b"", {"Location": value})
        else:
            self.serve(path, mode, value, seen)

    def serve(self, path, mode, value, seen):
        content, tag = self.site.files[path], self.site.tags[path]
        headers = {"ETag": tag} if tag else {}
        start, status = 0, 200
        if seen.range and mode != "whole" and seen.version in (None, tag):
            start, status = int(re.fullmatch(r"bytes=(\d+)-", seen.range)[1]), 206
            if start >= len(content):
                return self.answer(416, b"", {})
            start += mode == "shifted"
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        if mode == "reset":
            headers["Transfer-Encoding"] = "chunked"
            chunk = b"%x\r\n" % len(body) + body[: int(value)]
            return self.answer(status, chunk, headers)
        length = len(body) + (int(value) if mode == "longer" else 0)
        if mode == "drop":
            body = body[: int(value)]
        headers["Content-Length"] = str(length)
        if mode == "unsized":
            del headers["Content-Length"]
        return self.answer(status, body, headers)

    def answer(self, status, body, headers):
        self.send_response(status)
        headers = {"Content-Type": "application/octet-stream"} | headers
        if "Content-Length" not in headers and status not in (200, 206):
            headers["Content-Length"] = str(len(body))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site(monkeypatch):
    """A site on 127.0.0.1, gone after the test."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = type("OwnHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler.site
    server.shutdown()
    thread.join()
    server.server_close()


class Splitter:
    """Writes parts of at most `size` bytes; a record never crosses a border, data may."""

    def __init__(self, size):
        self.size, self.parts = size, [bytearray(b"PK\7\x08")]

    def record(self, content):
        if len(self.parts[-1]) + len(content) > self.size:
            self.parts.append(bytearray())
        place = len(self.parts) - 1, len(self.parts[-1])
        self.parts[-1] += content
        return place

    def data(self, content):
        while content:
            room = self.size - len(self.parts[-1])
            if room == 0:
                self.parts.append(bytearray())
                continue
            self.parts[-1] += content[:room]
            content = content[room:]


def _split(plain, size, *, zip64=False):
    """Return the parts of the zip archive `plain`; with `zip64` no plain field says a number."""
    out, places = Splitter(size), []
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        infos = archive.infolist()
        start_dir = archive.start_dir
    for info in infos:
        names = sum(struct.unpack_from("<2H", plain, info.header_offset + 26))
        data_at = info.header_offset + 30 + names
        places.append(out.record(plain[info.header_offset : data_at]))
        out.data(plain[data_at : data_at + info.compress_size])
    at, first, length = start_dir, None, 0
    for part, offset in places:
        sizes = struct.unpack_from("<3H", plain, at + 28)
        entry = bytearray(plain[at : at + 46 + sum(sizes)])
        at += len(entry)
        struct.pack_into("<H", entry, 34, part)
        struct.pack_into("<L", entry, 42, offset)
        if zip64:
            packed, unpacked = struct.unpack_from("<2L", entry, 20)
            extra = struct.pack("<2H3QL", 1, 28, unpacked, packed, offset, part)
            struct.pack_into("<2L", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
            struct.pack_into("<H", entry, 30, sizes[1] + len(extra))
            struct.pack_into("<H", entry, 34, 0xFFFF)
            struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
            entry[46 + sizes[0] : 46 + sizes[0]] = extra
        place = out.record(bytes(entry))
        first, length = first or place, length + len(entry)
    first = first or (len(out.parts) - 1, len(out.parts[-1]))
    n = len(infos)
    if zip64:
        if len(out.parts[-1]) + 98 > size:
            out.parts.append(bytearray())
        part = len(out.parts) - 1
        numbers = (b"PK\6\6", 44, 45, 45, part, first[0], n, n, length, first[1])
        _, at = out.record(struct.pack("<4sQ2H2L4Q", *numbers))
        out.record(struct.pack("<4sLQL", b"PK\6\7", part, at, part + 1))
        end = (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    else:
        if len(out.parts[-1]) + 22 > size:
            out.parts.append(bytearray())
        end = (len(out.parts) - 1, first[0], n, n, length, first[1])
    out.record(struct.pack("<4s4H2LH", b"PK\5\6", *end, 0))
    return [bytes(part) for part in out.parts]


def _write_parts(folder, parts, stem="a"):
    for number, part in enumerate(parts[:-1], start=1):
        (folder / f"{stem}.z{number:02d}").write_bytes(part)
    (folder / f"{stem}.zip").write_bytes(parts[-1])
    return folder / f"{stem}.zip"


@pytest.fixture(scope="session")
def split_zip():
    """A function that splits the bytes of a zip archive into parts, by the book."""
    return _split


@pytest.fixture(scope="session")
def write_parts():
    """A function that writes parts under their names and returns the path of the last."""
    return _write_parts
