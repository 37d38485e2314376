from __future__ import annotations

import io
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fundusgate.archive import png
from fundusgate.archive.png import png_of


@pytest.mark.parametrize("processors", [1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (333, 2), (301, 517), (600, 1200)])
def test_two_other_programs_read_the_very_pixels(shape: tuple[int, int], processors: int) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    data = png_of(rgb, processors)
    # Pillow refuses a chunk or a stream whose checksum is wrong
    with Image.open(io.BytesIO(data)) as image:
        image.verify()
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"
        assert np.array_equal(np.asarray(image), rgb)
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert np.array_equal(read[..., ::-1], rgb)


def test_many_pieces_are_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "PIECE", 1000)
    rgb = np.random.default_rng(2).integers(0, 256, (97, 61, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(png_of(rgb, 2))) as image:
        assert np.array_equal(np.asarray(image), rgb)


def test_how_many_work_at_it_changes_no_byte() -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (900, 900, 3), dtype=np.uint8)
    assert png_of(rgb, 1) == png_of(rgb, 7)
    # nor whether the pixels lie one behind the other
    assert png_of(np.pad(rgb, ((0, 0), (5, 5), (0, 0)))[:, 5:-5]) == png_of(rgb)


def test_smooth_pixels_are_made_smaller() -> None:
    ramp = np.broadcast_to(np.arange(1200, dtype=np.uint8)[None, :, None], (500, 1200, 3))
    assert len(png_of(ramp)) < ramp.size / 4


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_joined_checksums(first: bytes, second: bytes) -> None:
    assert png._joined(zlib.adler32(first), zlib.adler32(second), len(second)) == zlib.adler32(first + second)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (4, 0, 3)])
def test_what_is_no_photograph(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="H x W x 3"):
        png_of(np.zeros(shape, np.uint8))
