"""Pipelines run by the real GStreamer, with its own test source."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fundusgate.device.cameras.argus import ArgusCamera, argus_pipeline
from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError, CameraTimeoutError
from fundusgate.device.cameras.gstreamer import GStreamerCamera, Pipeline
from fundusgate.device.cameras.gstreamer_binding import load_gstreamer
from fundusgate.device.cameras.supervised import SupervisedCamera
from fundusgate.device.cameras.uri import open_camera

from .contract import CameraContract

SIZE = "video/x-raw,format=I420,width=66,height=40,framerate=100/1"
SOURCE = f"videotestsrc is-live=true pattern=red ! {SIZE}"
WITHOUT_NUMBERS = f"{SOURCE} ! jpegenc ! multipartmux ! multipartdemux single-stream=true ! jpegdec"
"""There and back: the buffers' offsets are lost and their times stay, as with nvarguscamerasrc."""


@pytest.fixture(autouse=True)
def _gstreamer() -> None:
    try:
        load_gstreamer()
    except CameraError as error:
        pytest.skip(str(error))


def camera_of(source: str, **more: str | float | bool) -> GStreamerCamera:
    return GStreamerCamera("test", replace(Pipeline(source), **more))  # type: ignore[arg-type]


class TestGStreamerCamera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return camera_of(SOURCE)


