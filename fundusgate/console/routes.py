"""What the console answers: the page, its texts, commands, captures, pairing, and the live socket."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from fundusgate.archive.errors import ArchiveError, NoSuchCaptureError
from fundusgate.console.bodies import read_body
from fundusgate.console.icons import sprite
from fundusgate.console.live_socket import LiveSocket
from fundusgate.console.pairing import COOKIE, LIFETIME, TooManyGuessesError
from fundusgate.console.rate import TokenBucket
from fundusgate.live.commands import COMMANDS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from fundusgate.console.gate_port import CaptureReader, GatePort
    from fundusgate.console.hub import Hub
    from fundusgate.console.pairing import Pairing

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEXTS = HERE / "texts"
SIDES = frozenset({160, 900})
"""Pixels: the strip's picture and the larger view's; no others are made."""
CAPTURE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
COMMANDS_A_SECOND = 10.0


class _Guess(BaseModel):
    code: str


class Console:
    """The routes, with what they need.

    Args:
        gate: What is shown and told.
        hub: Its news.
        captures: Where the larger view's map and causes are read; None shows the photograph alone.
        pairing: How a screen is let in; None where that needs nothing.
        secure: TLS is on.
    """

    def __init__(
        self, gate: GatePort, hub: Hub, captures: CaptureReader | None, pairing: Pairing | None, *, secure: bool
    ) -> None:
        self._gate = gate
        self._hub = hub
        self._captures = captures
        self._pairing = pairing
        self._secure = secure
        self._commands = TokenBucket(COMMANDS_A_SECOND, 2 * int(COMMANDS_A_SECOND))
        self._icons = sprite(STATIC / "icons")

    def routes(self) -> list[BaseRoute]:
        """Everything that is answered."""
        return [
            Route("/", self._page),
            Route("/session", self._session),
            Route("/pair", self._pair_page),
            Route("/pair", self._pair, methods=["POST"]),
            Route("/icons.svg", self._sprite),
            Route("/commands", self._command, methods=["POST"]),
            Route("/captures/{capture}", self._record),
            Route("/captures/{capture}/photograph", self._photograph),
            Mount("/texts", StaticFiles(directory=TEXTS)),
            Mount("/static", StaticFiles(directory=STATIC)),
            WebSocketRoute("/live", self._live),
        ]

    async def _page(self, _: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def _session(self, _: Request) -> Response:
        """Answers a paired screen; the guard answers the others."""
        return Response(status_code=204)

    async def _sprite(self, _: Request) -> Response:
        return Response(self._icons, media_type="image/svg+xml")

    async def _pair_page(self, _: Request) -> Response:
        return RedirectResponse("/", 303) if self._pairing is None else FileResponse(STATIC / "pair.html")

    async def _pair(self, request: Request) -> Response:
        if self._pairing is None:
            return RedirectResponse("/", 303)
        body = await read_body(request, "application/json")
        try:
            token = self._pairing.pair(_Guess.model_validate_json(body).code)
        except ValidationError:
            raise HTTPException(422, 'Send {"code": "..."}.') from None
        except TooManyGuessesError as error:
            raise HTTPException(429, str(error)) from None
        if token is None:
            raise HTTPException(403, "That is not the code.")
        response = Response(status_code=204)
        response.set_cookie(
            COOKIE, token, max_age=int(LIFETIME), httponly=True, samesite="strict", secure=self._secure, path="/"
        )
        return response

    async def _command(self, request: Request) -> Response:
        if not self._commands.take():
            raise HTTPException(429, "Too many commands at once: wait a moment.")
        body = await read_body(request, "application/json")
        try:
            command = COMMANDS.validate_json(body)
        except ValidationError as error:
            mistakes = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'command'}: {e['msg']}" for e in error.errors())
            return JSONResponse({"refused": f"Not understood: {mistakes[:400]}"}, 422)
        try:
            await asyncio.to_thread(self._gate.submit, command)
        except ValueError as error:
            return JSONResponse({"refused": str(error)}, 409)
        return JSONResponse({"done": True})

    async def _photograph(self, request: Request) -> Response:
        side = request.query_params.get("side", "")
        if side not in {str(allowed) for allowed in SIDES}:
            raise HTTPException(400, f"Ask with ?side= one of {', '.join(map(str, sorted(SIDES)))}.")
        try:
            jpeg = await asyncio.to_thread(self._gate.capture_thumbnail, _capture(request), int(side))
        except LookupError:
            raise HTTPException(404, "There is no such capture.") from None
        return Response(jpeg, media_type="image/jpeg")

    async def _record(self, request: Request) -> Response:
        if self._captures is None:
            raise HTTPException(404, "The captures' records are not at hand.")
        try:
            record = await asyncio.to_thread(self._captures.get, _capture(request))
        except NoSuchCaptureError:
            raise HTTPException(404, "There is no such capture.") from None
        except ArchiveError as error:
            raise HTTPException(503, str(error)) from error
        return Response(record.model_dump_json(), media_type="application/json")

    async def _live(self, socket: WebSocket) -> None:
        await LiveSocket(socket, self._hub).serve()


def _capture(request: Request) -> str:
    name: str = request.path_params["capture"]
    if not CAPTURE_ID.fullmatch(name):
        raise HTTPException(404, "There is no such capture.")
    return name
