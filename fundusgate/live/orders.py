"""A screen's commands: which make sense now, in plain sentences, and what the gate is told of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.codes import Verdict
from fundusgate.live.commands import Choose, Continue, GiveUp, Identify, Override, Press
from fundusgate.runtime.gate.observations import Continued, GivenUp, Overridden, Pressed, Retargeted
from fundusgate.runtime.gate.state import BUSY, LIVE, RESTING, Phase

if TYPE_CHECKING:
    from fundusgate.live.commands import Command
    from fundusgate.runtime.gate.observations import Observation
    from fundusgate.runtime.gate.state import GateState


class CommandRefused(ValueError):  # noqa: N818 - the contract's name
    """A command that makes no sense now; the message is one plain sentence for the operator."""


def check(command: Command, state: GateState) -> None:
    """Refuse a command that makes no sense.

    Args:
        command: what a screen asks for.
        state: where the gate stands.

    Raises:
        CommandRefused: it makes no sense now.
    """
    refusal = _refusal(command, state)
    if refusal is not None:
        raise CommandRefused(refusal)


def observation_of(command: Command, state: GateState) -> Observation | None:
    """What the gate is told of a command; None for one that is none of its business."""
    # what is chosen while a still is under way adds to what was chosen before it
    target = state if state.waiting is None else state.waiting
    match command:
        case Press():
            return Pressed()
        case Continue():
            return Continued()
        case Override(reason=reason):
            return Overridden(reason)
        case GiveUp(reason=why):
            return GivenUp(why)
        case Choose(laterality=laterality, field=field):
            return Retargeted(laterality, field, target.patient)
        case Identify(patient=patient):
            return Retargeted(target.laterality, target.field, patient or None)
        case _:
            return None


def _refusal(command: Command, state: GateState) -> str | None:
    match command:
        case Press():
            return _press(state)
        case Override():
            return _override(state)
        case GiveUp():
            return _give_up(state)
        case Continue():
            return "A photograph is being taken: wait for its verdict." if state.phase in BUSY else None
        case _:
            return None


def _press(state: GateState) -> str | None:
    if state.phase is Phase.CLOSED:
        return f"No photograph can be taken now. {state.why or 'There is no live picture yet: wait a moment.'}"
    if state.phase in BUSY:
        return "A photograph is being taken already: wait for its verdict."
    if state.phase in RESTING and state.phase is not Phase.RETAKE:
        return "This photograph is settled: go on to the live picture first."
    return None


def _override(state: GateState) -> str | None:
    still = state.still
    if state.phase in BUSY:
        return "The photograph is being judged: wait for its verdict."
    if still is None or not still.kept:
        return "There is no photograph of this eye to keep: take one first."
    if still.overridden:
        return "This photograph is kept against the advice already."
    if still.verdict in (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE):
        return "This photograph was accepted: there is nothing to override."
    if state.phase not in LIVE and state.phase not in (Phase.RETAKE, Phase.CANNOT_OBTAIN):
        return "There is no advice to override now: go on to the live picture first."
    return None


def _give_up(state: GateState) -> str | None:
    if state.phase in BUSY:
        return "The photograph is being judged: wait for its verdict."
    if state.still is None or not state.still.kept:
        return "Take one photograph of this eye first, however poor: the reason is recorded with it."
    return None
