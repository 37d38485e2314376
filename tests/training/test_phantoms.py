from __future__ import annotations

from fundusgate.training.phantoms import phantom_frames
from fundusgate.training.photographs import Quality


def test_eyes_are_framed_good_and_of_several_cameras() -> None:
    one, two = phantom_frames(2, seed=5)
    again, _ = phantom_frames(2, seed=5)
    assert one.rgb.shape == (512, 512, 3)
    assert (one.rgb == again.rgb).all()
    assert one.record.quality is Quality.GOOD
    assert not one.rgb[~one.inside].any()
    assert abs(one.rgb[one.inside].mean(0) - two.rgb[two.inside].mean(0)).max() > 5
