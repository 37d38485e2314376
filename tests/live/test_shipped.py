"""The shipped networks and the simulated camera: what `fundusgate demo` and `fundusgate run` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.archive.store import Archive
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.live.commands import Press
from fundusgate.live.engine import LiveGate
from fundusgate.live.settings import LiveSettings
from fundusgate.phantom.script import Phase as Acted
from fundusgate.phantom.script import Step
from fundusgate.runtime import Assessor
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import PASSED, Phase
from tests.live.parts import wait_for

if TYPE_CHECKING:
    from pathlib import Path

# a busy machine assesses few frames a second: the gate must not lose its streak between two of them
PATIENT = LiveSettings(gate=GateSettings(hold=1.0, stale_after=5.0, still_timeout=30.0, check_timeout=60.0))
STEADY = (Step(Acted.STEADY, 60.0),)
AWAY = (Step(Acted.APPROACH, 60.0),)


def test_a_steady_eye_becomes_ready_and_is_accepted(tmp_path: Path) -> None:
    camera = SimulatedCamera(7, size=384, fps=15.0, script=STEADY, repeat=True)
    with (
        Assessor.open(threads=1) as assessor,
        Archive.open(tmp_path / "archive") as archive,
        LiveGate(camera, assessor, archive, PATIENT) as gate,
    ):
        wait_for(gate, lambda s: s.phase is Phase.READY)
        gate.submit(Press())
        done = wait_for(gate, lambda s: s.phase in PASSED)
        record = archive.get(done.captures[0].id)
        assert done.captures[0].score > 55
        assert record.camera_metadata["simulated"] is True
        assert record.assessment["map"][8][8] is not None
        assert {model.name for model in record.models} == set(record.assessment["models"])


def test_the_outside_of_an_eye_is_never_ready(tmp_path: Path) -> None:
    camera = SimulatedCamera(7, size=256, fps=15.0, script=AWAY, repeat=True)
    phases = set()
    with (
        Assessor.open(threads=1) as assessor,
        Archive.open(tmp_path / "archive") as archive,
        LiveGate(camera, assessor, archive, PATIENT) as gate,
    ):
        revision, assessed = 0, set()
        while len(assessed) < 20:
            snapshot = gate.wait_for_newer(revision, 30)
            assert snapshot is not None
            revision = snapshot.revision
            phases.add(snapshot.phase)
            assessed.add(snapshot.frame)
    assert phases <= {Phase.CLOSED, Phase.NO_EYE, Phase.ALIGNING}
