"""The watchdog: hangs, failures, unplugging, format changes, slowness; never an old frame."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

import pytest

from fundusgate.device.cameras import supervised
from fundusgate.device.cameras.base import Camera, CameraClosedError, CameraEndedError, CameraError, CameraTimeoutError
from fundusgate.device.cameras.events import CameraEvent, CameraEventKind
from fundusgate.device.cameras.restarts import RestartLimits
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.device.cameras.supervised import SupervisedCamera

from .contract import CameraContract
from .fakes import Plan, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK = RestartLimits(most=3, window=60, first_wait=0.01, longest_wait=0.02)


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage([Plan()])
    yield stage
    stage.door.set()


def supervise(stage: Stage, *plans: Plan, **settings: float) -> tuple[SupervisedCamera, list[CameraEvent]]:
    stage.plans[:] = plans
    events: list[CameraEvent] = []
    camera = SupervisedCamera(
        stage.make,
        limits=QUICK,
        on_event=events.append,
        hung_after=settings.get("hung_after", 0.15),
        open_within=settings.get("open_within", 0.3),
        slow_below=settings.get("slow_below", 1.0),
    )
    return camera, events


def kinds(events: list[CameraEvent]) -> list[CameraEventKind]:
    return [event.kind for event in events]


class TestSupervisedCamera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return SupervisedCamera(Stage([Plan()]).make)


class TestSupervisedSimulatedCamera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return SupervisedCamera(lambda: SimulatedCamera(1, 64, 200, repeat=True))


@pytest.mark.parametrize(
    ("then", "kind", "words"),
    [
        ("hang", CameraEventKind.HUNG, "sent nothing for"),
        ("starve", CameraEventKind.HUNG, "sent nothing for"),
        ("freeze", CameraEventKind.HUNG, "the same picture for"),
        ("rewind", CameraEventKind.HUNG, "not newer than"),
        ("fail", CameraEventKind.FAILED, "unplugged; plug it in again"),
    ],
)
def test_a_camera_that_stops_is_brought_back(stage: Stage, then: str, kind: CameraEventKind, words: str) -> None:
    camera, events = supervise(stage, Plan(frames=5, then=then), Plan())
    with camera:
        frames = [camera.grab(2) for _ in range(5)]
        assert camera.healthy
        frames.append(camera.grab(4))
        while frames[-1].metadata["opening"] == 1:
            assert then == "freeze"
            frames.append(camera.grab(4))
        frames += [camera.grab(2) for _ in range(4)]
        assert camera.healthy
        assert camera.why is None
        assert camera.restarts == 1
    assert all(a.sequence < b.sequence and a.timestamp < b.timestamp for a, b in itertools.pairwise(frames))
    assert frames[-1].metadata["opening"] == 2
    assert kinds(events) == [CameraEventKind.OPENED, kind, CameraEventKind.RESTORED]
    assert words in events[1].text


def test_while_it_is_away_nothing_is_shown_and_the_reason_is_told(stage: Stage) -> None:
    camera, _ = supervise(stage, Plan(frames=2, then="hang"), Plan(), hung_after=0.5)
    with camera:
        camera.grab()
        camera.grab()
        with pytest.raises(CameraTimeoutError, match="sent nothing in time"):
            camera.grab(0.05)
        assert camera.grab(3).metadata["opening"] == 2


def test_a_hung_thread_that_wakes_brings_nothing_and_lets_the_device_go(stage: Stage) -> None:
    camera, _ = supervise(stage, Plan(frames=3, then="hang"), Plan())
    with camera:
        first = [camera.grab() for _ in range(3)]
        assert camera.grab(3).metadata["opening"] == 2
        stage.door.set()
        later = [camera.grab() for _ in range(20)]
        end = time.monotonic() + 5
        while stage.closed < 1 and time.monotonic() < end:
            time.sleep(0.005)
        assert stage.closed == 1
    assert {frame.metadata["opening"] for frame in later} == {2}
    assert later[0].timestamp > first[-1].timestamp


def test_the_budget_ends_it_with_a_plain_sentence(stage: Stage) -> None:
    camera, events = supervise(stage, Plan(frames=2, then="fail"))
    with camera:
        with pytest.raises(CameraEndedError, match=r"3 times within 1 min and is given up: check its cable"):
            deque(iter(camera.grab, None), maxlen=0)
        with pytest.raises(CameraEndedError, match="given up"):
            camera.grab()
        assert not camera.healthy
        assert camera.why is not None
        assert camera.restarts == 3
    assert kinds(events)[-1] is CameraEventKind.ENDED
    assert stage.opened == 4
    stage.plans[:] = [Plan()]
    with camera:
        assert camera.grab().sequence == 0
        assert camera.restarts == 0


@pytest.mark.parametrize("opens", ["fail", "hang"])
def test_reopening_that_fails_is_tried_again(stage: Stage, opens: str) -> None:
    camera, events = supervise(stage, Plan(frames=2, then="fail"), Plan(opens=opens), Plan(), open_within=0.4)
    with camera:
        frames = [camera.grab(3) for _ in range(4)]
    assert frames[-1].metadata["opening"] == 3
    assert len([e for e in events if e.kind in (CameraEventKind.FAILED, CameraEventKind.HUNG)]) == 2


def test_a_camera_that_cannot_be_opened_at_first_says_so(stage: Stage) -> None:
    camera, _ = supervise(stage, Plan(opens="fail"))
    with pytest.raises(CameraError, match="plug it in"):
        camera.open()
    assert not camera.is_open
    camera, _ = supervise(stage, Plan(opens="hang"), open_within=0.05)
    with pytest.raises(CameraError, match="did not open"):
        camera.open()


def test_the_end_of_a_script_is_no_failure() -> None:
    from fundusgate.phantom.script import Phase, Step

    with SupervisedCamera(lambda: SimulatedCamera(1, 64, script=(Step(Phase.STEADY, 0.2),))) as camera:
        assert len(list(camera.frames())) == 6
        assert camera.restarts == 0
        with pytest.raises(CameraEndedError, match="script"):
            camera.grab()


def test_the_reason_is_told_also_when_the_device_hangs_on_closing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "PARTING", 0.05)
    camera, events = supervise(stage, Plan(frames=2, then="fail", closes="hang"), Plan())
    with camera:
        frames = [camera.grab(3) for _ in range(4)]
    assert frames[-1].metadata["opening"] == 2
    assert kinds(events) == [CameraEventKind.OPENED, CameraEventKind.FAILED, CameraEventKind.RESTORED]
    assert "unplugged" in events[1].text


def test_the_device_is_let_go_before_it_is_opened_again(stage: Stage) -> None:
    camera, _ = supervise(stage, Plan(frames=2, then="fail"))
    with camera:
        for number in range(1, 6):
            camera.grab(3)
            assert stage.closed == (number - 1) // 2


def test_another_size_is_reported_and_passed_on(stage: Stage) -> None:
    camera, events = supervise(stage, Plan(frames=3, then="resize"))
    with camera:
        shapes = [camera.grab().pixels.shape[0] for _ in range(6)]
        assert camera.state.size == (24, 24)
    assert shapes == [16, 16, 16, 24, 24, 24]
    assert [e.text for e in events if e.kind is CameraEventKind.RESIZED] == ["planned sends 24 x 24 instead of 16 x 16"]


def test_a_slow_camera_is_reported_once_and_goes_on(stage: Stage) -> None:
    camera, events = supervise(stage, Plan(frames=30, then="crawl", interval=0.004), slow_below=90)
    with camera:
        for _ in range(70):
            camera.grab()
        assert camera.healthy
        assert camera.why is not None
        assert "fewer than 90" in camera.why
        assert camera.rate is not None
    assert kinds(events).count(CameraEventKind.SLOW) - kinds(events).count(CameraEventKind.STEADY) == 1


def test_a_still_that_fails_is_not_taken_twice_and_the_camera_comes_back(stage: Stage) -> None:
    camera, _ = supervise(stage, Plan(frames=2, then="fail"), Plan())
    with camera:
        camera.grab()
        camera.grab()
        with pytest.raises(CameraError, match="unplugged"):
            camera.capture()
        assert stage.opened == 1
        asked = time.monotonic()
        still = camera.capture(3)
        assert still.timestamp >= asked
        assert still.metadata["opening"] == 2


def test_a_live_frame_that_came_too_late_is_no_still(stage: Stage) -> None:
    camera, _ = supervise(stage, Plan(interval=0.1), hung_after=2)
    with camera:
        camera.grab()
        with pytest.raises(CameraTimeoutError):
            camera.grab(0.01)
        asked = time.monotonic()
        assert camera.capture().timestamp >= asked


def test_closing_does_not_wait_for_a_hung_driver(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "PARTING", 0.1)
    camera, _ = supervise(stage, Plan(frames=1, then="hang"), hung_after=60)
    camera.open()
    camera.grab()
    errors: list[BaseException] = []

    def grab() -> None:
        try:
            camera.grab(60)
        except CameraError as error:
            errors.append(error)

    thread = threading.Thread(target=grab)
    thread.start()
    while not stage.hung:
        time.sleep(0.001)
    camera.close()
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(errors[0], CameraClosedError)
    assert "does not let its device go" in caplog.text


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    faults: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)

    class Faulty(SimulatedCamera):
        def _do_grab(self, deadline: float) -> None:  # type: ignore[override]  # noqa: ARG002
            raise ZeroDivisionError

    camera = SupervisedCamera(lambda: Faulty(1, 64), limits=RestartLimits(0, 1))
    with camera, pytest.raises(CameraEndedError, match="fault of the program"):
        camera.grab()
    assert faults[0].exc_type is ZeroDivisionError


def test_limits_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="0 or more restarts"):
        RestartLimits(most=-1)
    with pytest.raises(ValueError, match="waits must be"):
        RestartLimits(first_wait=2, longest_wait=1)
