"""What is broken at the moment, and what the gate is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.live.messages import Health, Part
from fundusgate.runtime.gate.observations import Broken, Mended

if TYPE_CHECKING:
    from fundusgate.runtime.gate.observations import Observation


class Faults:
    """Keeps every part's fault until the part works again; used by one thread."""

    def __init__(self) -> None:
        self._why: dict[Part, str] = {}

    @property
    def why(self) -> str | None:
        """The first fault's sentence; None where everything works."""
        return next((self._why[part] for part in Part if part in self._why), None)

    def heard(self, health: Health) -> Observation | None:
        """Take in a part's health.

        Returns:
            Broken where there is a new sentence, Mended where the last fault has gone, None where nothing changed.
        """
        before = self.why
        if health.why is None:
            self._why.pop(health.part, None)
        else:
            self._why[health.part] = health.why
        after = self.why
        if after == before:
            return None
        return Mended() if after is None else Broken(after)
