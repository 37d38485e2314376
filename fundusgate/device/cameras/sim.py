"""A camera without hardware: it plays live sessions of the phantom and tells the truth about every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.device.cameras.base import Camera, CameraEndedError, CameraError, Frame
from fundusgate.device.cameras.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.phantom.live import LiveFrame, LiveSession
    from fundusgate.phantom.script import Script

SCRIPT_FPS = 30.0
"""Frames a second of the session's own clock when the camera is not held to a rate."""


class SimulatedCamera(Camera):
    """Plays one session of the phantom.

    Metadata of its frames: `phase`, `codes` (a tuple of names), `strength`, `hidden_fraction`, `laterality`, `camera`,
    `session_seconds`, and `simulated`, which is True.

    Args:
        seed: The eye, the camera model and what goes wrong; the same seed gives the same frames.
        size: Pixels a side, at least 32.
        fps: Frames a second at which frames come, as from a real sensor: a caller who is late loses frames, and the
            sequence number jumps. What happens in the session waits for the caller: on a machine too slow for the rate
            it plays in slow motion, and nothing of it is left out. None gives every frame as soon as it is asked for.
        script: What happens in the session; the phantom's first session if not given.
        repeat: Play the script again and again (an attended demo) or once (a test).

    Raises:
        CameraError: The size or the rate makes no sense.
    """

    def __init__(
        self,
        seed: int = 0,
        size: int = 512,
        fps: float | None = None,
        script: Script | None = None,
        *,
        repeat: bool = False,
    ) -> None:
        super().__init__()
        if size < 32:
            raise CameraError(f"a simulated camera needs at least 32 pixels a side, got {size}")
        if fps is not None and not fps > 0:
            raise CameraError(f"frames a second must be over 0, got {fps}; leave it out for no pacing")
        self._seed = seed
        self._size = size
        self._fps = fps
        self._script = script
        self._repeat = repeat
        self._session: LiveSession | None = None
        self._playing: Iterator[LiveFrame] | None = None
        self._pace = Pace(fps, self._pause)

    @property
    def name(self) -> str:
        """`sim://` and the seed."""
        return f"sim://{self._seed}"

    @property
    def has_sensor(self) -> bool:
        """No: a picture may stand still."""
        return False

    def _do_open(self) -> None:
        # The phantom brings OpenCV: only those who play it pay for it.
        from fundusgate.phantom.live import LiveSession

        self._session = LiveSession(self._seed, self._size, self._script, fps=self._fps or SCRIPT_FPS)
        self._playing = iter(self._session)
        self._pace = Pace(self._fps, self._pause)

    def _do_close(self) -> None:
        self._session = None
        self._playing = None

    def _do_grab(self, deadline: float) -> Frame:
        if self._session is None or self._playing is None:
            raise CameraError(f"{self.name} is not open")
        sequence, timestamp = self._pace.wait(deadline)
        live = next(self._playing, None)
        if live is None and self._repeat:
            self._playing = iter(self._session)
            live = next(self._playing, None)
        if live is None:
            raise CameraEndedError(f"the script of {self.name} is over: open it again, or play it with repeat=True")
        return Frame(
            pixels=live.rgb,
            timestamp=timestamp,
            sequence=sequence,
            metadata={
                "simulated": True,
                "phase": live.phase.value,
                "codes": tuple(code.value for code in live.codes),
                "strength": live.strength,
                "hidden_fraction": live.hidden_fraction,
                "laterality": self._session.eye.laterality.value,
                "camera": self._session.camera.name,
                "session_seconds": live.seconds,
            },
        )
