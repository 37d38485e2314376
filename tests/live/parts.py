"""Cameras, profiles and networks for the live gate's tests."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraError, CameraTimeoutError, Frame
from fundusgate.phantom import render
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fundusgate.live.engine import LiveGate
    from fundusgate.live.snapshot import Snapshot

PATIENCE = 60.0
"""Seconds after which a test gives up waiting for something that must happen; never what is measured."""


def lenient(profile: Profile) -> Profile:
    """Thresholds that a phantom passes with any networks, as long as it looks like a retina."""
    content = profile.model_dump()
    return Profile.model_validate(
        content
        | {
            "score": content["score"] | {"accept": 2.0, "retake": 1.0},
            "map": {"cell": 0.999, "accept": 0.9, "retake": 0.95},
            "retina": content["retina"] | {"network": 0.01},
        }
    )


def wait_for(gate: LiveGate, met: Callable[[Snapshot], bool]) -> Snapshot:
    """The first snapshot that meets a condition."""
    until = time.monotonic() + PATIENCE
    snapshot = gate.snapshot()
    while not met(snapshot):
        newer = gate.wait_for_newer(snapshot.revision, 1.0)
        snapshot = snapshot if newer is None else newer
        if time.monotonic() > until:
            raise AssertionError(f"it never came; the gate stands at {snapshot}")
    return snapshot


class EyeCamera(Camera):
    """One good phantom with sensor noise, 30 times a second; fails, hangs or goes dark when it is told to.

    Args:
        size: pixels a side of a live frame.
        still: pixels a side of a still.
    """

    def __init__(self, size: int = 256, still: int = 400) -> None:
        super().__init__()
        self._eye = render(7, size=size).rgb
        self._still = render(7, size=still).rgb
        self._random = np.random.default_rng(0)
        self._sequence = 0
        self.stills = 0
        self.unplugged = threading.Event()
        self.hangs = threading.Event()
        self.woken = threading.Event()
        self.covered = threading.Event()
        self.late = 0.0

    @property
    def name(self) -> str:
        return "eye"

    def _do_open(self) -> None:
        if self.unplugged.is_set():
            raise CameraError("eye is not there: plug it in")

    def _do_close(self) -> None:
        pass

    def _do_grab(self, deadline: float) -> Frame:
        if self.hangs.is_set():
            self.woken.wait()
        if self.unplugged.is_set():
            raise CameraError("eye was unplugged: plug it in again")
        time.sleep(1 / 30)
        if time.monotonic() > deadline:
            raise CameraTimeoutError("eye had no frame in time")
        return self._frame(self._eye)

    def _do_capture(self, asked: float, deadline: float) -> Frame:  # noqa: ARG002 - a real one minds them
        if self.unplugged.is_set():
            raise CameraError("eye was unplugged: plug it in again")
        time.sleep(self.late)
        self.stills += 1
        return self._frame(self._still)

    def _frame(self, picture: NDArray[np.uint8]) -> Frame:
        taken = time.monotonic()
        self._sequence += 1
        if self.covered.is_set():
            picture = np.zeros_like(picture)
        noise = self._random.integers(0, 3, picture.shape, dtype=np.uint8)
        return Frame(picture + np.minimum(noise, 255 - picture), taken, self._sequence, {"exposure_us": 8000})


class Faults:
    """What goes wrong in every network of one test, switched on and off by it."""

    def __init__(self) -> None:
        self.raises = threading.Event()
        self.hangs = threading.Event()
        self.woken = threading.Event()
        self.crashes = threading.Event()
        self.ran = 0

    def backend(self, path: object, threads: int | None = None) -> OnnxRuntimeBackend:
        """An engine under these faults."""
        return FaultyBackend(self, path, threads)


class FaultyBackend(OnnxRuntimeBackend):
    def __init__(self, faults: Faults, path: object, threads: int | None) -> None:
        super().__init__(path, threads)  # type: ignore[arg-type]
        self._faults = faults

    def _do_infer(self, batch: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        self._faults.ran += 1
        if self._faults.crashes.is_set():
            raise KeyError("nobody foresaw this")
        if self._faults.hangs.is_set():
            self._faults.woken.wait()
        if self._faults.raises.is_set():
            raise BackendError("the accelerator fell off the bus: restart the device")
        return super()._do_infer(batch)
