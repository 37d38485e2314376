"""A live gate with small real networks, a real archive and a camera that does as it is told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.store import Archive
from fundusgate.live.engine import LiveGate
from fundusgate.live.settings import LiveSettings
from fundusgate.runtime import Assessor, Profile
from fundusgate.runtime.gate.settings import GateSettings
from tests.commands.bundles import write_bundle
from tests.live.parts import EyeCamera, Faults, lenient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

QUICK = LiveSettings(
    gate=GateSettings(hold=0.3, release=0.2, still_timeout=5.0, check_timeout=20.0, retake_shows=0.5),
    grab_timeout=1.0,
    hung_after=0.5,
    lost_after=1.0,
)


@dataclass
class Rig:
    """Everything that a test may touch."""

    gate: LiveGate
    camera: EyeCamera
    archive: Archive
    faults: Faults


Open = "Callable[..., AbstractContextManager[Rig]]"


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("live") / "bundle")


@pytest.fixture
def rig(
    small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AbstractContextManager[Rig]]:
    """Opens a live gate; arguments replace its parts."""
    faults = Faults()
    monkeypatch.setattr("fundusgate.runtime.opening.OnnxRuntimeBackend", faults.backend)

    @contextmanager
    def opened(
        settings: LiveSettings = QUICK, archive: type[Archive] = Archive, profile: Profile | None = None
    ) -> Iterator[Rig]:
        camera = EyeCamera()
        used = lenient(Profile.load()) if profile is None else profile
        with (
            Assessor.open(small_bundle, threads=1, profile=used) as assessor,
            archive.open(tmp_path / "archive") as store,
            LiveGate(camera, assessor, store, settings) as gate,
        ):
            try:
                yield Rig(gate, camera, store, faults)
            finally:
                # whatever hangs must not outlive the test
                camera.woken.set()
                faults.woken.set()

    return opened
