"""The gate among enemies: answers late, doubled, of strangers; clocks that jump; breaks at any moment."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fundusgate.codes import CauseCode, Laterality, RetakeHelps, Verdict
from fundusgate.runtime.gate import observations as told
from fundusgate.runtime.gate.events import (
    Event,
    JudgeStill,
    KeepStill,
    Outcome,
    PhaseChanged,
    RecordOverride,
    TakeStill,
    Trigger,
)
from fundusgate.runtime.gate.observations import Aim
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import BUSY, LIVE, PASSED, RESTING, Field, GateState, Phase, Reason
from fundusgate.runtime.gate.step import SUCCESSORS, step

FAR = 1e9
MOMENTS = st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, FAR])
STEPS = st.sampled_from([0.0, 0.1, 0.4, 0.7, 1.1, 2.6, 11.0])
VERDICTS = st.sampled_from(Verdict)
CAUSES = st.sampled_from([None, CauseCode.FOCUS, CauseCode.MEDIA_OPACITY, CauseCode.SMALL_PUPIL])
HELPS = st.sampled_from([None, RetakeHelps.YES, RetakeHelps.NO])
PASSING = {Verdict.ACCEPT: Outcome.ACCEPTED, Verdict.ACCEPT_WITH_NOTE: Outcome.ACCEPTED_WITH_NOTE}
REACHED: set[tuple[Phase, Phase]] = set()
"""Changes that any run of the machine has seen."""


class Adversary(RuleBasedStateMachine):
    """Tells the gate whatever it likes, and keeps its own book of what truly happened to each still."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = GateState()
        self.settings = GateSettings()
        self.now = 10.0
        self.taken: dict[int, float] = {}
        self.judged: dict[int, Verdict] = {}
        self.keeping: dict[int, Outcome] = {}
        self.kept: set[int] = set()
        self.asked: dict[int, float] = {}
        self.targets: dict[int, tuple[object, ...]] = {}
        self.broken = False
        self.lost: set[int] = set()
        self.last: told.Observation = told.Tick()

    @initialize(auto=st.booleans(), retakes=st.integers(0, 3))
    def set_up(self, auto: bool, retakes: int) -> None:
        self.settings = GateSettings(auto=auto, max_retakes=retakes)

    def tell(self, observation: told.Observation, now: float | None = None) -> None:
        before = self.gate
        self.last = observation
        self.gate, events = step(before, observation, self.now if now is None else now, self.settings)
        self.check(before, events)

    def check(self, before: GateState, events: tuple[Event, ...]) -> None:
        phase = before.phase
        assert self.gate.now >= before.now
        for event in events:
            if isinstance(event, PhaseChanged):
                assert event.before is phase
                assert event.after in SUCCESSORS[phase]
                REACHED.add((phase, event.after))
                phase = event.after
                self.entered(event.after)
            elif isinstance(event, TakeStill):
                assert event.still == before.stills + 1
                assert before.phase not in BUSY
                assert not self.broken
                if event.trigger is Trigger.AUTO:
                    assert self.settings.auto
                self.asked[event.still] = event.asked_at
                self.targets[event.still] = self.target()
            elif isinstance(event, JudgeStill):
                assert self.target() == self.targets[event.still]
                assert event.attempt >= 1
            elif isinstance(event, KeepStill):
                assert self.target() == self.targets[event.still]
                assert event.still not in self.keeping
                self.keeping[event.still] = event.outcome
            elif isinstance(event, RecordOverride):
                assert event.still in self.kept
                assert self.keeping[event.still] not in PASSING.values()
                assert event.reason.strip()
        assert phase is self.gate.phase

    def entered(self, phase: Phase) -> None:
        """The heart of it: green only for the very still that is fresh, passed and safe, or overridden."""
        if phase not in PASSED:
            return
        still = self.gate.still
        assert still is not None
        assert self.target() == self.targets[still.number]
        assert still.number in self.kept
        assert self.taken[still.number] >= self.asked[still.number]
        if isinstance(self.last, told.Overridden):
            assert phase is Phase.ACCEPTED_WITH_NOTE
            assert still.overridden
            return
        assert still.number not in self.lost
        assert PASSING[self.judged[still.number]] is self.keeping[still.number]
        assert phase.value == self.keeping[still.number].value

    def target(self) -> tuple[object, ...]:
        return self.gate.laterality, self.gate.field, self.gate.patient

    @precondition(lambda self: self.gate.phase is not Phase.CLOSED)
    @rule(seconds=STEPS)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.tell(told.Tick())

    @precondition(lambda self: not self.broken)
    @rule(seen=st.sampled_from(Aim))
    def a_frame_comes(self, seen: Aim) -> None:
        self.frames(1, seen, passing=False, main=None)

    @precondition(lambda self: not self.broken)
    @rule(
        frames=st.sampled_from([1, 8, 30]),
        seen=st.sampled_from([(Aim.RETINA, True), (Aim.RETINA, False), (Aim.EYE, False), (Aim.NO_EYE, False)]),
        main=st.none() | st.sampled_from(CauseCode),
    )
    def frames_come(self, frames: int, seen: tuple[Aim, bool], main: CauseCode | None) -> None:
        self.frames(frames, *seen, main)

    def frames(self, count: int, aim: Aim, passing: bool, main: CauseCode | None) -> None:
        for _ in range(count):
            self.now += 0.05
            self.tell(told.LiveView(self.now - 0.03, aim, 0.8, passing, main))

    @rule(
        what=st.sampled_from(["press", "press", "go on", "go on", "override", "override", "give up"]),
        reason=st.sampled_from(Reason),
        words=st.sampled_from(["readable", "readable", " "]),
    )
    def the_operator_decides(self, what: str, reason: Reason, words: str) -> None:
        was = self.gate.phase
        said: dict[str, told.Observation] = {
            "press": told.Pressed(),
            "go on": told.Continued(),
            "override": told.Overridden(words),
            "give up": told.GivenUp(reason),
        }
        self.tell(said[what])
        if what == "press" and was is Phase.CHECKING:
            assert self.gate.phase is not Phase.CAPTURING
        if what == "give up" and was not in BUSY:
            assert self.gate.phase is Phase.CANNOT_OBTAIN

    @rule(eye=st.sampled_from(Laterality), field=st.sampled_from(Field), patient=st.sampled_from([None, "one"]))
    def the_operator_chooses(self, eye: Laterality, field: Field, patient: str | None) -> None:
        was, target = self.gate.phase, self.target()
        self.tell(told.Retargeted(eye, field, patient))
        if was in BUSY and self.gate.phase in BUSY:
            assert self.target() == target
        if was not in BUSY:
            assert self.target() == (eye, field, patient)

    def deliver(self, age: float = 0.01) -> None:
        number = self.gate.stills
        self.taken[number] = self.now - age
        self.tell(told.StillTaken(number, self.now - age))

    def judge(self, verdict: Verdict, main: CauseCode | None, helps: RetakeHelps | None) -> None:
        self.judged.setdefault(self.gate.stills, verdict)
        self.tell(told.StillJudged(self.gate.stills, verdict, main, helps))

    def keep(self) -> None:
        self.kept.add(self.gate.stills)
        self.tell(told.StillKept(self.gate.stills))

    @precondition(lambda self: self.gate.phase in BUSY)
    @rule(
        late=st.sampled_from([0.02, 0.02, 0.5, 6.0, 11.0]),
        age=st.sampled_from([0.0, 0.01, 3.0]),
        verdict=VERDICTS,
        main=CAUSES,
        helps=HELPS,
    )
    def the_still_goes_on(
        self, late: float, age: float, verdict: Verdict, main: CauseCode | None, helps: RetakeHelps | None
    ) -> None:
        """The answer that is awaited, in time or late, fresh or not."""
        self.now += late
        if self.gate.phase is Phase.CAPTURING:
            self.deliver(age)
        elif self.gate.stills in self.keeping:
            self.keep()
        else:
            self.judge(verdict, main, helps)

    @precondition(lambda self: self.gate.phase in LIVE | {Phase.RETAKE})
    @rule(verdict=VERDICTS, main=CAUSES, helps=HELPS)
    def a_whole_still(self, verdict: Verdict, main: CauseCode | None, helps: RetakeHelps | None) -> None:
        self.tell(told.Pressed())
        if self.gate.phase is Phase.CAPTURING:
            self.now += 0.2
            self.deliver()
            self.judge(verdict, main, helps)
            self.keep()
            assert self.gate.phase in RESTING

    @rule(
        what=st.sampled_from(["clock", "frame", "taken", "judged", "kept", "failed", "mended"]),
        still=st.integers(0, 9),
        verdict=VERDICTS,
        moment=MOMENTS,
    )
    def mischief(self, what: str, still: int, verdict: Verdict, moment: float) -> None:
        """Lying clocks, frames of no believable moment, answers late, doubled, of strangers, or too early."""
        was, mine = self.gate, still == self.gate.stills
        if what == "clock" and moment != FAR:
            self.tell(told.Tick(), moment)
            assert self.gate.now == was.now
        elif what == "frame":
            self.tell(told.LiveView(moment, Aim.RETINA, 1.0, passing=True, main=None))
            assert was.phase is not Phase.CLOSED or self.gate.phase is Phase.CLOSED
        elif what == "taken" and not (mine and was.phase is Phase.CAPTURING):
            self.tell(told.StillTaken(still, moment))
        elif what == "judged" and not (mine and was.phase is Phase.CHECKING and still not in self.judged):
            self.tell(told.StillJudged(still, verdict, None, None))
        elif what == "kept" and not (mine and was.phase is Phase.CHECKING and still in self.keeping):
            self.tell(told.StillKept(still))
        elif what == "failed":
            self.tell(told.StillFailed(still, "the disk is full: free some space"))
        elif what == "mended" and not self.broken:
            self.tell(told.Mended())

    @precondition(lambda self: not self.broken)
    @rule(lasting=st.sampled_from([False, False, True]))
    def something_breaks(self, lasting: bool) -> None:
        self.broken = True
        if self.gate.phase in BUSY:
            self.lost.add(self.gate.stills)
        self.tell(told.Broken("the camera hangs: plug it in again"))
        assert self.gate.phase is Phase.CLOSED
        if not lasting:
            self.everything_is_mended()
            self.frames(2, Aim.RETINA, passing=True, main=None)

    @precondition(lambda self: self.broken)
    @rule()
    def everything_is_mended(self) -> None:
        self.broken = False
        self.tell(told.Mended())
        assert self.gate.phase in (Phase.CLOSED, Phase.CANNOT_OBTAIN)

    @invariant()
    def what_is_shown_fits_together(self) -> None:
        gate = self.gate
        assert (gate.promise == 1) == (gate.phase is Phase.READY)
        assert 0 <= gate.promise <= 1
        assert (gate.reason is not None) == (gate.phase is Phase.CANNOT_OBTAIN)
        assert gate.retakes <= self.settings.max_retakes
        assert gate.phase is not Phase.READY or gate.prompt is None
        assert gate.waiting is None or gate.phase not in LIVE | {Phase.CLOSED}
        if self.broken:
            assert gate.phase in (Phase.CLOSED, Phase.CANNOT_OBTAIN)
        if gate.phase in LIVE:
            assert gate.last_view is not None
            assert gate.now - gate.last_view < self.settings.stale_after

    @invariant()
    def the_phase_can_be_left(self) -> None:
        """By what the environment can always do: go on, let time pass, mend, show a fresh picture."""
        gate = replace(self.gate)
        left = set()
        for action in (told.Continued(), told.Mended(), told.Tick(), told.Pressed()):
            after, _ = step(gate, action, gate.now + 60, self.settings)
            left.add(after.phase)
            view = told.LiveView(after.now + 0.02, Aim.EYE, 0.2, passing=False, main=None)
            opened, _ = step(after, view, after.now + 0.05, self.settings)
            left.add(opened.phase)
        assert left - {gate.phase}


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
