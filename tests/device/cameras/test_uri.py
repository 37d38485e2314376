"""Cameras by their URIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from fundusgate.device.cameras.base import CameraError, CameraTimeoutError
from fundusgate.device.cameras.replay import PhotographReplay
from fundusgate.device.cameras.replay_video import VideoReplay
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.device.cameras.uri import open_camera

if TYPE_CHECKING:
    from pathlib import Path


def test_the_simulated_camera_and_its_options() -> None:
    camera = open_camera("sim://?seed=3&fps=200&size=64&script=tour&repeat=0")
    assert isinstance(camera, SimulatedCamera)
    assert not camera.is_open
    with camera:
        assert camera.grab().pixels.shape == (64, 64, 3)
    assert open_camera("sim://3").name == camera.name != open_camera("sim://").name


def test_the_attended_demo_plays_in_real_time_and_again_and_again() -> None:
    with open_camera("sim://?size=32&script=tour") as camera:
        camera.grab()
        with pytest.raises(CameraTimeoutError, match="30 frames"):
            camera.grab(timeout=0.001)


@pytest.mark.parametrize("slashes", ["", "//"])
def test_a_folder_and_a_video(tmp_path: Path, slashes: str) -> None:
    folder = tmp_path / "with blanks, é & 50%20?"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "a.png")
    camera = open_camera(f"replay:{slashes}{folder}?fps=20&repeat=1")
    assert isinstance(camera, PhotographReplay)
    with camera:
        assert camera.grab().metadata["file"] == "a.png"
        assert camera.grab().metadata["file"] == "a.png"
    with open_camera(f"replay:{slashes}{folder}") as plain:
        assert plain.grab().sequence == 0
    video = tmp_path / "a.mp4"
    video.write_bytes(b"")
    assert isinstance(open_camera(f"replay:{video}"), VideoReplay)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("", "names no camera: write one of sim://, replay:FOLDER, v4l2:"),
        ("/dev/video0", "names no camera"),
        ("webcam:0", "names no camera"),
        ("replay:", "name a folder"),
        ("sim://?sed=3", "no option sed"),
        ("sim://?seed=three", "seed is a whole number, not 'three'"),
        ("sim://?seed=-1", "0 or more"),
        ("sim://?fps=fast", "fps is a number"),
        ("sim://?fps=0", "over 0"),
        ("sim://?fps=nan", "over 0"),
        ("sim://?size=7", "at least 32"),
        ("sim://?script=long", "first or tour"),
        ("sim://?repeat=perhaps", "1 or 0"),
        ("sim://?seed=1&seed=2", "given twice"),
        ("sim://left", "'left' is no camera's number"),
        ("replay:x.mp4?each=2", "no such file"),
    ],
)
def test_mistakes_are_named(uri: str, words: str) -> None:
    with pytest.raises(CameraError, match=words.replace("?", r"\?")):
        open_camera(uri).open()
