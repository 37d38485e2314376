"""USB cameras through OpenCV's V4L2 backend."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraError, CameraTimeoutError, Frame, Original
from fundusgate.device.cameras.numbering import RisingTimes, TimedNumbering
from fundusgate.device.cameras.v4l2_devices import check_video_device, video_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

BUFFERS = 4
"""Frames that OpenCV's backend keeps queued (DEFAULT_V4L_BUFFERS)."""
PLAUSIBLE_AGE = 5.0
"""Seconds from which a driver's time is not taken to be of the monotonic clock."""
UNKNOWN_INTERVAL = 1 / 15
"""Seconds between frames of a camera that does not say."""
JPEG_FORMATS = ("MJPG", "JPEG")
END_OF_JPEG = b"\xff\xd9"


class VideoCapture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's names
        """Whether there is a device."""
        ...

    def grab(self) -> bool:
        """Take the next frame from the driver; False where none came."""
        ...

    def retrieve(self) -> tuple[bool, Any]:
        """Whether there is a picture, and the picture that was taken last."""
        ...

    def get(self, propId: int) -> float:  # noqa: N803
        """A property; 0 where it is unknown."""
        ...

    def set(self, propId: int, value: float) -> bool:  # noqa: N803
        """Ask for a property; whether the driver took it."""
        ...

    def release(self) -> None:
        """Let the device go."""
        ...


def connect(device: Path) -> VideoCapture:
    """Open a device with OpenCV.

    Raises:
        CameraError: It is absent, may not be used, is no camera, or is busy.
    """
    import cv2

    check_video_device(device)
    # by number: not every build of OpenCV opens V4L2 devices by name
    video: VideoCapture = cv2.VideoCapture(video_number(device), cv2.CAP_V4L2)
    if not video.isOpened():
        video.release()
        raise CameraError(
            f"{device} cannot be used: another program has it (`fuser -v {device}` names it), "
            "or its pixel format is unknown to OpenCV"
        )
    return video


