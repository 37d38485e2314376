from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from fundusgate.device.cameras.base import Frame
from fundusgate.live import pictures
from fundusgate.live.pictures import Preview, jpeg, small_picture


def picture(height: int, width: int) -> np.ndarray:
    ramp = np.linspace(0, 255, width).astype(np.uint8)
    return np.dstack(
        [np.tile(ramp, (height, 1)), np.full((height, width), 90, np.uint8), np.tile(255 - ramp, (height, 1))]
    )


@pytest.mark.parametrize(("height", "width"), [(300, 400), (3000, 4000), (90, 100), (1, 5000)])
def test_small_pictures_keep_their_shape_and_colours(height: int, width: int) -> None:
    rgb = picture(height, width)
    small = small_picture(rgb, 100)
    assert max(small.shape[:2]) == min(100, max(height, width))
    assert small.shape[0] == pytest.approx(height * small.shape[1] / width, abs=1)
    assert np.abs(small.mean(axis=(0, 1)) - rgb.mean(axis=(0, 1))).max() < 3


def test_red_stays_red_through_jpeg() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    back = cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg(red, 32), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert back.shape == (32, 32, 3)
    assert back[16, 16, 0] > 150 > 60 > back[16, 16, 2]


def test_no_size_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 pixel"):
        jpeg(picture(10, 10), 0)


def test_a_frame_is_encoded_once_for_each_size_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []

    def counted(rgb: np.ndarray, max_side: int) -> bytes:
        encoded.append(max_side)
        return jpeg(rgb, max_side)

    monkeypatch.setattr(pictures, "jpeg", counted)
    preview = Preview()
    assert preview.get(50) is None
    frame = Frame(picture(80, 80), 0.0, 1)
    preview.show(frame)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(preview.get, [50, 60] * 8))
    preview.show(frame)
    assert preview.get(60) is not None
    assert sorted(encoded) == [50, 60]
    assert {each[0] for each in told if each is not None} == {1}
    preview.show(Frame(picture(80, 80), 0.1, 2))
    again = preview.get(50)
    assert again is not None
    assert again[0] == 2
    preview.show(None)
    assert preview.get(50) is None
