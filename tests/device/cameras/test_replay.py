"""Photographs replayed: the contract, the very file, bad files passed over."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError
from fundusgate.device.cameras.replay import PhotographReplay

from .contract import CameraContract

if TYPE_CHECKING:
    from pathlib import Path


def write_photographs(folder: Path, count: int) -> list[Path]:
    paths = []
    for number in range(count):
        pixels = np.full((30, 40, 3), number * 8, np.uint8)
        paths.append(folder / f"{number:03d}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


class TestPhotographReplay(CameraContract):
    @pytest.fixture
    def camera(self, tmp_path: Path) -> Camera:
        write_photographs(tmp_path, 30)
        return PhotographReplay(tmp_path, fps=200, repeat=True)


class TestUnpacedPhotographReplay(CameraContract):
    @pytest.fixture
    def camera(self, tmp_path: Path) -> Camera:
        write_photographs(tmp_path, 3)
        return PhotographReplay(tmp_path, repeat=True)


def test_every_photograph_in_order_with_its_very_file(tmp_path: Path) -> None:
    paths = write_photographs(tmp_path, 5)
    with PhotographReplay(tmp_path) as camera:
        frames = list(camera.frames())
        with pytest.raises(CameraEndedError, match="all 5 photographs"):
            camera.grab()
    assert [f.metadata["file"] for f in frames] == [p.name for p in paths]
    assert [int(f.pixels[0, 0, 0]) for f in frames] == [0, 8, 16, 24, 32]
    for frame, path in zip(frames, paths, strict=True):
        assert frame.original is not None
        assert frame.original.data == path.read_bytes()
        assert frame.original.suffix == ".png"


def test_a_late_caller_misses_no_photograph_but_frames_are_lost(tmp_path: Path) -> None:
    write_photographs(tmp_path, 3)
    with PhotographReplay(tmp_path, fps=100) as camera:
        frames = []
        for _ in range(3):
            frames.append(camera.grab())
            time.sleep(0.05)
        assert camera.lost > 0
    assert [f.metadata["file"] for f in frames] == ["000.png", "001.png", "002.png"]


def test_each_photograph_stays_and_the_still_shows_it(tmp_path: Path) -> None:
    write_photographs(tmp_path, 2)
    with PhotographReplay(tmp_path, fps=100, each=3600) as camera:
        live, still = camera.grab(), camera.capture()
        assert live.metadata["file"] == still.metadata["file"] == "000.png"
        assert np.shares_memory(live.pixels, still.pixels)
    with PhotographReplay(tmp_path, fps=100, each=0.1) as camera:
        files = [f.metadata["file"] for f in camera.frames()]
    assert files == sorted(files)
    assert set(files) == {"000.png", "001.png"}


def test_a_bad_file_is_passed_over_and_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = write_photographs(tmp_path, 4)
    paths[1].write_bytes(paths[1].read_bytes()[:40])
    (tmp_path / "002b.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a photograph")
    with caplog.at_level(logging.WARNING), PhotographReplay(tmp_path) as camera:
        frames = list(camera.frames())
        skipped = camera.skipped
    assert [f.metadata["file"] for f in frames] == ["000.png", "002.png", "003.png"]
    assert [f.sequence for f in frames] == [0, 1, 2]
    assert frames[-1].metadata["skipped"] == 2
    assert skipped[0].startswith("001.png: ")
    assert "empty" in skipped[1]
    assert sum("passes over" in message for message in caplog.messages) == 2


@pytest.mark.parametrize("repeat", [False, True])
def test_a_folder_with_nothing_readable_ends(tmp_path: Path, repeat: bool) -> None:
    for path in write_photographs(tmp_path, 3):
        path.write_bytes(b"nothing")
    with PhotographReplay(tmp_path, repeat=repeat) as camera, pytest.raises(CameraEndedError, match="none of the 3"):
        camera.grab()


def test_files_that_vanish_are_passed_over(tmp_path: Path) -> None:
    paths = write_photographs(tmp_path, 3)
    with PhotographReplay(tmp_path) as camera:
        camera.grab()
        paths[1].unlink()
        assert camera.grab().metadata["file"] == "002.png"
        assert camera.skipped == ("001.png: No such file or directory",)


def test_one_photograph_and_orientation(tmp_path: Path) -> None:
    path = tmp_path / "turned.JPG"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), (200, 10, 10)).save(path, format="JPEG", exif=exif)
    with PhotographReplay(path) as camera:
        frame = camera.grab()
    assert frame.pixels.shape == (40, 20, 3)
    assert frame.original is not None
    assert frame.original.suffix == ".jpg"


def test_sixteen_bits_and_cmyk(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 32768, np.uint16)).save(tmp_path / "a.png")
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "b.tif")
    Image.new("L", (8, 8), 9).save(tmp_path / "c.bmp")
    with PhotographReplay(tmp_path) as camera:
        assert [f.pixels[0, 0].tolist() for f in camera.frames()] == [[128] * 3, [255] * 3, [9] * 3]


def test_what_is_not_there_is_said_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no such file or folder"):
        PhotographReplay(tmp_path / "none").open()
    with pytest.raises(CameraError, match="no photographs in this folder"):
        PhotographReplay(tmp_path).open()
    with pytest.raises(CameraError, match="over 0"):
        PhotographReplay(tmp_path, fps=-1)
    with pytest.raises(CameraError, match="more than 0 seconds"):
        PhotographReplay(tmp_path, each=0)
