"""Jetson CSI cameras, through NVIDIA's GStreamer source."""

from __future__ import annotations

from fundusgate.device.cameras.base import CameraError
from fundusgate.device.cameras.gstreamer import GStreamerCamera, Pipeline

SOURCE = "nvarguscamerasrc"
FRAMES_OF_DELAY = 3
"""nvarguscamerasrc writes the time at which a frame leaves the image processor: up to so many frames after its exposure
began. Taken off every frame's time, so that a still is never one from before the press."""


def argus_pipeline(
    number: int,
    width: int = 1920,
    height: int = 1080,
    fps: int = 30,
    mode: int | None = None,
    live_width: int = 960,
) -> Pipeline:
    """The pipeline of a CSI camera: live frames scaled by the hardware, stills of the full size.

    Args:
        number: Which camera (`sensor-id`), from 0.
        width: Pixels of the stills; the sensor's mode is the nearest to them.
        height: Pixels of the stills.
        fps: Frames a second.
        mode: The sensor's mode (`sensor-mode`); None lets the driver choose.
        live_width: Pixels of the live frames; their height follows.

    Raises:
        CameraError: A value makes no sense.
    """
    if not (width > 0 and height > 0 and 0 < fps <= 240 and 0 < live_width <= width):
        raise CameraError(
            f"argus:{number}: width, height and fps (at most 240) must be over 0, and live no wider than width, got "
            f"{width} x {height} at {fps}, live {live_width}"
        )
    live_height = round(live_width * height / width / 2) * 2
    chosen = "" if mode is None else f" sensor-mode={mode}"
    return Pipeline(
        source=(
            f"{SOURCE} sensor-id={number}{chosen} ! "
            f"video/x-raw(memory:NVMM),width={width},height={height},format=NV12,framerate={fps}/1"
        ),
        live=f"nvvidconv ! video/x-raw,format=BGRx,width={live_width},height={live_height}",
        still="nvvidconv ! video/x-raw,format=BGRx",
        delay=FRAMES_OF_DELAY / fps,
    )


class ArgusCamera(GStreamerCamera):
    """A Jetson's CSI camera.

    Args:
        number: Which camera, from 0.
        pipeline: Another pipeline than `argus_pipeline(number)`.
    """

    def __init__(self, number: int = 0, pipeline: Pipeline | None = None) -> None:
        super().__init__(f"argus:{number}", argus_pipeline(number) if pipeline is None else pipeline)
