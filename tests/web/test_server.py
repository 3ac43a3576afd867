"""``semdnn serve`` as a person starts and stops it."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from semdnn.cli import serve as serve_module
from semdnn.cli.main import main
from semdnn.web.server import ServeError, address_of, bound_socket, warning


@pytest.fixture
def started(tiny_checkpoint, catalogue):
    """Start the command with more arguments; return its process and address."""
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "semdnn", "serve", "--port", "0", *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
        )
        processes.append(process)
        line = process.stdout.readline()
        assert line.startswith("semDNN is at http://"), process.stderr.read()
        return process, line.split()[3]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_it_says_where_it_is_and_ends_cleanly(started, tiny_checkpoint, catalogue):
    process, address = started("--db", str(catalogue.database), "--max-minutes", "2")
    with urllib.request.urlopen(address + "api/info", timeout=20) as answer:
        info = json.load(answer)
    assert info["model"]["name"] == tiny_checkpoint.name
    assert info["catalogue"]["n_sounds"] == 12
    assert info["limits"]["max_duration_s"] == 120
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert b"<title>semDNN</title>" in answer.read()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "stopped\n")


@pytest.mark.slow
def test_without_a_catalogue_it_labels(started, tiny_checkpoint):
    _, address = started("--model", str(tiny_checkpoint))
    with urllib.request.urlopen(address + "api/info", timeout=20) as answer:
        assert json.load(answer)["catalogue"] is None


def test_a_taken_port_is_one_line(capsys):
    with bound_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"127.0.0.1, port {port}" in line
    assert "--port" in line


def test_a_missing_extra_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(serve_module, "find_spec", lambda name: None)
    assert main(["serve"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'pip install "semdnn[web]"' in line


def test_a_missing_catalogue_is_one_line(capsys, tmp_path):
    assert main(["serve", str(tmp_path), "--port", "0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "semdnn index" in line
    assert main(["serve", str(tmp_path), "--db", "x.db"]) == 2


def test_other_hosts_are_warned_of():
    assert warning("127.0.0.1") == warning("localhost") == ""
    assert "no password" in warning("0.0.0.0")
    with pytest.raises(ServeError, match="no\\.such\\.host\\.invalid"):
        bound_socket("no.such.host.invalid", 0)


def test_addresses_can_be_typed_into_a_browser():
    with bound_socket("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        assert address_of("127.0.0.1", bound) == f"http://127.0.0.1:{port}/"
        assert address_of("0.0.0.0", bound) == f"http://127.0.0.1:{port}/"
        assert address_of("::1", bound) == f"http://[::1]:{port}/"
        assert isinstance(bound, socket.socket)
