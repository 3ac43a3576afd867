"""A running server: its socket, its greeting, its end."""

import logging
import socket
import threading
import webbrowser
from contextlib import suppress
from typing import Any

import uvicorn

from semdnn.errors import SemdnnError
from semdnn.web.app import build_app
from semdnn.web.guard import is_loopback
from semdnn.web.site import Site

_MOST_CONNECTIONS = 100
_SHUTDOWN_S = 3


class ServeError(SemdnnError):
    """A server that cannot start: why, and what to do."""


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port` (0: any free one).

    Raises
    ------
    ServeError
        If the port is taken or not allowed, or the host is not one of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
            bound.listen(_MOST_CONNECTIONS)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise ServeError(
            f"cannot listen on {host}, port {port} ({error.strerror}): another program may have "
            "it; give another with --port or --host"
        ) from error
    return bound


def address_of(host: str, bound: socket.socket) -> str:
    """Return the address to type into a browser."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound here
    return f"http://{f'[{name}]' if ':' in name else name}:{bound.getsockname()[1]}/"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, is_ready: threading.Event) -> None:
        super().__init__(config)
        self._is_ready = is_ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._is_ready.set()


def serve(site: Site, bound: socket.socket, host: str, *, opens_browser: bool = False) -> None:
    """Serve a site until it is interrupted.

    Parameters
    ----------
    site : Site
        What is served.
    bound : socket
        Of `bound_socket`; closed afterwards.
    host : str
        What it is bound to: the name that requests may call it by.
    opens_browser : bool
        Whether to show the page in the person's browser once it is ready.
    """
    config = uvicorn.Config(
        build_app(site, host),
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        date_header=True,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        lifespan="on",
    )
    is_ready = threading.Event()
    address = address_of(host, bound)

    def greet() -> None:
        is_ready.wait()
        with suppress(BrokenPipeError):  # nobody reads it
            print(f"semDNN is at {address} (stop with Ctrl-C)", flush=True)  # noqa: T201
        if opens_browser:
            webbrowser.open(address)

    threading.Thread(target=greet, daemon=True).start()
    try:
        _Server(config, is_ready).run(sockets=[bound])
    except KeyboardInterrupt:
        pass
    finally:
        bound.close()


def warning(host: str) -> str:
    """Return what to say of a host that others can reach, "" for one that they cannot."""
    if is_loopback(host):
        return ""
    return (
        f"{host} can be reached from other machines: whoever can open the page can listen to every "
        "sound of the catalogue, see its paths, and use this machine's processor. There is no "
        "password and no encryption."
    )
