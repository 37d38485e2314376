"""Reading a request's body: no larger and no slower than is sensible."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES = 4096
MOST_SECONDS = 5.0


async def read_body(request: Request, kind: str) -> bytes:
    """The body, `MOST_BYTES` at most.

    Args:
        request: Not read yet.
        kind: The content type that is asked for, such as `application/json`.

    Raises:
        HTTPException: 415 another type, 413 too large, 408 too slow.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != kind:
        raise HTTPException(415, f"Send {kind}, not {given or 'an unnamed type'}.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise HTTPException(413, f"A body has {MOST_BYTES} bytes at most.")
    try:
        return await asyncio.wait_for(_collect(request), MOST_SECONDS)
    except asyncio.TimeoutError:
        raise HTTPException(408, "The body came too slowly: send it again.") from None


async def _collect(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"A body has {MOST_BYTES} bytes at most.")
    return body
