"""How long each stage of an assessment took, told alike by everything that assesses."""

from __future__ import annotations

import time

PREPROCESS = ("disc", "framing", "cues")
"""The stages that look at the photograph: `disc` finds it, `framing` makes the networks' inputs of it, `cues` is how
long the result waited for the visible field and the cues once the networks were done (they go on beside them)."""


class Stopwatch:
    """Laps from its making on.

    Stages are `disc`, `framing`, `cues` and their sum `preprocess`; `waited` for whoever had the networks before;
    `map` and `score`, the networks; and `total`.
    """

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """All the time since the lap before was this stage's."""
        now = time.perf_counter()
        self._laps[stage] = 1e3 * (now - self._last)
        self._last = now

    def stages(self) -> dict[str, float]:
        """Milliseconds by stage; `total` until now."""
        looked = sum(self._laps.get(stage, 0.0) for stage in PREPROCESS)
        return {**self._laps, "preprocess": looked, "total": 1e3 * (time.perf_counter() - self._began)}
