"""From where everything stands to one snapshot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.live.snapshot import CaptureCard, Rates, Snapshot
from fundusgate.runtime.gate.state import LIVE, RESTING, Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.live.messages import Guidance
    from fundusgate.runtime.cues.centring import Side
    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import GateState


@dataclass(frozen=True)
class Scene:
    """What is drawn, beside the gate's state.

    Attributes:
        operator: who holds the camera; None while not signed in.
        camera: the camera's name.
        newest: the newest assessed frame; None before the first, and where it may not be shown any more.
        rates: how the loop is doing.
        captures: the strip.
    """

    operator: str | None
    camera: str
    newest: Guidance | None
    rates: Rates
    captures: tuple[CaptureCard, ...]


def draw(revision: int, state: GateState, settings: GateSettings, scene: Scene) -> Snapshot:
    """One snapshot.

    Args:
        revision: its number.
        state: where the gate stands.
        settings: the gate's.
        scene: the rest.
    """
    newest = None if state.phase is Phase.CLOSED else scene.newest
    mapped = None if newest is None else newest.mapped
    shown = None if mapped is None else mapped.shown_map()
    still = state.still if state.phase in RESTING else None
    height, width = (0, 0) if newest is None else newest.frame.pixels.shape[:2]
    return Snapshot(
        revision=revision,
        phase=state.phase,
        prompt=state.prompt,
        retake_helps=None if still is None else still.retake_helps,
        why=state.why,
        reason=state.reason,
        promise=state.promise,
        retakes=state.retakes,
        max_retakes=settings.max_retakes,
        laterality=state.laterality,
        field=state.field,
        patient=state.patient,
        operator=scene.operator,
        automatic=settings.auto,
        camera=scene.camera,
        frame=None if newest is None else newest.frame.sequence,
        map=None if shown is None else _rows(shown),
        box=None if mapped is None else mapped.box,
        frame_size=None if newest is None else (width, height),
        rates=scene.rates,
        captures=scene.captures,
        dark_side=None if newest is None else _dark_side(state, newest),
    )


def _dark_side(state: GateState, newest: Guidance) -> Side | None:
    aiming = state.phase in LIVE and state.prompt is CauseCode.OFF_CENTRE
    return newest.glance.cues.centring.dark_side if aiming else None


def _rows(shown: NDArray[np.float32]) -> tuple[tuple[float | None, ...], ...]:
    values = np.round(shown.astype(np.float64), 3).tolist()
    return tuple(tuple(None if math.isnan(cell) else cell for cell in row) for row in values)
