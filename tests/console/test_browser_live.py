"""The page on the real live gate: simulated camera, small networks, a real archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.store import Archive
from fundusgate.console.serve import Address, ConsoleServer
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.live.engine import LiveGate
from fundusgate.live.evidence import Freshness
from fundusgate.live.settings import LiveSettings
from fundusgate.phantom import Phase, Step
from fundusgate.runtime import Assessor, Profile
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.settings import GateSettings
from tests.commands.bundles import write_bundle
from tests.live.parts import lenient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.console.browser import Browser

STEADY = (Step(Phase.STEADY, 20.0),)
# patient with a busy machine: what is looked at is the session, not the speed
PATIENT = LiveSettings(
    gate=GateSettings(
        hold=0.2, release=1.0, stale_after=10.0, still_timeout=30.0, check_timeout=60.0, retake_shows=60.0
    ),
    freshness=Freshness(map_age=10.0, score_age=10.0),
    grab_timeout=10.0,
    hung_after=20.0,
)

LOADED = """
const view = document.getElementById('capture-view');
return view.width > 0 && view.getContext('2d').getImageData(view.width / 2, view.height / 2, 1, 1).data[0] > 0;
"""


def strict(profile: Profile) -> Profile:
    """Lenient live, but no photograph passes."""
    content = lenient(profile).model_dump()
    return Profile.model_validate(content | {"score": content["score"] | {"accept": 99.9, "retake": 99.8}})


@pytest.fixture(params=["lenient", "strict"])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ConsoleServer, Archive]]:
    profile = {"lenient": lenient, "strict": strict}[request.param](Profile.load())
    with (
        Assessor.open(write_bundle(tmp_path / "bundle"), threads=1, profile=profile) as assessor,
        Archive.open(tmp_path / "archive") as archive,
        LiveGate(SimulatedCamera(7, 256, 15.0, STEADY, repeat=True), assessor, archive, PATIENT) as gate,
        ConsoleServer(gate, Address(port=0), captures=archive) as server,
    ):
        yield server, archive


@pytest.mark.parametrize("station", ["lenient"], indirect=True)
def test_a_photograph_is_taken_judged_kept_and_shown(chromium: Browser, station: tuple[ConsoleServer, Archive]) -> None:
    server, archive = station
    chromium.open(server.url)
    chromium.click("#target-OS-macula")
    chromium.type_at_once("P-4711")
    chromium.until_says("#patient-name", "P-4711")
    chromium.click("#target-OS-macula")
    chromium.until_says("#prompt-do", "Ready")
    chromium.click("#shutter")
    chromium.until(
        lambda: chromium.run("return document.getElementById('shutter-word').innerText") == "Next", "a verdict"
    )
    (record,) = archive.captures()
    assert (record.patient, record.laterality, record.field) == ("P-4711", "OS", "macula")
    chromium.click(".card")
    chromium.until_says("#capture-figures", "%")
    chromium.until(lambda: chromium.run(LOADED), "the photograph")
    assert chromium.complaints() == []


@pytest.mark.parametrize("station", ["strict"], indirect=True)
def test_a_refused_photograph_is_kept_with_the_operators_reason(
    chromium: Browser, station: tuple[ConsoleServer, Archive]
) -> None:
    server, archive = station
    chromium.open(server.url)
    chromium.click("#target-OD-disc")
    chromium.until_says("#shutter-word", "Take anyway")
    chromium.click("#shutter")
    chromium.until_says("#prompt-over", "Retake")
    chromium.click("#keep")
    chromium.click("#keep-choices [data-value=best_possible]")
    chromium.click("#keep-dialog .main")
    chromium.until_says("#prompt-do", "Kept by you")
    (record,) = archive.captures()
    assert record.outcome is Outcome.RETAKE
    assert record.override is not None
    assert record.override.reason == "best possible for this eye"
