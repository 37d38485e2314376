"""Everything that runs at the camera, put together from one configuration and taken apart in order."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from fundusgate.archive.store import Archive
from fundusgate.console.serve import Address, ConsoleServer
from fundusgate.device.cameras.restarts import RestartLimits
from fundusgate.device.cameras.supervised import SupervisedCamera
from fundusgate.device.cameras.uri import open_camera
from fundusgate.live.engine import LiveGate
from fundusgate.live.settings import LiveSettings
from fundusgate.runtime.assessor import Assessor
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.profile import Profile
from fundusgate.service.metrics import Metrics
from fundusgate.service.monitoring import MonitoringServer
from fundusgate.service.notify import Notifier
from fundusgate.service.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.service.configuration import Configuration, Screen, Shutter


PATIENT = RestartLimits(most=10_000)
"""A camera that was unplugged over lunch must come back by itself: tried every ten seconds, and never given up."""


@dataclass(frozen=True)
class Station:
    """A live gate with its screen, running.

    Attributes:
        gate: The live gate.
        url: The technician's page.
        code: What a screen must show to be let in; None on loopback.
        monitoring: Address of `/health` and `/metrics`; None where they are turned off.
        server: The screen's server.
        networks: What runs the networks and why nothing better does, in one sentence.
    """

    gate: LiveGate
    url: str
    code: str | None
    monitoring: str | None
    server: ConsoleServer
    networks: str


@contextmanager
def station(configuration: Configuration, notifier: Notifier | None = None) -> Iterator[Station]:
    """Run everything until the with statement is left.

    Args:
        configuration: What runs.
        notifier: Who is told of it; the service manager, where there is one.

    Raises:
        CameraError: The camera's URI is wrong. A camera that is not there does not end the station: the gate stays
            closed, says why, and opens once it is.
        ArchiveError: Captures cannot be kept where they should.
        AssessorError, BackendError, BundleError: The networks cannot be opened.
        ConsoleError, MonitoringError: A port cannot be served.
        ProfileError: The profile has mistakes.
    """
    notifier = Notifier.from_environment() if notifier is None else notifier
    with ExitStack() as running:
        networks = configuration.networks
        camera = SupervisedCamera(lambda: open_camera(configuration.camera), limits=PATIENT)
        archive = running.enter_context(Archive.open(configuration.archive))
        profile = None if networks.profile is None else Profile.load(networks.profile)
        assessor = running.enter_context(
            Assessor.open(
                networks.bundle,
                networks.precision,
                networks.threads,
                profile,
                backend=networks.backend,
                engines=networks.engines,
            )
        )
        gate = running.enter_context(LiveGate(camera, assessor, archive, _settings(configuration.shutter)))
        metrics = Metrics(CollectorRegistry())
        watch = running.enter_context(Watch(gate, metrics, notifier))
        monitoring = None
        if configuration.monitoring.port:
            host = configuration.monitoring.host
            reports = running.enter_context(
                MonitoringServer(host, configuration.monitoring.port, gate, watch, metrics.registry)
            )
            monitoring = f"http://{host}:{reports.port}"
        server = running.enter_context(ConsoleServer(gate, _address(configuration.screen), captures=archive))
        code = None if server.pairing is None else server.pairing.code
        notifier.ready(f"serving {server.url}")
        running.callback(notifier.stopping)
        yield Station(gate, server.url, code, monitoring, server, assessor.running)


def _settings(shutter: Shutter) -> LiveSettings:
    gate = replace(
        GateSettings(),
        hold=shutter.hold,
        release=shutter.release,
        auto=shutter.automatic,
        auto_after=shutter.automatic_after,
        max_retakes=shutter.max_retakes,
        still_timeout=shutter.still_timeout,
    )
    return LiveSettings(gate=gate)


def _address(screen: Screen) -> Address:
    return Address(screen.host, screen.port, screen.tls_certificate, screen.tls_key, screen.names)
