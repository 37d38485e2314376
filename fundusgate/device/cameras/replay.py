"""Photographs from a folder, or one from a file, as if they stood in front of a camera."""

from __future__ import annotations

import itertools
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError, CameraTimeoutError, Frame, Original
from fundusgate.device.cameras.pace import Pace
from fundusgate.device.photograph import PhotographError, decode_photograph, list_photographs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Shown:
    """The photograph that is in front of the camera, since `since` on the monotonic clock."""

    path: Path
    pixels: NDArray[np.uint8]
    original: Original
    since: float


class PhotographReplay(Camera):
    """Shows photographs in the order of their names, each with the very bytes of its file as `original`.

    A file that cannot be read is passed over, counted in `skipped` and reported in the log. No readable one is left
    out, however late the caller is. Metadata of the frames: `file` (its name), `skipped` (how many so far).

    Args:
        path: A folder (with its subfolders) or a photograph.
        fps: Frames a second; None gives a frame whenever one is asked for.
        each: Seconds for which each photograph stays; None for one frame. With it a still shows the photograph that
            the live picture shows.
        repeat: From the beginning again after the last one.

    Raises:
        CameraError: The rate or the time makes no sense.
    """

    def __init__(
        self, path: Path, fps: float | None = None, each: float | None = None, *, repeat: bool = False
    ) -> None:
        super().__init__()
        if fps is not None and not fps > 0:
            raise CameraError(f"{self._named(path)}: frames a second must be over 0, got {fps:g}")
        if each is not None and not each > 0:
            raise CameraError(f"{self._named(path)}: each photograph stays for more than 0 seconds, got {each:g}")
        self._path = path
        self._fps = fps
        self._each = each
        self._repeat = repeat
        self._skipped: dict[Path, str] = {}
        self._paths: Iterator[Path] = iter(())
        self._files = 0
        self._shown: _Shown | None = None
        self._pace = Pace(fps, self._pause)

    @property
    def name(self) -> str:
        """`replay:` and the path."""
        return self._named(self._path)

    @property
    def has_sensor(self) -> bool:
        """No: a picture may stand still."""
        return False

    @property
    def skipped(self) -> tuple[str, ...]:
        """The files that could not be read when they were last tried, each with its fault."""
        return tuple(self._skipped.values())

    @staticmethod
    def _named(path: Path) -> str:
        return f"replay:{path}"

    def _do_open(self) -> None:
        if not self._path.exists():
            raise CameraError(f"{self.name}: no such file or folder; check the name")
        try:
            paths = list_photographs([self._path])
        except PhotographError as error:
            raise CameraError(f"{self.name}: {error}") from error
        self._paths = itertools.cycle(paths) if self._repeat else iter(paths)
        self._files = len(paths)
        self._skipped = {}
        self._shown = None
        self._pace = Pace(self._fps, self._pause)

    def _do_close(self) -> None:
        self._paths = iter(())
        self._shown = None

    def _do_grab(self, deadline: float) -> Frame:
        sequence, timestamp = self._pace.wait(deadline)
        shown = self._shown
        if shown is None or self._each is None or timestamp - shown.since >= self._each:
            shown = self._shown = self._next_readable(timestamp, deadline)
        return Frame(
            pixels=shown.pixels,
            timestamp=timestamp,
            sequence=sequence,
            metadata={"file": shown.path.name, "skipped": len(self._skipped)},
            original=shown.original,
        )

    def _next_readable(self, timestamp: float, deadline: float) -> _Shown:
        for path in self._paths:
            try:
                data = path.read_bytes()
                # an array of its own, which all the frames that show it may share
                pixels = np.array(decode_photograph(data))
            except (PhotographError, OSError) as error:
                self._skip(path, error)
                if time.monotonic() >= deadline:
                    raise CameraTimeoutError(f"{self.name}: no photograph in time; the last tried: {error}") from error
                self._pause(0)
                continue
            pixels.flags.writeable = False
            self._skipped.pop(path, None)
            return _Shown(path, pixels, Original(data, path.suffix.lower()), timestamp)
        self._refuse_if_none_is_readable()
        skipped = f" ({len(self._skipped)} could not be read)" if self._skipped else ""
        raise CameraEndedError(
            f"{self.name}: all {self._files} photographs have been shown{skipped}; open it again, or repeat them"
        )

    def _skip(self, path: Path, error: PhotographError | OSError) -> None:
        why = error.strerror if isinstance(error, OSError) else error
        log.warning("%s passes over %s: %s", self.name, path.name, why)
        self._skipped[path] = f"{path.name}: {why}"
        if self._repeat:
            self._refuse_if_none_is_readable()

    def _refuse_if_none_is_readable(self) -> None:
        if len(self._skipped) == self._files:
            first = next(iter(self._skipped.values()))
            raise CameraEndedError(
                f"{self.name}: none of the {self._files} photographs can be read; the first: {first}"
            )
