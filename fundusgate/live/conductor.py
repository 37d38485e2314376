"""The gate's thread: hears what happened, steps the gate, and passes on what it asks for. It waits for nothing else."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.live.board import Board
from fundusgate.live.commands import Automatic, GiveUp, SignIn
from fundusgate.live.drawing import Scene, draw
from fundusgate.live.faults import Faults
from fundusgate.live.keeping import Occasion
from fundusgate.live.messages import Guidance, Health, JudgedStill, Kept, Ordered, TakenStill
from fundusgate.live.orders import observation_of
from fundusgate.runtime.gate.events import JudgeStill, KeepStill, PhaseChanged, RecordGivenUp, RecordOverride, TakeStill
from fundusgate.runtime.gate.observations import StillJudged, StillTaken, Tick
from fundusgate.runtime.gate.state import GateState, Phase
from fundusgate.runtime.gate.step import step

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.live.commands import Command
    from fundusgate.live.crew import Crew
    from fundusgate.live.messages import Message
    from fundusgate.live.settings import LiveSettings
    from fundusgate.runtime.gate.events import Event
    from fundusgate.runtime.gate.observations import Observation
    from fundusgate.runtime.gate.settings import GateSettings

log = logging.getLogger(__name__)

ENDED = "The live gate has ended: start fundusgate again."
REDRAW = 1.0
"""Seconds after which a snapshot is published even where nothing happened: the rates change."""


class Conductor:
    """Owns the gate's state.

    Args:
        inbox: where every other thread leaves messages.
        crew: who does what the gate asks for.
        settings: the live gate's.
        on_event: called with everything that the gate asks for and announces, in this thread; must not wait.
    """

    def __init__(
        self,
        inbox: queue.SimpleQueue[Message],
        crew: Crew,
        settings: LiveSettings,
        on_event: Callable[[Event], None] | None,
    ) -> None:
        self._inbox = inbox
        self._crew = crew
        self._settings = settings
        self._gate_settings = settings.gate
        self._on_event = on_event
        self._stopping = threading.Event()
        self._faults = Faults()
        self._operator: str | None = None
        self._note = ""
        self._newest: Guidance | None = None
        self._drawn_at = 0.0
        self._revision = 0
        self.state = GateState(now=time.monotonic())
        self.board = Board(draw(0, self.state, self._gate_settings, self._scene(time.monotonic())))

    def stop(self) -> None:
        """Let `run` return soon."""
        self._stopping.set()
        self._inbox.put(Tick())

    def run(self) -> None:
        """Hear messages until told to stop; however it ends, the last snapshot says that the gate is closed."""
        try:
            self._listen()
        finally:
            self.state = replace(self.state, phase=Phase.CLOSED, promise=0.0, prompt=None, why=ENDED)
            self._draw(time.monotonic())

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                message: Message = self._inbox.get(timeout=self._settings.tick)
            except queue.Empty:
                message = Tick()
            for health in self._crew.watch.look(time.monotonic()):
                self._hear(health)
            self._hear(message)

    def _hear(self, message: Message) -> None:
        before = self.state.phase
        observation = self._observation(message)
        if observation is not None:
            self._step(observation)
        now = time.monotonic()
        quiet = isinstance(message, Tick) and self.state.phase is before
        if not quiet or now - self._drawn_at >= REDRAW:
            self._draw(now)

    def _observation(self, message: Message) -> Observation | None:
        match message:
            case Guidance():
                self._newest = message
                return message.view
            case TakenStill():
                self._crew.stills.came(message)
                return StillTaken(message.number, message.frame.timestamp)
            case JudgedStill(taken=taken, assessment=said):
                self._crew.stills.was_judged(message)
                return StillJudged(taken.number, said.verdict, said.main, said.retake_helps)
            case Kept():
                self._kept(message)
                return None
            case Health():
                return self._faults.heard(message)
            case Ordered(command=command):
                return self._ordered(command)
            case _:
                return message

    def _ordered(self, command: Command) -> Observation | None:
        match command:
            case SignIn(operator=operator):
                self._operator = operator or None
            case Automatic(on=on):
                self._gate_settings = replace(self._gate_settings, auto=on)
            case GiveUp(note=note):
                self._note = note
        return observation_of(command, self.state)

    def _kept(self, kept: Kept) -> None:
        assessment = self._crew.stills.assessment(kept.still)
        if kept.small is None:
            self._crew.strip.amend(kept.record)
        elif assessment is not None:
            self._crew.strip.add(kept, assessment)

    def _step(self, observation: Observation) -> None:
        self.state, events = step(self.state, observation, time.monotonic(), self._settings_now())
        for event in events:
            self._pass_on(event)
            if self._on_event is not None:
                self._on_event(event)
        still = self.state.still
        checking = self.state.phase is Phase.CHECKING
        self._crew.stills.settle(still.number if checking and still is not None else None, self.state.why)
        # the processor belongs to the still until its verdict is on the disk
        self._crew.mailbox.let_frames(not checking)

    def _settings_now(self) -> GateSettings:
        """By itself no still is taken of nobody knows which eye: its record would be of no use to a reader."""
        aimed = self.state.laterality is not None and self.state.field is not None
        return self._gate_settings if aimed else replace(self._gate_settings, auto=False)

    def _pass_on(self, event: Event) -> None:
        crew = self._crew
        match event:
            case TakeStill():
                crew.stills.take(event, self._occasion())
            case JudgeStill():
                crew.stills.judge(event)
            case KeepStill():
                crew.stills.keep(event)
            case RecordOverride(still=still, reason=reason):
                crew.keeping.override(still, reason, self._operator)
            case RecordGivenUp(still=still, reason=why):
                if still is not None:
                    crew.keeping.give_up(still, why, self._note, self._operator)
            case PhaseChanged(before=before, after=after):
                log.debug("%s -> %s", before.value, after.value)

    def _occasion(self) -> Occasion:
        state = self.state
        return Occasion(state.patient, self._operator, state.laterality, state.field)

    def _scene(self, now: float) -> Scene:
        crew = self._crew
        return Scene(self._operator, crew.camera.name, self._newest, crew.rates(now), crew.strip.cards)

    def _draw(self, now: float) -> None:
        self._drawn_at = now
        self._revision += 1
        newest = self._newest if self.state.phase is not Phase.CLOSED else None
        self._crew.preview.show(None if newest is None else newest.frame)
        self.board.publish(draw(self._revision, self.state, self._gate_settings, self._scene(now)))
