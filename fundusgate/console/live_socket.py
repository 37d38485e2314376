"""The socket of one screen: snapshots and previews out, receipts in; the newest only, however slow the screen is."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect

from fundusgate import __version__
from fundusgate.console.rate import TokenBucket

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from fundusgate.console.hub import Hub, Parcel

MOST_SCREENS = 8
PULSE = 0.5
"""Seconds after which a pulse says that the server lives, where there is nothing else to say."""
WINDOW = 4
"""Messages that may be under way without a receipt: what a screen has not shown yet is never queued up behind it."""
GIVE_UP = 15.0
"""Seconds without a receipt after which a screen is let go; it connects again when it can."""
RECEIPTS_A_SECOND = 120.0
RECEIPT_BYTES = 64
PREVIEW_HEADER = struct.Struct(">II")
"""Message number and frame sequence (modulo 2^32), before the JPEG."""

TOO_MANY, NONSENSE, ENDED = 1013, 1008, 1011


class LiveSocket:
    """Serves one screen until it goes.

    Args:
        socket: Not accepted yet.
        hub: Where the news comes from.
    """

    def __init__(self, socket: WebSocket, hub: Hub) -> None:
        self._socket = socket
        self._hub = hub
        self._sent = 0
        self._seen = 0
        self._receipt = asyncio.Event()
        self._captures: str | None = None
        self._frame: int | None = None

    async def serve(self) -> None:
        """Accept, send, listen; returns when either side has closed."""
        await self._socket.accept()
        if self._hub.watchers >= MOST_SCREENS:
            await self._socket.close(TOO_MANY, "too many screens are open: close one")
            return
        self._hub.watchers += 1
        talking = asyncio.ensure_future(self._talk())
        listening = asyncio.ensure_future(self._listen())
        try:
            done, _ = await asyncio.wait({talking, listening}, return_when=asyncio.FIRST_COMPLETED)
            code = next(task for task in done).result()
            if code is not None:
                await self._socket.close(code)
        except (WebSocketDisconnect, OSError):
            pass  # the screen has gone: nothing is owed to it
        finally:
            self._hub.watchers -= 1
            for task in (talking, listening):
                task.cancel()
            await asyncio.gather(talking, listening, return_exceptions=True)

    async def _talk(self) -> int | None:
        await self._send({"type": "hello", "version": __version__, "pulse": PULSE})
        version = -1
        while True:
            if not await self._has_room():
                return TOO_MANY
            parcel = await self._hub.newer(version, PULSE)
            if parcel is not None:
                version = parcel.version
                await self._send_parcel(parcel)
            elif self._hub.ended:
                return ENDED
            else:
                newest = self._hub.parcel
                age = None if newest is None else round(time.monotonic() - newest.fetched_at, 2)
                await self._send({"type": "pulse", "age": age})

    async def _has_room(self) -> bool:
        """Wait until less than a window is under way; False where the screen does not answer."""
        while self._sent - self._seen >= WINDOW:
            self._receipt.clear()
            try:
                await asyncio.wait_for(self._receipt.wait(), GIVE_UP)
            except asyncio.TimeoutError:
                return False
        return True

    async def _send_parcel(self, parcel: Parcel) -> None:
        # the picture first: what is said of it must not come before it
        if parcel.preview is not None and parcel.preview[0] != self._frame:
            self._frame = parcel.preview[0]
            self._sent += 1
            header = PREVIEW_HEADER.pack(self._sent, self._frame % 2**32)
            await self._socket.send_bytes(header + parcel.preview[1])
        extra = f',"state":{parcel.state}'
        if parcel.captures != self._captures:
            self._captures = parcel.captures
            extra += f',"captures":{parcel.captures}'
        await self._send({"type": "snapshot"}, extra)

    async def _send(self, message: dict[str, object], extra: str = "") -> None:
        """Send one numbered JSON object; `extra` is JSON already, so that nothing is encoded twice."""
        self._sent += 1
        head = json.dumps({**message, "n": self._sent, "sent": round(time.monotonic(), 3)}, separators=(",", ":"))
        await self._socket.send_text(f"{head[:-1]}{extra}}}")

    async def _listen(self) -> int | None:
        allowed = TokenBucket(RECEIPTS_A_SECOND, int(RECEIPTS_A_SECOND))
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            number = _receipt(message.get("text"))
            if number is None or number > self._sent or not allowed.take():
                return NONSENSE
            self._seen = max(self._seen, number)
            self._receipt.set()


def _receipt(text: str | None) -> int | None:
    """The number in `{"seen": N}`; None for anything else."""
    if text is None or len(text) > RECEIPT_BYTES:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    number = value.get("seen") if isinstance(value, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None
