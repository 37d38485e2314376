"""What every camera is to the rest of the program: opened, asked for frames, closed.

A public method checks and calls one `_do_*` hook, so that each camera writes only what is its own (the manner of
python-microscope's device classes).
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from numpy.typing import NDArray
    from typing_extensions import Self


class CameraError(RuntimeError):
    """The camera cannot do what was asked; the message says why and what to do next."""


class CameraTimeoutError(CameraError):
    """No frame came in the time given."""


class CameraEndedError(CameraError):
    """There are no more frames: a recording or a script is over, or the camera could not be brought back."""


class CameraClosedError(CameraError):
    """The camera was closed while a frame was waited for."""


@dataclass(frozen=True)
class Original:
    """A photograph's file as the camera itself encoded it; kept so, never encoded again.

    Attributes:
        data: the file's bytes.
        suffix: its kind, such as ".jpg", with the dot.
    """

    data: bytes
    suffix: str


@dataclass(frozen=True)
class Frame:
    """One picture and what the camera knows of it. It owns its pixels; nobody may write to them.

    Attributes:
        pixels: H x W x 3 uint8, RGB.
        timestamp: When the exposure began, seconds on the machine's monotonic clock.
        sequence: The camera's own number of the frame; a jump means that frames were lost.
        metadata: What else the camera knows, by name.
        original: The file that the pixels were read from, where the camera gives one.
    """

    pixels: NDArray[np.uint8]
    timestamp: float
    sequence: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    original: Original | None = None

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError(f"a frame is H x W x 3 uint8, got {self.pixels.dtype} {self.pixels.shape}")
        own = self.pixels if self.pixels.base is None and self.pixels.flags.owndata else self.pixels.copy()
        own.flags.writeable = False
        object.__setattr__(self, "pixels", own)
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))


class Camera(ABC):
    """A source of frames; use it as a context manager, or call `open` and `close`.

    One thread asks for frames; any thread may close the camera, look at `is_open` and at `lost`. The hooks are never
    called at the same time.
    """

    def __init__(self) -> None:
        self._is_open = False
        self._closing = threading.Event()
        self._using = threading.Lock()
        self._last_sequence: int | None = None
        self._lost = 0

    @property
    @abstractmethod
    def name(self) -> str:
        """What the camera is called in reports."""

    @property
    def has_sensor(self) -> bool:
        """Whether pictures come from a sensor, whose noise lets no two of them be the same."""
        return True

    @property
    def is_open(self) -> bool:
        """Whether frames can be asked for."""
        return self._is_open

    @property
    def lost(self) -> int:
        """Frames that were exposed and never delivered since the camera was opened: the gaps in its numbering."""
        return self._lost

    def open(self) -> None:
        """Make the camera ready.

        Raises:
            CameraError: It is open already, or cannot be opened.
        """
        with self._using:
            if self._is_open:
                raise CameraError(f"{self.name} is open already: close it before opening it again")
            self._closing.clear()
            self._last_sequence = None
            self._lost = 0
            self._do_open()
            self._is_open = True

    def close(self) -> None:
        """Let the camera go; closing a closed camera does nothing.

        A thread that waits for a frame gets CameraClosedError; the device is released once it has stopped waiting.
        """
        self.interrupt()
        with self._using:
            if self._is_open:
                self._is_open = False
                self._do_close()

    def interrupt(self) -> None:
        """Make a thread that waits for a frame give up with CameraClosedError; to be followed by `close`.

        Unlike `close` it never waits, not even for a device that hangs.
        """
        self._closing.set()
        self._do_wake()

    def grab(self, timeout: float = 2.0) -> Frame:
        """The next frame.

        Args:
            timeout: Seconds to wait at most, over 0.

        Raises:
            CameraError: The camera is not open, or has sent a frame out of order.
            CameraTimeoutError: No frame came in time.
            CameraEndedError: There are no more frames.
            CameraClosedError: Another thread closed the camera meanwhile.
            ValueError: The timeout is not over 0.
        """
        with self._using:
            self._check_ready(timeout)
            return self._accepted(self._do_grab(time.monotonic() + timeout))

    def capture(self, timeout: float = 5.0) -> Frame:
        """A still of the best resolution that the camera has, whose exposure began after this call.

        Args:
            timeout: Seconds to wait at most, over 0.

        Raises:
            CameraError: The camera is not open, or has sent a still from before the call or out of order.
            CameraTimeoutError: No still came in time.
            CameraEndedError: There are no more frames.
            CameraClosedError: Another thread closed the camera meanwhile.
            ValueError: The timeout is not over 0.
        """
        asked = time.monotonic()
        with self._using:
            self._check_ready(timeout)
            frame = self._do_capture(asked, asked + timeout)
            if frame.timestamp < asked:
                raise CameraError(
                    f"{self.name} sent a still from {asked - frame.timestamp:.3f} s before it was asked for: "
                    "press again; if it stays so, close the camera and open it again"
                )
            return self._accepted(frame)

    def frames(self, timeout: float = 2.0) -> Iterator[Frame]:
        """Frames until the camera has no more.

        Args:
            timeout: As for `grab`.
        """
        while True:
            try:
                yield self.grab(timeout)
            except CameraEndedError:
                return

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _do_open(self) -> None:
        """Acquire the device; raise CameraError when that fails."""

    @abstractmethod
    def _do_close(self) -> None:
        """Release the device; called once for each successful open."""

    @abstractmethod
    def _do_grab(self, deadline: float) -> Frame:
        """The next frame, or CameraTimeoutError once the monotonic clock passes `deadline`."""

    def _do_wake(self) -> None:  # noqa: B027 - a hook that most cameras do without
        """Wake a thread that waits in another hook; `_pause` is woken without it."""

    def _do_capture(self, asked: float, deadline: float) -> Frame:
        """A still exposed at or after `asked`, by `deadline`; the next such frame of the stream unless overridden."""
        while (frame := self._do_grab(deadline)).timestamp < asked:
            self._accepted(frame)
            if time.monotonic() >= deadline:
                raise CameraTimeoutError(
                    f"{self.name} sent only frames from before the press until the time was up: press again"
                )
        return frame

    def _pause(self, seconds: float) -> None:
        """Sleep, unless another thread closes the camera: then raise CameraClosedError."""
        if self._closing.wait(max(0.0, seconds)):
            raise CameraClosedError(f"{self.name} was closed")

    def _check_ready(self, timeout: float) -> None:
        if not self._is_open:
            raise CameraError(f"{self.name} is not open: call open(), or use it in a with statement")
        if not timeout > 0:
            raise ValueError(f"timeout must be over 0 seconds, got {timeout}")

    def _accepted(self, frame: Frame) -> Frame:
        """Check the order of a frame that the device has delivered, and count those missing before it."""
        if self._closing.is_set():
            raise CameraClosedError(f"{self.name} was closed while a frame was waited for")
        if self._last_sequence is not None:
            if frame.sequence <= self._last_sequence:
                raise CameraError(
                    f"{self.name} sent frame {frame.sequence} after {self._last_sequence}: close and open it again"
                )
            self._lost += frame.sequence - self._last_sequence - 1
        self._last_sequence = frame.sequence
        return frame
