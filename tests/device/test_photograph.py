from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageOps

from fundusgate.device import photograph
from fundusgate.device.photograph import PhotographError, list_photographs, read_photograph

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def picture() -> Image.Image:
    """Every corner of another colour, so that a turned or mirrored picture shows."""
    pixels = np.zeros((40, 64, 3), dtype=np.uint8)
    pixels[:20, :32], pixels[:20, 32:], pixels[20:, :32], pixels[20:, 32:] = (
        (200, 0, 0),
        (0, 200, 0),
        (0, 0, 200),
        (90, 90, 90),
    )
    return Image.fromarray(pixels)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "webp", "jpg"])
def test_every_format_gives_the_same_pixels(tmp_path: Path, picture: Image.Image, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    options = {"webp": {"lossless": True}, "jpg": {"quality": 100, "subsampling": 0}}.get(suffix, {})
    picture.save(path, **options)
    pixels = read_photograph(path)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert not pixels.flags.writeable
    assert np.abs(pixels.astype(int) - np.asarray(picture).astype(int)).max() <= (3 if suffix == "jpg" else 0)


def test_name_with_spaces_and_other_letters(tmp_path: Path, picture: Image.Image) -> None:
    path = tmp_path / "右眼 фото é 1.PNG"
    picture.save(path)
    assert list_photographs([tmp_path]) == [path]
    np.testing.assert_array_equal(read_photograph(path), np.asarray(picture))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path: Path, picture: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.png"
    picture.save(path, exif=exif)
    with Image.open(path) as written:
        expected = np.asarray(ImageOps.exif_transpose(written))
    np.testing.assert_array_equal(read_photograph(path), expected)
    assert (read_photograph(path).shape[:2] == (64, 40)) == (orientation >= 5)


def test_sixteen_bit_is_scaled_by_its_depth_not_its_maximum(tmp_path: Path) -> None:
    dark = np.full((8, 9), 2570, dtype=np.uint16)
    for name in ("a.png", "a.tif"):
        Image.fromarray(dark).save(tmp_path / name)
        assert np.all(read_photograph(tmp_path / name) == 10)


def test_twelve_bit_tiff_that_states_its_white(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 9), 4095, dtype=np.uint16)).save(tmp_path / "stated.tif", tiffinfo={281: 4095})
    Image.fromarray(np.full((8, 9), 4095, dtype=np.uint16)).save(tmp_path / "unstated.tif")
    assert np.all(read_photograph(tmp_path / "stated.tif") == 255)
    assert np.all(read_photograph(tmp_path / "unstated.tif") == 16)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_colour(tmp_path: Path, suffix: str) -> None:
    import cv2

    bgr = np.zeros((8, 9, 3), dtype=np.uint16)
    bgr[:] = (0x1000, 0x4000, 0xC000)
    path = tmp_path / f"a.{suffix}"
    assert cv2.imwrite(str(path), bgr)
    assert np.all(read_photograph(path) == (0xC0, 0x40, 0x10))


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr"])
def test_other_colour_modes_become_rgb(tmp_path: Path, picture: Image.Image, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr") else "a.png")
    converted = picture.convert(mode)
    converted.save(path)
    expected = np.asarray(converted.convert("RGB")).astype(int)
    assert np.abs(read_photograph(path).astype(int) - expected).max() <= 2


def test_cmyk_jpeg(tmp_path: Path, picture: Image.Image) -> None:
    picture.convert("CMYK").save(tmp_path / "a.jpg", quality=98)
    assert np.abs(read_photograph(tmp_path / "a.jpg").astype(int) - np.asarray(picture).astype(int)).max() < 30


def test_transparent_pixels_are_black_whatever_colour_they_carry(tmp_path: Path) -> None:
    pixels = np.full((4, 6, 4), 255, dtype=np.uint8)
    pixels[:, :3, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    read = read_photograph(tmp_path / "a.png")
    assert np.all(read[:, :3] == 0)
    assert np.all(read[:, 3:] == 255)


def test_transparent_palette_entry_is_black(tmp_path: Path) -> None:
    image = Image.new("P", (6, 4), 1)
    image.putpalette([255, 255, 255, 10, 20, 30])
    image.paste(0, (0, 0, 3, 4))
    image.save(tmp_path / "a.png", transparency=0)
    read = read_photograph(tmp_path / "a.png")
    assert np.all(read[:, :3] == 0)
    assert np.all(read[:, 3:] == (10, 20, 30))


def test_first_of_several_frames(tmp_path: Path, picture: Image.Image) -> None:
    picture.save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("RGB", (10, 10))])
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.tif"), np.asarray(picture))


