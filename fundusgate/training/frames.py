"""Every photograph framed once by the runtime's own pre-processing, kept on disk for quick random access."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.photograph import PhotographError, read_photograph
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION, frame_disc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.training.photographs import PhotographRecord

LARGEST_SIDE = 512


@dataclass(frozen=True)
class Frame:
    """A framed photograph: S x S x 3 uint8 RGB, the mask of what lies inside disc and picture, and its row."""

    rgb: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    record: PhotographRecord


class FrameStore:
    """Framed photographs in one memory-mapped file.

    A frame's side is the disc's own diameter, at most 512, so that a 200-pixel source stays 200 pixels: enlarging
    belongs to sampling, where every source is brought to a random common resolution.
    """

    def __init__(self, folder: Path, records: Sequence[PhotographRecord]) -> None:
        index = json.loads((folder / "index.json").read_text())
        self._pixels = np.load(folder / "frames.npy", mmap_mode="r")
        by_path = {str(record.path): record for record in records}
        self.entries: list[tuple[int, int, PhotographRecord]] = [
            (entry["offset"], entry["side"], by_path[entry["path"]]) for entry in index["frames"]
        ]
        self.skipped: list[str] = index["skipped"]
        self._added: list[Frame] = []

    def add(self, frames: Iterable[Frame]) -> None:
        """Put frames that are made, not read, behind those that are."""
        self._added.extend(frames)

    def __len__(self) -> int:
        return len(self.entries) + len(self._added)

    def record(self, index: int) -> PhotographRecord:
        """The row of frame ``index``."""
        read = len(self.entries)
        return self.entries[index][2] if index < read else self._added[index - read].record

    def __getitem__(self, index: int) -> Frame:
        if index >= len(self.entries):
            return self._added[index - len(self.entries)]
        offset, side, record = self.entries[index]
        planes = np.asarray(self._pixels[offset : offset + side * side * 4]).reshape(side, side, 4)
        return Frame(np.ascontiguousarray(planes[..., :3]), planes[..., 3] > 0, record)


def open_frames(
    records: Sequence[PhotographRecord], cache: Path, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> FrameStore:
    """Frame ``records`` into ``cache``, or open what is there already.

    Args:
        records: The photographs.
        cache: Folder that holds one subfolder a (photographs, pre-processing version).
        progress: Called with (done, all) while framing.

    Unreadable photographs are left out and named in ``FrameStore.skipped``.
    """
    identity = "\n".join(f"{record.path} {record.path.stat().st_size}" for record in records)
    key = hashlib.sha256(f"{PREPROCESSING_VERSION} {LARGEST_SIDE}\n{identity}".encode()).hexdigest()[:16]
    folder = cache / f"frames-{key}"
    if not (folder / "index.json").is_file():
        _write(folder, records, progress)
    return FrameStore(folder, records)


def _framed(record: PhotographRecord) -> NDArray[np.uint8] | str:
    try:
        rgb = read_photograph(record.path)
    except PhotographError as error:
        return f"{record.path}: {error}"
    disc = find_disc(rgb)
    framed = frame_disc(rgb, disc, min(LARGEST_SIDE, max(32, round(2 * disc.radius))))
    return np.dstack([framed.rgb, framed.inside.astype(np.uint8)])


def _write(folder: Path, records: Sequence[PhotographRecord], progress: Callable[[int, int], None]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frames: list[dict[str, object]] = []
    skipped: list[str] = []
    offset = 0
    raw = folder / "frames.partial"
    with raw.open("wb") as stream, ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, (record, planes) in enumerate(zip(records, pool.map(_framed, records), strict=True), start=1):
            if isinstance(planes, str):
                skipped.append(planes)
            else:
                stream.write(planes.tobytes())
                frames.append({"offset": offset, "side": planes.shape[0], "path": str(record.path)})
                offset += planes.size
            progress(done, len(records))
    pixels = np.lib.format.open_memmap(folder / "frames.npy", mode="w+", dtype=np.uint8, shape=(offset,))
    pixels[:] = np.memmap(raw, dtype=np.uint8, mode="r", shape=(offset,))
    pixels.flush()
    raw.unlink()
    partial = folder / "index.json.partial"
    partial.write_text(json.dumps({"frames": frames, "skipped": skipped}))
    partial.rename(folder / "index.json")
