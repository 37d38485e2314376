"""What is photographed in a benchmark: phantoms or photographs, ready in memory, and the camera that gives them."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.bench.errors import BenchError
from fundusgate.device.cameras.base import Camera, CameraError, Frame
from fundusgate.runtime.photograph import list_photographs, read_photograph

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SEEDS = (7, 8, 9, 10)
PAINTED = 1024
"""Side at which a phantom is painted at most; larger ones are enlarged, for painting them takes minutes."""
MOST_FILES = 16


def phantoms(size: int) -> list[NDArray[np.uint8]]:
    """Phantom eyes, the same at every call.

    Args:
        size: Pixels a side, 64 and up.

    Returns:
        Four photographs, `size` x `size` x 3 uint8, RGB.
    """
    if size < 64:
        raise BenchError(f"a size of {size} pixels: give 64 and up")
    from fundusgate.phantom import render

    return [_sized(render(seed, size=min(size, PAINTED)).rgb, size) for seed in SEEDS]


def from_folder(folder: Path, size: int | None) -> list[NDArray[np.uint8]]:
    """Photographs of a folder, evenly spread over its sorted names.

    Args:
        folder: With photographs.
        size: Pixels of the longer side; None for each photograph's own.

    Returns:
        `MOST_FILES` at most, each H x W x 3 uint8, RGB.

    Raises:
        PhotographError: There are none, or one cannot be read.
    """
    found = list_photographs([folder])
    chosen = [found[place * len(found) // MOST_FILES] for place in range(MOST_FILES)]
    photographs = [read_photograph(path) for path in dict.fromkeys(chosen)]
    return photographs if size is None else [_sized(photograph, size) for photograph in photographs]


def pixels_sha256(photographs: Sequence[NDArray[np.uint8]]) -> str:
    """SHA-256 of shapes and pixels, lower-case hexadecimal."""
    digest = hashlib.sha256()
    for photograph in photographs:
        digest.update(str(photograph.shape).encode())
        digest.update(np.ascontiguousarray(photograph).data)
    return digest.hexdigest()


class MemoryCamera(Camera):
    """Gives photographs in turn, each exposed when it is asked for and copied to memory of its own as from a sensor.

    Nothing is drawn or decoded while the clock runs, which a simulated session (`sim://`) does.

    Args:
        photographs: One and up, each H x W x 3 uint8, RGB.
    """

    def __init__(self, photographs: Sequence[NDArray[np.uint8]]) -> None:
        super().__init__()
        if not photographs:
            raise CameraError("no photographs: give one and up")
        self._photographs = list(photographs)
        self._given = 0

    @property
    def name(self) -> str:
        """`memory`."""
        return "memory"

    @property
    def has_sensor(self) -> bool:
        """No: the same photographs come again."""
        return False

    def _do_open(self) -> None:
        self._given = 0

    def _do_close(self) -> None:
        pass

    def _do_grab(self, deadline: float) -> Frame:  # noqa: ARG002 - a photograph in memory is never late
        number = self._given
        self._given += 1
        exposed = time.monotonic()
        return Frame(self._photographs[number % len(self._photographs)].copy(), exposed, number)


def _sized(photograph: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    import cv2

    height, width = photograph.shape[:2]
    if max(height, width) == side:
        return photograph
    scale = side / max(height, width)
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(photograph, shape, interpolation=how), dtype=np.uint8)
