"""Any GStreamer pipeline as a camera."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError, CameraTimeoutError, Frame
from fundusgate.device.cameras.gstreamer_binding import load_gstreamer
from fundusgate.device.cameras.numbering import RisingTimes, TimedNumbering

if TYPE_CHECKING:
    from numpy.typing import NDArray

SINK = "videoconvert ! video/x-raw,format=RGB ! appsink max-buffers=1 drop=true sync=false async=false"
"""The end of a branch: RGB, and only the newest frame is kept."""
GLANCE = 0.05
"""Seconds after which a wait looks whether the pipeline has failed or the camera is being closed."""
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Pipeline:
    """The text of a pipeline, without its end.

    Attributes:
        source: What brings the pictures, as for gst-launch-1.0.
        live: What makes live frames of them.
        still: What makes stills of them, where stills are larger than live frames; None where they are the same. Its
            branch stands still until a still is asked for.
        delay: Seconds from the beginning of an exposure to the time that the source writes on the frame, at most.
        endless: Whether the end of the stream is a failure, as of a camera, or an end, as of a file.
    """

    source: str
    live: str = "identity"
    still: str | None = None
    delay: float = 0.0
    endless: bool = True

    @property
    def text(self) -> str:
        """The whole pipeline, as it is given to GStreamer."""
        if self.still is None:
            return f"{self.source} ! {self.live} ! {SINK} name=live"
        queue = "queue leaky=downstream max-size-buffers=1"
        return (
            f"{self.source} ! tee name=both both. ! {queue} ! {self.live} ! {SINK} name=live "
            f"both. ! {queue} ! valve name=shutter drop=true ! {self.still} ! {SINK} name=still"
        )


class GStreamerCamera(Camera):
    """Frames of a pipeline's appsink, the newest first.

    Numbers are the source's own buffer offsets where it counts, otherwise inferred from the times. A frame of another
    size than before is passed on as it is.

    Metadata of the frames: `pts_seconds` (the buffer's own time, None where it has none).

    Args:
        name: What the camera is called in reports.
        pipeline: What is run.
    """

    def __init__(self, name: str, pipeline: Pipeline) -> None:
        super().__init__()
        self._name = name
        self._text = pipeline
        self._gst: Any = None
        self._running: Any = None
        self._reset()

    def _reset(self) -> None:
        self._numbering = TimedNumbering()
        self._first_offset: int | None = None
        self._newest_number = -1
        self._newest_pts = -1.0
        self._rising = RisingTimes()

    @property
    def name(self) -> str:
        """As it was given."""
        return self._name

    @property
    def has_sensor(self) -> bool:
        """Whether the pipeline's source is a camera; a file or a test picture may stand still."""
        return self._text.endless

    def _do_open(self) -> None:
        gst = self._gst = load_gstreamer()
        self._reset()
        try:
            running = gst.parse_launch(self._text.text)
        # GLib's errors are RuntimeErrors
        except RuntimeError as error:
            raise CameraError(
                f"{self.name}: GStreamer cannot build the pipeline ({error}): check the elements with gst-inspect-1.0. "
                f"The pipeline: {self._text.text}"
            ) from error
        self._running = running
        if running.set_state(gst.State.PLAYING) == gst.StateChangeReturn.FAILURE:
            why = self._failure() or "it gave no reason"
            self._do_close()
            raise CameraError(f"{self.name} does not start: {why}")

    def _do_close(self) -> None:
        if self._running is not None:
            self._running.set_state(self._gst.State.NULL)
            self._running = None

    def _do_grab(self, deadline: float) -> Frame:
        while True:
            frame = self._pull("live", deadline)
            if frame is not None:
                return frame

    def _do_capture(self, asked: float, deadline: float) -> Frame:
        if self._text.still is None:
            return super()._do_capture(asked, deadline)
        shutter = self._running.get_by_name("shutter")
        shutter.set_property("drop", False)
        try:
            while True:
                still = self._pull("still", deadline)
                if still is not None and still.timestamp >= asked:
                    return still
        finally:
            shutter.set_property("drop", True)

    def _pull(self, branch: str, deadline: float) -> Frame | None:
        """The branch's next frame; None for one that is not newer than the last one delivered."""
        sink = self._running.get_by_name(branch)
        while True:
            now = time.monotonic()
            sample = sink.try_pull_sample(int(max(0.0, min(GLANCE, deadline - now)) * SECOND))
            if sample is not None:
                return self._frame(sample)
            self._pause(0)
            self._check(sink)
            if time.monotonic() >= deadline:
                raise CameraTimeoutError(f"{self.name} sent no frame in time: check the camera's cable, or wait longer")

    def _check(self, sink: Any) -> None:  # noqa: ANN401 - GStreamer's types are made at run time
        why = self._failure()
        if why is not None:
            raise CameraError(f"{self.name} failed: {why}")
        if sink.is_eos():
            if self._text.endless:
                raise CameraError(f"{self.name} stopped sending: check the camera's cable")
            raise CameraEndedError(f"{self.name} is over; open it again")

    def _failure(self) -> str | None:
        message = self._running.get_bus().pop_filtered(self._gst.MessageType.ERROR)
        if message is None:
            return None
        error, detail = message.parse_error()
        # the last line says what, those before say where in GStreamer's own source
        reason = (detail or "").strip().rpartition("\n")[2]
        return f"{error.message} ({message.src.get_name()}{': ' + reason if reason else ''})"

    def _frame(self, sample: Any) -> Frame | None:  # noqa: ANN401
        buffer = sample.get_buffer()
        timestamp, pts = self._times(sample, buffer)
        # the branches do not keep step: one may still hold what the other has delivered
        if pts is not None and pts <= self._newest_pts:
            return None
        number = self._number(buffer, timestamp)
        if number <= self._newest_number:
            return None
        self._newest_number = number
        self._newest_pts = self._newest_pts if pts is None else pts
        exposed_at = self._rising.after_the_last(timestamp)
        return Frame(self._pixels(sample, buffer), exposed_at, number, {"pts_seconds": pts})

    def _times(self, sample: Any, buffer: Any) -> tuple[float, float | None]:  # noqa: ANN401
        """When the exposure began at the latest, on the monotonic clock; and the buffer's own time."""
        now = time.monotonic()
        running, pts = now, None
        if buffer.pts != self._gst.CLOCK_TIME_NONE:
            pts = buffer.pts / SECOND
            since_start = sample.get_segment().to_running_time(self._gst.Format.TIME, buffer.pts)
            clock = self._running.get_clock()
            if clock is not None and since_start != self._gst.CLOCK_TIME_NONE:
                age = (clock.get_time() - self._running.get_base_time() - since_start) / SECOND
                # a source that is not live writes times that are still to come
                running = now - max(0.0, age)
        return running - self._text.delay, pts

    def _number(self, buffer: Any, timestamp: float) -> int:  # noqa: ANN401
        if buffer.offset == self._gst.BUFFER_OFFSET_NONE:
            usual = None if buffer.duration == self._gst.CLOCK_TIME_NONE else buffer.duration / SECOND
            return self._numbering.number(timestamp, usual)
        if self._first_offset is None:
            self._first_offset = buffer.offset
        return int(buffer.offset - self._first_offset)

    def _pixels(self, sample: Any, buffer: Any) -> NDArray[np.uint8]:  # noqa: ANN401
        shape = sample.get_caps().get_structure(0)
        width, height = shape.get_value("width"), shape.get_value("height")
        data = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
        # rows are padded to four bytes, or to what the source's memory needs
        if data.size % height or data.size // height < 3 * width:
            raise CameraError(f"{self.name} sent {data.size} bytes for {width} x {height} pixels: check the pipeline")
        return data.reshape(height, -1)[:, : 3 * width].reshape(height, width, 3)
