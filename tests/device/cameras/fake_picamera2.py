"""A stand-in for picamera2 0.3.38: its call order, its checks of configurations, its formats, its shared buffers.

It has never been a camera: sizes, formats, keyword names, exceptions and the rule of `flush` are those of the
documentation and the published source; the pictures and the clock are its own.
"""

from __future__ import annotations

import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as JobTimeoutError
from typing import Any

import numpy as np

SENSOR = (256, 192)
STREAM_KEYS = ("format", "size", "stride", "preserve_ar")
FORMATS = {"BGR888", "RGB888", "XBGR8888", "XRGB8888", "YUV420", "NV12"}
CONTROLS = {"FrameDurationLimits": (100, 10**9, None), "ExposureTime": (1, 10**6, None)}
RED = (230, 40, 20)
"""What the scene looks like, RGB."""


class FakeJob:
    def __init__(self, picam2: FakePicamera2, flush: int | None) -> None:
        self.picam2, self.flush = picam2, flush
        self.cancelled = False

    def get_result(self, timeout: float | None = None) -> FakeRequest:
        end = time.monotonic() + (1e9 if timeout is None else timeout)
        while True:
            if self.cancelled:
                raise CancelledError
            number = self.picam2.completed(self.flush)
            if number is not None:
                self.picam2.jobs.remove(self)
                return FakeRequest(self.picam2, number)
            if time.monotonic() >= end:
                raise JobTimeoutError
            time.sleep(0.0005)


class FakeRequest:
    def __init__(self, picam2: FakePicamera2, number: int) -> None:
        self.picam2, self.number = picam2, number
        self.references = 1
        picam2.out += 1

    def release(self) -> None:
        self.references -= 1
        if self.references < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self.picam2.out -= 1

    def get_metadata(self) -> dict[str, Any]:
        assert self.references > 0, "used after release"
        return {
            "SensorTimestamp": self.picam2.sensor_ns(self.number),
            "ExposureTime": self.picam2.exposure_us,
            "FrameDuration": round(self.picam2.interval * 1e6),
            "AnalogueGain": 1.5,
        }

    def make_array(self, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        assert self.references > 0, "used after release"
        config = self.picam2.configuration.get(name)
        if config is None:
            raise RuntimeError(f"Stream {name!r} is not defined")
        (width, height), stride = config["size"], config["stride"]
        red, green, blue = RED
        if config["format"] in ("BGR888", "RGB888"):
            colour = RED if config["format"] == "BGR888" else RED[::-1]
            pixels = np.full((height, width, 3), colour, np.uint8)
            pixels[0, 0] = 20 + self.number % 200
            return pixels
        assert config["format"] == "YUV420"
        # JPEG's conversion (ITU-T T.871), which is sYCC's
        y = 0.299 * red + 0.587 * green + 0.114 * blue
        u, v = 128 + (blue - y) / 1.772, 128 + (red - y) / 1.402
        flat = np.zeros(height * stride * 3 // 2, np.uint8)
        flat[: height * stride].reshape(height, stride)[:, :width] = round(y)
        quarter = height * stride // 4
        for part, value in ((0, u), (1, v)):
            start = height * stride + part * quarter
            plane = flat[start : start + quarter].reshape(height // 2, stride // 2)
            plane[:, : width // 2] = round(value)
        flat[0] = 20 + self.number % 200
        return flat.reshape(height * 3 // 2, stride)


class FakePicamera2:
    """One camera; `frames` says how many it sends before the ribbon cable comes loose."""

    def __init__(self, camera_num: int = 0, *, fps: float = 100, frames: float = 1e9, asleep_ns: int = 0) -> None:
        if camera_num != 0:
            raise RuntimeError(f"No camera number {camera_num} found")
        self.interval, self.frames, self.asleep_ns = 1 / fps, frames, asleep_ns
        self.exposure_us = 4000
        self.sensor_resolution = SENSOR
        self.camera_controls = dict(CONTROLS)
        self.configuration: dict[str, Any] = {}
        self.jobs: list[FakeJob] = []
        self.began = 0.0
        self.delivered = -1
        self.out = 0
        self.state = "opened"

    def create_still_configuration(
        self,
        main: dict[str, Any] = {},  # noqa: B006 - as there
        lores: dict[str, Any] | None = None,
        buffer_count: int = 1,
        controls: dict[str, Any] = {},  # noqa: B006 - as there
    ) -> dict[str, Any]:
        assert self.state != "closed"
        streams = {
            "main": {"format": "BGR888", "size": self.sensor_resolution, **main},
            "lores": None if lores is None else {"format": "YUV420", "size": self.sensor_resolution, **lores},
        }
        for stream in filter(None, streams.values()):
            for key in stream:
                if key not in STREAM_KEYS:
                    raise ValueError(f"Bad key {key!r}: valid stream configuration keys are {STREAM_KEYS}")
        return {**streams, "buffer_count": buffer_count, "controls": controls, "raw": {}, "queue": True}

    def configure(self, camera_config: dict[str, Any]) -> None:
        assert self.state in ("opened", "configured"), "configured while it runs"
        for name in ("main", "lores"):
            config = camera_config[name]
            if config["format"] not in FORMATS:
                raise RuntimeError(f"Bad format {config['format']} in stream {name}")
            if type(config["size"]) is not tuple or len(config["size"]) != 2:
                raise RuntimeError(f"size in {name} stream should be (width, height)")
            if config["size"][0] % 2 or config["size"][1] % 2:
                raise RuntimeError("width and height should be even")
        if any(
            low > full for low, full in zip(camera_config["lores"]["size"], camera_config["main"]["size"], strict=True)
        ):
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        if camera_config["lores"]["format"] not in ("YUV420", "NV12"):
            raise RuntimeError("lores stream must be YUV")
        for name in camera_config["controls"]:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.configuration = {
            name: {**camera_config[name], "stride": -(-camera_config[name]["size"][0] // 64) * 64}
            for name in ("main", "lores")
        }
        self.buffer_count = camera_config["buffer_count"]
        self.state = "configured"

    def stream_configuration(self, name: str = "main") -> dict[str, Any]:
        assert self.state in ("configured", "started")
        return self.configuration[name]  # type: ignore[no-any-return]

    def start(self) -> None:
        if self.state != "configured":
            raise RuntimeError("Camera has not been configured")
        self.began = time.monotonic()
        self.state = "started"

    def capture_request(self, wait: bool | float | None = None, flush: int | None = None) -> FakeJob:
        assert self.state == "started", "a request of a camera that does not run never completes"
        assert wait is False
        job = FakeJob(self, flush)
        self.jobs.append(job)
        return job

    def wait(self, job: FakeJob, timeout: float | None = None) -> FakeRequest:
        return job.get_result(timeout)

    def cancel_all_and_flush(self) -> None:
        for job in self.jobs:
            job.cancelled = True
        self.jobs = []

    def close(self) -> None:
        assert not self.jobs, "stopping would wait for jobs that never end"
        self.state = "closed"

    def sensor_ns(self, number: int) -> int:
        return round((self.began + number * self.interval) * 1e9) + self.asleep_ns

    def completed(self, flush: int | None) -> int | None:
        """The newest frame that has come and may be handed out."""
        if self.out >= self.buffer_count:
            return None
        newest = min(int((time.monotonic() - self.began) / self.interval) - 1, self.frames - 1)
        if newest <= self.delivered:
            return None
        if flush is not None and self.sensor_ns(int(newest)) - 1000 * self.exposure_us < flush:
            return None
        self.delivered = int(newest)
        return self.delivered
