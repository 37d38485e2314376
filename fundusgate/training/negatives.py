"""Pictures that are no fundus, from which crops are cut in training."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.phantom.negatives import not_fundus
from fundusgate.runtime.photograph import PhotographError, read_photograph

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_SIDE = 640
HELD_OUT = ("astronaut.png", "chelsea.png", "brick.png", "rocket.jpg", "china.jpg", "hubble_deep_field.jpg", "ihc.png")
"""Never trained on, so that a test on them means something."""
RETINAS = ("retina.jpg", "microaneurysms.png")


def sample_pictures() -> list[Path]:
    """scikit-image's and scikit-learn's sample pictures, where those packages are installed; no retinas among them."""
    folders = [("skimage", "data"), ("sklearn", "datasets/images")]
    found: list[Path] = []
    for package, inner in folders:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            folder = Path(spec.origin).parent / inner
            found += [path for path in sorted(folder.glob("*")) if path.suffix in {".png", ".jpg"}]
    return [path for path in found if path.name not in RETINAS]


def pictures_without_retina(seed: int, phantoms: int) -> list[NDArray[np.uint8]]:
    """Sample pictures but for the held-out ones, beside the phantom's external eyes, lids, skin, rooms and textures.

    Args:
        seed: Of the phantom's pictures.
        phantoms: How many of those.

    Returns:
        H x W x 3 uint8 pictures of various sizes.
    """
    pictures = [not_fundus(seed + index, 512) for index in range(phantoms)]
    for path in sample_pictures():
        if path.name in HELD_OUT:
            continue
        try:
            pixels = read_photograph(path)
        except PhotographError:
            continue
        step = max(1, max(pixels.shape[:2]) // LARGEST_SIDE)
        # As often as all phantoms of one kind together, since there are few of them and they are real.
        pictures += [np.ascontiguousarray(pixels[::step, ::step])] * 3
    return pictures
