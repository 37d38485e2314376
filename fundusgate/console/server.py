"""The console as one ASGI application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from fundusgate.console.guard import Guard
from fundusgate.console.hub import Hub
from fundusgate.console.routes import Console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.routing import BaseRoute

    from fundusgate.console.gate_port import CaptureReader, GatePort
    from fundusgate.console.hosts import HostPolicy
    from fundusgate.console.pairing import Pairing


def make_app(
    gate: GatePort,
    hosts: HostPolicy,
    *,
    captures: CaptureReader | None = None,
    pairing: Pairing | None = None,
    more_routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """The technician's page and everything it asks for.

    Args:
        gate: What is shown and told.
        hosts: Which names and origins are ours.
        captures: The archive, for the map and the causes in a capture's larger view.
        pairing: Who may come in; None lets everybody in whom `hosts` lets in.
        more_routes: What else is served behind the same guard, such as a health endpoint.

    Returns:
        The application; its `state.hub` is the thread that asks the gate.
    """
    hub = Hub(gate)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with hub:
            yield

    console = Console(gate, hub, captures, pairing, secure=hosts.secure)
    app = Starlette(
        routes=[*console.routes(), *more_routes],
        middleware=[Middleware(Guard, hosts, pairing)],
        lifespan=lifespan,
    )
    app.state.hub = hub
    return app
