"""A gate that does what a test says: real phantom pictures, real commands, no networks, no timing of its own."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from fundusgate.archive.errors import NoSuchCaptureError
from fundusgate.archive.record import CaptureRecord, ModelUsed
from fundusgate.codes import RetakeHelps, Verdict
from fundusgate.live.commands import Automatic, Choose, Command, Continue, GiveUp, Identify, Override, Press, SignIn
from fundusgate.live.snapshot import CaptureCard, Rates, Snapshot
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.state import LIVE, Phase
from tests.console.scenes import SIDE, Scene, scenes

if TYPE_CHECKING:
    from typing_extensions import Self

TICK = 1 / 15
CHECKING_TICKS = 4
START = Snapshot(
    revision=0,
    phase=Phase.NO_EYE,
    prompt=None,
    retake_helps=None,
    why=None,
    reason=None,
    promise=0.0,
    retakes=0,
    max_retakes=3,
    laterality=None,
    field=None,
    patient=None,
    operator=None,
    automatic=False,
    camera="scripted",
    frame=None,
    map=None,
    box=(0, 0, SIDE, SIDE),
    frame_size=(SIDE, SIDE),
    rates=Rates(30.0, 15.0, 7.0, 3.0, 12, 0, {"p50": 61.0, "p90": 80.0, "p99": 104.0, "max": 131.0}),
    captures=(),
)


class ScriptedGate:
    """Satisfies `GatePort` and `CaptureReader`; `show` puts something before its camera."""

    def __init__(self) -> None:
        self._snapshot = START
        self._newer = threading.Condition()
        self._scene = scenes()["outside"]
        self._stop = threading.Event()
        self._hung = threading.Event()
        self._closed: str | None = None
        self._still: Scene | None = None
        self._refusal: str | None = None
        self._checking = 0
        self._kept: dict[str, tuple[Scene, CaptureRecord]] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.commands: list[Command] = []
        self.previews = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    # what a test does

    def show(self, name: str) -> None:
        self._scene = scenes()[name]

    def close(self, why: str) -> None:
        self._closed = why

    def mend(self) -> None:
        self._closed = None

    def refuse_next(self, why: str) -> None:
        self._refusal = why

    def hang(self) -> None:
        self._hung.set()

    def go_on(self) -> None:
        self._hung.clear()

    # GatePort and CaptureReader

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def wait_for_newer(self, revision: int, timeout: float) -> Snapshot | None:
        with self._newer:
            self._newer.wait_for(lambda: self._snapshot.revision > revision, timeout)
            return self._snapshot if self._snapshot.revision > revision else None

    def preview(self, max_side: int) -> tuple[int, bytes] | None:
        self.previews += 1
        frame = self._snapshot.frame
        return None if frame is None else (frame, self._scene.jpeg(max_side))

    def capture_thumbnail(self, capture: str, max_side: int) -> bytes:
        return self._kept[capture][0].jpeg(max_side)

    def get(self, capture: str) -> CaptureRecord:
        if capture not in self._kept:
            raise NoSuchCaptureError(f"there is no capture {capture}")
        return self._kept[capture][1]

    def submit(self, command: Command) -> None:
        self.commands.append(command)
        if self._refusal is not None:
            why, self._refusal = self._refusal, None
            raise ValueError(why)
        now = self._snapshot
        match command:
            case Press():
                if now.phase not in LIVE:
                    raise ValueError("No photograph can be taken now: wait for the live picture.")
                self._still = self._scene
                self._publish(phase=Phase.CAPTURING, prompt=None)
            case Continue():
                self._publish(phase=Phase.NEARLY, retake_helps=None, reason=None)
            case Override(reason=reason):
                self._amend(overridden=reason)
                self._publish(phase=Phase.ACCEPTED_WITH_NOTE, prompt=None)
            case GiveUp(reason=reason):
                self._amend(outcome=Outcome.CANNOT_OBTAIN.value)
                self._publish(phase=Phase.CANNOT_OBTAIN, reason=reason, prompt=None)
            case Choose(laterality=laterality, field=field):
                self._publish(laterality=laterality, field=field, retakes=0)
            case Identify(patient=patient):
                self._publish(patient=patient or None, laterality=None, field=None, retakes=0)
            case SignIn(operator=operator):
                self._publish(operator=operator or None)
            case Automatic(on=on):
                self._publish(automatic=on)

    def _amend(self, **what: Any) -> None:  # noqa: ANN401 - as dataclasses.replace
        first, *rest = self._snapshot.captures
        self._publish(captures=(replace(first, **what), *rest))

    def _run(self) -> None:
        while not self._stop.wait(TICK):
            if not self._hung.is_set():
                self._tick()

    def _tick(self) -> None:
        now = self._snapshot
        if self._closed is not None:
            self._publish(phase=Phase.CLOSED, why=self._closed, prompt=None, promise=0.0, map=None)
        elif now.phase is Phase.CAPTURING:
            self._checking = 0
            self._publish(phase=Phase.CHECKING)
        elif now.phase is Phase.CHECKING:
            self._checking += 1
            if self._checking >= CHECKING_TICKS:
                self._decide()
        elif now.phase in LIVE or now.phase is Phase.CLOSED:
            scene = self._scene
            self._publish(phase=scene.phase, prompt=scene.prompt, promise=scene.promise, map=scene.map, why=None)
        self._publish(frame=(now.frame or 0) + 1)

    def _decide(self) -> None:
        now, still = self._snapshot, self._still
        assert still is not None
        good = still.prompt is None
        card = CaptureCard(
            id=f"capture-{len(self._kept) + 1}",
            number=len(self._kept) + 1,
            taken_at=datetime.now(timezone.utc).isoformat(),
            outcome=(Outcome.ACCEPTED if good else Outcome.RETAKE).value,
            verdict=Verdict.ACCEPT if good else Verdict.RETAKE,
            score=still.score,
            main=still.prompt,
            laterality=now.laterality,
            field=now.field,
            attempt=now.retakes + 1,
            overridden=None,
            patient=now.patient,
        )
        self._kept[card.id] = (still, _record(card, still))
        self._publish(
            phase=Phase.ACCEPTED if good else Phase.RETAKE,
            prompt=still.prompt,
            retake_helps=None if good else RetakeHelps.YES,
            retakes=now.retakes + (not good),
            captures=(card, *now.captures),
        )

    def _publish(self, **changes: Any) -> None:  # noqa: ANN401 - as dataclasses.replace
        with self._newer:
            self._snapshot = replace(self._snapshot, revision=self._snapshot.revision + 1, **changes)
            self._newer.notify_all()


def _record(card: CaptureCard, still: Scene) -> CaptureRecord:
    causes = [] if still.prompt is None else [{"code": still.prompt.value, "severity": 0.8}]
    now = datetime.now(timezone.utc)
    return CaptureRecord(
        taken_at=now,
        outcome=Outcome(card.outcome),
        trigger=Trigger.OPERATOR,
        attempt=card.attempt,
        patient=card.patient,
        laterality=card.laterality,
        field=card.field,
        camera="scripted",
        assessment={
            "score": still.score,
            "degraded_fraction": still.hidden,
            "map": still.map,
            "box": (0, 0, SIDE, SIDE),
            "causes": causes,
        },
        models=(ModelUsed(name="scripted", version="0", sha256="0" * 64),),
        bundle_sha256="0" * 64,
        id=card.id,
        photograph="photograph.jpg",
        photograph_sha256="0" * 64,
        photograph_bytes=1,
        width=SIDE,
        height=SIDE,
        kept_at=now,
    )
