from __future__ import annotations

import pytest

from fundusgate.codes import Laterality, Verdict
from fundusgate.live.commands import (
    COMMANDS,
    Automatic,
    Choose,
    Command,
    Continue,
    GiveUp,
    Identify,
    Override,
    Press,
    SignIn,
)
from fundusgate.live.orders import CommandRefused, check, observation_of
from fundusgate.runtime.gate.observations import Continued, GivenUp, Overridden, Pressed, Retargeted
from fundusgate.runtime.gate.state import BUSY, LIVE, Field, GateState, Phase, Reason, Still

POOR = Still(number=1, asked_at=0.0, verdict=Verdict.RETAKE, kept=True)
GOOD = Still(number=1, asked_at=0.0, verdict=Verdict.ACCEPT, kept=True)
KEEP = Override(reason="a lesion is seen")
GIVE_UP = GiveUp(reason=Reason.OPACITY)


@pytest.mark.parametrize("phase", [*sorted(LIVE), Phase.RETAKE])
def test_the_shutter_serves_any_live_picture(phase: Phase) -> None:
    check(Press(), GateState(phase=phase))


@pytest.mark.parametrize(
    ("command", "state", "says"),
    [
        (Press(), GateState(), "no live picture yet"),
        (Press(), GateState(why="The lens cap is on."), "The lens cap is on"),
        (Press(), GateState(phase=Phase.CHECKING), "wait for its verdict"),
        (Press(), GateState(phase=Phase.ACCEPTED), "go on to the live picture"),
        (KEEP, GateState(phase=Phase.NEARLY), "take one first"),
        (KEEP, GateState(phase=Phase.CAPTURING, still=POOR), "wait for its verdict"),
        (KEEP, GateState(phase=Phase.ACCEPTED, still=GOOD), "nothing to override"),
        (KEEP, GateState(phase=Phase.CLOSED, still=POOR), "no advice to override now"),
        (GIVE_UP, GateState(phase=Phase.NEARLY), "Take one photograph"),
        (GIVE_UP, GateState(phase=Phase.CHECKING, still=POOR), "wait for its verdict"),
        (Continue(), GateState(phase=Phase.CAPTURING), "wait for its verdict"),
    ],
)
def test_nonsense_is_refused(command: Command, state: GateState, says: str) -> None:
    with pytest.raises(CommandRefused, match=says):
        check(command, state)


@pytest.mark.parametrize(
    "command",
    [
        Choose(laterality=Laterality.OD, field=Field.DISC),
        Identify(patient="P-1"),
        SignIn(operator="Ann"),
        Automatic(on=True),
    ],
)
@pytest.mark.parametrize("phase", list(Phase))
def test_who_and_what_may_be_said_at_any_time(command: Command, phase: Phase) -> None:
    check(command, GateState(phase=phase))


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in BUSY])
def test_going_on_is_never_refused_but_while_a_still_is_under_way(phase: Phase) -> None:
    check(Continue(), GateState(phase=phase))


def test_poor_stills_may_be_kept_and_given_up() -> None:
    for phase in (Phase.RETAKE, Phase.CANNOT_OBTAIN, Phase.NEARLY):
        check(KEEP, GateState(phase=phase, still=POOR))
        check(GIVE_UP, GateState(phase=phase, still=POOR))


def test_commands_become_what_the_gate_understands() -> None:
    state = GateState(laterality=Laterality.OD, field=Field.DISC, patient="P-1")
    assert observation_of(Press(), state) == Pressed()
    assert observation_of(Continue(), state) == Continued()
    assert observation_of(KEEP, state) == Overridden("a lesion is seen")
    assert observation_of(GIVE_UP, state) == GivenUp(Reason.OPACITY)
    assert observation_of(SignIn(operator="Ann"), state) is None
    chosen = Choose(laterality=Laterality.OS, field=Field.MACULA)
    assert observation_of(chosen, state) == Retargeted(Laterality.OS, Field.MACULA, "P-1")
    assert observation_of(Identify(patient="P-2"), state) == Retargeted(Laterality.OD, Field.DISC, "P-2")
    assert observation_of(Identify(patient=""), state) == Retargeted(Laterality.OD, Field.DISC, None)


def test_what_is_chosen_during_a_still_adds_to_what_was_chosen_before_it() -> None:
    waiting = Retargeted(Laterality.OS, Field.MACULA, "P-1")
    state = GateState(phase=Phase.CHECKING, laterality=Laterality.OD, field=Field.DISC, patient="P-1", waiting=waiting)
    assert observation_of(Identify(patient="P-2"), state) == Retargeted(Laterality.OS, Field.MACULA, "P-2")


def test_commands_come_as_json() -> None:
    parsed = COMMANDS.validate_python({"command": "override", "reason": " a lesion is seen "})
    assert parsed == KEEP
