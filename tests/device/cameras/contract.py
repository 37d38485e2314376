"""What every camera must do; each camera's tests inherit it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fundusgate.device.cameras.base import Camera, CameraError


class CameraContract:
    """Inherit and give `camera`, a closed camera with at least five frames."""

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
