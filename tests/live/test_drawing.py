from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fundusgate.archive.record import CaptureRecord, GivenUp, Override
from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.device.cameras.base import Frame
from fundusgate.live.board import Board
from fundusgate.live.drawing import Scene, draw
from fundusgate.live.messages import Guidance, Kept
from fundusgate.live.snapshot import Rates
from fundusgate.live.strip import Strip
from fundusgate.phantom import render
from fundusgate.runtime import Assessor
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.observations import Aim, LiveView
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import GateState, Phase, Reason, Still
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from fundusgate.runtime.assessment import Assessment

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
RATES = Rates(camera=30.0, assessed=28.0, mapped=28.0, scored=3.0, dropped=1, lost=0, guidance_ms={"p50": 40.0})
EMPTY = Scene(operator=None, camera="eye", newest=None, rates=RATES, captures=())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Guidance, Assessment]:
    eye = render(7, size=200).rgb
    with Assessor.open(write_bundle(tmp_path_factory.mktemp("drawing") / "b"), threads=1) as assessor:
        glance = assessor.glance(eye, want_map=True, want_score=False)
        said = assessor.assess(eye)
    view = LiveView(1.0, Aim.RETINA, 0.7, passing=False, main=CauseCode.FOCUS)
    return Guidance(Frame(eye, 1.0, 17), glance, view, glance), said


def record(number: int, **more: object) -> CaptureRecord:
    content: dict[str, Any] = {
        "taken_at": NOW,
        "outcome": Outcome.RETAKE,
        "trigger": Trigger.OPERATOR,
        "attempt": 1,
        "camera": "eye",
        "assessment": {},
        "models": (),
        "bundle_sha256": "0" * 64,
        "id": f"capture-{number}",
        "photograph": "photograph.png",
        "photograph_sha256": "0" * 64,
        "photograph_bytes": 1,
        "width": 1,
        "height": 1,
        "kept_at": NOW,
    }
    return CaptureRecord(**(content | more))


def test_the_newest_frame_is_drawn_with_its_map(seen: tuple[Guidance, Assessment]) -> None:
    guidance, said = seen
    state = GateState(phase=Phase.NEARLY, prompt=CauseCode.FOCUS, promise=0.5)
    drawn = draw(3, state, GateSettings(), replace(EMPTY, newest=guidance))
    assert (drawn.revision, drawn.frame, drawn.frame_size, drawn.box) == (3, 17, (200, 200), said.box)
    assert drawn.map is not None
    for row, expected in zip(drawn.map, said.map, strict=True):
        for cell, value in zip(row, expected, strict=True):
            assert (cell is None) == math.isnan(value)
            assert cell is None or cell == pytest.approx(value, abs=6e-4)
    plain = json.loads(json.dumps(drawn.to_json_object(), allow_nan=False))
    assert plain["prompt"] == "FOCUS"
    assert plain["rates"]["guidance_ms"] == {"p50": 40.0}


def test_a_closed_gate_shows_no_picture(seen: tuple[Guidance, Assessment]) -> None:
    drawn = draw(1, GateState(why="no camera"), GateSettings(), replace(EMPTY, newest=seen[0]))
    assert (drawn.frame, drawn.map, drawn.box, drawn.frame_size) == (None, None, None, None)
    assert drawn.why == "no camera"


def test_a_result_says_whether_another_attempt_helps() -> None:
    still = Still(number=1, asked_at=0.0, verdict=Verdict.RETAKE, retake_helps=RetakeHelps.YES, kept=True)
    assert draw(1, GateState(phase=Phase.RETAKE, still=still), GateSettings(), EMPTY).retake_helps is RetakeHelps.YES
    assert draw(1, GateState(phase=Phase.NEARLY, still=still), GateSettings(), EMPTY).retake_helps is None


def test_the_strip_shows_the_newest_first_and_not_too_many(seen: tuple[Guidance, Assessment]) -> None:
    strip = Strip(most=3)
    for number in range(1, 6):
        strip.add(Kept(number, record(number), np.zeros((8, 8, 3), np.uint8)), seen[1])
    assert [card.number for card in strip.cards] == [5, 4, 3]
    assert strip.thumbnail("capture-5", 8) is not None
    assert strip.thumbnail("capture-1", 8) is None


def test_the_strip_tells_what_was_added_to_a_record(seen: tuple[Guidance, Assessment]) -> None:
    strip = Strip(most=3)
    strip.add(Kept(1, record(1), None), seen[1])
    strip.add(Kept(2, record(2), None), seen[1])
    strip.amend(record(1, override=Override(reason="a lesion", operator=None, at=NOW)))
    strip.amend(record(2, given_up=GivenUp(reason=Reason.OPACITY, operator=None, at=NOW)))
    second, first = strip.cards
    assert (first.overridden, first.outcome) == ("a lesion", "retake")
    assert (second.overridden, second.outcome) == (None, "cannot_obtain")


def test_the_board_gives_the_newest_and_waits_no_longer_than_told() -> None:
    board = Board(draw(0, GateState(), GateSettings(), EMPTY))
    assert board.wait_for_newer(0, 0.01) is None
    for revision in (1, 2, 3):
        board.publish(draw(revision, GateState(), GateSettings(), EMPTY))
    newest = board.wait_for_newer(0, 1.0)
    assert newest is board.newest
    assert newest is not None
    assert newest.revision == 3


@pytest.mark.parametrize(
    ("phase", "prompt", "side"),
    [
        (Phase.NEARLY, CauseCode.OFF_CENTRE, "left"),
        (Phase.NEARLY, CauseCode.FOCUS, None),
        (Phase.RETAKE, CauseCode.OFF_CENTRE, None),
        (Phase.CLOSED, CauseCode.OFF_CENTRE, None),
    ],
)
def test_where_light_is_missing_is_told_of_the_live_picture_alone(
    seen: tuple[Guidance, Assessment], phase: Phase, prompt: CauseCode, side: str | None
) -> None:
    guidance, _ = seen
    leaning = replace(guidance.glance.cues, centring=replace(guidance.glance.cues.centring, lean_x=0.4, lean_y=0.0))
    guidance = replace(guidance, glance=replace(guidance.glance, cues=leaning))
    drawn = draw(1, GateState(phase=phase, prompt=prompt), GateSettings(), replace(EMPTY, newest=guidance))
    assert drawn.to_json_object()["dark_side"] == side
