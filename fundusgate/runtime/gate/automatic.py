"""When the still is taken by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.runtime.gate.state import AutoWaits, Phase

if TYPE_CHECKING:
    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import GateState


def takes_by_itself(state: GateState, settings: GateSettings) -> bool:
    """Whether the picture has passed for long enough, and another flash is still due.

    Each automatic flash ends in a failure (then the operator must act), in a counted retake (capped), or in a settled
    target: there is no way to flash without end.
    """
    if not settings.auto or state.phase is not Phase.READY:
        return False
    if state.settled or state.failure is not None or state.auto_waits is not AutoWaits.NOTHING:
        return False
    if state.good_since is None or state.last_view is None:
        return False
    return state.last_view - state.good_since >= settings.hold + settings.auto_after
