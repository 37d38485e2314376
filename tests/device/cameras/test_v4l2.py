"""USB cameras: against a stand-in for OpenCV's capture, and against the real API where there is no camera."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from fundusgate.device.cameras.base import Camera, CameraError, CameraTimeoutError
from fundusgate.device.cameras.uri import open_camera
from fundusgate.device.cameras.v4l2 import V4l2Camera
from fundusgate.device.photograph import decode_photograph

from .contract import CameraContract
from .fake_video_capture import FakeVideoCapture

DEVICE = Path("/dev/video0")


def camera_with(video: FakeVideoCapture, **settings: int) -> V4l2Camera:
    return V4l2Camera(DEVICE, **settings, connect=lambda _: video)


class TestV4l2Camera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return V4l2Camera(DEVICE, connect=lambda _: FakeVideoCapture())


class TestV4l2CameraWithoutJpegOrTimes(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return V4l2Camera(DEVICE, connect=lambda _: FakeVideoCapture(formats=("YUYV",), timed=False))


def test_the_cameras_own_jpeg_is_kept() -> None:
    with camera_with(FakeVideoCapture()) as camera:
        frame = camera.grab()
    assert frame.original is not None
    assert frame.original.suffix == ".jpg"
    assert frame.original.data.startswith(b"\xff\xd8")
    assert frame.original.data.endswith(b"\xff\xd9")
    decoded = cv2.imdecode(np.frombuffer(frame.original.data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    np.testing.assert_array_equal(frame.pixels, decoded[..., ::-1])
    assert np.abs(frame.pixels[20, 20].astype(int) - (200, 90, 10)).max() <= 3
    assert frame.metadata["fourcc"] == "MJPG"


def without_huffman_tables(data: bytes) -> bytes:
    """As many USB cameras send it: the tables of every JPEG of theirs are the standard's."""
    out, at = bytearray(data[:2]), 2
    while data[at + 1] != 0xDA:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        out += b"" if data[at + 1] == 0xC4 else data[at : at + length]
        at += length
    return bytes(out + data[at:])


def test_jpegs_without_tables_are_kept_as_they_are_and_can_be_read() -> None:
    class Sparing(FakeVideoCapture):
        def retrieve(self) -> tuple[bool, np.ndarray]:
            _, data = super().retrieve()
            return True, np.frombuffer(without_huffman_tables(data.tobytes()), np.uint8)[None]

    with camera_with(Sparing()) as camera:
        frame = camera.grab()
    assert frame.original is not None
    assert b"\xff\xc4" not in frame.original.data[:100]
    np.testing.assert_array_equal(decode_photograph(frame.original.data), frame.pixels)


def test_other_formats_are_converted_by_opencv() -> None:
    with camera_with(FakeVideoCapture(formats=("YUYV",))) as camera:
        frame = camera.grab()
    assert frame.original is None
    assert frame.pixels[0, 0].tolist() == [200, 90, 10]
    assert frame.metadata["fourcc"] == "YUYV"


def test_settings_are_asked_for_in_the_order_that_opencv_needs() -> None:
    video = FakeVideoCapture()
    with camera_with(video, width=80, height=60, fps=100) as camera:
        assert camera.grab().pixels.shape == (60, 80, 3)
    assert [prop for prop, _ in video.asked] == [
        cv2.CAP_PROP_FOURCC,
        cv2.CAP_PROP_FRAME_WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT,
        cv2.CAP_PROP_FPS,
        cv2.CAP_PROP_CONVERT_RGB,
    ]
    assert video.released == 1


def test_the_time_is_not_after_the_exposure() -> None:
    video = FakeVideoCapture(fps=100)
    with camera_with(video) as camera:
        frame = camera.grab()
    assert frame.timestamp == pytest.approx(video.arrival(0) - 0.01, abs=1e-6)


@pytest.mark.parametrize("timed", [True, False])
def test_a_still_is_not_one_of_the_queued_frames(timed: bool) -> None:
    video = FakeVideoCapture(fps=50, timed=timed)
    with camera_with(video) as camera:
        camera.grab()
        time.sleep(0.15)
        asked = time.monotonic()
        still = camera.capture()
        assert still.timestamp >= asked
        # the true time of the frame that it was given
        assert video._current is not None
        assert video.arrival(video._current) > asked


def test_a_late_reader_loses_frames_and_they_are_counted() -> None:
    video = FakeVideoCapture(fps=100)
    with camera_with(video) as camera:
        for _ in range(8):
            camera.grab()
        time.sleep(0.25)
        for _ in range(6):
            camera.grab()
        assert video.dropped > 15
        # an estimate from times: exact but for what was lost before the rate was known
        assert abs(camera.lost - video.dropped) <= 3


def test_cut_off_pictures_are_never_shown_and_are_counted() -> None:
    with camera_with(FakeVideoCapture(damaged=(0, 3, 4))) as camera:
        frames = [camera.grab() for _ in range(5)]
        assert camera.lost >= 2
    assert frames[-1].metadata["damaged"] == 3
    assert all(a.sequence < b.sequence for a, b in itertools.pairwise(frames))


def test_a_camera_that_sends_only_damaged_pictures_times_out() -> None:
    video = FakeVideoCapture(damaged=tuple(range(10000)))
    with camera_with(video) as camera, pytest.raises(CameraTimeoutError, match="shorter cable"):
        camera.grab(0.05)


def test_unplugging(tmp_path: Path) -> None:
    device = tmp_path / "video9"
    device.touch()
    with V4l2Camera(device, connect=lambda _: FakeVideoCapture(ends=2)) as camera:
        camera.grab()
        camera.grab()
        with pytest.raises(CameraError, match="stopped sending"):
            camera.grab()
        device.unlink()
        with pytest.raises(CameraError, match="was unplugged: plug it in again"):
            camera.grab()


def test_no_camera_here_is_said_by_the_real_api(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="is not there: plug the camera in"):
        open_camera("v4l2:/dev/video987").open()
    with pytest.raises(CameraError, match="is not there"):
        open_camera("v4l2:987").open()
    with pytest.raises(CameraError, match="is no video device"):
        open_camera("v4l2:/dev/null").open()
    file = tmp_path / "video0"
    file.touch()
    with pytest.raises(CameraError, match="is no device"):
        open_camera(f"v4l2:{file}").open()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("width=640", "width and height together"),
        ("width=0&height=480", "over 0"),
        ("fps=0", "over 0"),
        ("fourcc=MJPEG", "four letters"),
        ("width=wide&height=1", "a whole number"),
    ],
)
def test_settings_that_make_no_sense(options: str, words: str) -> None:
    with pytest.raises(CameraError, match=words):
        open_camera(f"v4l2:/dev/video0?{options}")
