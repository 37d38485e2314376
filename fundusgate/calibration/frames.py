"""The pixels that a network sees of a photograph: the camera's own pre-processing, nothing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.calibration.manifest import CalibrationError, verified_path
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.manifest import Framing
from fundusgate.runtime.photograph import PhotographError, read_photograph
from fundusgate.runtime.preprocessing import frame_disc, frame_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.calibration.manifest import CalibrationManifest, PhotographEntry
    from fundusgate.runtime.manifest import Preprocessing


def network_input(rgb: NDArray[np.uint8], how: Preprocessing) -> NDArray[np.uint8]:
    """A photograph as a network takes it.

    Args:
        rgb: H x W x 3 uint8, RGB.
        how: The network's pre-processing.

    Returns:
        S x S x 3 uint8, RGB.
    """
    if how.framing is Framing.FRAME:
        return frame_whole(rgb, resize=how.resize or how.size, crop=how.size)
    return frame_disc(rgb, find_disc(rgb), how.size).rgb


def photographs_of(
    manifest: CalibrationManifest, entries: Sequence[PhotographEntry]
) -> Iterator[tuple[PhotographEntry, NDArray[np.uint8]]]:
    """Open photographs one after the other, each checked against its hash.

    Yields:
        The entry and its pixels, H x W x 3 uint8, RGB.

    Raises:
        CalibrationError: One is gone, altered or unreadable.
    """
    for entry in entries:
        try:
            yield entry, read_photograph(verified_path(manifest, entry))
        except PhotographError as error:
            raise CalibrationError(f"{entry.file}: {error}") from error
