"""What stands before every request: host, origin, pairing, and the headers that tell browsers what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse

from fundusgate.console.pairing import COOKIE

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from fundusgate.console.hosts import HostPolicy
    from fundusgate.console.pairing import Pairing

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
OPEN_TO_ALL = ("/pair", "/static/", "/texts/", "/icons.svg")
"""What an unpaired screen may fetch: nothing of a patient is in it."""
CHEAP_TO_KEEP = ("/static/", "/texts/", "/icons.svg")
SAFE_METHODS = frozenset({"GET", "HEAD"})


class Guard:
    """Refuses what does not come from our own page on a paired screen.

    Args:
        app: What is guarded.
        hosts: Which names and origins are ours.
        pairing: Who may come in; None where nobody else can reach the server.
    """

    def __init__(self, app: ASGIApp, hosts: HostPolicy, pairing: Pairing | None) -> None:
        self._app = app
        self._hosts = hosts
        self._pairing = pairing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _with_headers(scope, send))
        elif scope["type"] == "websocket":
            # a close before the accept is an HTTP 403 to the browser
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await refusal(scope, receive, _with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        connection = HTTPConnection(scope)
        headers = connection.headers
        host = headers.get("host")
        if not self._hosts.answers_to(host) or len(headers.getlist("host")) != 1:
            return PlainTextResponse(
                "This is no name of the console's: open the address that it printed, or add this one to its settings.",
                421,
            )
        reads = scope["type"] == "http" and scope["method"] in SAFE_METHODS
        if not reads and not self._hosts.same_origin(headers.get("origin"), host):
            return PlainTextResponse("Requests from another site's page are refused.", 403)
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        if site in ("cross-site", "same-site") and not (reads and mode == "navigate"):
            return PlainTextResponse("Requests from another site's page are refused.", 403)
        return self._unpaired(scope, connection.cookies.get(COOKIE))

    def _unpaired(self, scope: Scope, token: str | None) -> Response | None:
        path = scope["path"]
        if self._pairing is None or path.startswith(OPEN_TO_ALL) or self._pairing.knows(token):
            return None
        if path == "/":
            return RedirectResponse("/pair", 303)
        return PlainTextResponse("This screen is not paired: open /pair and enter the code.", 401)


def _with_headers(scope: Scope, send: Send) -> Send:
    keep = "no-cache" if scope["path"].startswith(CHEAP_TO_KEEP) else "no-store"

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers["Cache-Control"] = keep
        await send(message)

    return send_with_headers
