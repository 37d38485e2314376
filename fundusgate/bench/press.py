"""One press of the shutter, from the moment it was due to the gate's word, with every stage timed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import VERDICT, to_nanoseconds
from fundusgate.runtime.gate.observations import Aim, LiveView, Pressed, StillJudged, StillKept, StillTaken
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import RESTING, GateState
from fundusgate.runtime.gate.step import step

if TYPE_CHECKING:
    from fundusgate.device.cameras.base import Camera
    from fundusgate.runtime import Assessor
    from fundusgate.runtime.gate.observations import Observation

STAGES = ("wake", "capture", "disc", "framing", "map", "score", "cues", "judge", "gate", VERDICT)
"""In the order in which they come: `wake` is how late the program was for the press; `disc` finds it and `framing`
makes both networks' inputs of it; `map` and `score` are the networks; `cues` is how long the verdict waited for the
visible field and the cues, which go on beside the networks, once these were done; `judge` makes a verdict of what they
gave; `gate` is the state machine's share."""
_INSIDE = ("disc", "framing", "map", "score", "cues")

_SETTINGS = GateSettings(still_timeout=600.0, check_timeout=600.0)
"""A slow machine is measured, not given up."""
_STILL_PATIENCE = 30.0


class PressToVerdict:
    """Presses the shutter of one camera.

    The disk is left out: what it takes to put a photograph down safely depends on the card, not on the networks
    (`benchmarks/archive_keep.py` measures it).

    Args:
        camera: Open.
        assessor: Open.
    """

    def __init__(self, camera: Camera, assessor: Assessor) -> None:
        self._camera = camera
        self._assessor = assessor

    def press(self, due: float | None = None) -> dict[str, float]:
        """Press once.

        Args:
            due: When the press was due on the monotonic clock, in the past; now unless given. Lateness counts.

        Returns:
            Milliseconds by stage, as in `STAGES`.

        Raises:
            BenchError: The gate came to no outcome.
            CameraError: The camera gave no photograph.
            BackendError: A network failed.
        """
        began = time.monotonic()
        due = began if due is None else due
        state = _told(GateState(), LiveView(began, Aim.RETINA, promise=0.5, passing=False, main=None))
        state = _told(state, Pressed())
        number = state.stills
        pressed = time.monotonic()
        frame = self._camera.capture(_STILL_PATIENCE)
        captured = time.monotonic()
        state = _told(state, StillTaken(number, frame.timestamp))
        heard = time.monotonic()
        said = self._assessor.assess(frame.pixels)
        assessed = time.monotonic()
        state = _told(state, StillJudged(number, said.verdict, said.main, said.retake_helps))
        state = _told(state, StillKept(number))
        ended = time.monotonic()
        if state.phase not in RESTING:
            raise BenchError(f"the gate gave no outcome ({state.phase.value}: {state.why}): look at the camera's clock")
        inside = {name: said.elapsed_ms[name] for name in _INSIDE}
        stages = {
            "wake": 1e3 * (began - due),
            "capture": 1e3 * (captured - pressed),
            **inside,
            "judge": 1e3 * (assessed - heard) - sum(inside.values()),
            "gate": 1e3 * ((pressed - began) + (heard - captured) + (ended - assessed)),
            VERDICT: 1e3 * (ended - due),
        }
        return {name: to_nanoseconds(took) for name, took in stages.items()}


def _told(state: GateState, observation: Observation) -> GateState:
    return step(state, observation, time.monotonic(), _SETTINGS)[0]
