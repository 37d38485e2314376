"""What becomes of a judged still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.state import Phase, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import GateState

PHASE_OF_OUTCOME: Mapping[Outcome, Phase] = {
    Outcome.ACCEPTED: Phase.ACCEPTED,
    Outcome.ACCEPTED_WITH_NOTE: Phase.ACCEPTED_WITH_NOTE,
    Outcome.RETAKE: Phase.RETAKE,
    Outcome.CANNOT_OBTAIN: Phase.CANNOT_OBTAIN,
}
"""The phase that shows an outcome."""

_PASSING: Mapping[Verdict, Outcome] = {
    Verdict.ACCEPT: Outcome.ACCEPTED,
    Verdict.ACCEPT_WITH_NOTE: Outcome.ACCEPTED_WITH_NOTE,
}
_REASONS: Mapping[CauseCode, Reason] = {
    CauseCode.MEDIA_OPACITY: Reason.OPACITY,
    CauseCode.SMALL_PUPIL: Reason.SMALL_PUPIL,
}


def outcome_of(verdict: Verdict, retake_helps: RetakeHelps | None, retakes: int, settings: GateSettings) -> Outcome:
    """What becomes of a still.

    Where a retake does not help, one is advised all the same: an opacity is told from poor technique only by a second
    attempt with care (NHS diabetic eye screening; `profile.causes.opacity_attempts`).

    Args:
        verdict: what the networks say of it.
        retake_helps: whether another attempt helps against its main cause.
        retakes: retakes of the target that were advised before.
        settings: the cap on them.
    """
    if verdict in _PASSING:
        return _PASSING[verdict]
    most = min(1, settings.max_retakes) if retake_helps is RetakeHelps.NO else settings.max_retakes
    return Outcome.RETAKE if verdict is Verdict.RETAKE and retakes < most else Outcome.CANNOT_OBTAIN


def reason_of(state: GateState, settings: GateSettings) -> Reason:
    """Why nothing can be obtained, by the last still's main cause: what the gate proposes, the operator may change."""
    main = None if state.still is None else state.still.main
    if main is not None and main in _REASONS:
        return _REASONS[main]
    return Reason.RETAKES_USED_UP if state.retakes >= settings.max_retakes else Reason.OTHER