class V4l2Camera(Camera):
    """A USB camera.

    With `MJPG` or `JPEG` the frames carry the very JPEG that the camera sent as `original`. One that is cut off is
    never shown: it counts as lost. OpenCV does not pass the driver's frame numbers on, so they are inferred from the
    times (see `TimedNumbering`). The driver's time is that of the frame's arrival; one frame's interval is taken off
    it, since the exposure cannot have begun earlier than that.

    Metadata of the frames: `fourcc`, `driver_seconds` (the driver's own time, None where it gives none), `damaged` (how
    many cut-off frames so far).

    Args:
        device: Such as /dev/video0, or a link in /dev/v4l/by-id.
        width: Pixels; the camera takes the nearest that it can. Give it together with `height`.
        height: Pixels.
        fps: Frames a second.
        fourcc: The pixel format: MJPG keeps the camera's own JPEG, and needs the least of the USB bus.
        connect: Opens a device; tests give another.

    Raises:
        CameraError: A value makes no sense.
    """

    def __init__(
        self,
        device: Path,
        width: int | None = None,
        height: int | None = None,
        fps: float | None = None,
        fourcc: str = "MJPG",
        connect: Callable[[Path], VideoCapture] = connect,
    ) -> None:
        super().__init__()
        self._device = device
        if (width is None) != (height is None):
            raise CameraError(f"{self.name}: give width and height together")
        if width is not None and height is not None and not (width > 0 and height > 0):
            raise CameraError(f"{self.name}: width and height must be over 0, got {width} x {height}")
        if fps is not None and not 0 < fps <= 1000:
            raise CameraError(f"{self.name}: frames a second must be over 0, at most 1000, got {fps:g}")
        if len(fourcc) != 4 or not fourcc.isascii():
            raise CameraError(f"{self.name}: fourcc has four letters, such as MJPG or YUYV, got {fourcc!r}")
        self._size = None if width is None or height is None else (width, height)
        self._fps = fps
        self._fourcc = fourcc.upper()
        self._connect = connect
        self._video: VideoCapture | None = None
        self._reset("", UNKNOWN_INTERVAL)

    def _reset(self, fourcc: str, interval: float) -> None:
        self._given_fourcc = fourcc
        self._interval = interval
        self._numbering = TimedNumbering()
        self._times = RisingTimes()
        self._damaged = 0
        self._timed_by_driver = True

    @property
    def name(self) -> str:
        """`v4l2:` and the device."""
        return f"v4l2:{self._device}"

    def _do_open(self) -> None:
        import cv2

        video = self._connect(self._device)
        try:
            video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*self._fourcc))
            if self._size is not None:
                # OpenCV changes nothing until it has both
                video.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
                video.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            if self._fps is not None:
                video.set(cv2.CAP_PROP_FPS, self._fps)
            given = int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=False)
            fourcc = given.decode("ascii", errors="replace")
            # as it comes: OpenCV then hands the camera's own JPEG over
            video.set(cv2.CAP_PROP_CONVERT_RGB, 0 if fourcc in JPEG_FORMATS else 1)
            fps = video.get(cv2.CAP_PROP_FPS)
        except (cv2.error, OverflowError) as error:
            video.release()
            raise CameraError(f"{self.name} does not take its settings: {error}") from error
        self._reset(fourcc, 1 / fps if 0 < fps <= 1000 else UNKNOWN_INTERVAL)
        self._video = video

    def _do_close(self) -> None:
        if self._video is not None:
            self._video.release()
            self._video = None

    def _do_grab(self, deadline: float) -> Frame:
        while True:
            began, driver_seconds = self._next()
            picture = self._retrieve()
            timestamp = self._exposed_at(began, driver_seconds)
            number = self._numbering.number(timestamp)
            if picture is not None:
                pixels, original = picture
                metadata = {
                    "fourcc": self._given_fourcc,
                    "driver_seconds": driver_seconds,
                    "damaged": self._damaged,
                }
                return Frame(pixels, timestamp, number, metadata, original)
            self._damaged += 1
            if time.monotonic() >= deadline:
                raise CameraTimeoutError(
                    f"{self.name} sends damaged pictures ({self._damaged} so far): use a shorter cable, a USB port of "
                    "its own, or a smaller size"
                )
            self._pause(0)

    def _do_capture(self, asked: float, deadline: float) -> Frame:
        if not self._timed_by_driver:
            # without the driver's times nothing tells the queued frames from new ones: empty the queue
            for _ in range(BUFFERS + 1):
                self._next()
        return super()._do_capture(asked, deadline)

    def _next(self) -> tuple[float, float | None]:
        """Take the next frame from the queue; when the wait for it began, and the driver's time of it."""
        import cv2

        if self._video is None:
            raise CameraError(f"{self.name} is not open")
        began = time.monotonic()
        try:
            grabbed = self._video.grab()
        except cv2.error as error:
            raise CameraError(f"{self.name} failed: {error}") from error
        now = time.monotonic()
        if not grabbed:
            if not self._device.exists():
                raise CameraError(f"{self.name} was unplugged: plug it in again")
            if now - began > 1:
                raise CameraTimeoutError(f"{self.name} has sent nothing for {now - began:.0f} s: plug it in again")
            raise CameraError(f"{self.name} stopped sending: plug it in again")
        seconds = self._video.get(cv2.CAP_PROP_POS_MSEC) / 1000
        plausible = 0 < now - seconds < PLAUSIBLE_AGE
        self._timed_by_driver = plausible
        return began, seconds if plausible else None

    def _exposed_at(self, began: float, driver_seconds: float | None) -> float:
        return self._times.after_the_last(began if driver_seconds is None else driver_seconds - self._interval)

    def _retrieve(self) -> tuple[NDArray[np.uint8], Original | None] | None:
        """The frame's pixels and, of a JPEG, its file; None for one that is damaged."""
        import cv2

        if self._video is None:
            raise CameraError(f"{self.name} is not open")
        try:
            given, data = self._video.retrieve()
            if not given or data is None or data.size == 0:
                return None
            if self._given_fourcc not in JPEG_FORMATS:
                return np.asarray(cv2.cvtColor(data, cv2.COLOR_BGR2RGB), np.uint8), None
            # some drivers fill the buffer up behind the picture
            file = data.tobytes().rstrip(b"\0")
            if not file.endswith(END_OF_JPEG):
                return None
            bgr = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error as error:
            raise CameraError(f"{self.name} sent a picture that OpenCV cannot convert: {error}") from error
        if bgr is None:
            return None
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), Original(file, ".jpg")
