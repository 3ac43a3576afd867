"""Who may talk to the server: its own page in this browser, and programs that name it rightly.

Against DNS rebinding, the ``Host`` of a request must be a name of this server. Against pages of
other sites, a request that changes or costs something must not come from a foreign origin: every
one but for the page's own files. Every answer forbids the browser to load anything from elsewhere
or to guess content types.
"""

import ipaddress
import json
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_COSTLY = "/api/"
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
}


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server bound to `host`.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


class Hosts:
    """The names by which a server bound to `bound` may be called.

    Loopback names always. For a server bound to all addresses, any address, because another site's
    name cannot be rebound to a bare address, and this machine's own name.

    Examples
    --------
    >>> Hosts("127.0.0.1").knows("localhost:8000"), Hosts("127.0.0.1").knows("evil.example:8000")
    (True, False)
    """

    def __init__(self, bound: str) -> None:
        address = _address(bound)
        self._any_address = address is not None and address.is_unspecified
        own = {socket.gethostname().lower()} if self._any_address else set()
        self._names = LOOPBACK_NAMES | {bound.lower()} | own

    def knows(self, host_header: str) -> bool:
        """Return whether a ``Host`` header names this server, on whatever port."""
        name = host_name(host_header)
        return name in self._names or (self._any_address and _address(name) is not None)


def host_name(host_header: str) -> str:
    """Return a ``Host`` header without its port and without the brackets of IPv6.

    Examples
    --------
    >>> host_name("[::1]:8000"), host_name("LocalHost")
    ('::1', 'localhost')
    """
    host = host_header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


class Guard:
    """Refuses foreign hosts and origins before the application sees them; sets `HEADERS`."""

    def __init__(self, app: "ASGIApp", hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), text.encode()) for name, text in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        is_free = scope["method"] in _SAFE_METHODS and not scope["path"].startswith(_COSTLY)
        fault = self._fault(scope["headers"], is_free=is_free)
        if fault is None:
            await self._app(scope, receive, send_guarded)
        else:
            await _refuse(send_guarded, *fault)

    def _fault(
        self, headers: Iterable[tuple[bytes, bytes]], *, is_free: bool
    ) -> tuple[str, str] | None:
        """Return code and message of what is wrong with a request, None if nothing is."""
        given = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in headers]
        hosts = [text for name, text in given if name == "host"]
        if len(hosts) != 1 or not self._hosts.knows(hosts[0]):
            return (
                "foreign_host",
                "this server does not go by that name: use the one that it printed",
            )
        if is_free:
            return None
        origins = [text for name, text in given if name == "origin"]
        own = {f"http://{hosts[0]}", f"https://{hosts[0]}"}
        site = next((text for name, text in given if name == "sec-fetch-site"), "same-origin")
        if set(origins) <= own and site in {"same-origin", "none"}:
            return None
        return "foreign_origin", "only this server's own page may ask for that"


async def _refuse(send: "Send", code: str, message: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    kind = [(b"content-type", b"application/json"), (b"connection", b"close")]
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": kind + length})
    await send({"type": "http.response.body", "body": body})


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
