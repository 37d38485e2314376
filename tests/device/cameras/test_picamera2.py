"""Raspberry Pi cameras, against a stand-in for picamera2: it has never run on a Raspberry Pi here."""

from __future__ import annotations

import importlib.util
import inspect
import time
from typing import Any

import numpy as np
import pytest

from fundusgate.device.cameras.base import Camera, CameraError, CameraTimeoutError
from fundusgate.device.cameras.picamera2 import Picamera2Camera
from fundusgate.device.cameras.supervised import SupervisedCamera
from fundusgate.device.cameras.uri import open_camera

from .contract import CameraContract
from .fake_picamera2 import RED, SENSOR, FakePicamera2


def camera_of(*fakes: FakePicamera2, live_width: int = 90) -> Picamera2Camera:
    waiting = list(fakes)
    return Picamera2Camera(0, live_width, connect=lambda _: waiting.pop(0))


class TestPicamera2Camera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return Picamera2Camera(0, 128, connect=FakePicamera2)


class TestPicamera2CameraOnAMachineThatHasSlept(CameraContract):
    @pytest.fixture
    def camera(self, monkeypatch: pytest.MonkeyPatch) -> Camera:
        asleep = 3_600_000_000_000
        monkeypatch.setattr(time, "clock_gettime_ns", lambda _: time.monotonic_ns() + asleep)
        return Picamera2Camera(0, 128, connect=lambda _: FakePicamera2(asleep_ns=asleep))


def test_live_frames_are_small_stills_are_full_and_both_have_the_right_colours() -> None:
    with camera_of(FakePicamera2()) as camera:
        live, still = camera.grab(), camera.capture()
    # 90 pixels in rows of 128: the padding is not shown
    assert live.pixels.shape == (66, 90, 3)
    assert still.pixels.shape == (SENSOR[1], SENSOR[0], 3)
    # the first rows differ from frame to frame
    assert np.abs(live.pixels[4:].astype(int) - RED).max() <= 3
    assert (still.pixels[4:] == RED).all()
    assert still.metadata["exposure_seconds"] == 0.004


@pytest.mark.parametrize("asleep", [0, 10**15])
def test_the_time_is_the_beginning_of_the_exposure(asleep: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: time.monotonic_ns() + asleep)
    fake = FakePicamera2(asleep_ns=asleep)
    with camera_of(fake) as camera:
        frame = camera.grab()
    assert frame.timestamp == pytest.approx(fake.sensor_ns(fake.delivered) / 1e9 - asleep / 1e9 - 0.004, abs=0.02)


def test_the_camera_is_configured_once_and_given_back() -> None:
    fake = FakePicamera2()
    with camera_of(fake) as camera:
        camera.grab()
        camera.capture()
        camera.grab()
        assert fake.state == "started"
        assert fake.configuration["main"]["format"] == "BGR888"
        assert fake.out == 0
        assert fake.jobs == []
    assert fake.state == "closed"


def test_a_control_that_the_camera_does_not_know_is_not_asked_for() -> None:
    fake = FakePicamera2()
    del fake.camera_controls["FrameDurationLimits"]
    with camera_of(fake) as camera:
        camera.grab()


def test_frames_that_nobody_asked_for_are_counted() -> None:
    fake = FakePicamera2(fps=100)
    with camera_of(fake) as camera:
        camera.grab()
        first, since = fake.delivered, time.monotonic()
        time.sleep(0.2)
        camera.grab()
        assert camera.lost == fake.delivered - first - 1
        assert 10 <= camera.lost <= (time.monotonic() - since) * 100 + 1


def test_a_loose_cable_times_out_and_leaves_no_request_behind() -> None:
    fake = FakePicamera2(frames=2)
    with camera_of(fake) as camera:
        camera.grab()
        with pytest.raises(CameraTimeoutError, match="ribbon cable"):
            [camera.grab(0.1) for _ in range(2)]
        assert fake.jobs == []
        with pytest.raises(CameraTimeoutError, match="ribbon cable"):
            camera.capture(0.1)


def test_the_watchdog_opens_it_again_after_a_loose_cable() -> None:
    fakes = [FakePicamera2(frames=3), FakePicamera2()]

    def make() -> Picamera2Camera:
        return Picamera2Camera(0, 128, connect=lambda _: fakes.pop(0))

    with SupervisedCamera(make, hung_after=0.2) as camera:
        numbers = [camera.grab(3).sequence for _ in range(6)]
        assert camera.restarts == 1
    assert numbers == sorted(set(numbers))


def test_a_camera_that_refuses_its_configuration_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakePicamera2()

    def refuse(_: Any) -> None:  # noqa: ANN401
        raise RuntimeError("Failed to allocate buffers")

    monkeypatch.setattr(fake, "configure", refuse)
    with pytest.raises(CameraError, match=r"Failed to allocate buffers.*CMA"):
        camera_of(fake).open()
    assert fake.state == "closed"


def test_without_picamera2_one_sentence() -> None:
    if importlib.util.find_spec("picamera2") is not None:
        pytest.skip("picamera2 is installed")
    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        open_camera("picamera2:0").open()


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(CameraError, match="at least 64"):
        open_camera("picamera2:0?live=8")
    with pytest.raises(CameraError, match="no camera's number"):
        open_camera("picamera2:left")


def test_the_stand_in_has_picamera2s_own_parameters() -> None:
    real = pytest.importorskip("picamera2", reason="picamera2 is only there on a Raspberry Pi").Picamera2
    for name, method in inspect.getmembers(FakePicamera2, inspect.isfunction):
        if name.startswith("_") or name in ("completed", "sensor_ns"):
            continue
        assert set(inspect.signature(method).parameters) <= set(inspect.signature(getattr(real, name)).parameters), name
