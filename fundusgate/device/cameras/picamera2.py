"""Raspberry Pi cameras through picamera2 (written against its version 0.3.38)."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as JobTimeoutError
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraClosedError, CameraError, CameraTimeoutError, Frame
from fundusgate.device.cameras.numbering import RisingTimes, TimedNumbering

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STILL_FORMAT = "BGR888"
"""libcamera names formats as a little-endian word: BGR888 lies in memory as red, green, blue; RGB888 the other way."""
LIVE_FORMAT = "YUV420"
"""The only format that the second stream has on every Raspberry Pi."""
BUFFERS = 3
"""With one, as picamera2 gives a still, the sensor would wait for every frame to be handed back."""
LONGEST_FRAME = 200_000
"""Microseconds: in the dark the frame rate falls no lower than 5 a second."""
SHORTEST_FRAME = 33_333
"""Microseconds: faster than 30 a second only heats the board; most sensors are slower at their full size anyway."""
GLANCE = 0.05
"""Seconds after which a wait looks whether the camera is being closed."""


def connect(number: int) -> Any:  # noqa: ANN401 - picamera2 is only there on a Raspberry Pi
    """Open a camera with picamera2.

    Raises:
        CameraError: picamera2 is not installed, there is no such camera, or another program has it.
    """
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise CameraError(
            f"picamera2:{number}: picamera2 is not installed ({error}): run `sudo apt install python3-picamera2`, and "
            "make the virtual environment with --system-site-packages"
        ) from error
    try:
        return Picamera2(number)
    except (RuntimeError, IndexError) as error:
        raise CameraError(
            f"picamera2:{number} cannot be opened ({error}): check the ribbon cable, end other programs that use the "
            "camera, and look at `rpicam-hello --list-cameras`"
        ) from error


class Picamera2Camera(Camera):
    """A Raspberry Pi's CSI camera: live frames and full-size stills of one configuration, so that nothing is switched.

    Both streams come from the same exposures. Numbers are inferred from the sensor's times and the frame duration that
    each frame states. The time of a frame is the sensor's own, less the exposure time, as picamera2 itself reckons
    when it waits for a frame that began after a given time.

    Metadata of the frames: `exposure_seconds`, `analogue_gain`, `sensor_seconds` (the sensor's own time).

    Args:
        number: Which camera, from 0.
        live_width: Pixels of the live frames; their height follows the sensor's.
        connect: Opens a camera; tests give another.

    Raises:
        CameraError: The width makes no sense.
    """

    def __init__(self, number: int = 0, live_width: int = 960, connect: Callable[[int], Any] = connect) -> None:
        super().__init__()
        self._camera_number = number
        if live_width < 64:
            raise CameraError(f"{self.name}: live frames are at least 64 pixels wide, got {live_width}")
        self._live_width = live_width
        self._connect = connect
        self._picam2: Any = None
        self._live_size = (0, 0)
        self._numbering = TimedNumbering()
        self._times = RisingTimes()

    @property
    def name(self) -> str:
        """`picamera2:` and the number."""
        return f"picamera2:{self._camera_number}"

    def _do_open(self) -> None:
        picam2 = self._picam2 = self._connect(self._camera_number)
        self._numbering = TimedNumbering()
        self._times = RisingTimes()
        try:
            width, height = picam2.sensor_resolution
            live_width = min(self._live_width, width)
            limits = {"FrameDurationLimits": (SHORTEST_FRAME, LONGEST_FRAME)}
            configuration = picam2.create_still_configuration(
                main={"format": STILL_FORMAT, "size": (width, height)},
                lores={"format": LIVE_FORMAT, "size": _even(live_width, live_width * height / width)},
                buffer_count=BUFFERS,
                # a camera that does not know a control refuses it
                controls={name: value for name, value in limits.items() if name in picam2.camera_controls},
            )
            picam2.configure(configuration)
            given = picam2.stream_configuration("lores")
            self._live_size = tuple(given["size"])
            picam2.start()
        except (RuntimeError, ValueError) as error:
            self._do_close()
            raise CameraError(
                f"{self.name} does not start ({error}): end other programs that use the camera; where memory is short, "
                "raise CMA in /boot/firmware/config.txt"
            ) from error

    def _do_close(self) -> None:
        picam2, self._picam2 = self._picam2, None
        if picam2 is not None:
            picam2.close()

    def _do_grab(self, deadline: float) -> Frame:
        request = self._request(deadline, None)
        try:
            return self._frame(request, _rgb(request.make_array("lores"), self._live_size))
        finally:
            request.release()

    def _do_capture(self, asked: float, deadline: float) -> Frame:
        while True:
            request = self._request(deadline, round(asked * 1e9))
            try:
                if self._exposed_at(request.get_metadata()) >= asked:
                    return self._frame(request, request.make_array("main"))
            finally:
                request.release()

    def _request(self, deadline: float, flush: int | None) -> Any:  # noqa: ANN401
        """The next completed request, of an exposure that began at `flush` (nanoseconds) or later."""
        job = self._picam2.capture_request(wait=False, flush=flush)
        while True:
            try:
                return self._picam2.wait(job, timeout=max(0.0, min(GLANCE, deadline - time.monotonic())))
            except JobTimeoutError:
                pass
            except RuntimeError as error:
                raise CameraError(f"{self.name} failed: {error}") from error
            if self._closing.is_set() or time.monotonic() >= deadline:
                # or the frame that comes late would go to the job that nobody waits for
                self._picam2.cancel_all_and_flush()
                if self._closing.is_set():
                    raise CameraClosedError(f"{self.name} was closed")
                raise CameraTimeoutError(
                    f"{self.name} sent no frame in time: check the ribbon cable, then open it again"
                )

    def _frame(self, request: Any, pixels: NDArray[np.uint8]) -> Frame:  # noqa: ANN401
        metadata = request.get_metadata()
        sensor = metadata["SensorTimestamp"] / 1e9
        duration = metadata.get("FrameDuration")
        number = self._numbering.number(sensor, None if duration is None else duration / 1e6)
        # a shorter exposure may let a frame seem to begin before the one that came before it
        timestamp = self._times.after_the_last(self._exposed_at(metadata))
        exposure = metadata.get("ExposureTime")
        told = {
            "exposure_seconds": None if exposure is None else exposure / 1e6,
            "analogue_gain": metadata.get("AnalogueGain"),
            "sensor_seconds": sensor,
        }
        return Frame(pixels, timestamp, number, told)

    def _exposed_at(self, metadata: dict[str, Any]) -> float:
        nanoseconds = metadata["SensorTimestamp"] - 1000 * metadata.get("ExposureTime", 0)
        return _monotonic(nanoseconds)


def _monotonic(nanoseconds: int) -> float:
    """The sensor's time in seconds on the monotonic clock.

    libcamera documents the clock that also runs while the machine sleeps, and drivers give either. That clock is never
    behind the monotonic one, so a time in the future is of that clock.
    """
    if nanoseconds <= time.monotonic_ns():
        return nanoseconds / 1e9
    asleep = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return (nanoseconds - asleep) / 1e9


def _even(width: float, height: float) -> tuple[int, int]:
    return int(width) // 2 * 2, int(height) // 2 * 2


def _rgb(yuv: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Planar YUV 4:2:0 of a stream, rows padded, to RGB.

    picamera2's stills are in sYCC: BT.601's matrix over the full range. OpenCV's own conversion of this layout takes
    the values for video's 16..235 and would brighten and darken the picture; its YCrCb is of the full range.
    """
    import cv2

    width, height = size
    flat = yuv.reshape(-1)
    stride = yuv.shape[1]
    chroma = height // 2 * (stride // 2)
    y = flat[: height * stride].reshape(height, stride)[:, :width]
    planes = (
        flat[height * stride + chroma * part : height * stride + chroma * (part + 1)].reshape(height // 2, stride // 2)
        for part in (0, 1)
    )
    u, v = (cv2.resize(plane[:, : width // 2], (width, height), interpolation=cv2.INTER_LINEAR) for plane in planes)
    return np.asarray(cv2.cvtColor(cv2.merge([y, v, u]), cv2.COLOR_YCrCb2RGB), np.uint8)