def test_one_pixel(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "a.png")
    assert read_photograph(tmp_path / "a.png").tolist() == [[[1, 2, 3]]]


@pytest.mark.parametrize("mode", ["F", "I"])
def test_values_without_a_white_are_refused(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (8, 8), 1).save(tmp_path / "a.tif")
    with pytest.raises(PhotographError, match="8 or 16 bits"):
        read_photograph(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "webp", "jpg", "gif"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_truncated(tmp_path: Path, suffix: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(PhotographError, match=r"damaged"):
        read_photograph(path)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "webp", "jpg", "gif"])
def test_damaged_bytes_are_read_or_refused_but_never_crash(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(rng.integers(0, 256, (32, 40, 3), dtype=np.uint8)).save(path)
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    refused = 0
    for _ in range(40):
        damaged = content.copy()
        damaged[rng.integers(0, min(len(damaged), 300), size=6)] = rng.integers(0, 256, size=6)
        path.write_bytes(damaged.tobytes())
        try:
            assert read_photograph(path).ndim == 3
        except PhotographError:
            refused += 1
    assert refused > 0


def test_what_is_no_picture_is_refused_by_name_of_its_fault(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    for name, fault in {
        "text.jpg": "not a picture",
        "empty.jpg": "empty",
        "none.jpg": "no such file",
        ".": "folder",
    }.items():
        with pytest.raises(PhotographError, match=fault):
            read_photograph(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are not known here")
def test_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(PhotographError, match="regular file"):
        read_photograph(tmp_path / "a.jpg")


def test_name_that_no_file_can_have() -> None:
    from pathlib import Path

    with pytest.raises(PhotographError):
        read_photograph(Path("a" * 5000))


def test_too_many_pixels_are_refused_before_decoding(
    tmp_path: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture.save(tmp_path / "a.png")
    monkeypatch.setattr(photograph, "MAX_PIXELS", 1000)
    with pytest.raises(PhotographError, match="too large: 64 x 40"):
        read_photograph(tmp_path / "a.png")


def test_decompression_bomb(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "a.png")
    with pytest.raises(PhotographError, match="too large"):
        read_photograph(tmp_path / "a.png")


def test_folders_are_searched_in_order_and_hidden_files_passed_over(tmp_path: Path, picture: Image.Image) -> None:
    for name in ("b/2.jpg", "b/1.JPEG", "a/x.tiff", ".hidden/x.png", "a/.x.png", "notes.txt", "c.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix != ".txt":
            picture.save(path)
        else:
            path.write_text("x")
    names = [str(path.relative_to(tmp_path)) for path in list_photographs([tmp_path])]
    assert names == ["c.png", "a/x.tiff", "b/1.JPEG", "b/2.jpg"]
    twice = list_photographs([tmp_path / "c.png", tmp_path])
    assert twice.count(tmp_path / "c.png") == 1
    assert twice[0] == tmp_path / "c.png"


def test_folder_without_photographs(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(PhotographError, match="no photographs in this folder"):
        list_photographs([tmp_path])


def test_a_missing_file_is_listed_so_that_reading_it_says_so(tmp_path: Path) -> None:
    assert list_photographs([tmp_path / "none.jpg"]) == [tmp_path / "none.jpg"]
