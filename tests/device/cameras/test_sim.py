"""The simulated camera: the contract, its truth, its pace."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError, CameraTimeoutError, Frame
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.phantom.script import Phase, Step

from .contract import CameraContract

SHORT = (Step(Phase.APPROACH, 0.2), Step(Phase.STEADY, 0.2), Step(Phase.FAULT, 0.4, CauseCode.TOO_DARK))


class TestSimulatedCamera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return SimulatedCamera(seed=1, size=64)


def test_the_script_ends_or_repeats() -> None:
    with SimulatedCamera(1, 64, script=SHORT) as camera:
        frames = list(camera.frames())
        with pytest.raises(CameraEndedError, match="repeat"):
            camera.grab()
    assert len(frames) == 24
    with SimulatedCamera(1, 64, script=SHORT, repeat=True) as camera:
        numbers = [camera.grab().sequence for _ in range(30)]
    assert numbers == list(range(30))


def test_metadata_tells_the_truth() -> None:
    with SimulatedCamera(1, 64, script=SHORT) as camera:
        frames = list(camera.frames())
    assert {f.metadata["phase"] for f in frames} == {"approach", "steady", "fault"}
    darkest = min(frames[12:], key=lambda f: float(f.pixels.mean()))
    assert darkest.metadata["codes"] == ("TOO_DARK",)
    assert darkest.metadata["hidden_fraction"] > 0.5
    assert all(f.metadata["hidden_fraction"] == 0 for f in frames if f.metadata["phase"] == "steady")
    assert all(f.metadata["simulated"] for f in frames)


def test_same_seed_same_frames() -> None:
    def play(seed: int) -> list[Frame]:
        with SimulatedCamera(seed, 64, script=SHORT) as camera:
            return list(camera.frames())

    first, again, other = play(2), play(2), play(3)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a.pixels, b.pixels) for a, b in zip(first, other, strict=True))


def test_it_keeps_the_pace_and_a_late_caller_loses_frames() -> None:
    steady = (Step(Phase.STEADY, 5.0),)
    with SimulatedCamera(1, 64, fps=50, script=steady) as camera:
        begun = time.monotonic()
        for _ in range(10):
            camera.grab()
        assert time.monotonic() - begun > 0.15
        last = camera.grab().sequence
        time.sleep(0.3)
        assert camera.grab().sequence > last + 5


def test_a_slow_camera_times_out() -> None:
    with SimulatedCamera(1, 64, fps=0.5, script=(Step(Phase.STEADY, 10),)) as camera:
        camera.grab()
        with pytest.raises(CameraTimeoutError, match="wait longer"):
            camera.grab(timeout=0.05)


def test_nonsense_is_refused() -> None:
    with pytest.raises(CameraError, match="32"):
        SimulatedCamera(size=8)
    with pytest.raises(CameraError, match="over 0"):
        SimulatedCamera(fps=0)


def test_frames_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        Frame(np.zeros((4, 4), np.uint8), 0.0, 0)


def test_a_frame_keeps_its_own_copy_of_a_view() -> None:
    buffer = np.zeros((8, 8, 3), np.uint8)
    frame = Frame(buffer[2:6], 0.0, 0)
    buffer[:] = 9
    assert not frame.pixels.any()


def test_importing_the_camera_brings_no_opencv() -> None:
    code = "import sys, fundusgate.device.cameras.sim; print([m for m in ('cv2', 'torch', 'onnx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
