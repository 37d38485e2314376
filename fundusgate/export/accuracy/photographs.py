"""The photographs that accuracy is measured on, prepared once and kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.photographs import photographs_of
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.prepared import network_input, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.calibration.manifest import CalibrationManifest, PhotographEntry
    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.manifest import Preprocessing


@dataclass(frozen=True, eq=False)
class Seen:
    """One photograph but for its pixels."""

    entry: PhotographEntry
    cells: NDArray[np.bool_]
    """(16, 16), the cells in the visible field."""
    cues: Cues


class PreparedSet:
    """Photographs as networks take them: one file a pre-processing, read one photograph at a time.

    Args:
        files: by pre-processing; the photographs' pixels one after the other.
        photographs: in the files' order.
    """

    def __init__(self, files: Mapping[Preprocessing, Path], photographs: Sequence[Seen]) -> None:
        self._files = dict(files)
        self.photographs = tuple(photographs)

    @classmethod
    def prepare(
        cls,
        manifest: CalibrationManifest,
        entries: Sequence[PhotographEntry],
        map_how: Preprocessing,
        hows: Collection[Preprocessing],
        folder: Path,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> PreparedSet:
        """Open, frame and measure photographs with the runtime's own code.

        Args:
            manifest: Where they lie.
            entries: Which.
            map_how: The map network's pre-processing; the cues see the same square.
            hows: The networks' pre-processings.
            folder: A folder that holds nothing of these names.
            progress: Called with how many are done, of how many.

        Raises:
            CalibrationError: A photograph is gone or altered.
        """
        folder.mkdir(parents=True, exist_ok=True)
        paths = {how: folder / f"{number}.rgb" for number, how in enumerate(dict.fromkeys(hows))}
        seen = []
        files = {how: path.open("wb") for how, path in paths.items()}
        try:
            for entry, rgb in photographs_of(manifest, entries):
                photograph = prepare(rgb, map_how, map_how)
                for how, file in files.items():
                    alike = how == map_how
                    pixels = photograph.map_input if alike else network_input(rgb, find_disc(rgb), how)
                    file.write(pixels.tobytes())
                seen.append(Seen(entry, photograph.cells, photograph.cues))
                progress(len(seen), len(entries))
        finally:
            for file in files.values():
                file.close()
        return cls(paths, seen)

    def inputs(self, how: Preprocessing) -> Iterator[NDArray[np.uint8]]:
        """S x S x 3 uint8, RGB, photograph after photograph."""
        with self._files[how].open("rb") as file:
            for _ in self.photographs:
                yield np.fromfile(file, np.uint8, how.size * how.size * 3).reshape(how.size, how.size, 3)
