"""Figures for Prometheus: how the loop runs, what the verdicts were and why, and how often the first try sufficed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

if TYPE_CHECKING:
    from fundusgate.live.snapshot import CaptureCard, Snapshot

NOBODY = "not signed in"
"""Operator of captures that were taken while nobody had signed in."""


class Metrics:
    """Follows the live gate's snapshots; every figure is without a patient.

    Args:
        registry: Where the figures are registered; a fresh one for each live gate.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._seen: dict[str, bool] = {}
        self._phase = Gauge("fundusgate_phase", "1 for the phase that the gate is in", ["phase"], registry=registry)
        self._rate = Gauge("fundusgate_frames_per_second", "Frames a second", ["stage"], registry=registry)
        self._dropped = Gauge("fundusgate_frames_dropped", "Frames that no one looked at", registry=registry)
        self._lost = Gauge("fundusgate_frames_lost", "Frames the camera never delivered", registry=registry)
        self._guidance = Gauge(
            "fundusgate_guidance_seconds", "From exposure to guidance, since the start", ["quantile"], registry=registry
        )
        self._closed = Counter("fundusgate_closed", "Times the gate closed", registry=registry)
        self._verdicts = Counter(
            "fundusgate_captures", "Captures by what became of them and why", ["outcome", "cause"], registry=registry
        )
        self._overrides = Counter("fundusgate_overrides", "Captures kept against the advice", registry=registry)
        self._first_tries = Counter(
            "fundusgate_first_attempts", "First attempts at an eye and field", ["operator"], registry=registry
        )
        self._first_passes = Counter(
            "fundusgate_first_attempts_accepted", "First attempts that were accepted", ["operator"], registry=registry
        )
        self._last_phase: str | None = None

    def follow(self, snapshot: Snapshot) -> None:
        """Take over what a newer snapshot says."""
        if snapshot.phase.value != self._last_phase:
            if self._last_phase is not None:
                self._phase.labels(self._last_phase).set(0)
                if snapshot.phase.value == "closed":
                    self._closed.inc()
            self._last_phase = snapshot.phase.value
            self._phase.labels(self._last_phase).set(1)
        rates = snapshot.rates
        for stage in ("camera", "assessed", "mapped", "scored"):
            self._rate.labels(stage).set(getattr(rates, stage))
        self._dropped.set(rates.dropped)
        self._lost.set(rates.lost)
        for name, milliseconds in rates.guidance_ms.items():
            self._guidance.labels(_QUANTILES.get(name, name)).set(milliseconds / 1000)
        # the strip is newest first; counters go in the order of time
        for card in reversed(snapshot.captures):
            self._count(card, snapshot.operator or NOBODY)

    def _count(self, card: CaptureCard, operator: str) -> None:
        overridden = card.overridden is not None
        if card.id not in self._seen:
            cause = card.main.value if card.main is not None else "none"
            self._verdicts.labels(card.outcome, cause).inc()
            if card.attempt == 1:
                self._first_tries.labels(operator).inc()
                self._first_passes.labels(operator).inc(card.outcome.startswith("accepted"))
            self._seen[card.id] = False
        if overridden and not self._seen[card.id]:
            self._overrides.inc()
            self._seen[card.id] = True


_QUANTILES = {"p50": "0.5", "p90": "0.9", "p99": "0.99", "max": "1"}
