"""A small indexed library, its site, a client, a server that runs, and a browser."""

import shutil
import threading
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

HOST = "127.0.0.1"
FLAGS = [
    "--no-sandbox",  # containers run as root
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
SAID = """
window.said = [];
new MutationObserver((changes) => {
  for (const { target } of changes) said.push(`${target.id} ${target.ariaLabel}`);
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["aria-label"] });
"""  # what buttons were called, in turn: a busy machine may be too late to see "Pause" itself


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


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium of this machine."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    place = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if place is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, served):
    """Open a part of the page; nothing may go wrong in its console."""
    pages, faults = [], []

    def opened(part="listen", **how):
        how.setdefault("viewport", {"width": 1280, "height": 900})
        context = chromium.new_context(permissions=["microphone"], **how)
        context.add_init_script(SAID)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: faults.append(message.text) if is_fault(message) else 0)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith((served, "blob:", "data:")) or faults.append(request.url)
            ),
        )
        page.goto(f"{served}/#{part}")
        page.wait_for_selector("body[data-ready]")
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.context.close()
    assert faults == []


def is_fault(message):
    """Return whether the console tells a fault of the page, not something that was refused."""
    refused = any(f"status of {status}" in message.text for status in (400, 422))
    return message.type in {"error", "warning"} and not refused
