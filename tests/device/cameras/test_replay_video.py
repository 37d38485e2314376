"""A video replayed: the contract, its order and its end."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError
from fundusgate.device.cameras.replay_video import VideoReplay

from .contract import CameraContract

if TYPE_CHECKING:
    from pathlib import Path


def write_video(path: Path, frames: int = 20, fps: float = 25) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for number in range(frames):
        # blue, green, red: each frame brighter in red
        writer.write(np.full((48, 64, 3), (20, 60, number * 10), np.uint8))
    writer.release()
    return path


class TestVideoReplay(CameraContract):
    @pytest.fixture
    def camera(self, tmp_path: Path) -> Camera:
        return VideoReplay(write_video(tmp_path / "a.avi"), fps=200, repeat=True)


def test_every_frame_in_order_and_in_rgb(tmp_path: Path) -> None:
    with VideoReplay(write_video(tmp_path / "a.avi"), math.inf) as camera:
        frames = list(camera.frames())
        with pytest.raises(CameraEndedError, match="over after 20 frames"):
            camera.grab()
    assert [f.sequence for f in frames] == list(range(20))
    reds = [int(f.pixels[20, 20, 0]) for f in frames]
    assert all(abs(red - number * 10) <= 6 for number, red in enumerate(reds))
    assert abs(int(frames[0].pixels[20, 20, 1]) - 60) <= 6
    seconds = [f.metadata["video_seconds"] for f in frames]
    assert seconds[0] == 0
    assert all(a < b for a, b in itertools.pairwise(seconds))


def test_it_repeats_with_numbers_that_go_on(tmp_path: Path) -> None:
    with VideoReplay(write_video(tmp_path / "a.avi", 4), math.inf, repeat=True) as camera:
        frames = [camera.grab() for _ in range(10)]
    assert [f.sequence for f in frames] == list(range(10))
    assert np.array_equal(frames[0].pixels, frames[4].pixels)
    assert not np.array_equal(frames[0].pixels, frames[3].pixels)


def test_its_own_rate(tmp_path: Path) -> None:
    with VideoReplay(write_video(tmp_path / "a.avi", fps=50)) as camera:
        first, second = camera.grab(), camera.grab()
    gap = (second.timestamp - first.timestamp) * 50
    assert gap == pytest.approx(round(gap))


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"this is text" * 100)
    with pytest.raises(CameraError, match="neither a photograph nor a video"):
        VideoReplay(path).open()
    with pytest.raises(CameraError, match="no such file"):
        VideoReplay(tmp_path / "b.mp4").open()
    with pytest.raises(CameraError, match="over 0"):
        VideoReplay(path, 0)


def test_a_recording_that_broke_off_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_video(tmp_path / "a.avi", 100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with VideoReplay(path, math.inf) as camera:
        frames = list(camera.frames())
    assert 10 < len(frames) < 100
    assert "of the 100 frames it states" in caplog.text
