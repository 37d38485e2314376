"""Every setting of the live gate."""

from __future__ import annotations

from dataclasses import dataclass, field

from fundusgate.live.cadence import CadenceSettings
from fundusgate.live.evidence import Freshness
from fundusgate.runtime.gate.settings import GateSettings


@dataclass(frozen=True)
class LiveSettings:
    """Times are seconds.

    Attributes:
        gate: how patient and how strict the gate is.
        cadence: how often the networks look.
        freshness: until when their word holds.
        grab_timeout: how long to wait for a live frame before the camera counts as failed.
        tick: how often the gate is told that time has passed, when nothing else happens.
        hung_after: how long the networks may be at one picture before the gate says that they hang.
        lost_after: how long they may be at one picture before the live gate counts as dead (`LiveGate.alive`): only a
            new start brings them back.
        strip: captures in the strip.
    """

    gate: GateSettings = field(default_factory=GateSettings)
    cadence: CadenceSettings = field(default_factory=CadenceSettings)
    freshness: Freshness = field(default_factory=Freshness)
    grab_timeout: float = 2.0
    tick: float = 0.1
    hung_after: float = 2.0
    lost_after: float = 30.0
    strip: int = 60
