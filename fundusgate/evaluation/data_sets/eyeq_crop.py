"""EyePACS's originals as EyeQ's own script leaves them: the square about the disc at 800 x 800, black outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.preprocessing import frame_disc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CROP = 800
"""Side of what EyeQ's own pre-processing leaves, pixels."""

CUT_HERE = (
    f"cut to the square about the disc at {CROP} x {CROP} by this program, black outside, as EyeQ's own script does;"
    " the two may differ by some pixels."
)
"""What belongs beside figures of photographs that were cut."""


def eyeq_crop(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut a photograph as `EyeQ_process_main.py` does (Fu et al., MICCAI 2019), with this program's own disc finder.

    The script finds the disc by a threshold, ours by its rim: the squares may differ by some pixels.

    Args:
        rgb: H x W x 3 uint8, RGB.

    Returns:
        800 x 800 x 3; the photograph itself where it has that size already.
    """
    if rgb.shape[:2] == (CROP, CROP):
        return rgb
    return frame_disc(rgb, find_disc(rgb), CROP).rgb
