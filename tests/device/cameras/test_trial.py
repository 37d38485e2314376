"""What a try of a camera reports."""

from __future__ import annotations

import pytest

from fundusgate.device.cameras.base import CameraEndedError, CameraError
from fundusgate.device.cameras.discovery import find_cameras
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.device.cameras.trial import Trial, try_camera
from fundusgate.phantom.script import Phase, Step

from .fakes import Plan, Stage


def test_a_steady_camera() -> None:
    with SimulatedCamera(1, 64, fps=100) as camera:
        trial = try_camera(camera, 12)
    assert trial.frames == 12
    assert len(trial.intervals) == 11
    assert trial.sizes == ((64, 64),)
    assert trial.usual_interval is not None
    # a machine that is late leaves whole frames out
    assert trial.usual_interval * 100 == pytest.approx(round(trial.usual_interval * 100), abs=1e-4)
    assert trial.rate == pytest.approx(11 / sum(trial.intervals))
    assert all(0 <= age < 5 for age in trial.ages)
    assert trial.last.sequence == 11 + trial.lost


def test_every_size_is_named() -> None:
    stage = Stage([Plan(frames=2, then="resize")])
    with stage.make() as camera:
        assert try_camera(camera, 4).sizes == ((16, 16), (24, 24))


def test_a_recording_that_is_shorter() -> None:
    with SimulatedCamera(1, 64, script=(Step(Phase.STEADY, 0.1),)) as camera:
        assert try_camera(camera, 50).frames == 3
        with pytest.raises(CameraEndedError):
            try_camera(camera, 50)


def test_a_camera_that_fails_and_nonsense() -> None:
    stage = Stage([Plan(frames=2, then="fail")])
    with stage.make() as camera:
        with pytest.raises(CameraError, match="unplugged"):
            try_camera(camera, 4)
        with pytest.raises(ValueError, match="at least 1"):
            try_camera(camera, 0)


def test_the_histogram_counts_every_interval_once() -> None:
    with SimulatedCamera(1, 32) as camera:
        last = camera.grab()
    intervals = (0.030, 0.033, 0.034, 0.035, 0.070)
    trial = Trial(6, ((32, 32),), 0.1, intervals, (0.01,), 1, last)
    bins = trial.histogram(4)
    assert [count for _, _, count in bins] == [4, 0, 0, 1]
    assert bins[0][0] == pytest.approx(0.030)
    assert bins[-1][1] == pytest.approx(0.070)
    alike = Trial(3, ((32, 32),), 0.1, (0.02, 0.02), (0.01,), 0, last)
    assert [count for _, _, count in alike.histogram()] == [2]
    assert Trial(1, ((32, 32),), 0.1, (), (0.01,), 0, last).histogram() == []


def test_every_kind_is_listed_with_what_is_missing() -> None:
    found = {one.uri.partition(":")[0]: one for one in find_cameras()}
    assert set(found) == {"sim", "v4l2", "argus", "picamera2"}
    assert found["sim"].problem is None
