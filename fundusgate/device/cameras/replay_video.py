"""A video file as if it were a camera, decoded by OpenCV's FFmpeg."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError, Frame
from fundusgate.device.cameras.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path

    import cv2
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

USUAL_FPS = 30.0
"""For a file that states no rate."""


class VideoReplay(Camera):
    """Plays a video's frames in order; none is left out, however late the caller is.

    Metadata of the frames: `file` (its name), `video_seconds` (the frame's place in the video).

    Args:
        path: Whatever FFmpeg reads.
        fps: Frames a second; None for the file's own rate, `math.inf` for a frame whenever one is asked for.
        repeat: From the beginning again after the last frame.

    Raises:
        CameraError: The rate makes no sense.
    """

    def __init__(self, path: Path, fps: float | None = None, *, repeat: bool = False) -> None:
        super().__init__()
        self._path = path
        if fps is not None and not fps > 0:
            raise CameraError(f"{self.name}: frames a second must be over 0, got {fps:g}")
        self._fps = fps
        self._repeat = repeat
        self._video: cv2.VideoCapture | None = None
        self._first: NDArray[np.uint8] | None = None
        self._stated = 0
        self._read = 0
        self._pace = Pace(None, self._pause)

    @property
    def name(self) -> str:
        """`replay:` and the path."""
        return f"replay:{self._path}"

    @property
    def has_sensor(self) -> bool:
        """No: a picture may stand still."""
        return False

    def _do_open(self) -> None:
        import cv2

        if not self._path.is_file():
            raise CameraError(f"{self.name}: no such file or folder; check the name")
        self._start()
        if self._video is None:
            raise CameraError(
                f"{self.name}: neither a photograph nor a video that can be decoded; convert it to MP4 (H.264) or JPEG"
            )
        stated = self._video.get(cv2.CAP_PROP_FPS)
        own = stated if 0 < stated <= 1000 else USUAL_FPS
        fps = own if self._fps is None else self._fps
        self._pace = Pace(None if math.isinf(fps) else fps, self._pause)

    def _do_close(self) -> None:
        if self._video is not None:
            self._video.release()
        self._video = None
        self._first = None

    def _do_grab(self, deadline: float) -> Frame:
        sequence, timestamp = self._pace.wait(deadline)
        seconds, rgb = self._next()
        return Frame(rgb, timestamp, sequence, {"file": self._path.name, "video_seconds": seconds})

    def _start(self) -> None:
        """Open the file and decode its first frame; leaves `_video` None where that fails."""
        import cv2

        self._do_close()
        video = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        decoded, bgr = video.read()
        if not decoded:
            video.release()
            return
        self._video, self._first, self._read = video, _rgb(bgr), 0
        self._stated = round(video.get(cv2.CAP_PROP_FRAME_COUNT))

    def _next(self) -> tuple[float, NDArray[np.uint8]]:
        """The next frame and its place in the video, in seconds."""
        import cv2

        if self._video is None:
            raise CameraEndedError(f"{self.name} is over; open it again")
        if self._first is not None:
            first, self._first = self._first, None
            self._read = 1
            return 0.0, first
        decoded, bgr = self._video.read()
        if decoded:
            self._read += 1
            return self._video.get(cv2.CAP_PROP_POS_MSEC) / 1000, _rgb(bgr)
        if 0 < self._read < self._stated - 1:
            log.warning("%s ends after %d of the %d frames it states", self.name, self._read, self._stated)
        if not self._repeat:
            raise CameraEndedError(f"{self.name} is over after {self._read} frames; open it again, or repeat it")
        self._start()
        return self._next()


def _rgb(bgr: object) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.cvtColor(np.asarray(bgr, np.uint8), cv2.COLOR_BGR2RGB), np.uint8)
