"""A manifest's photographs, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.calibration.manifest import CalibrationError, verified_path
from fundusgate.runtime.photograph import PhotographError, read_photograph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.calibration.manifest import CalibrationManifest, PhotographEntry


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