class TestGStreamerCameraWithStills(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return camera_of(SOURCE, live="videoscale ! video/x-raw,width=32,height=20", still="identity")


class TestGStreamerCameraWithoutNumbers(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return camera_of(WITHOUT_NUMBERS)


class TestGStreamerCameraWithStillsWithoutNumbers(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return camera_of(
            WITHOUT_NUMBERS, live="videoscale ! video/x-raw,width=32,height=20", still="identity", delay=0.03
        )


class TestSupervisedGStreamerCamera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return SupervisedCamera(lambda: camera_of(SOURCE))


def test_a_source_that_does_not_count() -> None:
    gst = load_gstreamer()
    with camera_of(WITHOUT_NUMBERS) as camera:
        camera.grab()
        sink = camera._running.get_by_name("live")
        assert sink.try_pull_sample(10**9).get_buffer().offset == gst.BUFFER_OFFSET_NONE
        for _ in range(8):
            camera.grab()
        before, since = camera.lost, time.monotonic()
        time.sleep(0.3)
        camera.grab()
        assert 5 <= camera.lost - before <= (time.monotonic() - since) * 100 + 5


def test_opening_again_and_again_leaves_nothing_behind() -> None:
    camera = camera_of(SOURCE, live="videoscale ! video/x-raw,width=32,height=20", still="identity")
    held = []
    for _ in range(12):
        with camera:
            camera.grab()
        held.append(len(list(Path("/proc/self/fd").iterdir())))
    # the first few set up what GStreamer keeps
    assert max(held[-4:]) <= max(held[2:6])


def test_padded_rows_and_rgb_order() -> None:
    with camera_of(SOURCE) as camera:
        frame = camera.grab()
    assert frame.pixels.shape == (40, 66, 3)
    assert frame.pixels.reshape(-1, 3).min(axis=0).tolist()[0] > 240
    assert frame.pixels[..., 1:].max() < 15


def test_stills_are_larger_than_live_frames_and_newer_than_the_press() -> None:
    with camera_of(SOURCE, live="videoscale ! video/x-raw,width=32,height=20", still="identity") as camera:
        live = camera.grab()
        for _ in range(3):
            asked = time.monotonic()
            still = camera.capture()
            assert still.pixels.shape == (40, 66, 3)
            assert still.timestamp >= asked
            after = camera.grab()
            assert after.sequence > still.sequence
        assert live.pixels.shape == after.pixels.shape == (20, 32, 3)


def test_the_delay_of_a_source_is_taken_off() -> None:
    with camera_of(SOURCE, delay=0.2) as camera:
        camera.grab()
        asked = time.monotonic()
        still = camera.capture()
        assert time.monotonic() - asked > 0.19
        assert still.timestamp >= asked


def test_only_the_newest_frame_is_kept_and_the_others_are_counted() -> None:
    with camera_of(SOURCE) as camera:
        first = camera.grab()
        time.sleep(0.3)
        second = camera.grab()
        assert camera.lost == second.sequence - first.sequence - 1
        assert camera.lost > 5


def test_a_file_ends_and_a_camera_fails() -> None:
    source = SOURCE.replace("is-live=true", "is-live=true num-buffers=5")
    with camera_of(source, endless=False) as camera:
        assert 1 <= len(list(camera.frames())) <= 5
        with pytest.raises(CameraEndedError, match="is over"):
            camera.grab()
    with camera_of(source) as camera, pytest.raises(CameraError, match="stopped sending"):
        list(camera.frames())


def test_a_camera_that_stops_is_opened_again() -> None:
    source = SOURCE.replace("is-live=true", "is-live=true num-buffers=10")
    with SupervisedCamera(lambda: camera_of(source)) as camera:
        numbers = []
        while camera.restarts < 2:
            numbers.append(camera.grab(3).sequence)
    assert numbers == sorted(set(numbers))


def test_an_error_on_the_way_is_told() -> None:
    source = f"{SOURCE} ! identity error-after=5"
    with camera_of(source) as camera, pytest.raises(CameraError, match=r"test failed: .*\(identity\d+.*\)"):
        list(camera.frames())


def test_a_new_size_on_the_way_is_passed_on() -> None:
    caps = "video/x-raw,format=I420,framerate=100/1"
    source = f"videotestsrc is-live=true ! videoscale ! capsfilter name=size caps={caps},width=64,height=48"
    camera = camera_of(source)
    with camera:
        assert camera.grab().pixels.shape == (48, 64, 3)
        gst = load_gstreamer()
        size = camera._running.get_by_name("size")
        size.set_property("caps", gst.Caps.from_string(f"{caps},width=32,height=24"))
        shapes = [camera.grab().pixels.shape for _ in range(30)]
    assert shapes[-1] == (24, 32, 3)
    assert set(shapes) <= {(48, 64, 3), (24, 32, 3)}


def test_a_source_that_is_not_live_has_no_frames_of_the_future() -> None:
    with camera_of(SOURCE.replace("is-live=true", "is-live=false")) as camera:
        for _ in range(20):
            assert camera.grab().timestamp <= time.monotonic()


def test_a_pipeline_that_sends_nothing_times_out() -> None:
    with camera_of(f"{SOURCE} ! valve drop=true") as camera:
        began = time.monotonic()
        with pytest.raises(CameraTimeoutError, match="no frame in time"):
            camera.grab(0.2)
        assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nosuchsource", "cannot build the pipeline .*nosuchsource"),
        ("videotestsrc ! ! x", "cannot build the pipeline"),
        ("filesrc location=/nonexistent/a.avi ! decodebin", "does not start: .*nonexistent"),
    ],
)
def test_pipelines_that_cannot_run(source: str, words: str) -> None:
    with pytest.raises(CameraError, match=words):
        camera_of(source).open()


def test_by_uri() -> None:
    with open_camera(f"gstreamer:{SOURCE}") as camera:
        assert camera.grab().pixels.shape == (40, 66, 3)
    with pytest.raises(CameraError, match="write a pipeline"):
        open_camera("gstreamer:")


def test_a_machine_without_nvidias_source_says_so() -> None:
    gst = load_gstreamer()
    if gst.ElementFactory.find("nvarguscamerasrc") is not None:
        pytest.skip("this is a Jetson")
    with pytest.raises(CameraError, match="nvarguscamerasrc"):
        open_camera("argus:0").open()


def test_the_argus_pipeline_with_gstreamers_own_elements() -> None:
    pipeline = argus_pipeline(0, 128, 96, 50, live_width=64)
    here = {
        "nvarguscamerasrc sensor-id=0": "videotestsrc is-live=true",
        "(memory:NVMM)": "",
        "nvvidconv": "videoscale ! videoconvert",
    }

    def own(text: str) -> str:
        for theirs, ours in here.items():
            text = text.replace(theirs, ours)
        return text

    assert pipeline.still is not None
    local = replace(pipeline, source=own(pipeline.source), live=own(pipeline.live), still=own(pipeline.still))
    with ArgusCamera(0, local) as camera:
        live = camera.grab()
        asked = time.monotonic()
        still = camera.capture()
    assert live.pixels.shape == (48, 64, 3)
    assert still.pixels.shape == (96, 128, 3)
    assert still.timestamp >= asked
    assert np.ptp(still.pixels) > 200
