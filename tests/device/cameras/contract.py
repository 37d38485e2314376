"""What every camera must do; each camera's tests inherit it."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest

from fundusgate.device.cameras.base import Camera, CameraClosedError, CameraEndedError, CameraError, Frame


class CameraContract:
    """Inherit and give `camera`, a closed camera with at least eight frames."""

    @pytest.fixture
    def camera(self) -> Camera:
        raise NotImplementedError

    def test_frames_are_owned_ordered_and_timed(self, camera: Camera) -> None:
        with camera:
            frames = [camera.grab() for _ in range(5)]
        assert all(f.pixels.dtype == np.uint8 and f.pixels.ndim == 3 and f.pixels.shape[2] == 3 for f in frames)
        assert all(a.sequence < b.sequence and a.timestamp < b.timestamp for a, b in itertools.pairwise(frames))
        kept = frames[0].pixels.copy()
        with pytest.raises(ValueError, match="read-only"):
            frames[0].pixels[0, 0, 0] = 1
        assert np.array_equal(frames[0].pixels, kept)

    def test_a_closed_camera_says_so(self, camera: Camera) -> None:
        with pytest.raises(CameraError, match="not open"):
            camera.grab()
        camera.close()

    def test_it_opens_once_and_again_after_closing(self, camera: Camera) -> None:
        with camera:
            assert camera.is_open
            with pytest.raises(CameraError, match="open already"):
                camera.open()
        assert not camera.is_open
        with camera:
            assert camera.grab().sequence == 0

    def test_it_closes_when_the_body_fails(self, camera: Camera) -> None:
        with pytest.raises(KeyError), camera:
            raise KeyError
        assert not camera.is_open

    def test_a_timeout_of_nothing_is_refused(self, camera: Camera) -> None:
        with camera, pytest.raises(ValueError, match="timeout"):
            camera.grab(timeout=0)
        with camera, pytest.raises(ValueError, match="timeout"):
            camera.capture(timeout=-1)

    def test_a_still_began_after_the_call(self, camera: Camera) -> None:
        with camera:
            before = camera.grab()
            asked = time.monotonic()
            still = camera.capture()
            after = camera.grab()
        assert still.timestamp >= asked
        assert before.sequence < still.sequence < after.sequence
        assert before.timestamp < still.timestamp < after.timestamp
        assert min(still.pixels.shape[:2]) >= min(before.pixels.shape[:2])
        assert not still.pixels.flags.writeable

    def test_a_closed_camera_takes_no_still(self, camera: Camera) -> None:
        with pytest.raises(CameraError, match="not open"):
            camera.capture()

    def test_what_is_missing_in_its_numbering_is_counted(self, camera: Camera) -> None:
        with camera:
            first = camera.grab()
            frames = [camera.grab() for _ in range(4)]
            assert camera.lost == frames[-1].sequence - first.sequence - 4
        with camera:
            assert camera.lost == 0

    def test_timestamps_are_of_this_machines_clock(self, camera: Camera) -> None:
        began = time.monotonic()
        with camera:
            frame = camera.grab()
        # a sensor may have exposed the frame before it was opened, never in the future
        assert began - 5 < frame.timestamp <= time.monotonic()

    def test_metadata_cannot_be_changed(self, camera: Camera) -> None:
        with camera:
            frame = camera.grab()
        with pytest.raises(TypeError):
            frame.metadata["added"] = 1  # type: ignore[index]

    def test_another_thread_may_close_it(self, camera: Camera) -> None:
        frames: list[Frame] = []
        ends: list[BaseException] = []

        def grab_until_it_fails() -> None:
            try:
                while True:
                    frames.append(camera.grab())
            except CameraError as error:
                ends.append(error)

        camera.open()
        thread = threading.Thread(target=grab_until_it_fails)
        thread.start()
        while not frames and thread.is_alive():
            time.sleep(0.001)
        camera.close()
        thread.join(5)
        assert not thread.is_alive()
        assert isinstance(ends[0], CameraClosedError | CameraEndedError) or "not open" in str(ends[0])
        with camera:
            assert camera.grab().sequence == 0
