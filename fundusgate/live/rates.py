"""How the loop is doing, for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.live.snapshot import Rates

if TYPE_CHECKING:
    from fundusgate.live.camera_loop import CameraLoop
    from fundusgate.live.mailbox import Mailbox
    from fundusgate.live.perception import Perception, StillJob


def rates_of(camera: CameraLoop, mailbox: Mailbox[StillJob], perception: Perception, now: float) -> Rates:
    """The true rates of the last seconds, and the latencies since the start.

    Args:
        camera: for its rate and what it lost.
        mailbox: for what was dropped.
        perception: for what was assessed.
        now: seconds on the monotonic clock.
    """
    rates = perception.rates
    return Rates(
        camera=camera.frames_per_second(now),
        assessed=rates["assessed"].rate(now),
        mapped=rates["mapped"].rate(now),
        scored=rates["scored"].rate(now),
        dropped=mailbox.dropped,
        lost=camera.lost,
        guidance_ms=perception.stages["guidance"].summary(),
    )
