"""A small indexed library, its site, a client, and a server that runs."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

HOST = "127.0.0.1"


def tone(hertz, seconds=1.0, rate=16_000):
    time = np.arange(round(rate * seconds)) / rate
    noise = 0.01 * np.random.default_rng(round(hertz)).standard_normal(time.size)
    return 0.3 * np.sin(2 * np.pi * hertz * time) * np.exp(-time / seconds) + noise


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Twelve sounds in three folders; one is AIFF, one has a name that is not plain text."""
    folder = tmp_path_factory.mktemp("web") / "library"
    names = [f"dogs/dog bark {i}.wav" for i in range(4)] + [f"rain/rain {i}.ogg" for i in range(4)]
    names += ["doors/slam.aiff", "doors/<b>creak<b> ü 雨.flac", "bell.wav", "doors/inner/bell.WAV"]
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(150 * 1.4**i, 0.6 + 0.2 * i), 16_000)
    return folder


@pytest.fixture(scope="session")
def catalogue(library, tiny_checkpoint):
    from semdnn.catalogue.catalogue import Catalogue

    made = Catalogue(library.parent / "catalogue.db")
    updated = made.update([library], model=str(tiny_checkpoint), n_workers=1)
    assert (updated.added, len(updated.failed)) == (12, 0)
    return made


@pytest.fixture(scope="session")
def model(tiny_checkpoint):
    from semdnn.model import SemanticModel

    return SemanticModel.load(tiny_checkpoint)


@pytest.fixture
def site(model, catalogue):
    """A site with a catalogue and tight limits."""
    from semdnn.web.limits import Limits
    from semdnn.web.site import Site

    limits = Limits(max_upload_mb=1.0, max_minutes=0.5, max_at_once=2, timeout_s=30)
    made = Site(model, "tiny", catalogue, limits)
    yield made
    made.close()


@pytest.fixture
def client(site):
    """A client of the site's application, called by its right name."""
    from fastapi.testclient import TestClient

    from semdnn.web.app import build_app

    client = TestClient(
        build_app(site), base_url="http://127.0.0.1:8000", raise_server_exceptions=False
    )
    with client:
        yield client


@contextmanager
def running(site):
    """Serve a site on a free port in a thread; yield its address."""
    import uvicorn

    from semdnn.web.app import build_app
    from semdnn.web.server import bound_socket

    bound = bound_socket(HOST, 0)
    server = uvicorn.Server(
        uvicorn.Config(build_app(site), log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


@pytest.fixture
def served(site):
    with running(site) as address:
        yield address
